# SPDX-License-Identifier: MIT
"""Real players: ffmpeg, ffprobe and GStreamer, over TCP unless told otherwise."""

import subprocess


def run(command, seconds=20):
    """Runs a program that must end well and say nothing; gives what it printed."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds,
                          text=True, errors="replace")
    said = f"{' '.join(command)}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    assert done.returncode == 0, f"exit status {done.returncode}: {said}"
    assert not done.stderr.strip(), f"a complaint: {said}"
    return done.stdout


def ffmpeg_to_pipe(url):
    """A player that runs on; what it plays comes out of its stdout."""
    return subprocess.Popen(
        ["ffmpeg", "-nostdin", "-v", "quiet", "-rtsp_transport", "tcp", "-i", url, "-map", "0:v",
         "-c", "copy", "-flush_packets", "1", "-f", "h264", "-"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)


def ffprobe(url):
    """The codec names, in the order of the tracks."""
    return run(["ffprobe", "-v", "error", "-rtsp_transport", "tcp", "-show_entries",
                "stream=codec_name", "-of", "csv=p=0", url]).split()


def ffmpeg_decode(url, frames, transport="tcp"):
    """Decodes so many pictures; the first damaged one is an error."""
    run(["ffmpeg", "-nostdin", "-v", "error", "-xerror", "-err_detect", "explode",
         "-rtsp_transport", transport, "-i", url, "-map", "0:v", "-frames:v", str(frames),
         "-f", "null", "-"])


def ffmpeg_store_video(url, path, frames):
    run(["ffmpeg", "-nostdin", "-y", "-v", "error", "-rtsp_transport", "tcp", "-i", url,
         "-map", "0:v", "-c", "copy", "-frames:v", str(frames), "-f", "h264", str(path)])


def ffmpeg_store_audio(url, path, frames):
    run(["ffmpeg", "-nostdin", "-y", "-v", "error", "-rtsp_transport", "tcp", "-i", url,
         "-map", "0:a", "-c", "copy", "-frames:a", str(frames), "-f", "adts", str(path)])


def gstreamer(url, pipeline, buffers, transport="tcp"):
    """rtspsrc and a pipeline up to so many buffers; identity ends it in order, with TEARDOWN."""
    chain, sink = pipeline
    run(["gst-launch-1.0", "-q", "rtspsrc", f"location={url}", f"protocols={transport}",
         "latency=200",
         *chain.split(), "!", "identity", f"eos-after={buffers}", *sink.split()])


def gstreamer_decode(url, frames, transport="tcp"):
    gstreamer(url, ("! rtph264depay ! h264parse ! avdec_h264", "! fakesink"), frames, transport)


def gstreamer_store_video(url, path, frames):
    caps = "video/x-h264,stream-format=byte-stream,alignment=au"
    gstreamer(url, (f"! rtph264depay ! {caps}", f"! filesink location={path}"), frames)


def gstreamer_store_audio(url, path, frames):
    caps = "audio/mpeg,stream-format=adts,framed=true"
    gstreamer(url, (f"! rtpmp4gdepay ! aacparse ! {caps}", f"! filesink location={path}"), frames)
