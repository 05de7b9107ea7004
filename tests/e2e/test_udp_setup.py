# SPDX-License-Identifier: MIT
"""What is answered when a player asks for UDP."""

import re

import harness
import udp
from harness import Server, add_rows, case
from rtsp import TCP, Player
from udp import UDP, UdpPlayer

PROFILES = [("rtp_avp", "RTP/AVP"), ("rtp_avp_udp", "RTP/AVP/UDP"), ("rtp_avpf", "RTP/AVPF")]


def is_answered_in_kind(profile):
    with udp.serve("--demo") as server, UdpPlayer(server, profile=f"{profile};unicast") as player:
        player.describe()
        first, *parameters = player.setup(0).headers["transport"].split(";")
        assert first == profile and "unicast" in parameters, (first, parameters)
        fields = player.transports[0]
        assert fields["client_port"] == str(player.ports[0]), fields
        rtp_port, rtcp_port = player.server_ports(0)
        assert rtp_port % 2 == 0 and rtcp_port == rtp_port + 1, fields
        assert fields["source"] == "127.0.0.1" and fields["mode"] == '"PLAY"', fields
        assert re.fullmatch(r"[0-9A-F]{8}", fields["ssrc"]), fields
        player.play()
        assert player.packet(0)[1].ssrc == player.ssrc(0)


add_rows("profile", PROFILES, is_answered_in_kind)


@case()
def without_ports_udp_is_refused():
    with Server("--demo", rtp_port=0) as server, Player(server) as player:
        player.describe()
        assert player.setup_status(f"{UDP};client_port=5000-5001") == 461
        player.setup(0)


@case()
def first_of_two_offers_that_are_served_is_taken():
    with udp.serve("--demo") as server, UdpPlayer(server) as player:
        player.describe()
        player.setup(0, f"{UDP};client_port={{ports}},{TCP};interleaved=0-1")
        assert "client_port" in player.transports[0], player.transports
        player.setup(0, f"{TCP};interleaved=0-1,{UDP};client_port={{ports}}")
        assert "interleaved" in player.transports[0], player.transports


@case()
def one_client_port_means_the_next_one_too():
    with udp.serve("--demo") as server, UdpPlayer(server) as player:
        player.describe()
        player.setup(0)
        player.setup(0, f"{UDP};client_port={player.ports[0].numbers[0]}")
        player.play()
        player.units(2)
        udp.take_sender_report(player.rtcp(0))


PASSED_OVER = [
    ("destination_of_another_address", "client_port=5000-5001;destination=127.0.0.2"),
    ("client_port_0_0", "client_port=0-0"),
    ("no_client_port", "mode=play"),
    ("client_port_past_65535", "client_port=65536-65537"),
    ("client_port_no_number", "client_port=a-b"),
]


def is_passed_over(parameters):
    with udp.serve("--demo") as server, Player(server) as player:
        player.describe()
        assert player.setup_status(f"{UDP};{parameters}") == 461
        player.setup(0, f"{UDP};{parameters},{TCP};interleaved=4-5")
        assert player.transports[0]["interleaved"] == "4-5"
        player.play()
        player.units(2)


add_rows("passed_over", PASSED_OVER, is_passed_over)


@case()
def destination_of_the_client_itself_is_fine():
    with udp.serve("--demo") as server, UdpPlayer(server) as player:
        player.describe()
        player.setup(0, f"{UDP};destination=127.0.0.1;client_port={{ports}}")
        player.play()
        player.units(2)


harness.main()
