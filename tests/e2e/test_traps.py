# SPDX-License-Identifier: MIT
"""What clients are known to do, one case each, named after who does it.

Most are conversations (transcripts/*.txt). Floods and drips are in test_abuse, lagging players in test_slow, cameras
and other publishers in test_camera_descriptions and test_camera_media.
"""

import contextlib
import functools
import re
import time

import clips
import harness
import publish
import rtp
import rtsp
import transcript
from cameras import HEAD, VIDEO, check_steps, flowing, recording
from harness import Server, add_case, add_rows, case
from publish import Publisher
from rtsp import Player
from transcript import Conversation, Transcript


# -- conversations --

def is_held(name, change=None):
    script = Transcript(name)
    with transcript.serve(script) as server, Conversation(server, script, change=change) as talk:
        talk.hold()


for stem in transcript.names():
    add_case(stem, functools.partial(is_held, stem))


def byte_by_byte(data):
    return [data[i:i + 1] for i in range(len(data))]


def with_lf_alone(data):
    """Requests, that is: what begins with $ is no text."""
    return [data if data.startswith(b"$") else data.replace(b"\r\n", b"\n")]


CHANGED = ["ffmpeg_plays_over_tcp", "vlc_plays_over_tcp", "fault_11_a_body_or_packet_spoiled_the_next_request"]
add_rows("byte_by_byte", [(stem, stem, byte_by_byte) for stem in CHANGED], is_held)
add_rows("lf_alone", [(stem, stem, with_lf_alone) for stem in CHANGED[:2]], is_held)


# -- descriptions for players --

def exoplayer_reads(text):
    """What ExoPlayer insists on, line by line."""
    lines = text.split("\r\n")
    assert lines[-1] == "" and not any("\n" in line for line in lines)
    for line in lines[:-1]:
        kind, value = re.fullmatch(r"([a-z])=\s?(.+)", line).groups()
        assert kind != "a" or re.fullmatch(r"([!-9;-~]+)(?::(.*))?", value), line
        assert kind != "m" or re.fullmatch(r"(\S+)\s(\S+)\s(\S+)\s(\d+)", value), line
    session = text.partition("\r\nm=")[0]
    for kind in "vost":
        assert re.search(rf"(?m)^{kind}=\S", session), f"no {kind}="
    assert re.search(r"(?m)^t=\d+ \d+\r?$", session)


@case()
def exoplayer_wants_t_and_rtpmap_and_fmtp():
    with Server() as server, publish.ffmpeg(server, clips.clip("main")), Player(server, "live/cam") as player:
        text = player.describe().body.decode()
        exoplayer_reads(text)
        for media in player.sdp.media:
            payload_type, encoding = media.attributes["rtpmap"].split(" ")
            assert int(payload_type) == media.payload_type and re.fullmatch(r"[\w.-]+/\d+(/\d+)?", encoding)
            assert media.attributes["fmtp"].startswith(f"{media.payload_type} ") and media.control
        video, audio = player.sdp.media
        assert re.fullmatch(r"[0-9a-fA-F]{6}", video.fmtp["profile-level-id"])
        assert [rtp.nal_type(n) for n in video.parameter_sets] == [rtp.NAL_SPS, rtp.NAL_PPS]
        assert audio.fmtp["config"] and audio.fmtp["mode"] and audio.fmtp["sizelength"]


@case()
def exoplayer_wants_rtpmap_for_static_payload_types():
    """What comes without one, as RFC 3551 allows, goes out with it."""
    with Server() as server, Publisher(server, start=False) as publisher:
        publisher.sdp = (HEAD + "m=audio 0 RTP/AVP 0\na=control:streamid=0\n").replace("\n", "\r\n")
        publisher.tracks = [0]
        publisher.record()
        publisher.send_packet(0, 0, bytes(160), False)
        publish.wait_served(server, "live/cam")
        with Player(server, "live/cam") as player:
            exoplayer_reads(player.describe().body.decode())
            assert re.fullmatch(r"PCMU/8000(/1)?", player.sdp.media[0].rtpmap)
            player.start()
            publisher.send_packet(0, 160, bytes(range(160)), False)
            while player.packet(0)[1].payload != bytes(range(160)):
                pass


@case()
def empty_names_of_a_publisher_make_no_empty_lines():
    """An empty s= or i= is fatal to ExoPlayer."""
    text = ("v=0\no=- 0 0 IN IP4 0.0.0.0\ns=\ni=\nt=0 0\n" + VIDEO + "i=\n").replace("\n", "\r\n")
    published = clips.clip("main")
    with Server() as server, \
            recording(server, "camera", description=text, control="trackID=1") as publisher:
        publish.send_clip(publisher, published.video[:1])
        publish.wait_served(server, "live/cam")
        with Player(server, "live/cam") as player:
            exoplayer_reads(player.describe().body.decode())


# -- what players are told and get --

@case()
def unifi_wants_a_sender_report():
    """It and other recorders drop a stream without; a later one must agree with the first."""
    with Server() as server, publish.ffmpeg(server, clips.clip("main")), Player(server, "live/cam") as player:
        player.start()
        first = {t: rtp.sender_report(player.rtcp(t)[0]) for t in (0, 1)}
        second = {t: rtp.sender_report(player.rtcp(t)[0]) for t in (0, 1)}
        for track, clock in ((0, clips.VIDEO_CLOCK), (1, clips.AUDIO_CLOCK)):
            ssrc, ntp, timestamp, *_ = first[track]
            assert ssrc == second[track][0] == player.ssrc(track)
            elapsed = second[track][1] - ntp
            assert 3 < elapsed < 10, elapsed
            ticks = (second[track][2] - timestamp) % 2**32
            assert abs(ticks / clock - elapsed) < 1, (ticks / clock, elapsed)


@case()
def players_that_hang_when_a_time_stamp_is_below_rtptime():
    """With the GOP cache and B-pictures, on both tracks."""
    with Server() as server, publish.ffmpeg(server, clips.clip("bframes")), Player(server, "live/cam") as watch:
        watch.start()
        watch.units(clips.GOP // 2)
        with Player(server, "live/cam") as player:
            player.start()
            info = player.rtp_info()
            assert sorted(info) == [0, 1], info
            for _ in range(300):
                track, packet = player.packet()
                assert (packet.timestamp - info[track][1]) % 2**32 < 2**31, (track, packet[:5], info)


SIGNS = [
    ("options", "OPTIONS"), ("get_parameter", "GET_PARAMETER"), ("set_parameter", "SET_PARAMETER"),
    ("describe", "DESCRIBE"), ("receiver_report", None),
]


@case()
def any_request_and_any_receiver_report_keeps_a_session():
    report = rtp.receiver_report(1)
    with Server("--demo", "--session-timeout", "3s") as server, contextlib.ExitStack() as stack:
        players = {name: stack.enter_context(Player(server)) for name, _ in [*SIGNS, ("silence", None)]}
        for player in players.values():
            player.start()
            assert player.request("PAUSE", player.content_base).status == 200
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            time.sleep(0.3)
            for name, method in SIGNS:
                if method:
                    assert players[name].request(method, players[name].url).status == 200, name
                else:
                    players[name].send(b"$\1" + len(report).to_bytes(2, "big") + report)
        players.pop("silence").read_to_end()
        for name, player in players.items():
            assert player.request("OPTIONS", player.url).status == 200, name


# -- faults that take more than a conversation --

@case()
def fault_07_session_and_ssrc_were_constants():
    with Server("--demo") as server, publish.feed_clip(server, clips.clip("main")):
        publish.wait_served(server, "live/cam")
        sessions, sources = set(), {}
        for path in 4 * ["live/demo", "live/cam"]:
            with Player(server, path) as player:
                player.start()
                sessions.add(player.session)
                sources.setdefault(path, set()).add(player.ssrc(0))
                assert player.packet(0)[1].ssrc == player.ssrc(0)
        assert len(sessions) == 8 and all(re.fullmatch(r"[A-Za-z0-9]{8,}", s) for s in sessions), sessions
        assert sources["live/demo"].isdisjoint(sources["live/cam"]), sources
    with Server("--demo") as server, Player(server) as player:
        player.start()
        assert player.ssrc(0) not in sources["live/demo"], "the SSRC of another run"


@case()
def fault_09_start_was_at_any_picture():
    """Players that come in the middle of a GOP get it from its beginning."""
    with flowing() as (video, publisher, player):
        for n in range(2, 28):
            publisher.send_unit(video.unit(n), n * clips.STEP)
        video.check(player.units(28), list(range(28)))
        with Player(player.server, "live/cam") as late:
            late.start()
            video.check(late.units(8), list(range(20, 28)))


@case()
def fault_10_negative_times_were_all_0():
    """Time stamps that begin before 0 (as 32 bits: near their end) keep their distances."""
    published = clips.clip("main")
    start = -20 * clips.STEP
    with Server("--max-lag", "60s") as server, Publisher(server) as publisher:
        publish.send_clip(publisher, published.video[:1], first_timestamp=start)
        publish.wait_served(server, "live/cam")
        with Player(server, "live/cam") as player:
            player.start()
            publish.send_clip(publisher, published.video[1:60], first_timestamp=start + clips.STEP)
            check_steps(player.units(60), clips.STEP)


@case()
def fault_13_stop_left_connections_and_said_no_bye():
    with Server("--demo") as server, Player(server) as player, Player(server) as paused, \
            rtsp.Connection(server) as idle, rtsp.Connection(server) as silent:
        player.start()
        player.units(2)
        paused.describe()
        paused.setup(0)
        idle.request("OPTIONS", server.url())
        server.terminate()
        player.expect_bye()
        for connection in (paused, idle, silent):
            connection.read_to_end()
        assert server.wait_exit() == 0


@case()
def fault_13_end_of_stream_came_without_bye():
    with flowing() as (_, publisher, player):
        player.units(2)
        publisher.close()
        player.expect_bye()


harness.main()
