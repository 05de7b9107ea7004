# SPDX-License-Identifier: MIT
"""Streams that outlive their publisher: one that comes back, or another, goes on, and players stay."""

import concurrent.futures
import contextlib
import socket
import struct
import threading
import time

import clips
import harness
import players
import publish
import rtp
import rtsp
import udp
from harness import Server, add_rows, case, wait_until
from publish import Publisher
from rtsp import Player
from udp import UdpPlayer, UdpPublisher

STEP = clips.VIDEO_CLOCK // clips.FPS
PAUSE_SECONDS = 0.4
GRACE = ("--publisher-grace", "30s")
REPLACE = ("--second-publisher", "replace")
CLOCK_ERROR = 0.003  # time stamps are in milliseconds when time lines join


class Watcher:
    """A video player for which nothing may ever begin anew: one SSRC, no gap, time stamps that rise."""

    def __init__(self, player):
        self.player = player
        self.ssrc = player.ssrc(0)
        self.last = None
        self._receiver = rtp.H264Receiver()

    def unit(self, seconds=rtsp.WAIT_SECONDS):
        unit = None
        while unit is None:
            packet = self.player.packet(0, seconds)[1]
            assert packet.ssrc == self.ssrc, f"SSRC {packet.ssrc:08X} after {self.ssrc:08X}"
            unit = self._receiver.take(packet)
        if self.last is not None:
            assert 0 < (unit.timestamp - self.last) % 2**32 < 2**31, "time goes back"
        self.last = unit.timestamp
        return unit

    def expect(self, nals):
        """The next access unit is this one."""
        unit = self.unit()
        assert rtp.picture(unit.nals) == rtp.picture(nals)
        return unit

    def expect_all(self, units):
        for nals in units:
            self.expect(nals)


@contextlib.contextmanager
def watching(server, player=Player, path="live/cam"):
    with player(server, path) as p:
        p.start()
        yield Watcher(p)


def begin(publisher):
    """Announces as soon as the name is free, and records."""
    wait_until(lambda: publisher.announce().status == 200, "the name is free")
    replies = [*(publisher.setup(t) for t in range(len(publisher.tracks))),
               publisher.request("RECORD", publisher.url)]
    assert all(r.status == 200 for r in replies), replies
    return publisher


def come_back(server, publisher=Publisher, **options):
    return begin(publisher(server, start=False, **options))


def first_pictures(server, units, **options):
    """A publisher whose stream can be watched."""
    publisher = Publisher(server, **options)
    publish.send_clip(publisher, units)
    publish.wait_served(server, "live/cam")
    return publisher


def wait_ended(server, count=1):
    """Until the server has noticed that so many publishers have gone."""
    wait_until(lambda: sum("publisher ended" in line for line in server.lines()) >= count,
               "the server notices that the publisher is gone")


def reset(connection):
    """Closes it so that the peer hears of an error, as when a process is killed with unread input."""
    connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def teardown(publisher):
    assert publisher.request("TEARDOWN", publisher.url).status == 200
    publisher.close()


# -- within the grace --

COMEBACKS = [
    ("tcp", Player, Publisher, Publisher.close),
    ("udp", UdpPlayer, Publisher, Publisher.close),
    ("publisher_over_udp", Player, UdpPublisher, UdpPublisher.close),
    ("after_reset", Player, Publisher, reset),
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
            publish.send_clip(first, units[1:5], first_timestamp=STEP)
            watcher.expect_all(units[1:5])
            ended, last = time.monotonic(), watcher.last
            leave(first)
            time.sleep(PAUSE_SECONDS)
            with come_back(server, publisher) as second:
                publish.send_clip(second, units[10:12], first_timestamp=4_000_000_000)
                sent = time.monotonic()
                publish.send_clip(second, units[50:60], first_timestamp=4_000_000_000 + 2 * STEP)
                assert rtp.is_idr(watcher.expect(units[50]).nals)
                arrived = time.monotonic()
                advance = (watcher.last - last) % 2**32 / clips.VIDEO_CLOCK
                least, most = sent - ended - CLOCK_ERROR, arrived - began + CLOCK_ERROR
                assert least <= advance <= most, (least, advance, most)
                watcher.expect_all(units[51:60])


add_rows("comes_back", COMEBACKS, publisher_comes_back)


@case(90)
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
            first.send_unit(units[1], 30 * STEP)  # a P picture, far ahead of the B picture behind it
            first.send_unit(units[2], 10 * STEP)
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


REAL_PLAYERS = [
    ("ffmpeg_over_tcp", players.ffmpeg_decode, "tcp"),
    ("ffmpeg_over_udp", players.ffmpeg_decode, "udp"),
    ("gstreamer_over_tcp", players.gstreamer_decode, "tcp"),
]


def plays_on(decode, transport):
    """Decodes more pictures than the first publisher sends; a damaged one would be an error."""
    clip = clips.clip("main")
    with udp.serve(*GRACE) as server, concurrent.futures.ThreadPoolExecutor() as pool:
        with publish.ffmpeg(server, clip) as publisher:
            done = pool.submit(decode, server.url("live/cam"), 100, transport)
            server.wait_log("player joined")
            with watching(server) as watcher:
                for _ in range(clips.GOP):
                    watcher.unit()
            publisher.kill()
            assert not done.done()
        wait_ended(server)
        with publish.ffmpeg(server, clip):
            done.result(20)


add_rows("real_player", REAL_PLAYERS, plays_on, 60)


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
        player.expect_bye(seconds=3)
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
        assert server.wait_exit(2) == 0


@case()
def stop_while_publishers_come_and_go_is_clean():
    units = clips.clip("main").video[:1]
    with Server("--publisher-grace", "1h", "--workers", "4", *REPLACE) as server, \
            concurrent.futures.ThreadPoolExecutor(4) as pool:

        def flap():
            with contextlib.suppress(OSError, EOFError, AssertionError):
                while True:
                    with Publisher(server) as publisher:
                        publish.send_clip(publisher, units)

        for _ in range(4):
            pool.submit(flap)
        wait_ended(server, 20)
        server.stop()


# -- another description --


@case()
def other_parameter_sets_alone_do_not_end_the_stream():
    """They come in-band with the first picture, and those who join are told of them."""
    small, large = clips.clip("main"), clips.clip("baseline")
    with Server(*GRACE) as server:
        publisher = first_pictures(server, small.video[:3], parameter_sets=small.parameter_sets)
        with watching(server) as watcher:
            watcher.expect_all(small.video[:3])
            publisher.close()
            with come_back(server, parameter_sets=large.parameter_sets) as second:
                publish.send_clip(second, large.pictures[:3])
                first = watcher.expect(large.video[0])
                assert all(sets in first.nals for sets in large.parameter_sets)
                assert not any(sets in first.nals for sets in small.parameter_sets)
                watcher.expect_all(large.video[1:3])
                with Player(server, "live/cam") as late:
                    late.describe()
                    assert late.sdp.media[0].parameter_sets == large.parameter_sets


@case()
def parameter_sets_that_are_not_said_again_still_hold():
    clip = clips.clip("main")
    with Server(*GRACE) as server:
        publisher = first_pictures(server, clip.video[:2])
        with watching(server) as watcher:
            watcher.expect_all(clip.video[:2])
            publisher.close()
            with come_back(server) as second:
                publish.send_clip(second, clip.pictures[:2])
                first = watcher.expect(clip.video[0])
                assert all(sets in first.nals for sets in clip.parameter_sets)


H265 = "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H265/90000\r\na=control:streamid=0\r\n"
VIDEO_AND_AUDIO = publish.sdp_text(audio=True)
HEAD = publish.sdp_text(video=False)
ANOTHER_AAC = VIDEO_AND_AUDIO.replace(publish.AAC_CONFIG, "1190")
MONO = VIDEO_AND_AUDIO.replace("MPEG4-GENERIC/48000/2", "MPEG4-GENERIC/48000/1")

DESCRIPTIONS = [
    ("aac_of_another_config", True, ANOTHER_AAC),
    ("aac_of_other_channels", True, MONO),
    ("one_track_less", True, publish.sdp_text()),
    ("one_track_more", False, VIDEO_AND_AUDIO),
    ("another_codec", False, HEAD + H265),
    ("tracks_the_other_way_round", True,
     HEAD + "".join("m=" + m for m in VIDEO_AND_AUDIO.split("m=")[:0:-1])),
]


def ends_the_stream(audio, sdp):
    """Players must ask for a new description; the name is the new publisher's at once."""
    clip = clips.clip("main")
    with Server(*GRACE) as server:
        publisher = first_pictures(server, clip.video[:1], audio=audio)
        with Player(server, "live/cam") as player:
            player.start(tracks=[0])
            publisher.close()
            wait_ended(server)
            with Publisher(server, start=False) as second:
                second.sdp = sdp
                wait_until(lambda: second.announce().status == 200, "the name is free")
                player.expect_bye()


add_rows("description_with", DESCRIPTIONS, ends_the_stream)


@case()
def players_that_were_sent_away_may_come_again():
    clip = clips.clip("main")
    with Server(*GRACE) as server:
        publisher = first_pictures(server, clip.video[:1])
        with Player(server, "live/cam") as player:
            player.start()
            publisher.close()
            with come_back(server, audio=True) as second:
                player.expect_bye()
                publish.send_clip(second, clip.video[:1])
                publish.wait_served(server, "live/cam")
                with Player(server, "live/cam") as again:
                    again.start()
                    assert len(again.sdp.media) == 2
                    assert again.ssrc(0) != player.ssrc(0)
                    assert rtp.is_idr(again.units(1)[0].nals)


# -- a second publisher --


def is_over(connection):
    """True once the server has ended it, however it did that."""
    try:
        connection.read_to_end(5)
    except TimeoutError:
        return False
    return True


@case()
def second_publisher_is_refused_and_the_first_is_undisturbed():
    units = clips.clip("main").video
    with Server(*GRACE, "--second-publisher", "refuse") as server, \
            first_pictures(server, units[:1]) as first, watching(server) as watcher, \
            Publisher(server, start=False) as second:
        watcher.expect(units[0])
        for n in range(1, 20):
            assert second.announce().status == 409
            first.send_unit(units[n], n * STEP)
            watcher.expect(units[n])


REPLACEMENTS = [(f"{workers}_workers", workers, flags)
                for workers, flags in ((1, ()), (4, ()), (2, GRACE))]


def second_publisher_replaces_the_first(workers, flags):
    """Also without a grace: the stream waits for who asked for it."""
    units = clips.clip("main").video
    with udp.serve(*REPLACE, "--workers", str(workers), *flags) as server:
        publisher = first_pictures(server, units[:1])
        with watching(server) as tcp, watching(server, UdpPlayer) as datagrams:
            tcp.expect(units[0])
            datagrams.expect(units[0])
            for _ in range(8):
                before, publisher = publisher, Publisher(server)
                assert is_over(before), "the first publisher's connection is open still"
                before.close()
                publish.send_clip(publisher, units[50:53], first_timestamp=123)
                tcp.expect_all(units[50:53])
                datagrams.expect_all(units[50:53])
            publisher.close()


add_rows("replaced_with", REPLACEMENTS, second_publisher_replaces_the_first)


@case()
def replacement_of_another_description_ends_the_players():
    clip = clips.clip("main")
    with Server(*REPLACE) as server, first_pictures(server, clip.video[:1]) as first, \
            Player(server, "live/cam") as player:
        player.start()
        with Publisher(server, audio=True) as second:
            assert is_over(first)
            player.expect_bye()
            publish.send_clip(second, clip.video[:1])
            publish.wait_served(server, "live/cam")


@case()
def name_that_was_only_announced_is_replaced_too():
    with Server(*REPLACE) as server, Publisher(server, start=False) as first:
        assert first.announce().status == 200
        with Publisher(server) as second:
            assert is_over(first)
            publish.send_clip(second, clips.clip("main").video[:1])
            publish.wait_served(server, "live/cam")


@case()
def requests_behind_the_announcement_wait_with_it():
    """All in one piece, and the replies come in order."""
    units = clips.clip("main").video
    with Server(*REPLACE, "--workers", "4") as server, first_pictures(server, units[:1]), \
            Publisher(server, start=False) as second:
        url = second.url
        second.send(second.format("ANNOUNCE", url, second.sdp.encode(), Content_Type="application/sdp")
                    + second.format("OPTIONS", url)
                    + second.format("SETUP", f"{url}/streamid=0", Transport=second.transport(0)))
        replies = [second.reply() for _ in range(3)]
        assert [(r.status, r.headers["cseq"]) for r in replies] == [(200, "1"), (200, "2"), (200, "3")]


@case()
def built_in_stream_is_never_replaced():
    with Server("--demo", *REPLACE) as server, watching(server, path="live/demo") as watcher, \
            Publisher(server, "live/demo", start=False) as publisher:
        watcher.unit()
        for _ in range(3):
            assert publisher.announce().status == 409
        for _ in range(10):
            watcher.unit()


def ask_and_leave(server, leave):
    """Announces, and goes before the reply. Gives its address."""
    publisher = Publisher(server, start=False)
    publisher.request("OPTIONS", publisher.url)  # the server knows its address
    publisher.send(publisher.format("ANNOUNCE", publisher.url, publisher.sdp.encode(),
                                    Content_Type="application/sdp"))
    host, port = publisher.socket.getsockname()
    leave(publisher)
    return f"{host}:{port}"


LEAVINGS = [("by_closing", Publisher.close), ("by_reset", reset)]


def who_asks_for_the_name_and_goes(leave):
    """Each time the stream has lost its publisher, and the next one that stays goes on with it."""
    units = clips.clip("main").video
    with Server(*REPLACE, *GRACE, "--workers", "4") as server:
        publisher = first_pictures(server, units[:1])
        with watching(server) as watcher:
            watcher.expect(units[0])
            for _ in range(10):
                peers = [ask_and_leave(server, leave) for _ in range(3)]
                for peer in peers:  # what they asked for may still be under way
                    server.wait_log(f"connection closed peer={peer}")
                before, publisher = publisher, come_back(server)
                before.close()
                publish.send_clip(publisher, units[50:52])
                watcher.expect_all(units[50:52])
            publisher.close()


add_rows("leaves", LEAVINGS, who_asks_for_the_name_and_goes)


class Fighter(threading.Thread):
    """Announces once, when all are ready; holds on to the name if it got it."""

    def __init__(self, server, ready):
        super().__init__(daemon=True)
        self.publisher = Publisher(server, start=False)
        self.verdict = None
        self._ready = ready
        self.start()

    def run(self):
        self._ready.wait()
        try:
            self.verdict = self.publisher.announce().status
            if self.verdict == 200:
                self.publisher.setup(0)
                self.publisher.request("RECORD", self.publisher.url)
        except (EOFError, ConnectionError):
            self.verdict = "replaced"

    def publishes(self):
        """True when it has the name still. All must have fought to the end by now."""
        assert self.verdict in (200, 409, "replaced"), self.verdict
        if self.verdict != 200:
            return False
        try:
            return self.publisher.request("OPTIONS", self.publisher.url).status == 200
        except (EOFError, ConnectionError):
            return False


@case(60)
def of_twenty_that_fight_for_a_name_one_publishes_in_the_end():
    units = clips.clip("main").video
    with Server(*REPLACE, "--workers", "4") as server:
        publisher = first_pictures(server, units[:1])
        with watching(server) as watcher:
            watcher.expect(units[0])
            for _ in range(5):
                ready = threading.Barrier(20)
                fighters = [Fighter(server, ready) for _ in range(20)]
                for fighter in fighters:
                    fighter.join(20)
                winners = [f for f in fighters if f.publishes()]
                assert len(winners) == 1, [f.verdict for f in fighters]
                publish.send_clip(winners[0].publisher, units[50:53])
                watcher.expect_all(units[50:53])
                publisher.close()
                publisher = winners[0].publisher
                for fighter in fighters:
                    if fighter is not winners[0]:
                        fighter.publisher.close()
            publisher.close()


# -- a pause --


@case()
def pause_goes_on_with_the_same_numbers():
    units = clips.clip("main").video
    with Server() as server, first_pictures(server, units[:1]) as publisher, \
            watching(server) as watcher:
        watcher.expect(units[0])
        for n in range(1, 4):
            assert publisher.request("PAUSE", publisher.url).status == 200
            publisher.send_unit(units[1], n * 10 * STEP)  # is of no interest
            assert publisher.request("RECORD", publisher.url).status == 200
            publish.send_clip(publisher, units[50:52], first_timestamp=n * 10 * STEP + STEP)
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
            publish.send_clip(publisher, clip.video[50:52], first_timestamp=10 * STEP)
            watcher.expect_all(clip.video[50:52])


harness.main()
