# SPDX-License-Identifier: MIT
"""Publishers over UDP: what is lost, swapped, doubled or forged on the way."""

import contextlib
import random
import time

import clips
import harness
import publish
import rtp
import udp
from harness import add_rows, case, wait_until
from rtsp import Player
from udp import Ports, UdpPlayer, UdpPublisher


# For what comes, though the sender may be held up between two packets.
PATIENCE = ("--reorder-wait", "5s")


@contextlib.contextmanager
def publishing(unit_bytes=12_000, flags=(), **options):
    """A server, a publisher over UDP of one picture so far, and a player that has it."""
    video = clips.MadeUpVideo(unit_bytes)
    with udp.serve("--max-lag", "60s", *flags) as server, UdpPublisher(server, **options) as publisher:
        publisher.send_unit(video.unit(0), 0)
        publish.wait_served(server, "live/cam")
        with Player(server, "live/cam") as player:
            player.start()
            receiver = rtp.H264Receiver()
            video.check(player.units(1, receiver=receiver), [0])
            yield video, publisher, player, receiver


@case()
def publisher_over_udp_is_told_where_to_send():
    with udp.serve() as server, UdpPublisher(server, start=False) as publisher:
        publisher.announce()
        reply = publisher.setup(0)
        fields = reply.headers["transport"].split(";")
        assert fields[0] == "RTP/AVP" and "unicast" in fields, fields
        assert f"client_port={publisher.ports[0]}" in fields, fields
        rtp_port, rtcp_port = publisher.server_ports[0]
        assert rtp_port % 2 == 0 and rtcp_port == rtp_port + 1


@case()
def published_packets_arrive_unchanged():
    with publishing() as (video, publisher, player, receiver):
        for n in range(1, 60):
            publisher.send_unit(video.unit(n), n * clips.STEP)
            video.check(player.units(1, receiver=receiver), [n])


@case()
def shuffled_packets_are_put_in_order():
    dice = random.Random(3)
    with publishing(flags=PATIENCE) as (video, publisher, player, receiver):
        for n in range(1, 61, 2):
            packets = [p for i in (n, n + 1) for p in publisher.unit_packets(video.unit(i), i * clips.STEP)]
            dice.shuffle(packets)
            publisher.send_rtp(0, packets)
            video.check(player.units(2, receiver=receiver), [n, n + 1])


@case()
def duplicates_are_ignored():
    with publishing() as (video, publisher, player, receiver):
        previous = []
        for n in range(1, 40):
            packets = publisher.unit_packets(video.unit(n), n * clips.STEP)
            publisher.send_rtp(0, [p for packet in packets for p in (packet, packet)] + previous)
            previous = packets
            video.check(player.units(1, receiver=receiver), [n])


LOSSES = [("first", [0]), ("inner", [4]), ("several", [2, 3, 6])]


def costs_one_access_unit(lose):
    with publishing() as (video, publisher, player, receiver):
        for n in range(1, 20):
            publisher.send_unit(video.unit(n), n * clips.STEP, lose=lose if n == 5 else ())
            if n != 5:
                video.check(player.units(1, receiver=receiver), [n])


add_rows("loss_of_packets", LOSSES, costs_one_access_unit)


@case()
def publisher_gets_receiver_reports():
    with publishing() as (video, publisher, player, receiver):
        for n in range(1, 10):
            publisher.send_unit(video.unit(n), n * clips.STEP, lose=[3] if n == 5 else ())
            if n != 5:
                player.units(1, receiver=receiver)

        def reported():
            kinds = {p.type: p for p in publisher.report()}
            assert rtp.RTCP_RR in kinds, kinds
            ssrc, lost, highest = rtp.report_block(kinds[rtp.RTCP_RR])
            assert ssrc == 0x1234
            return lost == 1 and highest & 0xffff == publisher.seq[0] - 1

        wait_until(reported, "a report of what was lost")
        publisher.report()


@case()
def data_from_another_address_is_ignored():
    with publishing() as (video, publisher, player, receiver), \
            contextlib.closing(Ports("127.0.0.2")) as stranger:
        for n in range(1, 30):
            forged = rtp.build_rtp(True, 96, publisher.seq[0], n * clips.STEP, 0x1234, b"\x41\x9aforged")
            stranger.rtp.sendto(forged, (publisher.server.host, publisher.server_ports[0][0]))
            publisher.send_unit(video.unit(n), n * clips.STEP)
            video.check(player.units(1, receiver=receiver), [n])


@case()
def publisher_that_is_silent_too_long_is_ended():
    with publishing(flags=("--session-timeout", "1s")) as (video, publisher, player, _):
        sent = time.monotonic()
        publisher.send_unit(video.unit(1), clips.STEP)
        player.expect_bye()
        assert time.monotonic() - sent > 1
        wait_until(lambda: not publish.is_served(publisher.server, "live/cam"), "the end of the stream")


@case()
def teardown_of_a_publisher_ends_its_stream():
    with publishing() as (_, publisher, player, _):
        assert publisher.request("TEARDOWN", publisher.url).status == 200
        player.expect_bye()


@case()
def rtspclientsink_publisher_with_client_port_0_0_is_known_by_its_packets():
    with publishing(ports="0-0") as (video, publisher, player, receiver):
        for n in range(1, 20):
            publisher.send_unit(video.unit(n), n * clips.STEP)
            video.check(player.units(1, receiver=receiver), [n])


@case()
def publisher_behind_nat_is_known_by_its_packets():
    with contextlib.closing(Ports()) as inside:
        with publishing(ports=inside) as (video, publisher, player, receiver):
            for n in range(1, 20):
                publisher.send_unit(video.unit(n), n * clips.STEP)
                video.check(player.units(1, receiver=receiver), [n])


@case()
def from_udp_to_udp():
    video = clips.MadeUpVideo(12_000)
    with udp.serve() as server, UdpPublisher(server, parameter_sets=video.parameter_sets) as publisher:
        publisher.send_unit(video.unit(0), 0)
        publish.wait_served(server, "live/cam")
        with UdpPlayer(server, "live/cam") as player:
            player.start()
            receiver = rtp.H264Receiver()
            video.check(player.units(1, receiver=receiver), [0])
            for n in range(1, 40):
                publisher.send_unit(video.unit(n), n * clips.STEP)
                video.check(player.units(1, receiver=receiver), [n])


PUBLISHERS = [("ffmpeg", publish.ffmpeg), ("gstreamer", publish.gstreamer)]


def publishes_over_udp(publisher):
    clip = clips.clip("main")
    with udp.serve() as server, publisher(server, clip, transport="udp"), \
            Player(server, "live/cam") as player:
        player.start()
        clips.check_run([rtp.picture(unit.nals) for unit in player.units(40)], clip.pictures)


add_rows("publisher", PUBLISHERS, publishes_over_udp)


harness.main()
