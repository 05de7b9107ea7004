# SPDX-License-Identifier: MIT
"""A player that has nothing in common with FFmpeg and GStreamer: yellowstone, for node. It takes video over TCP alone.

`./dev test` installs it and sets NODE_PATH. Where it is missing the cases are skipped.
"""

import functools
import pathlib
import shutil
import subprocess

import clips
import harness
import players
import publish
import rtp
import udp
from harness import Server, Skip, add_rows, case

UNITS = 75
PROGRAM = pathlib.Path(__file__).parent / "yellowstone_play.js"


@functools.cache
def is_installed():
    resolve = ["node", "-e", "require.resolve('yellowstone')"]
    return shutil.which("node") and subprocess.run(resolve, capture_output=True, check=False).returncode == 0


def play(server, path):
    """The access units that the player gets. Node's own complaints about old code are none of them."""
    if not is_installed():
        raise Skip("yellowstone is not installed, which takes node, npm and its registry")
    said = players.run(["node", "--no-deprecation", str(PROGRAM), server.url(path), str(UNITS)])
    receiver = rtp.H264Receiver()
    units = [unit for unit in map(receiver.take, map(parse_line, said.splitlines())) if unit]
    assert len(units) == UNITS, f"{len(units)} access units"
    assert rtp.is_idr(units[0].nals), "the first picture is no IDR picture"
    server.wait_log("reason=TEARDOWN")
    return units


def parse_line(line):
    seq, timestamp, marker, payload = line.split()
    return rtp.Rtp(marker == "1", None, int(seq), int(timestamp), None, bytes.fromhex(payload))


@case()
def demo_decodes_without_complaint():
    with Server("--demo") as server:
        units = play(server, "live/demo")
    annexb = b"".join(b"\0\0\0\1" + nal for unit in units for nal in unit.nals)
    decode = ["ffmpeg", "-v", "error", "-xerror", "-err_detect", "explode", "-f", "h264", "-i", "-", "-f", "null", "-"]
    done = subprocess.run(decode, input=annexb, capture_output=True, check=False)
    assert done.returncode == 0 and not done.stderr, done.stderr.decode()


PUBLISHED = [
    ("ffmpeg", "main", publish.ffmpeg),
    ("ffmpeg_over_udp", "bframes", functools.partial(publish.ffmpeg, transport="udp")),
    ("gstreamer", "main", publish.gstreamer),
]


def gets_the_video_unchanged(clip_name, publisher):
    clip = clips.clip(clip_name)
    with udp.serve() as server, publisher(server, clip):
        units = play(server, "live/cam")
        clips.check_run([rtp.picture(unit.nals) for unit in units], clip.pictures)


add_rows("video_unchanged", PUBLISHED, gets_the_video_unchanged, 40)

harness.main()
