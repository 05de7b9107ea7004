# SPDX-License-Identifier: MIT
"""Publishers that vanish without a word, or never begin: how long they keep others out, and players waiting."""

import concurrent.futures
import contextlib
import signal
import time

import clips
import harness
import players
import publish
import rtp
import udp
from harness import Server, add_rows, case, wait_until
from publish import Publisher
from rtsp import Player
from udp import UdpPublisher

STEP = clips.VIDEO_CLOCK // clips.FPS
SILENCE_SECONDS = 1
PATIENCE_SECONDS = 4
SILENCE = ("--publisher-silence", f"{SILENCE_SECONDS}s")
REQUEST_SECONDS = 1
REQUEST = ("--request-timeout", f"{REQUEST_SECONDS}s")
CLOCK_ERROR = 0.01
FAR_TOO_LONG = 30  # far less than the session time-out, and more than a busy machine takes


class Viewer:
    """Plays a stream that may not begin anew: one SSRC, and no gap."""

    def __init__(self, server):
        self.player = Player(server, "live/cam").start()
        self._receiver = rtp.H264Receiver()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.player.close()

    def expect(self, units):
        """These are the next access units."""
        for unit, nals in zip(self.player.units(len(units), receiver=self._receiver), units):
            assert rtp.picture(unit.nals) == rtp.picture(nals)


def first_pictures(server, units, publisher=Publisher, **options):
    """A publisher whose stream can be watched."""
    first = publisher(server, **options)
    publish.send_clip(first, units)
    publish.wait_served(server, "live/cam")
    return first


def let_in(server, publisher=Publisher, **options):
    """Asks for the name until it is given, and records. An encoder has to do no more."""
    p = publisher(server, start=False, **options)
    wait_until(lambda: p.announce().status == 200, "the name is given to the next publisher")
    replies = [*(p.setup(t) for t in range(len(p.tracks))), p.request("RECORD", p.url)]
    assert all(r.status == 200 for r in replies), replies
    return p


def is_over(connection, seconds=FAR_TOO_LONG):
    """True once the server has ended it, however it did that."""
    try:
        connection.read_to_end(seconds)
    except TimeoutError:
        return False
    return True


# -- silence --

VANISHINGS = [("tcp", Publisher, 2), ("udp", UdpPublisher, 2), ("one_worker", Publisher, 1),
              ("four_workers", Publisher, 4)]


def who_vanishes_lets_the_next_one_in(publisher, workers):
    """The first one's connection stays open, and says nothing; players go on with the second's."""
    units = clips.clip("main").video
    with udp.serve(*SILENCE, "--workers", str(workers)) as server, \
            first_pictures(server, units[:1], publisher) as first, Viewer(server) as viewer:
        sent = time.monotonic()
        first.send_unit(units[1], STEP)
        viewer.expect(units[:2])
        with let_in(server, publisher) as second:
            waited = time.monotonic() - sent
            assert SILENCE_SECONDS - CLOCK_ERROR <= waited < FAR_TOO_LONG, waited
            publish.send_clip(second, units[50:53])
            viewer.expect(units[50:53])
            assert is_over(first), "the connection of the first one is open still"
            publish.send_clip(second, units[53:55], first_timestamp=3 * STEP)
            viewer.expect(units[53:55])


add_rows("silent", VANISHINGS, who_vanishes_lets_the_next_one_in)


def send_rtcp(publisher, n):
    publisher.send(b"$\1\0\x1c" + bytes.fromhex("80c80006") + bytes(24))


def send_request(publisher, n):
    assert publisher.request("GET_PARAMETER", publisher.url).status == 200


def send_picture(publisher, n):
    publisher.send_unit(clips.clip("main").video[1], n * STEP)


def send_rtcp_over_udp(publisher, n):
    publisher.ports[0].rtcp.sendto(bytes.fromhex("80c80006") + bytes(24),
                                   (publisher.server.host, publisher.server_ports[0][1]))


SIGNS_OF_LIFE = [("picture", Publisher, send_picture), ("rtcp", Publisher, send_rtcp),
                 ("request", Publisher, send_request),
                 ("picture_over_udp", UdpPublisher, send_picture),
                 ("rtcp_over_udp", UdpPublisher, send_rtcp_over_udp)]


def from_time_to_time_keeps_the_name(publisher, say):
    """For longer than the bound, which is long enough for a busy machine to say something within."""
    units = clips.clip("main").video
    with udp.serve("--publisher-silence", f"{PATIENCE_SECONDS}s") as server, first_pictures(server, units[:1], publisher) as first, \
            Publisher(server, start=False) as second:
        began = time.monotonic()
        for n in range(1, 1000):
            if time.monotonic() - began > PATIENCE_SECONDS + 1:
                break
            say(first, n)
            reply = second.announce()
            assert reply.status == 409 and "publisher" in reply.reason, reply
            time.sleep(0.25)
        assert first.request("OPTIONS", first.url).status == 200


add_rows("a", SIGNS_OF_LIFE, from_time_to_time_keeps_the_name)


@case()
def silence_alone_ends_nothing():
    units = clips.clip("main").video
    with Server("--publisher-silence", "100ms", *REQUEST) as server, \
            first_pictures(server, units[:1]) as first, Viewer(server) as viewer:
        viewer.expect(units[:1])
        time.sleep(1.5)
        publish.send_clip(first, units[1:3], first_timestamp=40 * STEP)
        viewer.expect(units[1:3])


@case()
def who_paused_and_fell_silent_lets_the_next_one_in():
    units = clips.clip("main").video
    with Server(*SILENCE) as server, first_pictures(server, units[:1]) as first, \
            Viewer(server) as viewer:
        viewer.expect(units[:1])
        assert first.request("PAUSE", first.url).status == 200
        with let_in(server) as second:
            publish.send_clip(second, units[50:52])
            viewer.expect(units[50:52])


@case()
def silent_one_with_another_description_ends_the_players():
    clip = clips.clip("main")
    with Server(*SILENCE) as server, first_pictures(server, clip.video[:1]), \
            Player(server, "live/cam") as player:
        player.start()
        with let_in(server, audio=True) as second:
            player.expect_bye()
            publish.send_clip(second, clip.video[:1])
            publish.wait_served(server, "live/cam")


@case()
def built_in_stream_is_never_silent():
    with Server("--demo", "--publisher-silence", "100ms") as server, \
            Publisher(server, "live/demo", start=False) as publisher, Player(server) as player:
        player.start()
        for _ in range(50):
            player.packet(0)
            assert publisher.announce().status == 409


REAL_PUBLISHERS = [("ffmpeg_over_tcp", "tcp"), ("ffmpeg_over_udp", "udp")]


def that_is_stopped_is_followed_by_another(transport):
    """As when its cable is cut. A real player decodes on, and the first one does no harm when it wakes."""
    clip = clips.clip("main")
    with udp.serve(*SILENCE) as server, concurrent.futures.ThreadPoolExecutor() as pool, \
            publish.ffmpeg(server, clip, transport=transport) as first:
        done = pool.submit(players.ffmpeg_decode, server.url("live/cam"), 100)
        server.wait_log("player joined")
        first.process.send_signal(signal.SIGSTOP)
        second = let_in(server)
        first.process.send_signal(signal.SIGCONT)
        assert first.process.wait(FAR_TOO_LONG) != 0, "it takes its connection for alive"
        for n in range(0, 200):
            publish.send_clip(second, clip.video[n % 100:n % 100 + 1], first_timestamp=n * STEP)
        done.result(FAR_TOO_LONG)
        second.close()


add_rows("real", REAL_PUBLISHERS, that_is_stopped_is_followed_by_another, 60)


# -- ANNOUNCE, and no RECORD --


def announce_only(publisher):
    wait_until(lambda: publisher.announce().status == 200, "the name is free")


def announce_and_set_up(publisher):
    announce_only(publisher)
    assert publisher.setup(0).status == 200


BEGINNINGS = [("announce", announce_only), ("setup", announce_and_set_up)]


def and_no_more_than_that_keeps_the_name_for_the_request_timeout(begin):
    """Signs of life do not help."""
    with Server(*REQUEST) as server, Publisher(server, start=False) as idle:
        idle.request("OPTIONS", idle.url)
        time.sleep(REQUEST_SECONDS / 2)  # the deadline for the first request is another one
        began = time.monotonic()
        begin(idle)
        with contextlib.suppress(EOFError, ConnectionError):
            while time.monotonic() - began < FAR_TOO_LONG:
                idle.request("OPTIONS", idle.url)
                time.sleep(0.05)
        waited = time.monotonic() - began
        assert REQUEST_SECONDS - CLOCK_ERROR <= waited < FAR_TOO_LONG, waited
        server.wait_log("ANNOUNCE without RECORD")
        with Publisher(server, start=False) as second:
            assert second.announce().status == 200


add_rows("only", BEGINNINGS, and_no_more_than_that_keeps_the_name_for_the_request_timeout)


@case()
def who_only_announces_and_falls_silent_lets_the_next_one_in():
    with Server("--publisher-silence", "200ms") as server, Publisher(server, start=False) as idle:
        announce_only(idle)
        with let_in(server):
            assert is_over(idle)


@case()
def pause_may_last_longer_than_the_request_timeout():
    units = clips.clip("main").video
    with Server(*REQUEST) as server, first_pictures(server, units[:1]) as publisher, \
            Viewer(server) as viewer:
        viewer.expect(units[:1])
        assert publisher.request("PAUSE", publisher.url).status == 200
        time.sleep(REQUEST_SECONDS + 0.5)
        assert publisher.request("RECORD", publisher.url).status == 200
        publish.send_clip(publisher, units[50:52], first_timestamp=40 * STEP)
        viewer.expect(units[50:52])


def begin_and_leave(server):
    with Publisher(server, start=False) as publisher:
        announce_only(publisher)


def record_and_leave(server):
    let_in(server).close()


FLAPPINGS = [("announcements", begin_and_leave), ("recordings", record_and_leave)]


def without_a_picture_do_not_hold_players(come_and_go):
    """Over and over: the grace counts from the one that had pictures."""
    units = clips.clip("main").video
    with Server("--publisher-grace", "2s", "--workers", "4") as server, \
            first_pictures(server, units[:1]) as publisher, Viewer(server) as viewer:
        viewer.expect(units[:1])
        left = time.monotonic()
        publisher.close()
        visits = 0
        while not is_over(viewer.player, 0.01):
            assert time.monotonic() - left < FAR_TOO_LONG, "players are held by publishers without pictures"
            come_and_go(server)
            visits += 1
        assert visits > 1
        assert time.monotonic() - left >= 2 - CLOCK_ERROR


add_rows("flapping", FLAPPINGS, without_a_picture_do_not_hold_players)


@case()
def who_stays_at_the_announcement_holds_players_no_longer_than_that():
    """It came within the grace, and is sent away after it: the stream ends with it."""
    units = clips.clip("main").video
    with Server("--publisher-grace", "500ms", *REQUEST) as server, \
            first_pictures(server, units[:1]) as publisher, Viewer(server) as viewer, \
            Publisher(server, start=False) as idle:
        viewer.expect(units[:1])
        publisher.close()
        announce_only(idle)
        viewer.player.expect_bye(seconds=FAR_TOO_LONG)
        server.wait_log("ANNOUNCE without RECORD")


@case()
def comeback_that_breaks_off_leaves_the_stream_to_the_next_try():
    units = clips.clip("main").video
    with Server("--publisher-grace", "30s") as server:
        first_pictures(server, units[:1]).close()
        with Viewer(server) as viewer:
            viewer.expect(units[:1])
            begin_and_leave(server)
            record_and_leave(server)
            with let_in(server) as publisher:
                publish.send_clip(publisher, units[50:52])
                viewer.expect(units[50:52])


harness.main()
