# SPDX-License-Identifier: MIT
"""An RTSP client on a plain socket (RFC 2326): it does what it is told, and checks all it gets."""

import base64
import collections
import contextlib
import socket
import struct
import time

import rtp
from harness import WAIT_SECONDS

Frame = collections.namedtuple("Frame", "channel data")
Reply = collections.namedtuple("Reply", "status reason headers body")

TCP = "RTP/AVP/TCP;unicast"


class Connection:
    """One TCP connection. What comes in must be replies and interleaved frames, nothing else."""

    def __init__(self, server, receive_buffer=None, source="127.0.0.1"):
        family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
        self.socket = socket.socket(family)
        self.socket.settimeout(WAIT_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.connect((server.host, server.port))
        self.server = server
        self.cseq = 0
        self.session = None
        self._input = bytearray()
        self._frames = collections.deque()
        self._replies = collections.deque()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def close(self):
        self.socket.close()

    def reset(self):
        reset(self.socket)
        self.close()

    @property
    def name(self):
        """What the server's log calls it."""
        host, port = self.socket.getsockname()[:2]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def send(self, data):
        self.socket.sendall(data)

    def format(self, method, url, body=b"", **headers):
        """A request as bytes. Header names are written with _ for -; None leaves one out."""
        self.cseq += 1
        lines = {"CSeq": self.cseq}
        if self.session:
            lines["Session"] = self.session
        if body:
            lines["Content-Length"] = len(body)
        lines.update({name.replace("_", "-"): value for name, value in headers.items()})
        head = "".join(f"{k}: {v}\r\n" for k, v in lines.items() if v is not None)
        return f"{method} {url} RTSP/1.0\r\n{head}\r\n".encode() + body

    def request(self, method, url, body=b"", **headers):
        """Sends a request and gives its reply; frames that come before it are kept."""
        self.send(self.format(method, url, body, **headers))
        reply = self.reply()
        assert reply.headers.get("cseq") == str(headers.get("CSeq", self.cseq)), reply
        return reply

    def reply(self, seconds=WAIT_SECONDS):
        deadline = time.monotonic() + seconds
        while not self._replies:
            self.receive(deadline - time.monotonic())
        return self._replies.popleft()

    def frame(self, seconds=WAIT_SECONDS):
        """The next interleaved frame. EOFError when the server has closed the connection."""
        deadline = time.monotonic() + seconds
        while not self._frames:
            self.receive(deadline - time.monotonic())
        return self._frames.popleft()

    def read_to_end(self, seconds=WAIT_SECONDS):
        """All frames up to the end of the connection, which must come in time."""
        frames = []
        try:
            while True:
                frames.append(self.frame(seconds))
        except (EOFError, ConnectionError):
            assert not self._input, f"the connection ends within an item: {bytes(self._input[:40])}"
            return frames

    def take_frames(self):
        """The frames that have been read so far."""
        frames = list(self._frames)
        self._frames.clear()
        return frames

    def receive(self, seconds=WAIT_SECONDS):
        """Reads from the socket once, and splits what is complete. EOFError at the end."""
        self.socket.settimeout(max(seconds, 0.001))
        data = self.socket.recv(1 << 18)
        if not data:
            raise EOFError("the server closed the connection")
        self._input += data
        while self._parse_item():
            pass

    def _parse_item(self):
        data = self._input
        if not data:
            return False
        if data[0] == 0x24:
            return self._parse_frame()
        assert b"RTSP/1.0 ".startswith(bytes(data[:9])), f"broken framing: {bytes(data[:40])}"
        return self._parse_reply()

    def _parse_frame(self):
        data = self._input
        end = 4 + int.from_bytes(data[2:4], "big")
        if len(data) < max(4, end):
            return False
        self._frames.append(Frame(data[1], bytes(data[4:end])))
        del data[:end]
        return True

    def _parse_reply(self):
        head_end = self._input.find(b"\r\n\r\n")
        if head_end < 0:
            return False
        first, *lines = self._input[:head_end].decode().split("\r\n")
        headers = {}
        for line in lines:
            name, value = line.split(":", 1)
            headers[name.strip().lower()] = value.strip()
        end = head_end + 4 + int(headers.get("content-length", 0))
        if len(self._input) < end:
            return False
        _, status, reason = first.split(" ", 2)
        body = bytes(self._input[head_end + 4:end])
        self._replies.append(Reply(int(status), reason, headers, body))
        del self._input[:end]
        return True


class Media:
    """One m= section of a description."""

    def __init__(self, line):
        self.kind, self.port, self.protocol, payload_type = line.split()
        self.payload_type = int(payload_type)
        self.attributes = {}

    @property
    def control(self):
        return self.attributes["control"]

    @property
    def rtpmap(self):
        return self.attributes["rtpmap"].split(" ", 1)[1]

    @property
    def fmtp(self):
        text = self.attributes["fmtp"].split(" ", 1)[1]
        pairs = (item.strip().split("=", 1) for item in text.split(";") if item.strip())
        return {name.lower(): value for name, value in pairs}

    @property
    def parameter_sets(self):
        return [base64.b64decode(s, validate=True)
                for s in self.fmtp["sprop-parameter-sets"].split(",")]


class Sdp:
    """A description, read strictly (RFC 8866)."""

    def __init__(self, text):
        assert text.endswith("\r\n"), "the description's last line has no end"
        self.session, self.attributes, self.media = {}, {}, []
        for line in text[:-2].split("\r\n"):
            kind, equals, value = line[:1], line[1:2], line[2:]
            assert kind.isalpha() and equals == "=" and value, f"malformed line '{line}'"
            self._take(kind, value)
        self.order = [line[0] for line in text[:-2].split("\r\n")]

    def _take(self, kind, value):
        if kind == "m":
            self.media.append(Media(value))
        elif kind == "a":
            name, _, rest = value.partition(":")
            (self.media[-1] if self.media else self).attributes[name] = rest
        elif not self.media:
            self.session[kind] = value


class Player(Connection):
    """A connection that plays: DESCRIBE, SETUP of the tracks, PLAY."""

    def __init__(self, server, path="live/demo", **options):
        super().__init__(server, **options)
        self.url = server.url(path)
        self.sdp = None
        self.content_base = None
        self.channels = {}     # RTP channel -> track number
        self.transports = {}   # track number -> parameters of the Transport reply
        self.play_reply = None
        self._aside = []

    def describe(self):
        reply = self.request("DESCRIBE", self.url, Accept="application/sdp")
        assert reply.status == 200, reply
        self.content_base = reply.headers["content-base"]
        self.sdp = Sdp(reply.body.decode())
        return reply

    def control_url(self, track):
        control = self.sdp.media[track].control
        return control if control.startswith("rtsp:") else self.content_base + control

    def setup(self, track, transport=None):
        """SETUP of one track; channels as in transport's interleaved=, or two after the track number."""
        transport = transport or f"{TCP};interleaved={2 * track}-{2 * track + 1}"
        reply = self.request("SETUP", self.control_url(track), Transport=transport)
        assert reply.status == 200, reply
        self.session = reply.headers["session"].split(";")[0]
        fields = dict((part + "=").split("=")[:2] for part in reply.headers["transport"].split(";"))
        self.transports[track] = fields
        self.channels = {c: t for c, t in self.channels.items() if t != track}
        if "interleaved" in fields:
            self.channels[int(fields["interleaved"].split("-")[0])] = track
        return reply

    def setup_status(self, transport):
        """Of a SETUP of the first track that may be refused."""
        return self.request("SETUP", self.control_url(0), Transport=transport).status

    def play(self, **headers):
        reply = self.request("PLAY", self.content_base, **{"Range": "npt=now-", **headers})
        assert reply.status == 200, reply
        self.play_reply = reply
        return reply

    def start(self, tracks=None):
        """Everything up to the PLAY reply. All tracks unless told which."""
        self.describe()
        for track in tracks if tracks is not None else range(len(self.sdp.media)):
            self.setup(track)
        self.play()
        return self

    def rtp_info(self):
        """Track number -> (seq, rtptime) of the RTP-Info header."""
        found = {}
        for item in self.play_reply.headers["rtp-info"].split(","):
            fields = dict(part.strip().split("=", 1) for part in split_rtp_info(item))
            track = next(t for t in self.transports if fields["url"] == self.control_url(t))
            found[track] = int(fields["seq"]), int(fields["rtptime"])
        return found

    def ssrc(self, track):
        return int(self.transports[track]["ssrc"], 16)

    def packet(self, track=None, seconds=WAIT_SECONDS):
        """The next RTP packet of the track (of any: None) as (track, packet)."""
        frame = self._frame_on([c for c, t in self.channels.items() if track in (None, t)], seconds)
        return self.channels[frame.channel], rtp.parse_rtp(frame.data)

    def rtcp(self, track, seconds=WAIT_SECONDS):
        """The next compound packet on the track's RTCP channel."""
        return rtp.parse_rtcp(self._frame_on([self.rtcp_channel(track)], seconds).data)

    def _frame_on(self, channels, seconds):
        """The next frame on one of the channels. Others are put aside for later calls."""
        for frame in self._aside:
            if frame.channel in channels:
                self._aside.remove(frame)
                return frame
        deadline = time.monotonic() + seconds
        while True:
            frame = self.frame(deadline - time.monotonic())
            if frame.channel in channels:
                return frame
            self._aside.append(frame)

    def rtcp_channel(self, track):
        return int(self.transports[track]["interleaved"].split("-")[1])

    def units(self, count, track=0, receiver=None):
        """The next access units of a video track."""
        receiver = receiver or rtp.H264Receiver()
        units = []
        while len(units) < count:
            unit = receiver.take(self.packet(track)[1])
            if unit:
                units.append(unit)
        return units

    def expect_bye(self, seconds=WAIT_SECONDS):
        """Reads on to the end of the stream: RTCP BYE on every track, then the end of the connection."""
        frames = self.read_to_end(seconds)
        for track in self.transports:
            channel = self.rtcp_channel(track)
            reports = [rtp.parse_rtcp(f.data) for f in frames if f.channel == channel]
            assert reports, f"no RTCP on channel {channel} before the end"
            byes = [p for p in reports[-1] if p.type == rtp.RTCP_BYE]
            assert byes, f"the last RTCP packet on channel {channel} is not a BYE"
            assert int.from_bytes(byes[0].body[:4], "big") == self.ssrc(track)
        return frames


def reset(sock):
    """Closes it so that the peer hears of an error, as when a process is killed with unread input."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def read_answer(sock):
    """All that comes on a plain socket up to its end, which must come in time. A reset is an end as well."""
    sock.settimeout(WAIT_SECONDS)
    answer = b""
    with contextlib.suppress(ConnectionError):
        while data := sock.recv(65536):
            answer += data
    return answer


def check_served(server, player=Player):
    """After whatever has happened to it, the server plays its demo."""
    with player(server) as p:
        p.start()
        assert rtp.is_idr(p.units(2)[0].nals)


def split_rtp_info(item):
    """url=...;seq=..;rtptime=.. at the last two semicolons, as a URL may contain more."""
    return item.strip().rsplit(";", 2)


def split_tracks(player, frames):
    """RTP packets by track."""
    packets = {track: [] for track in player.transports}
    for frame in frames:
        track = player.channels.get(frame.channel)
        if track is not None:
            packets[track].append(rtp.parse_rtp(frame.data))
    return packets
