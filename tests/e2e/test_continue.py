# SPDX-License-Identifier: MIT
"""Streams that outlive their publisher: it comes back, or starts again, and players stay."""

import concurrent.futures
import contextlib
import functools
import threading
import time

import clips
import harness
import players
import publish
import rtp
import udp
from comeback import GRACE, REPLACE, begin, come_back, first_pictures, teardown, wait_ended, watching
from harness import Server, add_rows, case, wait_until
from publish import Publisher
from rtsp import Player
from udp import UdpPlayer, UdpPublisher

PAUSE_SECONDS = 0.4
CLOCK_ERROR = 0.003  # time stamps are in milliseconds when time lines join


# -- within the grace --

COMEBACKS = [
    ("tcp", Player, Publisher, Publisher.close),
    ("udp", UdpPlayer, Publisher, Publisher.close),
    ("publisher_over_udp", Player, UdpPublisher, UdpPublisher.close),
    ("after_reset", Player, Publisher, Publisher.reset),
    ("after_teardown", Player, Publisher, teardown),
]


def publisher_comes_back(player, publisher, leave):
    """The first new picture is a key frame, as much later by its time stamp as it came later."""
    units = clips.clip("main").video
    with udp.serve(*GRACE) as server:
        first = come_back(server, publisher)
        publish.send_clip(first, units[:1])
        publish.wait_served(server, "live/cam")
        with watching(server, player) as watcher:
            watcher.expect(units[0])
            began = time.monotonic()
            publish.send_clip(first, units[1:5], first_timestamp=clips.STEP)
            watcher.expect_all(units[1:5])
            ended, last = time.monotonic(), watcher.last
            leave(first)
            time.sleep(PAUSE_SECONDS)
            with come_back(server, publisher) as second:
                publish.send_clip(second, units[10:12], first_timestamp=4_000_000_000)
                sent = time.monotonic()
                publish.send_clip(second, units[50:60], first_timestamp=4_000_000_000 + 2 * clips.STEP)
                assert rtp.is_idr(watcher.expect(units[50]).nals)
                arrived = time.monotonic()
                advance = (watcher.last - last) % 2**32 / clips.VIDEO_CLOCK
                least, most = sent - ended - CLOCK_ERROR, arrived - began + CLOCK_ERROR
                assert least <= advance <= most, (least, advance, most)
                watcher.expect_all(units[51:60])


add_rows("comes_back", COMEBACKS, publisher_comes_back)


@case(120)
def on_whatever_worker_it_comes_back():
    """Connections spread over the workers, so most rounds hand the stream to another thread."""
    video = clips.MadeUpVideo(3_000, gop=5)
    rounds = 24
    with udp.serve(*GRACE, "--workers", "4") as server, contextlib.ExitStack() as stack:
        publisher = first_pictures(server, [video.unit(0)])
        watchers = [stack.enter_context(watching(server, player))
                    for player in (Player, UdpPlayer) * 4]
        for watcher in watchers:
            watcher.expect(video.unit(0))
        for n in range(1, rounds):
            publisher.close()
            publisher = come_back(server)
            publish.send_clip(publisher, [video.unit(i) for i in range(n * 5, n * 5 + 5)],
                              first_timestamp=n * 1_000_000_007)
            for watcher in watchers:
                watcher.expect_all(video.unit(i) for i in range(n * 5, n * 5 + 5))
        publisher.close()


@case()
def audio_and_video_both_go_on():
    clip = clips.clip("main")
    with Server(*GRACE) as server:
        publisher = Publisher(server, audio=True)
        publish.send_clip(publisher, clip.video[:1])
        publisher.send_aac(clip.audio[:1], 0)
        publish.wait_served(server, "live/cam")
        with Player(server, "live/cam") as player:
            player.start()
            before = [player.packet(1)[1]]
            publisher.close()
            with come_back(server, audio=True) as second:
                second.send_aac(clip.audio[1:2], 77)  # before the key frame: dropped
                publish.send_clip(second, clip.video[:1])
                second.send_aac(clip.audio[2:3], 77 + clips.AAC_SAMPLES)
                after = player.packet(1)[1]
            assert rtp.split_aac(after.payload) == clip.audio[2:3]
            assert after.ssrc == before[0].ssrc == player.ssrc(1)
            assert after.seq == (before[0].seq + 1) & 0xffff
            assert 0 < (after.timestamp - before[0].timestamp) % 2**32 < 60 * clips.AUDIO_CLOCK


@case()
def audio_alone_goes_on():
    audio = clips.clip("main").audio
    with Server(*GRACE) as server:
        publisher = Publisher(server, video=False, audio=True)
        publisher.send_aac(audio[:1], 0)
        publish.wait_served(server, "live/cam")
        with Player(server, "live/cam") as player:
            player.start()
            publisher.send_aac(audio[1:2], clips.AAC_SAMPLES)
            packets = []
            while not packets or rtp.split_aac(packets[-1].payload) != audio[1:2]:
                packets.append(player.packet(0)[1])
            publisher.close()
            with come_back(server, video=False, audio=True) as second:
                for n in range(2, 6):
                    second.send_aac(audio[n:n + 1], n * clips.AAC_SAMPLES)
                packets += [player.packet(0)[1] for n in range(2, 6)]
            clips.check_run([u for p in packets for u in rtp.split_aac(p.payload)], audio)
            for one, next_one in zip(packets, packets[1:]):
                assert next_one.seq == (one.seq + 1) & 0xffff
                assert 0 < (next_one.timestamp - one.timestamp) % 2**32 < 2**31


@case()
def pictures_that_stop_among_b_frames_are_all_before_the_next_one():
    """The last to be sent is not the last to be shown."""
    units = clips.clip("main").video
    with Server(*REPLACE) as server:
        with first_pictures(server, units[:1]) as first, Player(server, "live/cam") as player:
            player.start()
            receiver = rtp.H264Receiver()
            first.send_unit(units[1], 30 * clips.STEP)  # a P picture, far ahead of the B picture behind it
            first.send_unit(units[2], 10 * clips.STEP)
            shown = [u.timestamp for u in player.units(3, receiver=receiver)]
            with come_back(server) as second:
                second.send_unit(units[50], 0)
                again = player.units(1, receiver=receiver)[0].timestamp
            for timestamp in shown:
                assert 0 < (again - timestamp) % 2**32 < 2**31, (again, shown)


@case()
def who_joins_meanwhile_sees_the_last_pictures_and_then_the_new_ones():
    units = clips.clip("main").video
    with udp.serve(*GRACE) as server, contextlib.ExitStack() as stack:
        publisher = first_pictures(server, units[:5])
        publisher.close()
        wait_ended(server)
        assert publish.is_served(server, "live/cam")
        watchers = [stack.enter_context(watching(server, p)) for p in (Player, UdpPlayer)]
        for watcher in watchers:
            watcher.expect_all(units[:5])
        publish.send_clip(stack.enter_context(come_back(server)), units[50:55])
        for watcher in watchers:
            watcher.expect_all(units[50:55])


@case()
def track_that_was_never_set_up_may_be_announced_again():
    units = clips.clip("main").video
    with Server(*GRACE) as server:

        def publish_video_only():
            publisher = Publisher(server, audio=True, start=False)
            publisher.tracks = publisher.tracks[:1]
            return begin(publisher)

        with publish_video_only() as publisher:
            publish.send_clip(publisher, units[:1])
            publish.wait_served(server, "live/cam")
            with watching(server) as watcher:
                watcher.expect(units[0])
                publisher.close()
                with publish_video_only() as second:
                    publish.send_clip(second, units[50:52])
                    watcher.expect_all(units[50:52])


@case()
def publisher_that_only_announces_leaves_the_stream_to_the_next():
    units = clips.clip("main").video
    with Server(*GRACE) as server:
        first_pictures(server, units[:1]).close()
        with watching(server) as watcher:
            watcher.expect(units[0])
            with Publisher(server, start=False) as idle:
                wait_until(lambda: idle.announce().status == 200, "the name is free")
            with come_back(server) as third:
                publish.send_clip(third, units[50:52])
                watcher.expect_all(units[50:52])


# Of two sound and picture tracks ffmpeg makes one clock, of which it then complains when a publisher was held up.
ffmpeg_decode = functools.partial(players.ffmpeg_decode, options=("-vsync", "drop"))

REAL_PLAYERS = [
    ("ffmpeg_over_tcp", ffmpeg_decode, "tcp"),
    ("ffmpeg_over_udp", ffmpeg_decode, "udp"),
    ("gstreamer_over_tcp", players.gstreamer_decode, "tcp"),
]


def plays_on(decode, transport):
    """Decodes more pictures than the first publisher sends; a damaged one would be an error."""
    clip = clips.clip("main")
    with udp.serve(*GRACE) as server, concurrent.futures.ThreadPoolExecutor() as pool:
        with publish.ffmpeg(server, clip) as publisher:
            done = pool.submit(decode, server.url("live/cam"), 150, transport)
            server.wait_log("player joined")
            with watching(server) as watcher:
                for _ in range(clips.GOP):
                    watcher.unit()
            publisher.kill()
            assert not done.done()
        wait_ended(server)
        with publish.ffmpeg(server, clip):
            done.result()


add_rows("real_player", REAL_PLAYERS, plays_on, 90)


# -- the end of the grace --

@case()
def publisher_that_stays_away_ends_the_stream():
    units = clips.clip("main").video[:3]
    with udp.serve("--publisher-grace", "700ms") as server:
        publisher = first_pictures(server, units)
        with watching(server) as tcp, watching(server, UdpPlayer) as datagrams:
            tcp.expect_all(units)
            datagrams.expect_all(units)
            left = time.monotonic()
            publisher.close()
            datagrams.player.expect_datagram_bye()
            waited = time.monotonic() - left
            assert waited >= 0.7 - CLOCK_ERROR, f"the stream has ended after {waited} s"
            assert tcp.player.read_to_end(), "no BYE before the end"
        assert not publish.is_served(server, "live/cam")
        with first_pictures(server, units), watching(server) as watcher:
            watcher.expect_all(units)


@case()
def bye_goes_to_players_of_every_worker():
    units = clips.clip("main").video[:3]
    with Server("--publisher-grace", "200ms", "--workers", "4") as server, \
            contextlib.ExitStack() as stack:
        publisher = first_pictures(server, units)
        watching_players = [stack.enter_context(Player(server, "live/cam")).start() for _ in range(12)]
        publisher.close()
        for player in watching_players:
            player.expect_bye()


@case()
def without_a_grace_the_stream_ends_at_once():
    units = clips.clip("main").video[:3]
    with Server("--publisher-grace", "0s") as server, first_pictures(server, units) as publisher, \
            Player(server, "live/cam") as player:
        player.start()
        publisher.close()
        player.expect_bye()
        assert not publish.is_served(server, "live/cam")


@case()
def stop_during_the_grace_is_clean_and_fast():
    units = clips.clip("main").video[:3]
    with Server("--publisher-grace", "1h", "--workers", "4") as server, \
            contextlib.ExitStack() as stack:
        for path in ("live/cam", "live/other"):
            publisher = Publisher(server, path)
            publish.send_clip(publisher, units)
            publish.wait_served(server, path)
            publisher.close()
        wait_ended(server, 2)
        watching_players = [stack.enter_context(Player(server, "live/cam")).start() for _ in range(4)]
        server.terminate()
        for player in watching_players:
            player.expect_bye()
            player.close()
        assert server.wait_exit() == 0


@case()
def stop_while_publishers_come_and_go_is_clean():
    units = clips.clip("main").video[:1]
    with Server("--publisher-grace", "1h", "--workers", "4", *REPLACE) as server, \
            concurrent.futures.ThreadPoolExecutor(4) as pool:

        stopped = threading.Event()

        def flap():
            while not stopped.is_set():
                with contextlib.suppress(OSError, EOFError, AssertionError), Publisher(server) as publisher:
                    publish.send_clip(publisher, units)

        for _ in range(4):
            pool.submit(flap)
        try:
            wait_ended(server, 20)
            server.stop()
        finally:
            stopped.set()


# -- a pause --

@case()
def pause_goes_on_with_the_same_numbers():
    units = clips.clip("main").video
    with Server() as server, first_pictures(server, units[:1]) as publisher, \
            watching(server) as watcher:
        watcher.expect(units[0])
        for n in range(1, 4):
            assert publisher.request("PAUSE", publisher.url).status == 200
            publisher.send_unit(units[1], n * 10 * clips.STEP)  # is of no interest
            assert publisher.request("RECORD", publisher.url).status == 200
            publish.send_clip(publisher, units[50:52], first_timestamp=n * 10 * clips.STEP + clips.STEP)
            watcher.expect_all(units[50:52])


@case()
def encoder_that_starts_again_in_a_pause_leaves_players_on_one_time_line():
    """Its first picture is no key frame, and is dropped; what it says of the time line still counts."""
    units = clips.clip("main").video
    with Server() as server, first_pictures(server, units[:1]) as publisher, \
            watching(server) as watcher:
        watcher.expect(units[0])
        last = watcher.last
        assert publisher.request("PAUSE", publisher.url).status == 200
        assert publisher.request("RECORD", publisher.url).status == 200
        publisher.seq[0] = 40000
        publish.send_clip(publisher, units[49:51], first_timestamp=1_500_000_000)
        watcher.expect(units[50])
        elapsed = (watcher.last - last) % 2**32 / clips.VIDEO_CLOCK
        assert elapsed < 30, f"the time stamps jump by {elapsed} s"


@case()
def track_that_is_set_up_after_the_start_is_not_taken_in():
    clip = clips.clip("main")
    with Server() as server, Publisher(server, audio=True, start=False) as publisher:
        assert publisher.announce().status == 200
        assert publisher.setup(0).status == 200
        assert publisher.request("RECORD", publisher.url).status == 200
        publish.send_clip(publisher, clip.video[:1])
        publish.wait_served(server, "live/cam")
        with watching(server) as watcher:
            watcher.expect(clip.video[0])
            assert publisher.request("PAUSE", publisher.url).status == 200
            publisher.setup(1)
            assert publisher.request("RECORD", publisher.url).status == 200
            publisher.send(b"$\3\0\x1c" + bytes.fromhex("80c80006") + bytes(24))
            for n in range(3):
                publisher.send_aac(clip.audio[n:n + 1], n * clips.AAC_SAMPLES)
            publish.send_clip(publisher, clip.video[50:52], first_timestamp=10 * clips.STEP)
            watcher.expect_all(clip.video[50:52])


harness.main()
