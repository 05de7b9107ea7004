# SPDX-License-Identifier: MIT
"""Publishers that say what cameras and encoders say, and what must come of it at players."""

import base64
import contextlib

import clips
import publish
import rtp
from harness import Server
from publish import Publisher
from rtsp import Player
from transcript import Conversation, Transcript

HEAD = "v=0\no=- 1 1 IN IP4 0.0.0.0\ns=x\nt=0 0\n"
VIDEO = "m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\na=control:trackID=1\n"


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


@contextlib.contextmanager
def flowing(*flags, path="live/cam", **options):
    """A server, a publisher of one picture so far, and a player that has it."""
    video = clips.MadeUpVideo(4000)
    with Server("--max-lag", "60s", *flags) as server, Publisher(server, path, **options) as publisher:
        publisher.send_unit(video.unit(0), 0)
        publisher.send_unit(video.unit(1), clips.STEP)
        publish.wait_served(server, path)
        with Player(server, path) as player:
            player.start()
            yield video, publisher, player


def check_pictures(got, pictures, parameter_sets):
    for i, (unit, picture) in enumerate(zip(got, pictures, strict=True)):
        assert rtp.picture(unit.nals) == picture, f"access unit {i} differs"
        sets = [n for n in unit.nals if rtp.nal_type(n) in (rtp.NAL_SPS, rtp.NAL_PPS)]
        assert sets == (parameter_sets if rtp.is_idr(unit.nals) else []), f"access unit {i}"


def check_steps(units, step):
    steps = {(b.timestamp - a.timestamp) % 2**32 for a, b in zip(units, units[1:])}
    assert steps == {step}, steps
