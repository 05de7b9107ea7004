# SPDX-License-Identifier: MIT
"""Real players and publishers: what they store must be byte for byte what was published."""

import pathlib
import tempfile

import clips
import harness
import players
import publish
import rtp
import rtsp
from harness import Server, add_rows, case


@case()
def ffprobe_knows_the_demo():
    with Server("--demo") as server:
        assert players.ffprobe(server.url()) == ["h264"]


@case()
def ffmpeg_decodes_the_demo_without_complaint():
    with Server("--demo") as server:
        players.ffmpeg_decode(server.url(), 60)


@case()
def gstreamer_decodes_the_demo_without_complaint():
    with Server("--demo") as server:
        players.gstreamer_decode(server.url(), 60)


@case()
def players_that_ask_for_udp_first_come_back_over_tcp():
    with Server("--demo") as server:
        players.run(["ffmpeg", "-nostdin", "-v", "fatal", "-i", server.url(), "-c", "copy",
                     "-frames:v", "10", "-f", "null", "-"])


def read_until_mid_gop(server):
    """Waits until the stream is about half a GOP past an IDR, which is where a player then joins."""
    with rtsp.Player(server, "live/cam") as player:
        player.start([0])
        receiver = rtp.H264Receiver()
        since_key = None
        while since_key != clips.GOP // 2:
            unit = player.units(1, receiver=receiver)[0]
            since_key = 0 if rtp.is_idr(unit.nals) else since_key + 1


def check_stored(store, read, server, published, count):
    """Runs a player that stores count items, in mid-GOP, and compares them with the published ones."""
    with tempfile.TemporaryDirectory(dir=harness.work_directory()) as directory:
        path = pathlib.Path(directory) / "stored"
        store(server.url("live/cam"), path, count)
        stored = read(path)
    # An end in mid-unit is the player's own.
    assert len(stored) >= count - 1, len(stored)
    clips.check_run(stored[:count - 1], published)
    return stored


VIDEO = [
    ("ffmpeg", "main", players.ffmpeg_store_video),
    ("ffmpeg_with_b_frames", "bframes", players.ffmpeg_store_video),
    ("gstreamer", "main", players.gstreamer_store_video),
    ("gstreamer_with_b_frames", "bframes", players.gstreamer_store_video),
]


def stores_the_video_of_ffmpeg_unchanged(clip_name, store):
    clip = clips.clip(clip_name)
    with Server() as server, publish.ffmpeg(server, clip):
        read_until_mid_gop(server)
        stored = check_stored(store, clips.read_h264, server, clip.pictures, 60)
        assert rtp.is_idr(stored[0]), "the first picture is no IDR picture"


add_rows("video_unchanged", VIDEO, stores_the_video_of_ffmpeg_unchanged)

AUDIO = [("ffmpeg", players.ffmpeg_store_audio), ("gstreamer", players.gstreamer_store_audio)]


def stores_the_audio_of_ffmpeg_unchanged(store):
    clip = clips.clip("main")
    with Server() as server, publish.ffmpeg(server, clip):
        check_stored(store, clips.read_adts, server, clip.audio, 80)


add_rows("audio_unchanged", AUDIO, stores_the_audio_of_ffmpeg_unchanged)


@case()
def audio_alone_is_published_and_stored_unchanged():
    clip = clips.clip("main")
    with Server() as server, publish.ffmpeg(server, clip, streams=("-vn",)):
        assert players.ffprobe(server.url("live/cam")) == ["aac"]
        check_stored(players.ffmpeg_store_audio, clips.read_adts, server, clip.audio, 60)


@case()
def video_alone_is_published_and_decodes():
    clip = clips.clip("baseline")
    with Server() as server, publish.ffmpeg(server, clip, streams=("-an",)):
        assert players.ffprobe(server.url("live/cam")) == ["h264"]
        players.ffmpeg_decode(server.url("live/cam"), 50)


@case()
def gstreamer_publishes_and_ffmpeg_stores_it_unchanged():
    clip = clips.clip("main")
    with Server() as server, publish.gstreamer(server, clip):
        check_stored(players.ffmpeg_store_video, clips.read_h264, server, clip.pictures, 40)


@case()
def both_tracks_play_together():
    clip = clips.clip("main")
    with Server() as server, publish.ffmpeg(server, clip):
        assert players.ffprobe(server.url("live/cam")) == ["h264", "aac"]
        players.run(["ffmpeg", "-nostdin", "-v", "error", "-xerror", "-err_detect", "explode",
                     "-rtsp_transport", "tcp", "-i", server.url("live/cam"), "-t", "2",
                     "-f", "null", "-"])


@case()
def ffmpeg_player_ends_by_itself_when_the_publisher_goes():
    clip = clips.clip("main")
    with Server() as server, publish.ffmpeg(server, clip) as publisher:
        player = players.ffmpeg_to_pipe(server.url("live/cam"))
        try:
            assert player.stdout.read(1000), "the player wrote nothing"
            publisher.interrupt()
            player.communicate(timeout=harness.WAIT_SECONDS)
        finally:
            player.kill()
            player.communicate()


harness.main()
