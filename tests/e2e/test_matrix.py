# SPDX-License-Identifier: MIT
"""Publishers, players, codecs and transports, each with each other as far as the programs can: what a player stores
must be what was published, and decode without complaint.

What clients can not do stays out: in Debian 12 none has AV1 in RTP, ffmpeg publishes neither AC-3 nor MPEG-TS,
GStreamer publishes AAC as LATM only, and none publishes through HTTP.
"""

import collections
import concurrent.futures
import contextlib
import functools
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import typing

import harness
import media
import network
import players
import publish
import rtp
import rtsp
import udp
from harness import Skip, add_case

PATH = "live/cam"
GROUPS = "239.255.0.0/16"
PLAYER_SECONDS = 50


class Row(typing.NamedTuple):
    publisher: str
    transport: str
    formats: tuple         # of its tracks
    unicast: tuple         # players and their transports
    multicast: tuple = ()
    curl: tuple = ()

    @property
    def name(self):
        return f"{'_'.join(self.formats)}_of_{self.publisher}_over_{self.transport}"

    @property
    def is_ts(self):
        return self.formats == ("ts",)

    @property
    def clip(self):
        suffix = ".ts" if self.is_ts else {"ffmpeg": ".nut", "gstreamer": ".mkv"}[self.publisher]
        return media.clip(self.formats, suffix)


ROWS = [
    Row("ffmpeg", "tcp", ("h264", "aac"),
        ("ffmpeg tcp", "ffmpeg udp", "ffmpeg http", "gstreamer tcp", "gstreamer http", "ffprobe http"),
        ("ffmpeg udp_multicast", "gstreamer udp-mcast", "ffprobe udp_multicast"), ("curl tcp",)),
    Row("ffmpeg", "udp", ("h265", "opus"),
        ("ffmpeg tcp", "ffmpeg udp", "ffmpeg http", "gstreamer auto", "gstreamer http", "ffprobe tcp"),
        ("ffmpeg udp_multicast", "gstreamer udp-mcast")),
    Row("gstreamer", "tcp", ("vp8", "opus"),
        ("ffmpeg tcp", "ffmpeg http", "gstreamer udp", "ffprobe udp"), ("gstreamer udp-mcast",)),
    Row("gstreamer", "udp", ("jpeg", "pcmu"),
        ("ffmpeg http", "ffmpeg udp", "gstreamer auto", "ffprobe udp"), ("ffmpeg udp_multicast",)),
    Row("gstreamer", "udp", ("h264", "latm"), ("ffmpeg tcp", "gstreamer http", "ffprobe tcp")),
    Row("gstreamer", "tcp", ("h265", "ac3"), ("ffmpeg auto", "gstreamer tcp", "ffprobe http")),
    Row("ffmpeg", "tcp", ("vp9", "g722"), ("ffmpeg udp", "gstreamer tcp", "ffprobe tcp")),
    Row("ffmpeg", "udp", ("vp8", "mp3"), ("ffmpeg auto", "gstreamer tcp", "ffprobe tcp")),
    Row("ffmpeg", "tcp", ("mpeg4", "pcma"), ("ffmpeg tcp", "gstreamer udp", "ffprobe udp")),
    Row("ffmpeg", "udp", ("h264", "latm"), ("ffmpeg udp", "gstreamer udp", "ffprobe http")),
    Row("gstreamer", "udp", ("vp9", "mp2"), ("ffmpeg tcp", "gstreamer http", "ffprobe tcp"), ("gstreamer udp-mcast",)),
    Row("gstreamer", "tcp", ("l16",),
        ("ffmpeg tcp", "gstreamer udp", "ffprobe udp"), ("ffmpeg udp_multicast",), ("curl tcp",)),
    Row("gstreamer", "tcp", ("ts",), ("ffmpeg http", "gstreamer tcp")),
]

# -- publishers --

_MUXER_OPTIONS = {"latm": ("-rtpflags", "latm"), "vp9": ("-strict", "experimental")}


def ffmpeg_publisher(server, row):
    options = [word for name in row.formats for word in _MUXER_OPTIONS.get(name, ())]
    return publish.Program(server, PATH, [
        "ffmpeg", "-nostdin", "-v", "warning", "-re", "-stream_loop", "-1", "-i", str(row.clip), "-map", "0",
        "-c", "copy", *options, "-f", "rtsp", "-rtsp_transport", row.transport, server.url(PATH)])


def gstreamer_publisher(server, row):
    """It does not begin anew at the end of the clip, which must be long enough."""
    demuxer, pads = ("identity", {"a": "d."}) if row.is_ts else ("matroskademux", {"v": "d.video_0", "a": "d.audio_0"})
    branches = []
    for name in row.formats:
        track = media.FORMATS[name]
        branches += [pads[track.kind], "!", "queue", "!", *track.parse.split(), "!", "sink."]
    return publish.Program(server, PATH, [
        "gst-launch-1.0", "-q", "filesrc", f"location={row.clip}", "!", demuxer, "name=d", *branches,
        "rtspclientsink", "name=sink", f"protocols={row.transport}", f"location={server.url(PATH)}"])


PUBLISHERS = {"ffmpeg": ffmpeg_publisher, "gstreamer": gstreamer_publisher}


# -- players: each gives what it stored of each track, or nothing when it has checked all by itself --

def ffmpeg(server, row, transport, directory):
    """Stores and decodes at once."""
    outputs = []
    for name in row.formats:
        track = media.FORMATS[name]
        part = ["-map", f"0:{track.kind}", f"-frames:{track.kind}", str(track.count)]
        outputs += [*part, *track.form.split(), str(directory / name)]
        if track.decodes:
            outputs += [*part, "-f", "null", "-"]
    how = [] if transport == "auto" else ["-rtsp_transport", transport]
    players.run(["ffmpeg", "-nostdin", "-y", "-v", "error", "-xerror", "-err_detect", "explode", *how,
                 "-i", server.url(PATH), *outputs])
    return [media.read_form(directory / name, name) for name in row.formats]


def ffprobe(server, row, transport, directory):
    del directory
    said = players.run(["ffprobe", "-v", "error", "-rtsp_transport", transport, "-of", "csv=p=0", "-show_entries",
                        "stream=codec_name,width,height,sample_rate,channels", server.url(PATH)])
    # GStreamer announces its tracks in an order of its own.
    assert sorted(said.split()) == sorted(media.FORMATS[name].probe for name in row.formats), said
    return []


# The scheme asks for the tunnel, which rtspsrc does not open for protocols=http alone.
_RTSPSRC = {"auto": ("rtsp", []), "http": ("rtsph", [])}


def gstreamer(server, row, transport, directory):
    """A file for each buffer, until there are enough of each track."""
    branches = []
    for name in row.formats:
        (directory / name).mkdir()
        branches += ["src.", "!", *media.FORMATS[name].depay.split(), "!",
                     "multifilesink", f"location={directory / name / '%05d'}"]
    scheme, how = _RTSPSRC.get(transport, ("rtsp", [f"protocols={transport}"]))
    url = server.url(PATH).replace("rtsp", scheme, 1)
    with silent(["gst-launch-1.0", "-q", "-e", "rtspsrc", "name=src", "latency=200", f"location={url}", *how,
                 *branches], directory / "log") as player:
        harness.wait_until(lambda: player.poll() is not None or all(
            len(os.listdir(directory / name)) > media.FORMATS[name].count for name in row.formats),
            "enough buffers", PLAYER_SECONDS)
    return [media.read_gstreamer(directory / name, name) for name in row.formats]


@contextlib.contextmanager
def silent(command, log):
    """A program that runs on, and says nothing until it is interrupted: then rtspsrc sometimes complains of itself."""
    with open(log, "w", encoding="utf-8") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield process
        assert process.poll() is None and not log.read_text(), f"a complaint: {' '.join(command)}"
        process.send_signal(signal.SIGINT)
        process.wait(harness.WAIT_SECONDS)
    except BaseException as error:
        error.add_note(log.read_text())
        raise
    finally:
        process.kill()
        process.wait()


def curl(server, row, transport, directory):
    """libcurl hands out packets; what is in them is for its user to find out."""
    del transport, directory
    program = os.environ.get("CURL_RTSP")
    if not program:
        raise Skip("curl_rtsp was not built: libcurl's headers are missing")
    with rtsp.Player(server, PATH) as player:
        player.describe()
        tracks = [player.control_url(track) for track in range(len(row.formats))]
        stored = subprocess.run([program, "150", player.content_base, *tracks], stdin=subprocess.DEVNULL,
                                capture_output=True, check=True, timeout=PLAYER_SECONDS).stdout
    packets = split_interleaved(stored)
    return [media.read_buffers(_UNPACK[name](packets[2 * track]), name) for track, name in enumerate(row.formats)]


def split_interleaved(data):
    """Channel -> RTP packets, from a file of interleaved ones (RFC 2326 section 10.12)."""
    packets, at = collections.defaultdict(list), 0
    while at < len(data):
        assert data[at] == ord("$"), "what libcurl hands out is no packet"
        end = at + 4 + int.from_bytes(data[at + 2:at + 4], "big")
        assert end <= len(data), "what libcurl hands out is cut"
        if data[at + 1] % 2 == 0:
            packets[data[at + 1]].append(rtp.parse_rtp(data[at + 4:end]))
        at = end
    return packets


def annexb_units(packets):
    receiver = rtp.H264Receiver()
    units = [unit for unit in map(receiver.take, packets) if unit]
    return [b"".join(b"\0\0\0\1" + nal for nal in unit.nals) for unit in units]


_UNPACK = {
    "h264": annexb_units,
    "aac": lambda packets: [unit for packet in packets for unit in rtp.split_aac(packet.payload)],
    "l16": lambda packets: [packet.payload for packet in packets],
}

PLAYERS = {"ffmpeg": ffmpeg, "ffprobe": ffprobe, "gstreamer": gstreamer, "curl": curl}


# -- cases --

def play(server, row, cell):
    player, transport = cell.split()
    with tempfile.TemporaryDirectory(dir=harness.work_directory()) as directory:
        stored = PLAYERS[player](server, row, transport, pathlib.Path(directory))
        for name, of_track in zip(row.formats, stored):
            media.check(of_track, row.clip, name)


def play_all(server, row, cells, at_a_time):
    """All faults are told."""
    with PUBLISHERS[row.publisher](server, row), concurrent.futures.ThreadPoolExecutor(at_a_time) as pool:
        runs = {cell: pool.submit(play, server, row, cell) for cell in cells}
    faults = {cell: run.exception() for cell, run in runs.items() if run.exception()}
    if len(faults) == 1 or any(isinstance(fault, Skip) for fault in faults.values()):
        raise next(iter(faults.values()))
    assert not faults, "\n".join(f"{cell}: {fault}" for cell, fault in faults.items())
    check_transports(server, cells)


# What the server calls the transports of the players.
_LOGGED = {"auto": "udp", "http": "tcp", "udp_multicast": "multicast", "udp-mcast": "multicast"}


def check_transports(server, cells):
    """Nobody has tried one thing and then taken another."""
    wanted = [transport for _, transport in map(str.split, cells)]
    log = "\n".join(server.lines())
    joined = re.findall(r"player joined .*transport=(\w+)", log)
    assert sorted(joined) == sorted(_LOGGED.get(t, t) for t in wanted), joined
    assert log.count("tunnel joined") == wanted.count("http")


def unicast(row):
    with udp.serve() as server:
        play_all(server, row, row.unicast, at_a_time=len(row.unicast))


def multicast(row):
    """On a host of its own. One player at a time, as a group does not begin anew for those that come later."""
    with contextlib.closing(network.Host()) as host:
        host.run("ip link set lo multicast on")
        host.add_route("224.0.0.0/4", "dev lo")
        with host.inside(), udp.serve("--multicast", GROUPS) as server:
            play_all(server, row, row.multicast, at_a_time=1)


def by_curl(row):
    with harness.Server() as server:
        play_all(server, row, row.curl, at_a_time=1)


for _row in ROWS:
    add_case(_row.name, functools.partial(unicast, _row), 120)
    if _row.multicast:
        add_case(f"multicast_{_row.name}", functools.partial(multicast, _row), 180)
    if _row.curl:
        add_case(f"curl_{_row.name}", functools.partial(by_curl, _row), 120)

harness.main()
