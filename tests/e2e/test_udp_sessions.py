# SPDX-License-Identifier: MIT
"""Over UDP nobody knows who is there still, and where: signs of life, and address translation."""

import contextlib
import random
import time

import clips
import harness
import publish
import rtp
import udp
from harness import add_rows, case
from rtsp import Player
from udp import Ports, UdpPlayer, UdpPublisher

RR = rtp.receiver_report(1)


# -- signs of life --

def play_to_the_end(player, meanwhile=lambda: None):
    """Gives how long the session lasts from PLAY on; after each packet meanwhile() is called."""
    began = time.monotonic()
    player.play()
    while player.is_connected():
        with contextlib.suppress(TimeoutError):
            player.packet(0, 0.2)
            meanwhile()
    lasted = time.monotonic() - began
    assert player.inbox.is_silent(("rtp", 0)), "media after the end"
    return lasted


@case()
def session_without_a_sign_of_life_ends():
    """Although the connection is open and media goes out: over UDP nobody knows whether it arrives."""
    with udp.serve("--demo", "--session-timeout", "1s") as server, UdpPlayer(server) as player:
        player.describe()
        player.setup(0)
        assert play_to_the_end(player) > 1


# Who gives signs of life may be held up for longer than they are apart.
PATIENCE = ("--session-timeout", "3s")  # and half as much again


def keep_for_6_s(player, give_sign):
    deadline = time.monotonic() + 6
    while time.monotonic() < deadline:
        with contextlib.suppress(TimeoutError):
            player.packet(0, 0.3)
        give_sign()
    player.inbox.take_all(("rtp", 0))
    player.packet(0)


@case()
def receiver_reports_alone_keep_a_session():
    with udp.serve("--demo", *PATIENCE) as server, UdpPlayer(server) as player:
        player.start()
        keep_for_6_s(player, player.send_report)


@case()
def requests_alone_keep_a_session():
    with udp.serve("--demo", *PATIENCE) as server, UdpPlayer(server) as player:
        player.start()
        keep_for_6_s(player, lambda: player.request("GET_PARAMETER", player.url))


@case()
def media_alone_keeps_a_publisher():
    video = clips.MadeUpVideo(2000)
    with udp.serve(*PATIENCE) as server, \
            publish.Feed(server, video.unit, None, fps=25, publisher=UdpPublisher), \
            contextlib.ExitStack() as stack:
        publish.wait_served(server, "live/cam")
        player = stack.enter_context(UdpPlayer(server, "live/cam"))
        player.start()
        keep_for_6_s(player, player.send_report)


# -- address translation --

# What players send through their router for the way back to be open: RTP port, RTCP port.
PUNCHES = [
    ("ffmpeg", b"\x80" + bytes(11), b"\x80\xc9\0\1" + bytes(4)),
    ("vlc", b"\xce\xfa\xed\xfe", b"\xce\xfa\xed\xfe"),
    ("receiver_report_on_both", RR, RR),
]


def opens_the_way(rtp_data, rtcp_data):
    with udp.serve("--demo") as server, UdpPlayer(server) as player, Player(server) as watch, \
            contextlib.closing(Ports()) as outside, contextlib.closing(udp.Inbox()) as inbox:
        inbox.watch(outside.rtp, "rtp")
        inbox.watch(outside.rtcp, "rtcp")
        watch.start()
        player.describe()
        player.setup(0)
        player.send_from(outside, rtp_data, rtcp_data)
        player.play()
        assert rtp.parse_rtp(inbox.take(["rtp"])[1].data).ssrc == player.ssrc(0)
        player.expect_silence(watch)
        assert inbox.take_all("rtp")
        udp.take_sender_report(rtp.parse_rtcp(inbox.take(["rtcp"])[1].data))


add_rows("nat_is_passed_by_what_is_sent_by", PUNCHES, opens_the_way)


@case()
def nat_that_shows_while_playing_is_followed():
    with udp.serve("--demo") as server, UdpPlayer(server) as player, Player(server) as watch, \
            contextlib.closing(Ports()) as outside, contextlib.closing(udp.Inbox()) as inbox:
        inbox.watch(outside.rtp, "rtp")
        watch.start()
        player.start()
        player.units(2)
        player.send_from(outside, PUNCHES[0][1], RR)
        inbox.take(["rtp"])
        player.expect_silence(watch)


@case()
def packets_from_another_address_change_nothing():
    with udp.serve("--demo", "--session-timeout", "1s") as server, UdpPlayer(server) as player, \
            contextlib.closing(Ports("127.0.0.2")) as stranger, contextlib.closing(udp.Inbox()) as inbox:
        inbox.watch(stranger.rtp, "rtp")
        inbox.watch(stranger.rtcp, "rtcp")
        player.describe()
        player.setup(0)
        player.send_from(stranger, *PUNCHES[0][1:])
        # Nor are they a sign of life.
        assert play_to_the_end(player, lambda: player.send_from(stranger, *PUNCHES[0][1:])) > 1
        assert not inbox.take_all("rtp") and not inbox.take_all("rtcp")


@case()
def garbage_on_the_ports_does_no_harm():
    dice = random.Random(5)
    with udp.serve("--demo") as server, UdpPlayer(server) as player, \
            contextlib.closing(Ports("127.0.0.2")) as stranger:
        player.start()
        receiver = rtp.H264Receiver()
        for _ in range(20):
            for size in (0, 1, 3, 4, 11, 12, 200, 1500, 60000):
                data = dice.randbytes(size)
                player.send_from(stranger, data, data)
                player.send_from(player.ports[0], data, data)
            player.units(1, receiver=receiver)


harness.main()
