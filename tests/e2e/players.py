# SPDX-License-Identifier: MIT
"""Real players: ffmpeg, ffprobe and GStreamer, over TCP unless told otherwise."""

import contextlib
import subprocess


def run(command, seconds=50):
    """Runs a program that must end well and say nothing; gives what it printed."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds,
                          text=True, errors="replace")
    said = f"{' '.join(command)}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    assert done.returncode == 0, f"exit status {done.returncode}: {said}"
    # ffmpeg guesses UDP ports until it finds free ones, and tells of each guess.
    guess = "bind failed: Address already in use"
    assert not [line for line in done.stderr.splitlines() if line.strip() and guess not in line], f"a complaint: {said}"
    return done.stdout


def ffmpeg_to_pipe(url):
    """A player that runs on; what it plays comes out of its stdout."""
    return subprocess.Popen(
        ["ffmpeg", "-nostdin", "-v", "quiet", "-rtsp_transport", "tcp", "-i", url, "-map", "0:v",
         "-c", "copy", "-flush_packets", "1", "-f", "h264", "-"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)


@contextlib.contextmanager
def ffmpeg_running(url, transport):
    """A player that decodes on and on, whatever it gets."""
    process = subprocess.Popen(
        ["ffmpeg", "-nostdin", "-v", "quiet", "-rtsp_transport", transport, "-i", url, "-f", "null", "-"],
        stdin=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def ffprobe(url):
    """The codec names, in the order of the tracks."""
    return run(["ffprobe", "-v", "error", "-rtsp_transport", "tcp", "-show_entries",
                "stream=codec_name", "-of", "csv=p=0", url]).split()


def ffmpeg_decode(url, frames, transport="tcp", options=()):
    """Decodes so many pictures; the first damaged one is an error."""
    run(["ffmpeg", "-nostdin", "-v", "error", "-xerror", "-err_detect", "explode",
         "-rtsp_transport", transport, "-i", url, "-map", "0:v", "-frames:v", str(frames), *options,
         "-f", "null", "-"])


def ffmpeg_store_video(url, path, frames, transport="tcp"):
    run(["ffmpeg", "-nostdin", "-y", "-v", "error", "-rtsp_transport", transport, "-i", url,
         "-map", "0:v", "-c", "copy", "-frames:v", str(frames), "-f", "h264", str(path)])


def ffmpeg_store_audio(url, path, frames):
    run(["ffmpeg", "-nostdin", "-y", "-v", "error", "-rtsp_transport", "tcp", "-i", url,
         "-map", "0:a", "-c", "copy", "-frames:a", str(frames), "-f", "adts", str(path)])


def gstreamer(url, pipeline, buffers, transport="tcp"):
    """rtspsrc and a pipeline up to so many buffers; identity ends it in order, with TEARDOWN."""
    chain, sink = pipeline
    source = [f"location={url}", f"protocols={transport}"]
    if transport == "http":  # with protocols=http alone rtspsrc opens no tunnel: the scheme must say so
        source = [f"location={url.replace('rtsp:', 'rtsph:')}"]
    try:
        run(["gst-launch-1.0", "-q", "rtspsrc", *source, "latency=200", *chain.split(), "!",
             "identity", f"eos-after={buffers}", *sink.split()])
    except AssertionError as error:
        if "gst_rtspsrc_pause" not in str(error):  # at its end it now and then trips over its own PAUSE
            raise


def gstreamer_decode(url, frames, transport="tcp"):
    gstreamer(url, ("! rtph264depay ! h264parse ! avdec_h264", "! fakesink"), frames, transport)


def gstreamer_store_video(url, path, frames, transport="tcp"):
    caps = "video/x-h264,stream-format=byte-stream,alignment=au"
    gstreamer(url, (f"! rtph264depay ! {caps}", f"! filesink location={path}"), frames, transport)


def gstreamer_store_audio(url, path, frames):
    caps = "audio/mpeg,stream-format=adts,framed=true"
    gstreamer(url, (f"! rtpmp4gdepay ! aacparse ! {caps}", f"! filesink location={path}"), frames)
