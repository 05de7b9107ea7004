# SPDX-License-Identifier: MIT
"""Players that stop reading: they are skipped or closed, and nobody else loses anything."""

import contextlib
import threading

import harness
import publish
import rtp
from clips import MadeUpVideo
from harness import Server, case, is_sanitized
from rtsp import Player

UNIT_BYTES = 100_000
FPS = 40
STALL_BYTES = 16_000_000  # more than both socket buffers hold, and then some seconds
MEMORY_GROWTH_MAX = 96 << 20


class Watcher:
    """A player on a thread of its own that must get every packet."""

    def __init__(self, server):
        self.player = Player(server, "live/cam")
        self.player.start()
        self.numbers = []
        self.error = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        receiver = rtp.H264Receiver()
        try:
            while not self._stop.is_set():
                unit = self.player.units(1, receiver=receiver)[0]
                self.numbers.append(MadeUpVideo.number(unit.nals))
        except Exception as error:
            self.error = error

    def finish(self, sent):
        """Checks that not one unit was missed of as many as were sent."""
        harness.wait_until(lambda: self.error or self.numbers[-1:] >= [sent - 1], "all that was sent")
        self._stop.set()
        self._thread.join(harness.WAIT_SECONDS)
        self.player.close()
        assert self.error is None, self.error
        first = self.numbers[0]
        assert self.numbers == list(range(first, first + len(self.numbers)))


@contextlib.contextmanager
def busy_stream(*flags):
    with Server(*flags) as server, publish.feed_made_up(server, UNIT_BYTES, fps=FPS) as feed:
        yield server, feed


def read_to_the_first_gap(player):
    """Packets up to a jump in the sequence numbers: the last before and the first behind it."""
    last = player.packet(0)[1]
    while True:
        packet = player.packet(0)[1]
        if packet.seq != (last.seq + 1) & 0xffff:
            return last, packet
        last = packet


@case(120)
def player_that_stalls_resumes_at_an_idr_and_others_lose_nothing():
    with busy_stream("--max-lag", "1s", "--write-timeout", "60s") as (server, feed):
        watchers = [Watcher(server), Watcher(server)]
        with Player(server, "live/cam", receive_buffer=4096) as slow:
            slow.start()
            feed.wait_sent_bytes(feed.sent_bytes + STALL_BYTES)
            _, behind = read_to_the_first_gap(slow)
            receiver = rtp.H264Receiver()
            # What is behind the gap must be the beginning of an access unit, and an IDR picture.
            unit = receiver.take(behind)
            unit = unit or slow.units(1, receiver=receiver)[0]
            assert rtp.is_idr(unit.nals) and unit.nals[0][0] & 31 != rtp.NAL_IDR
            resumed_at = MadeUpVideo.number(unit.nals)
            more = [MadeUpVideo.number(u.nals) for u in slow.units(20, receiver=receiver)]
            assert more == list(range(resumed_at + 1, resumed_at + 21)), more
        for watcher in watchers:
            watcher.finish(feed.sent)


@case(120)
def lag_bound_in_bytes_skips_as_well():
    flags = ("--max-lag", "60s", "--max-lag-bytes", "2M", "--write-timeout", "60s")
    with busy_stream(*flags) as (server, feed):
        with Player(server, "live/cam", receive_buffer=4096) as slow:
            slow.start()
            feed.wait_sent_bytes(feed.sent_bytes + STALL_BYTES)
            receiver = rtp.H264Receiver()
            unit = receiver.take(read_to_the_first_gap(slow)[1])
            unit = unit or slow.units(1, receiver=receiver)[0]
            assert rtp.is_idr(unit.nals)


@case(120)
def requests_of_a_stalled_player_are_answered_when_it_resumes():
    with busy_stream("--max-lag", "1s", "--write-timeout", "60s") as (server, feed):
        with Player(server, "live/cam", receive_buffer=4096) as slow:
            slow.start()
            feed.wait_sent_bytes(feed.sent_bytes + STALL_BYTES)
            for _ in range(5):
                slow.send(slow.format("GET_PARAMETER", slow.url))
            for _ in range(5):
                assert slow.reply().status == 200


@case(120)
def player_that_takes_nothing_is_closed_after_the_write_timeout():
    with busy_stream("--max-lag", "1s", "--write-timeout", "2s") as (server, feed):
        watcher = Watcher(server)
        with Player(server, "live/cam", receive_buffer=4096) as slow:
            slow.start()
            feed.wait_sent_bytes(feed.sent_bytes + 2 * STALL_BYTES)
            slow.socket.settimeout(harness.WAIT_SECONDS)
            taken = 0
            try:
                while data := slow.socket.recv(1 << 20):
                    taken += len(data)
                    assert taken < STALL_BYTES, "the connection goes on"
            except ConnectionError:
                pass
        watcher.finish(feed.sent)


@case(120)
def teardown_of_a_stalled_player_is_clean():
    with busy_stream("--max-lag", "1s") as (server, feed):
        with Player(server, "live/cam", receive_buffer=4096) as slow:
            slow.start()
            feed.wait_sent_bytes(feed.sent_bytes + STALL_BYTES)
            slow.send(slow.format("TEARDOWN", slow.content_base))
            assert slow.reply().status == 200


@case(180)
def memory_is_bounded_while_players_sleep():
    flags = ("--gop-cache", "8M", "--max-lag", "500ms", "--write-timeout", "60s")
    with Server(*flags) as server:
        feed = publish.feed_made_up(server, 200_000, gop=25, fps=80)
        with feed, contextlib.ExitStack() as stack:
            players = [stack.enter_context(Player(server, "live/cam", receive_buffer=4096))
                       for _ in range(8)]
            for player in players:
                player.start()
            before = server.memory_bytes()
            feed.wait_sent_bytes(feed.sent_bytes + 2 * MEMORY_GROWTH_MAX)
            growth = server.memory_bytes() - before
        assert is_sanitized() or growth < MEMORY_GROWTH_MAX, growth


harness.main()
