# SPDX-License-Identifier: MIT
"""What is published: clips that ffmpeg encodes once, and access units that are made up."""

import functools
import os
import pathlib
import random
import re
import subprocess
import tempfile

import harness
import rtp

FPS, GOP, SECONDS = 25, 50, 6
VIDEO_CLOCK, AUDIO_CLOCK, AAC_SAMPLES = 90000, 48000, 1024
STEP = VIDEO_CLOCK // FPS
LONG_TIMES = 10

_ENCODE = {
    "main": ["-profile:v", "main", "-bf", "0"],
    "bframes": ["-profile:v", "high", "-bf", "2"],
    "baseline": ["-profile:v", "baseline", "-s", "352x288"],
}
_CONTAINER = {"main": "mp4", "bframes": "mkv", "baseline": "mp4"}


class Clip:
    """A file, and what is in it: access units as lists of NAL units, and AAC access units."""

    def __init__(self, path):
        self.path = str(path)
        annexb = _extract(path, "-map", "0:v", "-bsf:v", "h264_mp4toannexb", "-f", "h264")
        self.video = split_access_units(split_annexb(annexb))
        first = self.video[0]
        self.parameter_sets = [n for n in first if rtp.nal_type(n) in (rtp.NAL_SPS, rtp.NAL_PPS)]
        self.audio = split_adts(_extract(path, "-map", "0:a", "-f", "adts"))

    @functools.cached_property
    def long_path(self):
        """A file of the same over and over, for programs that publish a file once."""
        path = pathlib.Path(self.path)
        long = path.with_stem(f"{path.stem}-{LONG_TIMES}-times")
        if not long.exists():
            make_file(long, "-stream_loop", str(LONG_TIMES - 1), "-i", self.path, "-c", "copy")
        return str(long)

    @property
    def pictures(self):
        """The access units without parameter sets."""
        return [rtp.picture(unit) for unit in self.video]


@functools.cache
def clip(name):
    """320x180 (or 352x288), 25 pictures a second, a GOP of 50, with AAC of 48 kHz stereo."""
    path = harness.work_directory() / f"{name}.{_CONTAINER[name]}"
    if not path.exists():
        _encode(path, _ENCODE[name])
    return Clip(path)


def _encode(path, options):
    make_file(path, "-f", "lavfi", "-i", f"testsrc2=size=320x180:rate={FPS}:duration={SECONDS}",
              # Noise over the tone, so that no two audio frames are alike.
              "-f", "lavfi", "-i", f"aevalsrc='0.2*sin(880*PI*t)+0.1*(random(0)-0.5)"
              f"|0.2*sin(1320*PI*t)+0.1*(random(1)-0.5)':s={AUDIO_CLOCK}:d={SECONDS}",
              "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p",
              "-g", str(GOP), "-keyint_min", str(GOP), "-sc_threshold", "0", *options,
              "-c:a", "aac", "-b:a", "96k")


def make_file(path, *arguments):
    """By ffmpeg. Test programs run at the same time: each writes a file of its own and moves it into place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent, suffix=path.suffix)
    os.close(handle)
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", *arguments, draft], check=True)
    os.rename(draft, path)


def _extract(path, *arguments):
    return subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-i", str(path), *arguments[:2],
                           "-c", "copy", *arguments[2:], "-"], check=True, capture_output=True).stdout


def split_annexb(data):
    """NAL units between start codes (H.264 Annex B), without trailing zeros."""
    return [nal for nal in (n.rstrip(b"\0") for n in re.split(b"\0\0\1", data)) if nal]


def split_access_units(nals):
    """A slice with first_mb_in_slice 0 begins a picture; what is not a slice belongs to the next one."""
    units, head, current = [], [], None
    for nal in nals:
        if not 1 <= rtp.nal_type(nal) <= rtp.NAL_IDR:
            head.append(nal)
            current = None
        elif nal[1] & 0x80 or current is None:
            current = head + [nal]
            units.append(current)
            head = []
        else:
            current.append(nal)
    return units


def split_adts(data):
    """The access units of an ADTS file, without their headers (ISO 13818-7 6.2)."""
    units, at = [], 0
    while at < len(data):
        assert data[at] == 0xff and data[at + 1] & 0xf6 == 0xf0, "no ADTS sync word"
        header = 7 if data[at + 1] & 1 else 9
        size = (data[at + 3] & 3) << 11 | data[at + 4] << 3 | data[at + 5] >> 5
        units.append(data[at + header:at + size])
        at += size
    return units


def read_h264(path):
    """The pictures in a file that a player stored."""
    units = split_access_units(split_annexb(pathlib.Path(path).read_bytes()))
    return [rtp.picture(unit) for unit in units]


def read_adts(path):
    return split_adts(pathlib.Path(path).read_bytes())


def check_run(stored, published):
    """The stored items must be a contiguous run of the published ones, which repeat without end."""
    assert stored, "nothing was stored"
    published = [tuple(p) if isinstance(p, list) else p for p in published]
    stored = [tuple(s) if isinstance(s, list) else s for s in stored]
    assert stored[0] in published, "the first stored item was never published"
    start = published.index(stored[0])
    for i, item in enumerate(stored):
        wanted = published[(start + i) % len(published)]
        assert item == wanted, (f"item {i} of {len(stored)} is not the published item "
                                f"{(start + i) % len(published)}")


class MadeUpVideo:
    """Access units that never were a picture: any size, any number, no two alike, the number inside."""

    def __init__(self, unit_bytes, gop=10):
        self.unit_bytes, self.gop = unit_bytes, gop
        self.parameter_sets = clip("baseline").parameter_sets
        # No zero byte, so that nothing in it looks like a start code.
        self._filler = random.Random(1).randbytes(unit_bytes + 4096).replace(b"\0", b"\1")

    def unit(self, number):
        key = number % self.gop == 0
        head = bytes([0x65 if key else 0x41, 0x88])
        digits = bytes(1 + (number >> shift & 0x7f) for shift in (21, 14, 7, 0))
        skip = number % 4096
        nal = head + digits + self._filler[skip:skip + self.unit_bytes]
        return self.parameter_sets + [nal] if key else [nal]

    @staticmethod
    def number(nals):
        digits = rtp.picture(nals)[-1][2:6]
        return sum(d - 1 << shift for d, shift in zip(digits, (21, 14, 7, 0)))

    def check(self, units, numbers):
        """These access units are those of these numbers, unchanged."""
        assert [self.number(unit.nals) for unit in units] == list(numbers)
        for unit, number in zip(units, numbers):
            assert rtp.picture(unit.nals) == rtp.picture(self.unit(number)), f"access unit {number} differs"
