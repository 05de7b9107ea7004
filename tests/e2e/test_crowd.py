# SPDX-License-Identifier: MIT
"""Five hundred players at once, from one program: each must get every packet."""

import selectors
import time

import clips
import harness
import publish
import rtp
from harness import Server, case
from rtsp import Player

PLAYERS = 500
FPS = 20


class Member:
    """One player of the crowd: looks at the sequence numbers only, to be cheap."""

    def __init__(self, server):
        self.player = Player(server, "live/cam")
        self.player.start()
        self.next_seq, _ = self.player.rtp_info()[0]
        self.packets = 0
        self.said_bye = False
        self.ended = False

    def read(self):
        """Takes what has come. False at the end of the connection."""
        try:
            self.player.receive()
        except (EOFError, ConnectionError):
            self.ended = True
        for frame in self.player.take_frames():
            self._take(frame)
        return not self.ended

    def _take(self, frame):
        if frame.channel == 0:
            seq = int.from_bytes(frame.data[2:4], "big")
            assert seq == self.next_seq, f"sequence number {seq}, not {self.next_seq}"
            self.next_seq = (seq + 1) & 0xffff
            self.packets += 1
        elif frame.channel == 1:
            self.said_bye = any(p.type == rtp.RTCP_BYE for p in rtp.parse_rtcp(frame.data))


class Crowd:
    def __init__(self, server):
        self.selector = selectors.DefaultSelector()
        self.members = []
        for _ in range(PLAYERS):
            member = Member(server)
            self.members.append(member)
            self.selector.register(member.player.socket, selectors.EVENT_READ, member)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.selector.close()
        for member in self.members:
            member.player.close()

    def read_until(self, condition, what, seconds=100):
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
            for key, _ in self.selector.select(0.1):
                if not key.data.read():
                    self.selector.unregister(key.fileobj)


@case(500)
def all_of_500_players_get_every_packet_and_the_end_twice():
    clip = clips.clip("main")
    # Who joins first is not read until the last one has joined.
    with Server("--max-lag", "60s", "--write-timeout", "60s") as server:
        for _ in range(2):
            feed = publish.feed_clip(server, clip, fps=FPS)
            with feed, Crowd(server) as crowd:
                since = {m: m.packets for m in crowd.members}
                crowd.read_until(lambda: all(m.packets - since[m] > 100 for m in crowd.members),
                                 "100 packets for everybody")
                feed.close()
                crowd.read_until(lambda: all(m.ended for m in crowd.members), "the end for all")
                assert all(m.said_bye for m in crowd.members), "an end without BYE"
                ends = {m.next_seq for m in crowd.members}
                assert len(ends) == 1, f"players saw different ends: {ends}"


harness.main()
