# SPDX-License-Identifier: MIT
"""Descriptions as cameras and encoders write them, and tracks of which umbel knows nothing."""

import clips
import harness
import publish
from cameras import HEAD, VIDEO, base64_text, check_pictures, recording, words_of
from harness import Server, add_rows, case
from publish import Publisher
from rtsp import Player


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
        publish.send_clip(publisher, units[1:60], first_timestamp=clips.STEP)
        got = player.units(60)
    check_pictures(got, published.pictures[:60], published.parameter_sets)


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


harness.main()
