# SPDX-License-Identifier: MIT
"""Another publisher for a name: of another description, or while the first one is there still."""

import threading

import clips
import harness
import publish
import rtp
import udp
from comeback import GRACE, REPLACE, come_back, first_pictures, wait_ended, watching
from harness import Server, add_rows, case, wait_until
from publish import Publisher
from rtsp import Player
from udp import UdpPlayer


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

@case()
def second_publisher_is_refused_and_the_first_is_undisturbed():
    units = clips.clip("main").video
    with Server(*GRACE, "--second-publisher", "refuse") as server, \
            first_pictures(server, units[:1]) as first, watching(server) as watcher, \
            Publisher(server, start=False) as second:
        watcher.expect(units[0])
        for n in range(1, 20):
            assert second.announce().status == 409
            first.send_unit(units[n], n * clips.STEP)
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
                before.read_to_end()
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
            first.read_to_end()
            player.expect_bye()
            publish.send_clip(second, clip.video[:1])
            publish.wait_served(server, "live/cam")


@case()
def name_that_was_only_announced_is_replaced_too():
    with Server(*REPLACE) as server, Publisher(server, start=False) as first:
        assert first.announce().status == 200
        with Publisher(server) as second:
            first.read_to_end()
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


LEAVINGS = [("by_closing", Publisher.close), ("by_reset", Publisher.reset)]


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


@case()
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
                    fighter.join(harness.WAIT_SECONDS)
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


harness.main()
