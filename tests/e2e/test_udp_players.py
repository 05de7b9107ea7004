# SPDX-License-Identifier: MIT
"""Media to players over UDP: from the first packet to BYE."""

import contextlib
import socket
import time

import clips
import harness
import players
import publish
import rtp
import udp
from harness import case
from rtsp import TCP, Player
from udp import UDP, Ports, UdpPlayer


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
        pairs = [(datagrams.packet(0)[1], stream.packet(0)[1]) for _ in range(300)]
        mine, others = ({p.seq: p for p in packets} for packets in zip(*pairs))
        both = mine.keys() & others.keys()
        assert len(both) > 100 and all(mine[seq] == others[seq] for seq in both), len(both)


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
        asked = time.time()
        player.start()
        packet = player.packet(0)[1]
        ssrc, ntp, timestamp, packets, size = udp.take_sender_report(player.rtcp(0))
        assert -1 < ntp - asked < 4, ntp - asked
        assert ssrc == player.ssrc(0) and packets > 0 and size > packets
        behind = (timestamp - packet.timestamp + 2**31) % 2**32 - 2**31
        assert abs(behind) < 10 * clips.VIDEO_CLOCK, behind
        later = udp.take_sender_report(player.rtcp(0))
        assert 3 < later[1] - ntp < 10 and later[3] > packets, later


@case()
def first_report_comes_with_the_first_packets_for_who_was_there_before_them():
    video = clips.MadeUpVideo(2000)
    with udp.serve() as server, \
            publish.Publisher(server, parameter_sets=video.parameter_sets) as publisher, \
            UdpPlayer(server, "live/cam") as player:
        player.start()
        sent = time.time()
        for n in range(3):
            publisher.send_unit(video.unit(n), n * clips.STEP)
        player.units(2)
        ssrc, ntp, *_ = udp.take_sender_report(player.rtcp(0))
        assert ssrc == player.ssrc(0) and -1 < ntp - sent < 4, ntp - sent


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
        player.expect_silence(watch)


@case()
def end_of_the_connection_stops_media():
    with udp.serve("--demo") as server, UdpPlayer(server) as player, Player(server) as watch:
        watch.start()
        player.start()
        player.units(2)
        player.socket.shutdown(socket.SHUT_WR)
        server.wait_log(f"connection closed peer={player.name}")
        player.expect_silence(watch)


@case()
def pause_stops_media_and_play_resumes_at_an_idr():
    with udp.serve("--demo") as server, UdpPlayer(server) as player, Player(server) as watch:
        watch.start()
        player.start()
        player.units(3)
        for _ in range(2):
            assert player.request("PAUSE", player.content_base).status == 200
            player.expect_silence(watch)
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
        player.expect_silence(watch)
        assert player.request("PAUSE", player.content_base).status == 200
        player.setup(0)
        player.play()
        player.take_frames()
        player.units(3)
        assert not [f for f in player.take_frames() if f.channel == 0], "media over TCP as well"


def play_to_closed_ports(player):
    player.describe()
    ports = Ports()
    ports.close()
    player.setup(0, f"{UDP};client_port={ports}")
    player.play()


@case()
def another_connection_over_tcp_takes_over_when_udp_fails():
    with udp.serve("--demo") as server:
        with Player(server) as player:
            play_to_closed_ports(player)
            assert player.request("TEARDOWN", player.content_base).status == 200
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
            video.check(player.units(60), range(60))


@case()
def players_whose_ports_are_closed_disturb_nobody():
    """The kernel tells the server of them, by errors on the socket that all players share."""
    with udp.serve("--demo") as server, UdpPlayer(server) as watch, contextlib.ExitStack() as stack:
        watch.start()
        receiver = rtp.H264Receiver()
        for _ in range(4):
            play_to_closed_ports(stack.enter_context(Player(server)))
            watch.units(10, receiver=receiver)


@case()
def ipv6_is_served():
    with udp.serve("--demo", listen=["[::1]:0"]) as server, UdpPlayer(server, source="::1") as player:
        player.start()
        player.units(3)
        udp.take_sender_report(player.rtcp(0))


@case()
def ffmpeg_plays_over_udp():
    with udp.serve("--demo") as server:
        players.ffmpeg_decode(server.url(), 60, "udp")


harness.main()
