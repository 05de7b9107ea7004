# SPDX-License-Identifier: MIT
"""What a player is told, and what it then gets: descriptions, transports, RTP and RTCP."""

import re
import time

import clips
import harness
import publish
import rtp
import rtsp
from harness import Server, add_rows, case
from rtsp import TCP, Player


def wait_flowing(server):
    """Until the stream has sent something on each of its tracks."""
    with Player(server, "live/cam") as player:
        player.start()
        for track in player.transports:
            player.packet(track)


@case()
def description_has_what_players_ask_for():
    with Server("--demo") as server, Player(server) as player:
        reply = player.describe()
        sdp = player.sdp
        assert reply.headers["content-type"] == "application/sdp"
        assert reply.headers["content-base"].endswith("/live/demo/"), reply
        assert "".join(sdp.order).startswith("vo"), sdp.order
        assert sdp.order.index("s") < sdp.order.index("c") < sdp.order.index("t"), sdp.order
        assert sdp.session["v"] == "0" and sdp.session["t"] == "0 0" and sdp.session["s"].strip()
        assert re.fullmatch(r"\S+ \d+ \d+ IN IP4 \S+", sdp.session["o"]), sdp.session
        assert sdp.session["c"].startswith("IN IP4 "), sdp.session
        assert sdp.attributes["control"] == "*" and sdp.attributes["range"] == "npt=now-"
        video = sdp.media[0]
        assert (video.kind, video.protocol, video.rtpmap) == ("video", "RTP/AVP", "H264/90000")
        assert 96 <= video.payload_type <= 127
        sps, pps = video.parameter_sets
        assert rtp.nal_type(sps) == rtp.NAL_SPS and rtp.nal_type(pps) == rtp.NAL_PPS
        assert video.fmtp["packetization-mode"] == "1"
        assert video.fmtp["profile-level-id"].lower() == sps[1:4].hex()


@case()
def description_of_audio_has_its_configuration():
    clip = clips.clip("main")
    with Server() as server, publish.ffmpeg(server, clip), Player(server, "live/cam") as player:
        player.describe()
        video, audio = player.sdp.media
        assert video.parameter_sets == clip.parameter_sets
        assert audio.kind == "audio" and audio.rtpmap.upper() == "MPEG4-GENERIC/48000/2"
        assert audio.fmtp["mode"].lower() == "aac-hbr" and audio.fmtp["sizelength"] == "13"
        assert audio.fmtp["config"].lower() == publish.AAC_CONFIG
        assert audio.payload_type != video.payload_type


@case()
def rtp_info_and_transport_tell_the_first_packets():
    clip = clips.clip("main")
    with Server() as server, publish.ffmpeg(server, clip), Player(server, "live/cam") as player:
        wait_flowing(server)
        player.start()
        info = player.rtp_info()
        assert sorted(info) == [0, 1], info
        assert player.play_reply.headers["range"] == "npt=now-"
        first = {}
        while len(first) < 2:
            track, packet = player.packet()
            first.setdefault(track, packet)
        for track, packet in first.items():
            assert info[track] == (packet.seq, packet.timestamp), (track, info, packet[:5])
            assert player.ssrc(track) == packet.ssrc
            assert player.sdp.media[track].payload_type == packet.payload_type
        assert player.ssrc(0) != player.ssrc(1)


@case()
def rtp_info_of_a_player_that_comes_first_is_of_all_tracks_or_none():
    clip = clips.clip("main")
    with Server() as server, publish.ffmpeg(server, clip), Player(server, "live/cam") as player:
        player.start()
        first = {}
        while len(first) < 2:
            track, packet = player.packet()
            first.setdefault(track, (packet.seq, packet.timestamp))
        if "rtp-info" in player.play_reply.headers:
            assert player.rtp_info() == first


@case()
def session_is_unpredictable_and_has_a_timeout():
    ids = set()
    with Server("--demo", "--session-timeout", "33s") as server:
        for _ in range(20):
            with Player(server) as player:
                player.describe()
                session, timeout = player.setup(0).headers["session"].split(";")
                assert re.fullmatch(r"[0-9A-Za-z]{8,}", session), session
                assert re.fullmatch(r"timeout=\d+", timeout.strip()), timeout
                ids.add(session)
    assert len(ids) == 20 and len({i[:4] for i in ids}) > 10, ids


@case()
def first_video_is_an_idr_with_parameter_sets_at_any_moment():
    with Server("--demo") as server, Player(server) as watch:
        watch.start()
        receiver = rtp.H264Receiver()
        for _ in range(8):
            watch.units(4, receiver=receiver)
            with Player(server) as player:
                player.start()
                first = player.units(1)[0]
                kinds = [rtp.nal_type(n) for n in first.nals]
                assert rtp.NAL_IDR in kinds, kinds
                before = kinds[:kinds.index(rtp.NAL_IDR)]
                assert rtp.NAL_SPS in before and rtp.NAL_PPS in before, kinds
                assert (first.first_seq, first.timestamp) == player.rtp_info()[0]


@case()
def players_of_one_stream_get_the_same_packets():
    with Server("--demo") as server, Player(server) as a, Player(server) as b:
        a.start()
        mine = [a.packet(0)[1] for _ in range(20)]
        b.start()
        other = [b.packet(0)[1] for _ in range(60)]
        while mine[-1].seq != other[-1].seq:
            mine.append(a.packet(0)[1])
        start = [packet.seq for packet in mine].index(other[0].seq)
        assert mine[start:] == other


@case()
def sender_report_comes_soon_after_play_and_then_every_5_s():
    clip = clips.clip("main")
    with Server() as server, publish.ffmpeg(server, clip), Player(server, "live/cam") as player:
        wait_flowing(server)
        asked = time.time()
        player.start()
        for track, clock in ((0, clips.VIDEO_CLOCK), (1, clips.AUDIO_CLOCK)):
            packet = player.packet(track)[1]
            report, sdes = player.rtcp(track)[:2]
            ssrc, ntp, timestamp, packets, size = rtp.sender_report(report)
            assert report.type == rtp.RTCP_SR and ssrc == player.ssrc(track)
            assert -1 < ntp - asked < 4, ntp - asked
            behind = (timestamp - packet.timestamp + (1 << 31) & 0xffffffff) - (1 << 31)
            assert abs(behind) < 10 * clock, "the report's time stamp is far from the packets'"
            assert packets > 0 and size > packets
            assert sdes.type == rtp.RTCP_SDES
            name_ssrc, name = rtp.cname(sdes)
            assert name_ssrc == ssrc and name
            later = player.rtcp(track)[0]
            assert later.type == rtp.RTCP_SR and 3 < rtp.sender_report(later)[1] - ntp < 10


@case()
def demo_goes_on_at_25_pictures_a_second():
    with Server("--demo") as server, Player(server) as player:
        player.start()
        units = player.units(60)
        numbers = [(u.timestamp - units[0].timestamp) % 2**32 / (clips.VIDEO_CLOCK // 25) for u in units]
        assert [rtp.is_idr(u.nals) for u in units] == [n % 50 == 0 for n in numbers], numbers
        # A server that was held up for long goes on at a key frame.
        assert all(b == a + 1 or b % 50 == 0 for a, b in zip(numbers, numbers[1:])), numbers


@case()
def one_track_of_two_can_be_played():
    with Server() as server, publish.ffmpeg(server, clips.clip("main")):
        wait_flowing(server)
        for track in (0, 1):
            with Player(server, "live/cam") as player:
                player.start([track])
                assert sorted(player.rtp_info()) == [track]
                for _ in range(30):
                    frame = player.frame()
                    assert frame.channel in (2 * track, 2 * track + 1), frame.channel


CHANNELS = [
    ("as_asked", "interleaved=0-1", (0, 1)),
    ("odd", "interleaved=7-8", (7, 8)),
    ("high", "interleaved=254-255", (254, 255)),
    ("apart", "interleaved=10-20", (10, 20)),
    ("one_alone", "interleaved=6", (6, 7)),
    ("with_spaces_and_more", "unicast; interleaved=4-5 ;mode=\"PLAY\";destination=x", (4, 5)),
]


def are_honoured(parameters, channels):
    with Server("--demo") as server, Player(server) as player:
        player.describe()
        player.setup(0, f"RTP/AVP/TCP;{parameters}")
        assert player.transports[0]["interleaved"] == "%d-%d" % channels, player.transports
        player.play()
        player.units(3)
        assert player.rtcp(0)[0].type == rtp.RTCP_SR


add_rows("channels", CHANNELS, are_honoured)


@case()
def channels_are_assigned_when_none_are_asked_for():
    with Server() as server, publish.ffmpeg(server, clips.clip("main")), \
            Player(server, "live/cam") as player:
        player.describe()
        player.setup(0, TCP)
        player.setup(1, TCP)
        taken = [n for t in (0, 1) for n in player.transports[t]["interleaved"].split("-")]
        assert len(set(taken)) == 4, taken
        player.play()
        for track in (0, 1):
            player.packet(track)


@case()
def two_tracks_never_share_a_channel():
    with Server() as server, publish.ffmpeg(server, clips.clip("main")), \
            Player(server, "live/cam") as player:
        player.describe()
        player.setup(0, f"{TCP};interleaved=0-1")
        reply = player.request("SETUP", player.control_url(1), Transport=f"{TCP};interleaved=0-1")
        if reply.status == 200:
            assert "interleaved=0-1" not in reply.headers["transport"], reply
        else:
            assert 400 <= reply.status < 500, reply


@case()
def first_supported_transport_of_a_list_is_taken():
    with Server("--demo") as server, Player(server) as player:
        player.describe()
        player.setup(0, f"RTP/AVP;unicast;client_port=5000-5001,RAW/RAW,{TCP};interleaved=4-5")
        assert player.transports[0]["interleaved"] == "4-5"
        player.play()
        player.units(2)


URLS = [
    ("trailing_slash", "live/demo/"),
    ("double_slash", "live//demo"),
    ("percent_encoding", "l%69ve/%64emo"),
    ("query", "live/demo?token=1&x=y"),
]


def mean_the_same_stream(path):
    with Server("--demo") as server, Player(server, path) as player:
        player.start()
        assert player.rtp_info()
        player.units(2)


add_rows("urls", URLS, mean_the_same_stream)


@case()
def scheme_and_host_do_not_matter():
    with Server("--demo") as server, rtsp.Connection(server) as c:
        for start in ("RTSP://other.example:1", "rtsp://[::1]:8554", "rtsp://user:word@host"):
            reply = c.request("DESCRIBE", f"{start}/live/demo", Accept="application/sdp")
            assert reply.status == 200, (start, reply)


def track_url_is_understood(template):
    with Server("--demo") as server, Player(server) as player:
        player.describe()
        url = template.format(base=server.url(), control=player.sdp.media[0].control)
        reply = player.request("SETUP", url, Transport=f"{TCP};interleaved=0-1")
        assert reply.status == 200, (url, reply)
        assert reply.headers["session"]


add_rows("track_url", [("plain", "{base}/{control}"),
                       ("query_before_as_ffmpeg_has_it", "{base}?q=1/{control}"),
                       ("query_behind_as_gstreamer_has_it", "{base}/{control}?q=1"),
                       ("double_slash", "{base}//{control}"),
                       ("aggregate_of_one_track", "{base}")], track_url_is_understood)


@case()
def packets_are_no_larger_than_the_flag_says():
    for size in (500, 1360):
        with Server("--packet-size", str(size)) as server:
            with publish.feed_made_up(server, 20_000), Player(server, "live/cam") as player:
                player.start()
                sizes = [len(f.data) for f in (player.frame() for _ in range(200))]
        assert max(sizes) <= size and max(sizes) > size - 50, max(sizes)


@case()
def keep_alives_are_answered_between_packets():
    clip = clips.clip("main")
    with Server() as server, publish.feed_clip(server, clip, fps=100), \
            Player(server, "live/cam") as player:
        player.start()
        receiver = rtp.H264Receiver()
        for _ in range(30):
            first = player.cseq + 1
            wire = [player.format(m, player.url) for m in
                    ("OPTIONS", "GET_PARAMETER", "SET_PARAMETER")]
            wire.append(player.format("SET_PARAMETER", player.url, b"a: b\r\n",
                                      Content_Type="text/parameters"))
            player.send(b"".join(wire))
            for i in range(4):
                reply = player.reply()
                # No parameter is known, which may be said of the last one (RFC 2326 section 10.9).
                assert reply.status == 200 or reply.status == 451 and i == 3, reply
                assert reply.headers["cseq"] == str(first + i), reply
            player.units(3, receiver=receiver)


@case()
def reports_and_unknown_channels_are_taken_while_playing():
    with Server("--demo") as server, Player(server) as player:
        player.start()
        report = rtp.receiver_report(99)
        for channel in (1, 0, 77, 255):
            player.send(b"$" + bytes([channel]) + len(report).to_bytes(2, "big") + report)
        player.send(b"$\1\0\0")
        assert player.request("OPTIONS", player.url).status == 200
        player.units(5)


def check_no_media(player):
    assert not [f for f in player.take_frames() if f.channel == 0], "media after the reply"


@case()
def pause_and_play_resume_at_an_idr():
    with Server("--demo") as server, Player(server) as player:
        player.start()
        player.units(3)
        for _ in range(3):
            assert player.request("PAUSE", player.content_base).status == 200
            player.take_frames()
            assert player.request("OPTIONS", player.url).status == 200
            check_no_media(player)
            player.play()
            first = player.units(1)[0]
            assert rtp.is_idr(first.nals)
            assert (first.first_seq, first.timestamp) == player.rtp_info()[0]


@case()
def play_while_playing_goes_on():
    with Server("--demo") as server, Player(server) as player:
        player.start()
        receiver = rtp.H264Receiver()
        player.units(3, receiver=receiver)
        reply = player.request("PLAY", player.content_base, Range="npt=now-")
        assert reply.status in (200, 455), reply
        player.units(30, receiver=receiver)


@case()
def teardown_ends_media_and_session():
    with Server("--demo") as server, Player(server) as player:
        player.start()
        player.units(2)
        assert player.request("TEARDOWN", player.content_base).status == 200
        player.take_frames()
        try:
            assert player.request("PLAY", player.content_base).status == 454
        except (EOFError, ConnectionError):
            pass
        check_no_media(player)


@case()
def connection_serves_a_second_session_after_teardown():
    with Server("--demo") as server, Player(server) as player:
        player.start()
        player.units(2)
        player.request("TEARDOWN", player.content_base)
        player.take_frames()
        player.session = None
        try:
            player.start()
        except (EOFError, ConnectionError):
            return
        assert rtp.is_idr(player.units(1)[0].nals)


@case()
def setup_again_before_play_takes_the_new_channels():
    with Server("--demo") as server, Player(server) as player:
        player.describe()
        player.setup(0, f"{TCP};interleaved=0-1")
        reply = player.request("SETUP", player.control_url(0), Transport=f"{TCP};interleaved=8-9")
        if reply.status == 200:
            assert "interleaved=8-9" in reply.headers["transport"], reply
            player.channels = {8: 0}
        else:
            assert 400 <= reply.status < 500, reply
        player.play()
        player.units(2)


@case()
def setup_while_playing_gets_an_answer_and_media_goes_on():
    with Server("--demo") as server, Player(server) as player:
        player.start()
        receiver = rtp.H264Receiver()
        player.units(2, receiver=receiver)
        reply = player.request("SETUP", player.control_url(0), Transport=f"{TCP};interleaved=0-1")
        assert reply.status == 200 or 400 <= reply.status < 500, reply
        player.units(10, receiver=receiver)


@case()
def time_stamps_follow_the_publisher_over_the_wrap():
    clip = clips.clip("baseline")
    start = 0xffffffff - 20 * 1800
    with Server() as server, \
            publish.feed_clip(server, clip, fps=50, first_timestamp=start), \
            Player(server, "live/cam") as player:
        player.start()
        units = player.units(60)
        steps = {(b.timestamp - a.timestamp) & 0xffffffff for a, b in zip(units, units[1:])}
        assert steps == {1800}, steps


harness.main()
