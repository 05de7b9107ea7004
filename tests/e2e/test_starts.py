# SPDX-License-Identifier: MIT
"""Where players start in a stream without IDR pictures, or of a codec that umbel does not know, and what they get of its
end."""

import hashlib
import subprocess
import tempfile

import clips
import harness
import media
import players
import publish
import rtp
from harness import Server, add_rows, case
from rtsp import Player, split_tracks

NAL_SEI, RECOVERY_POINT = 6, 6
PATH = "live/cam"
KEY_SECONDS = 1  # from one place to start to the next
PICTURES = 50

_KEYS = f"keyint={media.FPS * KEY_SECONDS}:min-keyint={media.FPS * KEY_SECONDS}:scenecut=0"
media.FORMATS.update({
    "open_gop": media.FORMATS["h264"]._replace(
        encode=f"-c:v libx264 -preset veryfast -x264-params open-gop=1:bframes=2:b-adapt=0:{_KEYS}"),
    "intra_refresh": media.FORMATS["h264"]._replace(
        encode=f"-c:v libx264 -preset veryfast -x264-params intra-refresh=1:bframes=0:{_KEYS}"),
    "theora": media.FORMATS["mpeg4"]._replace(encode=f"-c:v libtheora -g {media.GOP}"),
    "vorbis": media.FORMATS["opus"]._replace(encode="-c:a libvorbis -ac 2 -ar 48000"),
    "h265_open_gop": media.FORMATS["h265"]._replace(
        encode=f"-c:v libx265 -preset ultrafast -x265-params log-level=error:open-gop=1:bframes=2:{_KEYS}"),
})


def clip(name):
    return media.clip((name,), ".mkv")


def ffmpeg_once(server, name):
    """The clip from its beginning, in real time, once: there is but one IDR picture."""
    return publish.Program(server, PATH, [
        "ffmpeg", "-nostdin", "-v", "warning", "-re", "-i", str(clip(name)), "-c", "copy",
        "-f", "rtsp", "-rtsp_transport", "tcp", server.url(PATH)])


def is_recovery_point(nals):
    return any(rtp.nal_type(n) == NAL_SEI and n[1] == RECOVERY_POINT for n in nals)


class Watch(Player):
    """A player from the start on, which knows where others may start."""

    def __init__(self, server):
        super().__init__(server, PATH)
        self.starts = []  # time stamps
        self._receiver = rtp.H264Receiver()
        self.start()

    def read_unit(self):
        unit = self.units(1, receiver=self._receiver)[0]
        if rtp.is_idr(unit.nals) or is_recovery_point(unit.nals):
            self.starts.append(unit.timestamp)
        return unit

    def wait_starts(self, count):
        while len(self.starts) < count:
            self.read_unit()


def late_player_starts_at_the_newest_recovery_point(name):
    with Server() as server, ffmpeg_once(server, name), Watch(server) as watch:
        watch.wait_starts(3)
        seen = len(watch.starts)
        with Player(server, PATH) as late:
            late.start()
            first = late.units(1)[0]
            kinds = [rtp.nal_type(n) for n in first.nals]
            assert kinds[:2] == [rtp.NAL_SPS, rtp.NAL_PPS] and rtp.NAL_IDR not in kinds, kinds
            assert is_recovery_point(first.nals)
            # Only a start that is already known is told.
            assert late.rtp_info()[0] == (first.first_seq, first.timestamp)
        while watch.read_unit().timestamp != first.timestamp and first.timestamp not in watch.starts:
            pass
        assert first.timestamp in watch.starts[seen - 1:], (first.timestamp, watch.starts)


def ffmpeg_pictures(server, name):
    """Of pictures that are not whole ffmpeg shows none."""
    del name
    return pictures_of("-rtsp_transport", "tcp", "-i", server.url(PATH), "-frames:v", str(PICTURES))


def gstreamer_pictures(server, name):
    codec = media.FORMATS[name].probe.split(",")[0].replace("hevc", "h265")
    command = ["gst-launch-1.0", "-q", "rtspsrc", f"location={server.url(PATH)}", "protocols=tcp", "!",
               f"rtp{codec}depay", "!", f"{codec}parse", "!", f"avdec_{codec}", "!", "identity",
               f"eos-after={PICTURES}", "!", "fdsink"]
    raw = subprocess.run(command, check=True, capture_output=True, timeout=30).stdout
    step = media.WIDTH * media.HEIGHT * 3 // 2
    return [hashlib.md5(raw[at:at + step]).hexdigest() for at in range(0, len(raw), step)]


def pictures_of(*arguments):
    """A hash for each picture that ffmpeg decodes."""
    command = ["ffmpeg", "-nostdin", "-v", "fatal", *arguments, "-map", "0:v", "-f", "framehash", "-hash", "md5", "-"]
    lines = subprocess.run(command, check=True, capture_output=True, timeout=30, text=True).stdout.splitlines()
    return [line.split(",")[5].strip() for line in lines if not line.startswith("#")]


def late_player_sees_the_pictures_that_were_encoded(name, play):
    """A picture that is a bit different from the original refers to one that was not sent."""
    originals = pictures_of("-i", str(clip(name)))
    with Server() as server, ffmpeg_once(server, name), Player(server, PATH) as watch:
        watch.start()
        first = watch.packet(0)[1].timestamp
        while (watch.packet(0)[1].timestamp - first) % 2**32 < 2.5 * 90000 * KEY_SECONDS:
            pass
        shown = play(server, name)
    numbers = [originals.index(p) if p in originals else None for p in shown]
    whole = [n for n in numbers if n is not None]
    assert min(whole) >= 2 * media.FPS * KEY_SECONDS, f"starts too early: {numbers}"
    assert whole[-1] - whole[0] < PICTURES + 10, f"not a run: {numbers}"
    assert None not in numbers[media.FPS * KEY_SECONDS:] and len(whole) > PICTURES // 2, f"damaged: {numbers}"


add_rows("late_player_starts_at_the_newest_recovery_point", [("open_gop", "open_gop"), ("intra_refresh", "intra_refresh")],
         late_player_starts_at_the_newest_recovery_point)

add_rows("late", [(f"{play.__name__.split('_', maxsplit=1)[0]}_sees_whole_pictures_of_{name}", name, play)
                  for play in (ffmpeg_pictures, gstreamer_pictures)
                  for name in ("open_gop", "intra_refresh", "h265_open_gop")],
         late_player_sees_the_pictures_that_were_encoded, seconds=60)


FOREIGN = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 FOREIGN/90000\r\n" \
          "a=control:streamid=0\r\n"


def late_player_of_a_foreign_codec_starts(marks, wanted):
    """marks: whether the last packet of each picture of three is marked; all have one time stamp."""
    with Server() as server, publish.Publisher(server, PATH, start=False) as publisher:
        publisher.sdp = FOREIGN
        publisher.record()
        for number in range(8):
            publisher.send_packet(0, 7, b"%d" % number, marks and number % 3 == 2)
        publish.wait_served(server, PATH)
        with Player(server, PATH) as watch, Player(server, PATH) as player:
            watch.start()
            while watch.packet(0)[1].payload != b"7":
                pass
            player.start()
            assert player.packet(0)[1].payload == wanted


add_rows("late_player_of_a_foreign_codec_starts", [("behind_a_marker", True, b"6"), ("anywhere_without_markers", False, b"7")],
         late_player_of_a_foreign_codec_starts)


@case(60)
def vorbis_and_theora_of_ffmpeg_have_parameters_of_any_length():
    path = media.clip(("theora", "vorbis"), ".mkv")
    with Server() as server, tempfile.TemporaryDirectory() as directory:
        publisher = publish.Program(server, PATH, [
            "ffmpeg", "-nostdin", "-v", "warning", "-re", "-stream_loop", "-1", "-i", str(path), "-c", "copy",
            "-f", "rtsp", "-rtsp_transport", "tcp", server.url(PATH)])
        with publisher:
            with Player(server, PATH) as player:
                player.describe()
                assert all(len(m.attributes["fmtp"]) > 2048 for m in player.sdp.media), player.sdp.media
            for name in ("theora", "vorbis"):
                track = media.FORMATS[name]
                stored = f"{directory}/{name}"
                subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-rtsp_transport", "tcp", "-i", server.url(PATH),
                                "-map", f"0:{track.kind}", f"-frames:{track.kind}", str(track.count),
                                *track.form.split(), stored], check=True, timeout=30)
                media.check(media.read_form(stored, name), path, name)
            players.run(["ffmpeg", "-nostdin", "-v", "error", "-xerror", "-rtsp_transport", "tcp", "-i", server.url(PATH),
                         "-map", "0:a", "-frames:a", "40", "-f", "null", "-"])


# -- the end --


def by_teardown(publisher):
    assert publisher.request("TEARDOWN", publisher.url).status == 200


def by_closing(publisher):
    publisher.close()


def units_of(player, frames):
    """The access units of the video track in what a player has received."""
    receiver = rtp.H264Receiver()
    units = [receiver.take(packet) for packet in split_tracks(player, frames)[0]]
    return [rtp.picture(unit.nals) for unit in units if unit]


def last_picture_without_marker_is_sent(leave):
    clip = clips.clip("main")
    with Server() as server, publish.Publisher(server, PATH) as publisher:
        publish.send_clip(publisher, clip.video[:2], marker=False)
        publish.wait_served(server, PATH)
        with Player(server, PATH) as player:
            player.start()
            publish.send_clip(publisher, clip.video[2:5], first_timestamp=2 * clips.VIDEO_CLOCK // clips.FPS,
                              marker=False)
            leave(publisher)
            assert units_of(player, player.expect_bye()) == clip.pictures[:5]


add_rows("last_picture_without_marker_is_sent", [("by_teardown", by_teardown), ("by_closing", by_closing)],
         last_picture_without_marker_is_sent)


@case()
def picture_that_is_cut_off_is_not_sent():
    clip = clips.clip("main")
    with Server() as server, publish.Publisher(server, PATH) as publisher:
        publish.send_clip(publisher, clip.video[:2])
        publish.wait_served(server, PATH)
        with Player(server, PATH) as player:
            player.start()
            publisher.send_unit(clip.video[2], 2 * clips.VIDEO_CLOCK // clips.FPS, marker=False)
            publisher.close()
            assert units_of(player, player.expect_bye()) == clip.pictures[:2]


harness.main()
