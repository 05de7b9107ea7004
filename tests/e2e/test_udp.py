# SPDX-License-Identifier: MIT
"""Media over UDP, unicast and multicast: to players, and from publishers."""

import contextlib
import ipaddress
import random
import re
import time

import clips
import harness
import players
import publish
import rtp
import rtsp
import udp
from harness import Server, add_rows, case, wait_until
from rtsp import TCP, Player
from udp import MULTICAST, UDP, Member, Ports, UdpPlayer, UdpPublisher

STEP = clips.VIDEO_CLOCK // clips.FPS
RR = rtp.receiver_report(1)


def check_numbers(video, units, wanted):
    assert [video.number(u.nals) for u in units] == list(wanted)
    for unit, number in zip(units, wanted):
        assert rtp.picture(unit.nals) == rtp.picture(video.unit(number)), f"access unit {number} differs"


def check_nothing_more(player, watch):
    """What was on its way has come; while another player gets on, nothing more comes."""
    receiver = rtp.H264Receiver()
    watch.units(2, receiver=receiver)
    player.inbox.take_all(("rtp", 0))
    watch.units(10, receiver=receiver)
    late = player.inbox.take_all(("rtp", 0))
    assert not late, f"{len(late)} packets too many"


def setup_status(player, transport):
    return player.request("SETUP", player.control_url(0), Transport=transport).status


# -- SETUP --

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
        assert setup_status(player, f"{UDP};client_port=5000-5001") == 461
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
        assert setup_status(player, f"{UDP};{parameters}") == 461
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


# -- media to players --

@case()
def both_tracks_come_to_the_ports_that_were_announced():
    with udp.serve() as server, publish.ffmpeg(server, clips.clip("main")), \
            UdpPlayer(server, "live/cam") as player:
        player.start()
        assert len({n for ports in player.ports.values() for n in ports.numbers}) == 4
        for track in (0, 1):
            packet = player.packet(track)[1]
            assert packet.ssrc == player.ssrc(track)
            assert packet.payload_type == player.sdp.media[track].payload_type
        player.units(60)
        for track in (0, 1):
            assert udp.take_sender_report(player.rtcp(track))[0] == player.ssrc(track)


@case()
def rtp_info_tells_the_first_packets():
    with udp.serve() as server, publish.ffmpeg(server, clips.clip("main")), \
            UdpPlayer(server, "live/cam") as watch:
        watch.start()
        for track in (0, 1):
            watch.packet(track)
        with UdpPlayer(server, "live/cam") as player:
            player.start()
            info = player.rtp_info()
            for track in (0, 1):
                packet = player.packet(track)[1]
                assert info[track] == (packet.seq, packet.timestamp), (track, info, packet[:5])


@case()
def first_video_is_an_idr_with_parameter_sets():
    with udp.serve("--demo") as server, Player(server) as watch:
        watch.start()
        receiver = rtp.H264Receiver()
        for _ in range(5):
            watch.units(7, receiver=receiver)
            with UdpPlayer(server) as player:
                player.start()
                kinds = [rtp.nal_type(n) for n in player.units(1)[0].nals]
                assert kinds[:2] == [rtp.NAL_SPS, rtp.NAL_PPS] and rtp.NAL_IDR in kinds, kinds


@case()
def players_over_udp_and_tcp_get_the_same_packets():
    with udp.serve("--demo") as server, UdpPlayer(server) as datagrams, Player(server) as stream:
        datagrams.start()
        stream.start()
        mine = {p.seq: p for p in (datagrams.packet(0)[1] for _ in range(300))}
        others = {p.seq: p for p in (stream.packet(0)[1] for _ in range(300))}
        both = mine.keys() & others.keys()
        assert len(both) > 200, len(both)
        assert all(mine[seq] == others[seq] for seq in both)


@case()
def datagrams_are_no_larger_than_the_flag_says():
    for size in (500, 1360):
        with udp.serve("--packet-size", str(size)) as server, publish.feed_made_up(server, 20_000), \
                UdpPlayer(server, "live/cam") as player:
            player.start()
            sizes = [12 + len(player.packet(0)[1].payload) for _ in range(200)]
            assert size - 50 < max(sizes) <= size, max(sizes)


@case()
def sender_report_comes_soon_after_play_and_then_every_5_s():
    with udp.serve("--demo") as server, UdpPlayer(server) as player:
        player.start()
        packet = player.packet(0)[1]
        ssrc, ntp, timestamp, packets, size = udp.take_sender_report(player.rtcp(0, 2))
        assert ssrc == player.ssrc(0) and abs(ntp - time.time()) < 5 and packets > 0 and size > packets
        behind = (timestamp - packet.timestamp + 2**31) % 2**32 - 2**31
        assert abs(behind) < 10 * clips.VIDEO_CLOCK, behind
        later = udp.take_sender_report(player.rtcp(0, 7))
        assert 3 < later[1] - ntp < 7 and later[3] > packets, later


@case()
def first_report_comes_with_the_first_packets_for_who_was_there_before_them():
    video = clips.MadeUpVideo(2000)
    with udp.serve() as server, \
            publish.Publisher(server, parameter_sets=video.parameter_sets) as publisher, \
            UdpPlayer(server, "live/cam") as player:
        player.start()
        for n in range(3):
            publisher.send_unit(video.unit(n), n * STEP)
        player.units(2)
        assert udp.take_sender_report(player.rtcp(0, 2))[0] == player.ssrc(0)


@case()
def bye_ends_the_stream():
    video = clips.MadeUpVideo(2000)
    with udp.serve() as server, publish.Publisher(server) as publisher:
        publisher.send_unit(video.unit(0), 0)
        publish.wait_served(server, "live/cam")
        with UdpPlayer(server, "live/cam") as player:
            player.start()
            player.units(1)
            publisher.close()
            player.expect_datagram_bye()


@case()
def bye_ends_the_server():
    with udp.serve("--demo") as server, UdpPlayer(server) as player:
        player.start()
        player.units(1)
        server.terminate()
        player.expect_datagram_bye()
        assert server.wait_exit() == 0


@case()
def teardown_stops_media():
    with udp.serve("--demo") as server, UdpPlayer(server) as player, Player(server) as watch:
        watch.start()
        player.start()
        player.units(2)
        assert player.request("TEARDOWN", player.content_base).status == 200
        check_nothing_more(player, watch)


@case()
def end_of_the_connection_stops_media():
    with udp.serve("--demo") as server, UdpPlayer(server) as player, Player(server) as watch:
        watch.start()
        player.start()
        player.units(2)
        player.socket.shutdown(rtsp.socket.SHUT_RDWR)
        check_nothing_more(player, watch)


@case()
def pause_stops_media_and_play_resumes_at_an_idr():
    with udp.serve("--demo") as server, UdpPlayer(server) as player, Player(server) as watch:
        watch.start()
        player.start()
        player.units(3)
        for _ in range(2):
            assert player.request("PAUSE", player.content_base).status == 200
            check_nothing_more(player, watch)
            player.play()
            first = player.units(1)[0]
            assert rtp.is_idr(first.nals)
            assert (first.first_seq, first.timestamp) == player.rtp_info()[0]


@case()
def setup_again_changes_from_udp_to_tcp_and_back():
    """GStreamer asks for TCP when it has heard nothing over UDP for 5 s."""
    with udp.serve("--demo") as server, UdpPlayer(server) as player, Player(server) as watch:
        watch.start()
        player.describe()
        player.setup(0)
        player.setup(0, f"{TCP};interleaved=0-1")
        player.play()
        player.units(3)
        check_nothing_more(player, watch)
        assert player.request("PAUSE", player.content_base).status == 200
        player.setup(0)
        player.play()
        player.take_frames()
        player.units(3)
        assert not [f for f in player.take_frames() if f.channel == 0], "media over TCP as well"


@case()
def another_connection_over_tcp_takes_over_when_udp_fails():
    with udp.serve("--demo") as server:
        with UdpPlayer(server) as player:
            player.start()
            player.ports[0].close()
            player.ports = {}
            player.request("TEARDOWN", player.content_base)
        with Player(server) as player:
            player.start()
            player.units(3)


@case()
def requests_are_answered_while_media_goes_over_udp():
    with udp.serve("--demo") as server, UdpPlayer(server) as player:
        player.start()
        receiver = rtp.H264Receiver()
        for method in 5 * ["OPTIONS", "GET_PARAMETER", "SET_PARAMETER", "DESCRIBE"]:
            assert player.request(method, player.url).status == 200
            player.units(2, receiver=receiver)
        assert not player.take_frames()


@case()
def large_pictures_arrive_whole():
    """IDR pictures of 300 KB are many bursts. That they fit into a small buffer is for test_network.py to show."""
    video = clips.MadeUpVideo(300_000, gop=5)

    def unit(n):
        return video.unit(n) if n % 5 == 0 else [n[:6000] for n in video.unit(n)]

    with udp.serve() as server, publish.Feed(server, unit, video.parameter_sets, fps=25) as feed:
        feed.wait_sent(6)
        with UdpPlayer(server, "live/cam") as player:
            player.start()
            units = player.units(40)
            assert sum(rtp.is_idr(u.nals) for u in units) >= 8


@case()
def who_joins_gets_the_whole_gop_cache_in_order():
    video = clips.MadeUpVideo(40_000, gop=1000)
    with udp.serve() as server, publish.Feed(server, video.unit, video.parameter_sets, fps=25) as feed:
        feed.wait_sent(40)
        with UdpPlayer(server, "live/cam") as player:
            player.start()
            check_numbers(video, player.units(60), range(60))


@case()
def players_whose_ports_are_closed_disturb_nobody():
    """The kernel tells the server of them, by errors on the socket that all players share."""
    with udp.serve("--demo") as server, UdpPlayer(server) as watch, contextlib.ExitStack() as stack:
        watch.start()
        receiver = rtp.H264Receiver()
        for _ in range(4):
            gone = stack.enter_context(Player(server))
            gone.describe()
            ports = Ports()
            ports.close()
            reply = gone.request("SETUP", gone.control_url(0), Transport=f"{UDP};client_port={ports}")
            gone.session = reply.headers["session"].split(";")[0]
            gone.play()
            watch.units(10, receiver=receiver)


@case()
def ipv6_is_served():
    with udp.serve("--demo", listen=["[::1]:0"]) as server, UdpPlayer(server, source="::1") as player:
        player.start()
        player.units(3)
        udp.take_sender_report(player.rtcp(0))


# -- signs of life --

def seconds_until_silence(player, meanwhile=lambda: None):
    """How long packets come; after each of them meanwhile() is called."""
    began = time.monotonic()
    last = began
    with contextlib.suppress(TimeoutError):
        while True:
            player.packet(0, 1)
            last = time.monotonic()
            meanwhile()
    return last - began


@case()
def session_without_a_sign_of_life_ends():
    """Although the connection is open and media goes out: over UDP nobody knows whether it arrives."""
    with udp.serve("--demo", "--session-timeout", "1s") as server, UdpPlayer(server) as player:
        player.start()
        assert 1 < seconds_until_silence(player) < 5
        with contextlib.suppress(EOFError, ConnectionError):
            assert player.request("PLAY", player.content_base).status == 454


def keep_for_4_s(player, give_sign):
    receiver = rtp.H264Receiver()
    deadline = time.monotonic() + 4
    while time.monotonic() < deadline:
        player.units(10, receiver=receiver)
        give_sign()


@case()
def receiver_reports_alone_keep_a_session():
    with udp.serve("--demo", "--session-timeout", "1s") as server, UdpPlayer(server) as player:
        player.start()
        keep_for_4_s(player, player.send_report)


@case()
def requests_alone_keep_a_session():
    with udp.serve("--demo", "--session-timeout", "1s") as server, UdpPlayer(server) as player:
        player.start()
        keep_for_4_s(player, lambda: player.request("GET_PARAMETER", player.url))


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
        check_nothing_more(player, watch)
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
        check_nothing_more(player, watch)


@case()
def packets_from_another_address_change_nothing():
    with udp.serve("--demo", "--session-timeout", "1s") as server, UdpPlayer(server) as player, \
            contextlib.closing(Ports("127.0.0.2")) as stranger, contextlib.closing(udp.Inbox()) as inbox:
        inbox.watch(stranger.rtp, "rtp")
        inbox.watch(stranger.rtcp, "rtcp")
        player.describe()
        player.setup(0)
        player.send_from(stranger, *PUNCHES[0][1:])
        player.play()
        # Nor are they a sign of life.
        assert 1 < seconds_until_silence(player, lambda: player.send_from(stranger, *PUNCHES[0][1:])) < 5
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


# -- publishers --

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
            check_numbers(video, player.units(1, receiver=receiver), [0])
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
            publisher.send_unit(video.unit(n), n * STEP)
            check_numbers(video, player.units(1, receiver=receiver), [n])


@case()
def shuffled_packets_are_put_in_order():
    dice = random.Random(3)
    with publishing() as (video, publisher, player, receiver):
        for n in range(1, 61, 2):
            packets = [p for i in (n, n + 1) for p in publisher.unit_packets(video.unit(i), i * STEP)]
            dice.shuffle(packets)
            publisher.send_rtp(0, packets)
            check_numbers(video, player.units(2, receiver=receiver), [n, n + 1])


@case()
def duplicates_are_ignored():
    with publishing() as (video, publisher, player, receiver):
        previous = []
        for n in range(1, 40):
            packets = publisher.unit_packets(video.unit(n), n * STEP)
            publisher.send_rtp(0, [p for packet in packets for p in (packet, packet)] + previous)
            previous = packets
            check_numbers(video, player.units(1, receiver=receiver), [n])


LOSSES = [("first", [0]), ("inner", [4]), ("several", [2, 3, 6])]


def costs_one_access_unit(lose):
    with publishing() as (video, publisher, player, receiver):
        for n in range(1, 20):
            publisher.send_unit(video.unit(n), n * STEP, lose=lose if n == 5 else ())
            if n != 5:
                check_numbers(video, player.units(1, receiver=receiver), [n])


add_rows("loss_of_packets", LOSSES, costs_one_access_unit)


@case()
def publisher_gets_receiver_reports():
    with publishing() as (video, publisher, player, receiver):
        for n in range(1, 10):
            publisher.send_unit(video.unit(n), n * STEP, lose=[3] if n == 5 else ())
            if n != 5:
                player.units(1, receiver=receiver)

        def reported():
            kinds = {p.type: p for p in publisher.report()}
            assert rtp.RTCP_RR in kinds, kinds
            ssrc, lost, highest = rtp.report_block(kinds[rtp.RTCP_RR])
            assert ssrc == 0x1234
            return lost == 1 and highest & 0xffff == publisher.seq[0] - 1

        wait_until(reported, "a report of what was lost", 15)
        publisher.report()


@case()
def data_from_another_address_is_ignored():
    with publishing() as (video, publisher, player, receiver), \
            contextlib.closing(Ports("127.0.0.2")) as stranger:
        for n in range(1, 30):
            forged = rtp.build_rtp(True, 96, publisher.seq[0], n * STEP, 0x1234, b"\x41\x9aforged")
            stranger.rtp.sendto(forged, (publisher.server.host, publisher.server_ports[0][0]))
            publisher.send_unit(video.unit(n), n * STEP)
            check_numbers(video, player.units(1, receiver=receiver), [n])


@case()
def publisher_that_is_silent_too_long_is_ended():
    with publishing(flags=("--session-timeout", "1s")) as (_, publisher, player, _):
        began = time.monotonic()
        player.expect_bye()
        assert 1 < time.monotonic() - began < 6
        wait_until(lambda: not publish.is_served(publisher.server, "live/cam"), "the end of the stream")


@case()
def media_alone_keeps_a_publisher():
    video = clips.MadeUpVideo(2000)
    with udp.serve("--session-timeout", "1s") as server, \
            publish.Feed(server, video.unit, None, fps=25, publisher=UdpPublisher), \
            contextlib.ExitStack() as stack:
        publish.wait_served(server, "live/cam")
        player = stack.enter_context(Player(server, "live/cam"))
        player.start()
        keep_for_4_s(player, lambda: None)


@case()
def teardown_of_a_publisher_ends_its_stream():
    with publishing() as (_, publisher, player, _):
        assert publisher.request("TEARDOWN", publisher.url).status == 200
        player.expect_bye()


@case()
def rtspclientsink_publisher_with_client_port_0_0_is_known_by_its_packets():
    with publishing(ports="0-0") as (video, publisher, player, receiver):
        for n in range(1, 20):
            publisher.send_unit(video.unit(n), n * STEP)
            check_numbers(video, player.units(1, receiver=receiver), [n])


@case()
def publisher_behind_nat_is_known_by_its_packets():
    with contextlib.closing(Ports()) as inside:
        with publishing(ports=inside) as (video, publisher, player, receiver):
            for n in range(1, 20):
                publisher.send_unit(video.unit(n), n * STEP)
                check_numbers(video, player.units(1, receiver=receiver), [n])


@case()
def from_udp_to_udp():
    video = clips.MadeUpVideo(12_000)
    with udp.serve() as server, UdpPublisher(server, parameter_sets=video.parameter_sets) as publisher:
        publisher.send_unit(video.unit(0), 0)
        publish.wait_served(server, "live/cam")
        with UdpPlayer(server, "live/cam") as player:
            player.start()
            receiver = rtp.H264Receiver()
            check_numbers(video, player.units(1, receiver=receiver), [0])
            for n in range(1, 40):
                publisher.send_unit(video.unit(n), n * STEP)
                check_numbers(video, player.units(1, receiver=receiver), [n])


# -- multicast --

GROUPS = "239.255.42.0/24"


def multicast_server(*flags):
    port = udp.free_rtp_port()
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
        assert setup_status(player, MULTICAST) == 461
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
        mine = {p.seq: p for p in (member.packet() for _ in range(200))}
        assert {p.ssrc for p in mine.values()} == {player.ssrc(0)}
        others = {p.seq: p for p in (other.packet(0)[1] for _ in range(300))}
        both = mine.keys() & others.keys()
        assert len(both) > 50 and all(mine[seq] == others[seq] for seq in both), len(both)
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
    with multicast_server("--demo") as server, joined(server) as (first, member), \
            Player(server) as second, Player(server) as watch:
        second.describe()
        second.setup(0, MULTICAST)
        second.play()
        watch.start()
        receiver = rtp.H264Receiver()

        def goes_on():
            watch.units(2, receiver=receiver)
            member.inbox.take_all("rtp")
            watch.units(8, receiver=receiver)
            return bool(member.inbox.take_all("rtp"))

        assert goes_on()
        first.request("TEARDOWN", first.content_base)
        assert goes_on(), "one was left"
        second.close()
        assert not goes_on()


@case()
def multicast_begins_again_for_the_next_player():
    with multicast_server("--demo") as server:
        for _ in range(3):
            with joined(server) as (_, member):
                unit = None
                receiver = rtp.H264Receiver()
                while not unit:
                    unit = receiver.take(member.packet())
                assert rtp.is_idr(unit.nals)


@case()
def multicast_ends_when_no_player_gives_a_sign_of_life():
    with multicast_server("--demo", "--session-timeout", "1s") as server, joined(server) as (_, member):
        began = time.monotonic()
        with contextlib.suppress(TimeoutError):
            while time.monotonic() < began + 8:
                member.packet(1)
        assert 1 < time.monotonic() - began < 6


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


# -- the real ones --

@case(60)
def ffmpeg_plays_over_udp():
    with udp.serve("--demo") as server:
        players.ffmpeg_decode(server.url(), 60, "udp")


PUBLISHERS = [("ffmpeg", publish.ffmpeg), ("gstreamer", publish.gstreamer)]


def publishes_over_udp(publisher):
    clip = clips.clip("main")
    with udp.serve() as server, publisher(server, clip, transport="udp"), \
            Player(server, "live/cam") as player:
        player.start()
        pictures = [rtp.picture(u.nals) for u in player.units(40)]
        at = clip.pictures.index(pictures[0])
        assert pictures == [clip.pictures[(at + i) % len(clip.pictures)] for i in range(40)]


add_rows("publisher", PUBLISHERS, publishes_over_udp, 60)


harness.main()
