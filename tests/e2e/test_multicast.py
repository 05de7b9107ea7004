# SPDX-License-Identifier: MIT
"""Multicast: one copy for all who have joined a stream's group."""

import contextlib
import ipaddress
import re
import time

import clips
import harness
import publish
import rtp
import udp
from harness import case, wait_until
from rtsp import TCP, Player
from udp import MULTICAST, Member

GROUPS = "239.255.42.0/24"


def multicast_server(*flags):
    port = udp.free_port(4, udp.GROUP_PORTS)
    return udp.serve("--multicast", GROUPS, "--multicast-port", str(port), "--multicast-ttl", "3", *flags)


@contextlib.contextmanager
def joined(server, path="live/demo"):
    """A player that plays by multicast, and a member of its group; the player has no ports of its own."""
    with Player(server, path) as player:
        player.describe()
        player.setup(0, MULTICAST)
        with Member(player) as member:
            player.play()
            yield player, member


@case()
def multicast_is_off_unless_asked_for():
    with udp.serve("--demo") as server, Player(server) as player:
        player.describe()
        assert player.setup_status(MULTICAST) == 461
        player.setup(0, f"{MULTICAST},{TCP};interleaved=0-1")


@case()
def multicast_reply_names_group_and_ports():
    with multicast_server() as server, publish.ffmpeg(server, clips.clip("main")), \
            Player(server, "live/cam") as player:
        player.describe()
        places = set()
        for track in (0, 1):
            first, *parameters = player.setup(track, MULTICAST).headers["transport"].split(";")
            fields = player.transports[track]
            assert first == "RTP/AVP" and "multicast" in parameters, parameters
            assert ipaddress.ip_address(fields["destination"]) in ipaddress.ip_network(GROUPS), fields
            low, high = map(int, fields["port"].split("-"))
            assert low % 2 == 0 and high == low + 1 and fields["ttl"] == "3", fields
            assert re.fullmatch(r"[0-9A-F]{8}", fields["ssrc"]), fields
            places.add((fields["destination"], low))
        assert len(places) == 2, places


@case()
def multicast_members_get_what_tcp_players_get():
    with multicast_server("--demo") as server, joined(server) as (player, member), Player(server) as other:
        other.start()
        pairs = [(member.packet(), other.packet(0)[1]) for _ in range(300)]
        mine, others = ({p.seq: p for p in packets} for packets in zip(*pairs))
        assert {p.ssrc for p in mine.values()} == {player.ssrc(0)}
        both = mine.keys() & others.keys()
        assert len(both) > 100 and all(mine[seq] == others[seq] for seq in both), len(both)
        assert udp.take_sender_report(member.rtcp())[0] == player.ssrc(0)


@case()
def multicast_players_share_one_copy_across_workers():
    with multicast_server("--demo") as server, joined(server) as (first, member), \
            contextlib.ExitStack() as stack:
        for _ in range(7):  # some of them on the other worker
            player = stack.enter_context(Player(server))
            player.describe()
            player.setup(0, MULTICAST)
            for name in ("destination", "port", "ssrc"):
                assert player.transports[0][name] == first.transports[0][name], player.transports
            player.play()
        member.inbox.take_all("rtp")
        numbers = [member.packet().seq for _ in range(300)]
        assert len(set(numbers)) == 300, "packets came more than once"
        assert numbers == [(numbers[0] + i) % 2**16 for i in range(300)]


@case()
def multicast_stops_when_the_last_one_leaves():
    with multicast_server("--demo") as server, joined(server) as (first, member), Player(server) as second:
        second.describe()
        second.setup(0, MULTICAST)
        second.play()
        first.request("TEARDOWN", first.content_base)
        member.inbox.take_all("rtp")
        for _ in range(30):
            member.packet()
        second.close()
        wait_until(lambda: member.inbox.is_silent("rtp"), "the end of multicast")


@case()
def multicast_begins_again_for_the_next_player():
    with multicast_server("--demo") as server:
        for _ in range(3):
            with joined(server) as (player, member):
                unit = None
                receiver = rtp.H264Receiver()
                while not unit:
                    unit = receiver.take(member.packet())
                assert rtp.is_idr(unit.nals)
                player.request("TEARDOWN", player.content_base)
                wait_until(lambda: member.inbox.is_silent("rtp"), "the end of multicast")


@case()
def multicast_ends_when_no_player_gives_a_sign_of_life():
    with multicast_server("--demo", "--session-timeout", "1s") as server:
        began = time.monotonic()
        with joined(server) as (_, member):
            wait_until(lambda: member.inbox.is_silent("rtp"), "the end of multicast")
            assert time.monotonic() - began > 1


@case()
def multicast_says_bye_at_the_end_of_the_stream():
    video = clips.MadeUpVideo(2000)
    with multicast_server() as server, publish.Publisher(server) as publisher:
        publisher.send_unit(video.unit(0), 0)
        publish.wait_served(server, "live/cam")
        with joined(server, "live/cam") as (player, member):
            member.packet()
            publisher.close()
            while not any(p.type == rtp.RTCP_BYE for p in member.rtcp()):
                pass


harness.main()
