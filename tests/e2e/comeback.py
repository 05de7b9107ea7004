# SPDX-License-Identifier: MIT
"""Publishers that go and come back, and players who are to notice nothing of it."""

import contextlib

import publish
import rtp
from harness import WAIT_SECONDS, wait_until
from publish import Publisher
from rtsp import Player

GRACE = ("--publisher-grace", "30s")
REPLACE = ("--second-publisher", "replace")


class Watcher:
    """A video player for which nothing may ever begin anew: one SSRC, no gap, time stamps that rise."""

    def __init__(self, player):
        self.player = player
        self.ssrc = player.ssrc(0)
        self.last = None
        self._receiver = rtp.H264Receiver()

    def unit(self, seconds=WAIT_SECONDS):
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


def teardown(publisher):
    assert publisher.request("TEARDOWN", publisher.url).status == 200
    publisher.close()
