# SPDX-License-Identifier: MIT
"""What clients, publishers and cameras are known to do, one case each, named after who does it.

Most are conversations (transcripts/*.txt). Floods and drips are in test_abuse, lagging players in test_slow.
"""

import base64
import contextlib
import functools
import re

import clips
import harness
import publish
import rtp
import rtsp
import transcript
from harness import Server, add_case, add_rows, case
from publish import Publisher
from rtsp import Player
from transcript import Conversation, Transcript

STEP = clips.VIDEO_CLOCK // clips.FPS


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


# -- publishers --

def base64_text(nal):
    return base64.b64encode(nal).decode()


def words_of(parameter_sets):
    sps, pps = parameter_sets
    return {"sps": base64_text(sps), "pps": base64_text(pps)}


@contextlib.contextmanager
def recording(server, name, **words):
    """A publisher that has said all that the transcript says, and may send."""
    with Publisher(server, start=False) as publisher:
        Conversation(server, Transcript(f"publishers/{name}"), publisher, **words).hold()
        yield publisher


def comes_through(publisher, server, published, in_band=True):
    """Sends a clip; a player must get all its pictures, each key frame with the parameter sets."""
    units = published.video if in_band else published.pictures
    publish.send_clip(publisher, units[:1])
    publish.wait_served(server, "live/cam")
    with Player(server, "live/cam") as player:
        player.describe()
        assert player.sdp.media[0].parameter_sets == published.parameter_sets
        player.setup(0)
        player.play()
        publish.send_clip(publisher, units[1:60], first_timestamp=STEP)
        got = player.units(60)
    check_pictures(got, published.pictures[:60], published.parameter_sets)


def check_pictures(got, pictures, parameter_sets):
    for i, (unit, picture) in enumerate(zip(got, pictures, strict=True)):
        assert rtp.picture(unit.nals) == picture, f"access unit {i} differs"
        sets = [n for n in unit.nals if rtp.nal_type(n) in (rtp.NAL_SPS, rtp.NAL_PPS)]
        assert sets == (parameter_sets if rtp.is_idr(unit.nals) else []), f"access unit {i}"


def publishes(name):
    published = clips.clip("main")
    with Server("--max-lag", "60s") as server, \
            recording(server, name, **words_of(published.parameter_sets)) as publisher:
        comes_through(publisher, server, published, in_band=False)
        for method in ("PAUSE", "TEARDOWN"):
            assert publisher.request(method, publisher.url).status == 200, method


add_rows("publisher", [(stem, stem) for stem in (
    "ffmpeg_over_tcp", "ffmpeg_tries_udp_first", "old_ffmpeg_says_receive", "rtspclientsink_over_tcp",
    "rtspclientsink_client_port_0_0")], publishes)

HEAD = "v=0\no=- 1 1 IN IP4 0.0.0.0\ns=x\nt=0 0\n"
VIDEO = "m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\na=control:trackID=1\n"

# A name, the control, the parameter sets in-band or not, and the description.
DESCRIPTIONS = [
    ("hikvision_has_none_and_mode_0", "trackID=video", True, """\
v=0
o=- 1109162014219182 0 IN IP4 0.0.0.0
s=HIK Media Server V3.5.43
i=HIK Media Server Session Description : standard
e=NONE
c=IN IP4 0.0.0.0
t=0 0
a=control:*
b=AS:2176
a=range:npt=now-
m=video 0 RTP/AVP 96
i=Video Media
a=rtpmap:96 H264/90000
a=fmtp:96 profile-level-id=4D0014;packetization-mode=0
a=control:trackID=video
b=AS:2048
a=Media_header:MEDIAINFO=494D4B4801010000040000010120011080BB000000F4010000000000000000000000000000000000;
a=appversion:1.0
"""),
    ("axis_has_them_nowhere_else", "trackID=1", False, """\
v=0
o=- 1491517855921810 1491517855921810 IN IP4 127.0.0.1
s=Media Presentation
e=NONE
b=AS:50000
t=0 0
a=control:*
a=range:npt=0.000000-
m=video 0 RTP/AVP 96
c=IN IP4 0.0.0.0
b=AS:50000
a=framerate:30.0
a=transform:-1,0,0;0,-1,0;0,0,1
a=control:trackID=1
a=rtpmap:96 H264/90000
a=fmtp:96 packetization-mode=1; profile-level-id=420029; sprop-parameter-sets={sps},{pps}
"""),
    ("absolute_control", "trackID=1", False,
     HEAD + "m=video 0 RTP/AVP 96\na=control:rtsp://camera.example:554/live/cam/trackID=1\n"
     "a=rtpmap:96 H264/90000\na=fmtp:96 sprop-parameter-sets={sps},{pps}\n"),
    ("igcsms_has_an_audio_track_of_type_null", "track=1", False, """\
v=0
o=- 294741794 1 IN IP4 192.168.0.0
s=IGCSMS
i=
t=0 0
a=tool:IGCSMS
m=video 0 RTP/AVP 96
c=IN IP4 192.168.0.0
b=AS:2
a=rtpmap:96 H264/90000
a=fmtp:96 packetization-mode=1;profile-level-id=64001E;sprop-parameter-sets={sps},{pps}
a=control:track=1
m=audio 0 RTP/AVP (null)
c=IN IP4 0.0.0.0
b=AS:64
a=rtpmap
a=control:track=2
"""),
    ("uniview_has_half_a_connection_line", "trackID=1", True,
     "v=0\no=- 1001 1 IN IP4 192.168.1.13\ns=VCP IPC Realtime stream\nc=IN \nt=0 0\n" + VIDEO),
    ("y_cam_has_negative_numbers", "trackID=1", True,
     "v=0\no=- -8959200248001175080 1 IN IPV4 10.0.0.10\ns=\nt=-1 0\n" + VIDEO),
    ("no_session_lines_at_all", "trackID=1", True, "v=0\n" + VIDEO),
    ("port_0_of_0", "trackID=1", True, HEAD + VIDEO.replace("video 0", "video 0/0")),
    ("odd_case", "TrackID=1", False,
     HEAD + "m=Video 0 rtp/avp 96\na=RTPMAP:96 h264/90000\na=FMTP:96 Packetization-Mode=1; "
     "Sprop-Parameter-Sets={sps},{pps}\na=Control:TrackID=1\n"),
    ("annex_b_in_base64", "trackID=1", False,
     HEAD + VIDEO + "a=fmtp:96 packetization-mode=1;sprop-parameter-sets={annexb_sps},{annexb_pps}\n"),
    ("both_sets_in_one", "trackID=1", False,
     HEAD + VIDEO + "a=fmtp:96 packetization-mode=1;sprop-parameter-sets={annexb_both}\n"),
    ("empty_sets", "trackID=1", True,
     HEAD + VIDEO + "a=fmtp:96 packetization-mode=1; profile-level-id=4d0029;; sprop-parameter-sets=,\n"),
    ("vstarcam_has_garbage_for_sets", "trackID=1", True,
     HEAD + VIDEO + "a=fmtp:96 packetization-mode=1;profile-level-id=00f004;"
     "sprop-parameter-sets=6QDwBE/LCAAAH0gAB1TgIAAAAA==,AAAAAA==\n"),
    ("base64_without_padding", "trackID=1", False,
     HEAD + VIDEO + "a=fmtp:96 sprop-parameter-sets={bare_sps},{bare_pps}\n"),
]


def is_read(control, in_band, description):
    published = clips.clip("main")
    sps, pps = published.parameter_sets
    start = b"\0\0\0\1"
    words = words_of(published.parameter_sets)
    sets = {"annexb_sps": base64_text(start + sps), "annexb_pps": base64_text(start + pps),
            "annexb_both": base64_text(start + sps + start + pps),
            "bare_sps": words["sps"].rstrip("="), "bare_pps": words["pps"].rstrip("=")}
    text = description.rstrip("\n").replace("\n", "\r\n").format(**words, **sets)
    with Server("--max-lag", "60s") as server, \
            recording(server, "camera", description=text, control=control) as publisher:
        comes_through(publisher, server, published, in_band)


add_rows("description", DESCRIPTIONS, is_read)


# -- media of publishers --

@contextlib.contextmanager
def flowing(*flags, path="live/cam", **options):
    """A server, a publisher of one picture so far, and a player that has it."""
    video = clips.MadeUpVideo(4000)
    with Server("--max-lag", "60s", *flags) as server, Publisher(server, path, **options) as publisher:
        publisher.send_unit(video.unit(0), 0)
        publisher.send_unit(video.unit(1), STEP)
        publish.wait_served(server, path)
        with Player(server, path) as player:
            player.start()
            yield video, publisher, player


def check_numbers(video, units, wanted):
    assert [video.number(u.nals) for u in units] == wanted
    for unit, number in zip(units, wanted):
        assert rtp.picture(unit.nals) == rtp.picture(video.unit(number)), f"unit {number} differs"


@case()
def flir_without_marker():
    with flowing() as (video, publisher, player):
        for n in range(2, 41):
            publisher.send_unit(video.unit(n), n * STEP, marker=False)
        check_numbers(video, player.units(40), list(range(40)))


@case()
def obs_plugin_marks_every_nal_unit():
    """Parameter sets, SEI and slice, each with a marker of its own."""
    published = clips.clip("main")

    def send(publisher, first, last):
        for i in range(first, last):
            for nal in published.video[i]:
                publisher.send_unit([nal], i * STEP)

    with Server("--max-lag", "60s") as server, Publisher(server) as publisher:
        send(publisher, 0, 2)
        publish.wait_served(server, "live/cam")
        with Player(server, "live/cam") as player:
            player.start()
            send(publisher, 2, 61)
            check_pictures(player.units(60), published.pictures[:60], published.parameter_sets)


@case()
def sliced_pictures_with_a_marker_on_each_slice():
    """x264's sliced threads behind a packetizer that marks every slice: the time stamp is the better guide."""
    with flowing() as (video, publisher, player):
        slices = {n: halves(video.unit(n)[-1]) for n in range(2, 43)}
        for n, (first, second) in slices.items():
            publisher.send_unit([*video.unit(n)[:-1], first], n * STEP)
            publisher.send_unit([second], n * STEP)
        got = [rtp.picture(u.nals) for u in player.units(40)]
        # The first of them is sent before its second slice shows what the markers are worth.
        assert got[4:] == [slices[n] for n in range(3, 39)], [len(g) for g in got]


def halves(picture):
    """Two slices instead of one; the second does not begin with macroblock 0."""
    return [picture[:2000], bytes([picture[0], 0x41]) + picture[2000:]]


@case()
def reolink_parameter_sets_with_the_time_stamp_of_the_picture_before():
    """SPS (with a marker) and PPS come at the old time, the slice at the new one."""
    with flowing() as (video, publisher, player):
        for n in range(2, 41):
            *sets, picture = video.unit(n)
            for i, nal in enumerate(sets):
                publisher.send_packet(0, (n - 1) * STEP, nal, i == 0)
            publisher.send_unit([picture], n * STEP)
        units = player.units(40)
        check_numbers(video, units, list(range(40)))
        check_steps(units, STEP)
        for unit in units:
            sets = [n for n in unit.nals if n not in rtp.picture(unit.nals)]
            assert sets == (video.parameter_sets if rtp.is_idr(unit.nals) else []), unit.timestamp


def check_steps(units, step):
    steps = {(b.timestamp - a.timestamp) % 2**32 for a, b in zip(units, units[1:])}
    assert steps == {step}, steps


@case()
def costarhd_fragments_that_begin_and_end_at_once():
    with flowing() as (video, publisher, player):
        for n in range(2, 12):
            *sets, picture = video.unit(n)
            for nal in sets:
                publisher.send_packet(0, n * STEP, nal, False)
            header = bytes([picture[0] & 0xe0 | rtp.NAL_FU_A, 0xc0 | picture[0] & 0x1f])
            publisher.send_packet(0, n * STEP, header + picture[1:], True)
        check_numbers(video, player.units(12), list(range(12)))


PACKETS = [("of_1472_bytes", 1460), ("of_64_kb", 65000)]


def are_made_smaller(size_max):
    video = clips.MadeUpVideo(60_000)
    with Server("--max-lag", "60s") as server, Publisher(server) as publisher:
        publisher.send_unit(video.unit(0), 0, size_max=size_max)
        publish.wait_served(server, "live/cam")
        with Player(server, "live/cam") as player:
            player.start()
            for n in range(1, 20):
                publisher.send_unit(video.unit(n), n * STEP, size_max=size_max)
            receiver, units = rtp.H264Receiver(), []
            while len(units) < 20:
                packet = player.packet(0)[1]
                assert 12 + len(packet.payload) <= 1360, len(packet.payload)
                unit = receiver.take(packet)
                units += [unit] if unit else []
            check_numbers(video, units, list(range(20)))


add_rows("packets", PACKETS, are_made_smaller)


@case()
def media_in_one_segment_with_record_is_taken():
    published = clips.clip("main")
    with Server() as server, Publisher(server, start=False) as publisher:
        publisher.announce()
        publisher.setup(0)
        send, pieces = publisher.send, [publisher.format("RECORD", publisher.url)]
        publisher.send = pieces.append
        publish.send_clip(publisher, published.video[:3])
        send(b"".join(pieces))
        assert publisher.reply().status == 200
        publish.wait_served(server, "live/cam")
        with Player(server, "live/cam") as player:
            player.start()
            check_pictures(player.units(3), published.pictures[:3], published.parameter_sets)


@case()
def media_before_record_is_passed_over():
    published = clips.clip("main")
    with Server() as server, Publisher(server, start=False) as publisher:
        publisher.announce()
        publisher.setup(0)
        publish.send_clip(publisher, published.video[10:13])
        assert publisher.request("RECORD", publisher.url).status == 200
        publish.send_clip(publisher, published.video[:3])
        publish.wait_served(server, "live/cam")
        with Player(server, "live/cam") as player:
            player.start()
            check_pictures(player.units(3), published.pictures[:3], published.parameter_sets)


@case()
def first_packet_with_another_ssrc_costs_nothing_but_itself():
    with flowing() as (video, publisher, player):
        player.units(2)
        stray = rtp.build_rtp(False, 96, 7, 99, 0xdeadbeef, b"\x41\x9a\x01")
        publisher.send(b"$\0" + len(stray).to_bytes(2, "big") + stray)
        for n in range(10, 21):
            publisher.send_unit(video.unit(n), n * STEP)
        check_numbers(video, player.units(11), list(range(10, 21)))


@case()
def vlc_takes_the_sps_of_the_description_for_the_first_gop():
    """So it must be the one that the first GOP has, also when the publisher has changed it in-band."""
    old, new = clips.clip("main"), clips.clip("baseline")
    with Server("--max-lag", "60s") as server, \
            recording(server, "camera", control="trackID=1", description=(
                HEAD + VIDEO + "a=fmtp:96 sprop-parameter-sets={sps},{pps}").replace("\n", "\r\n")
                .format(**words_of(old.parameter_sets))) as publisher:
        publish.send_clip(publisher, old.pictures[:50])
        publish.send_clip(publisher, new.video[:50], first_timestamp=50 * STEP)
        publish.send_clip(publisher, new.pictures[50:100], first_timestamp=100 * STEP)

        def is_described():
            with Player(server, "live/cam") as player:
                if publish.is_served(server, "live/cam"):
                    player.describe()
                    return player.sdp.media[0].parameter_sets == new.parameter_sets

        harness.wait_until(is_described, "the new parameter sets in the description")
        with Player(server, "live/cam") as player:
            player.start()
            first = player.units(1)[0]
            sets = [n for n in first.nals if n not in rtp.picture(first.nals)]
            assert sets == player.sdp.media[0].parameter_sets == new.parameter_sets


# -- tracks that umbel knows nothing of --

# A name, the m= line's media and payload type, further lines, and the rtpmap and fmtp that must come out.
UNKNOWN = [
    ("video_codec", "video", 96, ["rtpmap:96 X-UNHEARD/90000", "fmtp:96 a=1;b=two;c"],
     "X-UNHEARD/90000", "a=1;b=two;c"),
    ("onvif_metadata", "application", 107, ["rtpmap:107 vnd.onvif.metadata/90000"],
     "vnd.onvif.metadata/90000", None),
    ("g726", "audio", 111, ["rtpmap:111 G726-32/8000/1"], "G726-32/8000/1", None),
]


def passes_through(kind, payload_type, attributes, rtpmap, fmtp):
    payloads = [bytes([n]) * (1 + 97 * n) for n in range(12)]
    with Server() as server, Publisher(server, start=False) as publisher:
        lines = [f"m={kind} 0 RTP/AVP {payload_type}", *(f"a={a}" for a in attributes), "a=control:streamid=0"]
        publisher.sdp = HEAD.replace("\n", "\r\n") + "\r\n".join(lines) + "\r\n"
        publisher.tracks = [payload_type]
        publisher.record()
        publish.wait_served(server, "live/cam")
        with Player(server, "live/cam") as player:
            player.describe()
            media = player.sdp.media[0]
            assert (media.kind, media.rtpmap) == (kind, rtpmap), media.attributes
            assert media.attributes.get("fmtp", " ").split(" ", 1)[1] == (fmtp or ""), media.attributes
            player.setup(0)
            player.play()
            for n, payload in enumerate(payloads):
                publisher.send_packet(0, n // 3 * 3000, payload, n % 3 == 2)
            got = [player.packet(0)[1] for _ in payloads]
        assert [p.payload for p in got] == payloads
        assert [p.marker for p in got] == [n % 3 == 2 for n in range(12)]
        assert [(p.timestamp - got[0].timestamp) % 2**32 for p in got] == [n // 3 * 3000 for n in range(12)]
        assert [(p.seq - got[0].seq) % 2**16 for p in got] == list(range(12))
        assert {p.payload_type for p in got} == {media.payload_type}


add_rows("unknown_passes_through", UNKNOWN, passes_through)


@case()
def camera_with_metadata_beside_its_video():
    published = clips.clip("main")
    with Server() as server, Publisher(server, start=False) as publisher:
        publisher.sdp += ("m=application 0 RTP/AVP 107\r\na=rtpmap:107 vnd.onvif.metadata/90000\r\n"
                          "a=control:streamid=1\r\n")
        publisher.tracks.append(107)
        publisher.record()
        publish.send_clip(publisher, published.video[:1])
        publish.wait_served(server, "live/cam")
        with Player(server, "live/cam") as player:
            player.start()
            publisher.send_packet(1, 0, b"<tt:MetadataStream/>", True)
            check_pictures(player.units(1), published.pictures[:1], published.parameter_sets)
            assert player.packet(1)[1].payload == b"<tt:MetadataStream/>"


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
        first = {t: rtp.sender_report(player.rtcp(t, 2)[0]) for t in (0, 1)}
        second = {t: rtp.sender_report(player.rtcp(t, 7)[0]) for t in (0, 1)}
        for track, clock in ((0, clips.VIDEO_CLOCK), (1, clips.AUDIO_CLOCK)):
            ssrc, ntp, timestamp, *_ = first[track]
            assert ssrc == second[track][0] == player.ssrc(track)
            elapsed = second[track][1] - ntp
            assert 3 < elapsed < 7, elapsed
            ticks = (second[track][2] - timestamp) % 2**32
            assert abs(ticks / clock - elapsed) < 0.2, (ticks / clock, elapsed)


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
    with Server("--demo", "--session-timeout", "1s") as server, contextlib.ExitStack() as stack:
        players = {name: stack.enter_context(Player(server)) for name, _ in [*SIGNS, ("silence", None)]}
        for player in players.values():
            player.start()
            assert player.request("PAUSE", player.content_base).status == 200
        clock = stack.enter_context(Player(server)).start()  # paced by its pictures, 25 a second
        receiver = rtp.H264Receiver()
        for _ in range(8):
            clock.units(12, receiver=receiver)
            for name, method in SIGNS:
                if method:
                    assert players[name].request(method, players[name].url).status == 200, name
                else:
                    players[name].send(b"$\1" + len(report).to_bytes(2, "big") + report)
        players.pop("silence").read_to_end(1)
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
            publisher.send_unit(video.unit(n), n * STEP)
        check_numbers(video, player.units(28), list(range(28)))
        with Player(player.server, "live/cam") as late:
            late.start()
            check_numbers(video, late.units(8), list(range(20, 28)))


@case()
def fault_10_negative_times_were_all_0():
    """Time stamps that begin before 0 (as 32 bits: near their end) keep their distances."""
    published = clips.clip("main")
    start = -20 * STEP
    with Server("--max-lag", "60s") as server, Publisher(server) as publisher:
        publish.send_clip(publisher, published.video[:1], first_timestamp=start)
        publish.wait_served(server, "live/cam")
        with Player(server, "live/cam") as player:
            player.start()
            publish.send_clip(publisher, published.video[1:60], first_timestamp=start + STEP)
            check_steps(player.units(60), STEP)


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
