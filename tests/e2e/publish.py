# SPDX-License-Identifier: MIT
"""Publishers: ffmpeg, GStreamer, and one that sends exactly the packets that a test wants."""

import base64
import subprocess
import threading
import time

import clips
import harness
import rtp
import rtsp

AAC_CONFIG = "119056e500"  # what ffmpeg writes for AAC-LC, 48 kHz, stereo


def is_served(server, path):
    """True when a DESCRIBE of the stream is answered with a description."""
    with rtsp.Connection(server) as c:
        return c.request("DESCRIBE", server.url(path), Accept="application/sdp").status == 200


def wait_served(server, path):
    harness.wait_until(lambda: is_served(server, path), f"a description of {path}")


class Program:
    """A publisher that is another program; ready when the stream can be described."""

    def __init__(self, server, path, command):
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            wait_served(server, path)
        except BaseException as error:
            self.kill()
            error.add_note("the publisher said:\n" + self.process.stderr.read().decode())
            raise

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.kill()
        self.process.stderr.close()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def interrupt(self):
        """Lets it say TEARDOWN."""
        self.process.terminate()
        self.process.wait(harness.WAIT_SECONDS)


def ffmpeg(server, clip, path="live/cam", streams=(), transport="tcp"):
    """ffmpeg in real time without end. streams: ("-an",) or ("-vn",) leaves one kind out."""
    return Program(server, path, [
        "ffmpeg", "-nostdin", "-v", "warning", "-re", "-stream_loop", "-1", "-i", clip.path,
        *streams, "-c", "copy", "-f", "rtsp", "-rtsp_transport", transport, server.url(path)])


def gstreamer(server, clip, path="live/cam", transport="tcp"):
    """rtspclientsink, video only, for a minute."""
    return Program(server, path, [
        "gst-launch-1.0", "-q", "filesrc", f"location={clip.long_path}", "!", "qtdemux", "!",
        "h264parse", "!", "rtspclientsink", f"protocols={transport}", f"location={server.url(path)}"])


def sdp_text(parameter_sets=None, video=True, audio=False):
    """An announcement. Without parameter sets they must come in-band."""
    lines = ["v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=test", "c=IN IP4 127.0.0.1", "t=0 0"]
    if video:
        fmtp = "packetization-mode=1"
        if parameter_sets:
            sets = ",".join(base64.b64encode(n).decode() for n in parameter_sets)
            fmtp += f";sprop-parameter-sets={sets}"
        lines += ["m=video 0 RTP/AVP 96", "a=rtpmap:96 H264/90000", f"a=fmtp:96 {fmtp}",
                  "a=control:streamid=0"]
    if audio:
        lines += ["m=audio 0 RTP/AVP 97", "a=rtpmap:97 MPEG4-GENERIC/48000/2",
                  "a=fmtp:97 profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;"
                  f"indexdeltalength=3;config={AAC_CONFIG}",
                  f"a=control:streamid={int(video)}"]
    return "\r\n".join(lines) + "\r\n"


class Publisher(rtsp.Connection):
    """Announces and records at once. Each track counts its own sequence numbers."""

    def __init__(self, server, path="live/cam", parameter_sets=None, video=True, audio=False,
                 mode="record", start=True):
        super().__init__(server)
        self.url = server.url(path)
        self.sdp = sdp_text(parameter_sets, video, audio)
        self.tracks = [96] * video + [97] * audio
        self.mode = mode
        self.seq = [1000, 5000]
        if start:
            self.record()

    def announce(self):
        return self.request("ANNOUNCE", self.url, self.sdp.encode(),
                            Content_Type="application/sdp")

    def transport(self, track):
        return f"{rtsp.TCP};interleaved={2 * track}-{2 * track + 1};mode={self.mode}"

    def setup(self, track):
        reply = self.request("SETUP", f"{self.url}/streamid={track}", Transport=self.transport(track))
        if reply.status == 200:
            self.session = reply.headers["session"].split(";")[0]
        return reply

    def record(self):
        replies = [self.announce(), *(self.setup(t) for t in range(len(self.tracks))),
                   self.request("RECORD", self.url, Range="npt=0.000-")]
        assert all(r.status == 200 for r in replies), replies

    def send_rtp(self, track, packets):
        """Sends RTP packets, in one piece."""
        channel = bytes([2 * track])
        self.send(b"".join(b"$" + channel + len(p).to_bytes(2, "big") + p for p in packets))

    def send_packet(self, track, timestamp, payload, marker):
        packet = rtp.build_rtp(marker, self.tracks[track], self.seq[track], timestamp,
                               0x1234 + track, payload)
        self.seq[track] += 1
        self.send_rtp(track, [packet])

    def lose_packet(self, track):
        """Leaves out a sequence number, as a loss upstream does."""
        self.seq[track] += 1

    def unit_packets(self, nals, timestamp, marker=True, lose=(), size_max=1400):
        """The packets of one access unit, but for those of the numbers in lose."""
        payloads = [p for nal in nals for p in rtp.pack_nal(nal, size_max)]
        packets = []
        for i, payload in enumerate(payloads):
            if i not in lose:
                last = marker and i == len(payloads) - 1
                packets.append(rtp.build_rtp(last, 96, self.seq[0], timestamp, 0x1234, payload))
            self.seq[0] += 1
        return packets

    def send_unit(self, nals, timestamp, **options):
        """One access unit, packed as unit_packets() does."""
        self.send_rtp(0, self.unit_packets(nals, timestamp, **options))

    def send_aac(self, units, timestamp):
        self.send_packet(len(self.tracks) - 1, timestamp, rtp.pack_aac(units), True)


class Feed:
    """Publishes unit(0), unit(1), ... at a steady pace on a thread of its own."""

    def __init__(self, server, unit, parameter_sets, fps=50, path="live/cam", first_timestamp=0,
                 publisher=Publisher):
        self.publisher = publisher(server, path, parameter_sets)
        self._unit, self._fps, self._first_timestamp = unit, fps, first_timestamp
        self.sent = 0
        self.sent_bytes = 0
        self.error = None
        self._news = threading.Condition()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self.wait_sent(1)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def wait_sent(self, count):
        """Until so many units have been sent since the start."""
        self._wait(lambda: self.sent >= count)

    def wait_sent_bytes(self, count):
        self._wait(lambda: self.sent_bytes >= count)

    def halt(self):
        """Sends no more; the connection stays. Gives the number of units sent."""
        self._stop.set()
        self._thread.join()
        return self.sent

    def close(self):
        """Closes the connection without TEARDOWN, as a crash does."""
        self.halt()
        self.publisher.close()

    def _wait(self, condition):
        """It may take long, but not that nothing is sent at all."""
        with self._news:
            while not self.error and not condition():
                before = self.sent
                assert self._news.wait_for(lambda: self.error or self.sent > before, harness.WAIT_SECONDS), \
                    f"the publisher was held up: {self.sent} units sent"
        assert not self.error, f"the publisher failed: {self.error}"

    def _run(self):
        began = time.monotonic()
        while not self._stop.wait(max(0, began + self.sent / self._fps - time.monotonic())):
            try:
                unit = self._unit(self.sent)
                timestamp = self._first_timestamp + self.sent * clips.VIDEO_CLOCK // self._fps
                self.publisher.send_unit(unit, timestamp)
            except OSError as error:
                self.error = error
            with self._news:
                self.sent += 1
                self.sent_bytes += sum(map(len, unit))
                self._news.notify_all()
            if self.error:
                return


def feed_clip(server, clip, **options):
    """A clip's pictures over and over."""
    video = clip.video
    return Feed(server, lambda n: video[n % len(video)], clip.parameter_sets, **options)


def feed_made_up(server, unit_bytes, gop=10, **options):
    video = clips.MadeUpVideo(unit_bytes, gop)
    return Feed(server, video.unit, video.parameter_sets, **options)


def send_clip(publisher, units, first_timestamp=0, fps=clips.FPS, **options):
    """Sends units at once, with the time stamps of their places."""
    for i, nals in enumerate(units):
        timestamp = (first_timestamp + i * clips.VIDEO_CLOCK // fps) & 0xffffffff
        publisher.send_unit(nals, timestamp, **options)
