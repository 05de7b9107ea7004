# SPDX-License-Identifier: MIT
"""Media of any codec: how it is made, and how a clip and what a player stored are brought into one form.

That form is a list of hashes, one a frame, or plain bytes where frames have no bounds of their own.
"""

import functools
import hashlib
import pathlib
import subprocess
import typing

import clips
import harness

SECONDS, FPS, GOP = 40, 25, 25
WIDTH, HEIGHT = 160, 120

_HASHES = "-f framehash -hash md5"
_FRAMES = f"-c copy {_HASHES}"


class Format(typing.NamedTuple):
    kind: str               # as ffmpeg's stream specifiers have it: v or a
    encode: str             # options of ffmpeg that make it
    parse: str              # what GStreamer has in front of rtspclientsink
    depay: str              # what GStreamer has behind rtspsrc
    file: str               # what that gives: 'frames', one a buffer; 'bytes'; or a format that ffmpeg reads
    probe: str              # what ffprobe knows of it
    form: str = _FRAMES     # options of ffmpeg that bring it into the form that is compared
    count: int = 40         # so many packets or buffers are asked of a player: about a second
    has_keys: bool = False  # the first frame is one
    decodes: bool = True    # from wherever a player joins


def _video(encode, parse, depay, file, probe, **more):
    return Format("v", encode, parse, depay, file, f"{probe},{WIDTH},{HEIGHT}", **more)


def _audio(encode, parse, depay, file, probe, channels=2, rate=48000, **more):
    return Format("a", f"{encode} -ac {channels} -ar {rate}", parse, depay, file, f"{probe},{rate},{channels}", **more)


def _samples(encoder, muxer, parse, depay, rate):
    """Audio that may be cut into packets anywhere."""
    return _audio(f"-c:a {encoder}", parse, depay, "bytes", encoder.replace("g722", "adpcm_g722"), 1, rate,
                  form=f"-c copy -f {muxer}", count=8)


def _slices(codec, types):
    """Parameter sets are repeated, and access unit delimiters left out, so slices alone are compared."""
    return f"-c copy -bsf:v {codec}_mp4toannexb,filter_units=pass_types={types} {_HASHES}"


_KEYS = f"-g {GOP} -keyint_min {GOP}"
_ANNEXB = "stream-format=byte-stream,alignment=au"

FORMATS = {
    "h264": _video(f"-c:v libx264 -preset veryfast -sc_threshold 0 -bf 0 {_KEYS}", "h264parse",
                   f"rtph264depay ! video/x-h264,{_ANNEXB}", "h264", "h264",
                   form=_slices("h264", "1-5"), has_keys=True),
    "h265": _video("-c:v libx265 -preset ultrafast -x265-params "
                   f"log-level=error:bframes=0:scenecut=0:open-gop=0:keyint={GOP}:min-keyint={GOP}", "h265parse",
                   f"rtph265depay ! video/x-h265,{_ANNEXB}", "hevc", "hevc",
                   form=_slices("hevc", "0-31"), has_keys=True),
    "vp8": _video(f"-c:v libvpx -deadline realtime -cpu-used 8 {_KEYS}", "identity",
                  "rtpvp8depay", "frames", "vp8", has_keys=True),
    # Of VP9 in RTP ffmpeg does not know which frames are key frames: it is to copy them all.
    "vp9": _video(f"-c:v libvpx-vp9 -deadline realtime -cpu-used 8 {_KEYS}", "vp9parse",
                  "rtpvp9depay", "frames", "vp9", form=f"-copyinkf {_FRAMES}", has_keys=True),
    # A player makes the headers of its own: the pictures that come of them are compared.
    "jpeg": _video("-c:v mjpeg -huffman default -force_duplicated_matrix 1 -pix_fmt yuvj420p", "jpegparse",
                   "rtpjpegdepay", "mjpeg", "mjpeg", form=f"-vsync passthrough {_HASHES}"),
    "mpeg4": _video("-c:v mpeg4 -bf 0", "mpeg4videoparse", "rtpmp4vdepay", "frames", "mpeg4",
                    form=f"-copyinkf {_FRAMES}", decodes=False),
    "aac": _audio("-c:a aac", "aacparse", "rtpmp4gdepay", "frames", "aac"),
    "latm": _audio("-c:a aac", "aacparse", "rtpmp4adepay", "frames", "aac"),
    "opus": _audio("-c:a libopus", "opusparse", "rtpopusdepay", "frames", "opus"),
    "pcmu": _samples("pcm_mulaw", "mulaw", "identity", "rtppcmudepay", 8000),
    "pcma": _samples("pcm_alaw", "alaw", "identity", "rtppcmadepay", 8000),
    "g722": _samples("g722", "g722", "identity", "rtpg722depay", 16000),
    "l16": _samples("pcm_s16be", "s16be", "rawaudioparse use-sink-caps=true", "rtpL16depay", 44100),
    "mp2": _audio("-c:a mp2", "mpegaudioparse", "rtpmpadepay", "mp3", "mp2"),
    "mp3": _audio("-c:a libmp3lame", "mpegaudioparse", "rtpmpadepay", "mp3", "mp3"),
    "ac3": _audio("-c:a ac3", "ac3parse", "rtpac3depay", "ac3", "ac3"),
    # MPEG-TS goes through as it is; it has one sound in it.
    "ts": _audio("-c:a mp2", "tsparse set-timestamps=true", "rtpmp2tdepay", "mpegts", "mp2", decodes=False),
}

_SOURCES = {
    "v": f"testsrc2=size={WIDTH}x{HEIGHT}:rate={FPS}:duration={SECONDS}",
    # Noise, so that no two frames are alike.
    "a": f"aevalsrc=0.2*sin(880*PI*t)+0.1*(random(0)-0.5)|0.2*sin(1320*PI*t)+0.1*(random(1)-0.5):s=48000:d={SECONDS}",
}


@functools.cache
def clip(names, suffix):
    """The path of a file with these formats as its tracks, made when there is none yet."""
    path = harness.work_directory() / f"{'-'.join(names)}{suffix}"
    if not path.exists():
        _make(path, [FORMATS[name] for name in names])
    return path


def _make(path, formats):
    sources = [word for f in formats for word in ("-f", "lavfi", "-i", _SOURCES[f.kind])]
    options = [word for i, f in enumerate(formats) for word in ("-map", str(i), *f.encode.split())]
    clips.make_file(path, *sources, *options)


@functools.cache
def published(path, name):
    """What is in a clip, in the form that is compared."""
    return _convert(path, FORMATS[name])


def read_form(path, name):
    """What ffmpeg stored in that form."""
    return _parse(pathlib.Path(path).read_bytes(), FORMATS[name])


def read_gstreamer(directory, name):
    """What GStreamer stored by multifilesink: a file for each of its buffers."""
    buffers = [path.read_bytes() for path in sorted(pathlib.Path(directory).iterdir())]
    return read_buffers(buffers, name)


def read_buffers(buffers, name):
    """The same of what is in memory."""
    media = FORMATS[name]
    if media.file == "frames":
        return [hashlib.md5(b).hexdigest() for b in buffers]
    if media.file == "bytes":
        return b"".join(buffers)
    return _convert("-", media, "-f", media.file, data=b"".join(buffers))


def _convert(path, media, *demuxer, data=None):
    command = ["ffmpeg", "-nostdin", "-v", "fatal", *demuxer, "-i", str(path), "-map", f"0:{media.kind}",
               *media.form.split(), "-"]
    return _parse(subprocess.run(command, input=data, check=True, capture_output=True).stdout, media)


def _parse(data, media):
    if "framehash" not in media.form:
        return data
    lines = data.decode().splitlines()
    return [line.split(",")[5].strip() for line in lines if not line.startswith("#")]


def check(stored, path, name):
    """What was stored must be a contiguous run of what is published over and over, if possible from a key frame on.

    At the ends a frame may be cut, but a key frame begins whole.
    """
    media, whole = FORMATS[name], published(path, name)
    if isinstance(stored, bytes):
        assert len(stored) > 1000, f"{len(stored)} bytes of {name} were stored"
        assert stored in whole + whole, f"{len(stored)} bytes of {name} are not what was published"
        return
    stored = stored[0 if media.has_keys else 1:-1]
    assert len(stored) > media.count // 2, f"{len(stored)} frames of {name} were stored"
    clips.check_run(stored, whole)
    assert not media.has_keys or whole.index(stored[0]) % GOP == 0, f"{name} does not begin with a key frame"
