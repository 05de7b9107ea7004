# SPDX-License-Identifier: MIT
"""A player and a publisher whose media goes over UDP, unicast and multicast, and what may happen to it there."""

import collections
import contextlib
import random
import re
import selectors
import socket
import threading
import time

import publish
import rtp
import rtsp
from harness import Server, Skip
from rtsp import WAIT_SECONDS

UDP = "RTP/AVP;unicast"
MULTICAST = "RTP/AVP;multicast"
SO_RCVBUFFORCE = 33  # socket(7); for the privileged
SERVER_PORTS, GROUP_PORTS = range(10000, 20000, 2), range(20000, 30000, 2)
WORKERS_MAX = 4  # that any test asks for
RECEIVE_BUFFER = 4 << 20  # tests run beside others, and are not to lose packets by that

Datagram = collections.namedtuple("Datagram", "data source")


def free_port(ports, choice):
    """An even port that is free right now with those behind it. choice: away from those that the kernel gives out."""
    while True:
        base = random.choice(choice)
        with contextlib.ExitStack() as stack:
            try:
                for port in range(base, base + ports):
                    stack.enter_context(bound_socket("0.0.0.0", port))
                return base
            except OSError:
                continue


def serve(*flags, **options):
    """A server that speaks UDP. Before it has its ports another program may take them: then it gets others."""
    while True:
        with contextlib.ExitStack() as stack:
            server = Server(*flags, rtp_port=free_port(2 * WORKERS_MAX, SERVER_PORTS), **options)
            stack.callback(server.kill)
            if has_ports(server):
                stack.pop_all()
                return server


def has_ports(server):
    """False when it has ended for want of them."""
    workers = int(re.search(r"workers=(\d+)", server.wait_log("listening"))[1])
    try:
        return server.wait_log(f"UDP worker={workers - 1} ")
    except AssertionError:
        server.wait_log("cannot open UDP ports")
        return False


def bound_socket(host, port=0):
    s = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        s.bind((host, port))
    except OSError:
        s.close()
        raise
    return s


class Ports:
    """Two neighbouring ports, the even one for RTP (RFC 3550 section 11)."""

    def __init__(self, host="127.0.0.1", receive_buffer=RECEIVE_BUFFER):
        self.rtp, self.rtcp = bind_pair(host)
        self.numbers = self.rtp.getsockname()[1], self.rtcp.getsockname()[1]
        for s in (self.rtp, self.rtcp):
            if receive_buffer is not None:
                enlarge(s, receive_buffer)

    def __str__(self):
        return "%d-%d" % self.numbers

    def close(self):
        self.rtp.close()
        self.rtcp.close()


def bind_pair(host):
    while True:
        first = bound_socket(host)
        port = first.getsockname()[1]
        if port % 2 == 0:
            try:
                return first, bound_socket(host, port + 1)
            except OSError:
                pass
        first.close()


def enlarge(s, size):
    try:
        s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, size)
    except PermissionError:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)


class Inbox:
    """Reads sockets on a thread of its own, so that nothing is lost while the test does something else."""

    def __init__(self):
        self._selector = selectors.DefaultSelector()
        self._waker, self._wake = socket.socketpair()
        self._selector.register(self._waker, selectors.EVENT_READ)
        self._sockets = collections.defaultdict(list)
        self._queues = collections.defaultdict(collections.deque)
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def watch(self, s, key):
        """What comes on the socket is to be had under this key."""
        s.setblocking(False)
        self._sockets[key].append(s)
        self._selector.register(s, selectors.EVENT_READ, key)

    def take(self, keys, seconds=WAIT_SECONDS):
        """(key, datagram): the next one under any of the keys. TimeoutError when none comes in time."""
        with self._news:
            if not self._news.wait_for(lambda: any(self._queues[k] for k in keys), seconds):
                raise TimeoutError(f"no datagram within {seconds} s for {keys}")
            key = next(k for k in keys if self._queues[k])
            return key, self._queues[key].popleft()

    def take_all(self, key):
        """Everything that has come so far, if the thread has read it or not."""
        with self._news:
            for s in self._sockets[key]:
                self._read(s, key)
            datagrams = list(self._queues[key])
            self._queues[key].clear()
            return datagrams

    def is_silent(self, key):
        """Nothing comes for a while in which many pictures would."""
        self.take_all(key)
        with contextlib.suppress(TimeoutError):
            self.take([key], 0.5)
            return False
        return True

    def close(self):
        self._wake.close()
        self._thread.join()
        self._waker.close()
        self._selector.close()

    def _run(self):
        while True:
            for ready, _ in self._selector.select():
                if ready.fileobj is self._waker:
                    return
                self._read(ready.fileobj, ready.data)

    def _read(self, s, key):
        with self._news, contextlib.suppress(BlockingIOError):
            while True:
                data, source = s.recvfrom(65536)
                self._queues[key].append(Datagram(data, source[:2]))
                self._news.notify_all()


class UdpPlayer(rtsp.Player):
    """A player over UDP. It takes TCP as well when that is what it asks for, or gets."""

    def __init__(self, server, path="live/demo", profile=UDP, **options):
        super().__init__(server, path, **options)
        self.profile = profile
        self.ports = {}  # track number -> the ports that were announced
        self.inbox = Inbox()

    def close(self):
        super().close()
        self.inbox.close()
        for ports in self.ports.values():
            ports.close()

    def setup(self, track, transport=None):
        """{ports} in the transport stands for those of the track."""
        if track not in self.ports:
            self.ports[track] = Ports(self.local_host)
            self.inbox.watch(self.ports[track].rtp, ("rtp", track))
            self.inbox.watch(self.ports[track].rtcp, ("rtcp", track))
        transport = transport or f"{self.profile};client_port={{ports}}"
        return super().setup(track, transport.format(ports=self.ports[track]))

    @property
    def local_host(self):
        return self.socket.getsockname()[0]

    def server_ports(self, track):
        return tuple(int(port) for port in self.transports[track]["server_port"].split("-"))

    def packet(self, track=None, seconds=WAIT_SECONDS):
        if self.channels:
            return super().packet(track, seconds)
        tracks = self.transports if track is None else [track]
        key, datagram = self.inbox.take([("rtp", t) for t in tracks], seconds)
        assert datagram.source == (self.server.host, self.server_ports(key[1])[0]), datagram.source
        return key[1], rtp.parse_rtp(datagram.data)

    def rtcp(self, track, seconds=WAIT_SECONDS):
        if self.channels:
            return super().rtcp(track, seconds)
        _, datagram = self.inbox.take([("rtcp", track)], seconds)
        assert datagram.source == (self.server.host, self.server_ports(track)[1]), datagram.source
        return rtp.parse_rtcp(datagram.data)

    def send_report(self, track=0):
        self.ports[track].rtcp.sendto(rtp.receiver_report(1), (self.server.host, self.server_ports(track)[1]))

    def send_from(self, ports, rtp_data=None, rtcp_data=None, track=0):
        """Sends to the server's ports from others than those that were announced."""
        for s, data, port in zip((ports.rtp, ports.rtcp), (rtp_data, rtcp_data), self.server_ports(track)):
            if data is not None:
                s.sendto(data, (self.server.host, port))

    def expect_silence(self, watch):
        """What was on its way has come; while another player, watch, gets on, nothing more comes."""
        receiver = rtp.H264Receiver()
        watch.units(2, receiver=receiver)
        self.inbox.take_all(("rtp", 0))
        watch.units(10, receiver=receiver)
        late = self.inbox.take_all(("rtp", 0))
        assert not late, f"{len(late)} packets too many"

    def is_connected(self):
        """False once the server has closed the connection."""
        try:
            self.receive(0)
        except TimeoutError:
            return True
        except (EOFError, ConnectionError):
            return False
        return True

    def expect_datagram_bye(self, seconds=WAIT_SECONDS):
        """RTCP BYE on every track."""
        deadline = time.monotonic() + seconds
        for track in self.transports:
            byes = []
            while not byes:
                packets = self.rtcp(track, deadline - time.monotonic())
                byes = [p for p in packets if p.type == rtp.RTCP_BYE]
            assert int.from_bytes(byes[0].body[:4], "big") == self.ssrc(track)


class UdpPublisher(publish.Publisher):
    """A publisher over UDP."""

    def __init__(self, server, path="live/cam", parameter_sets=None, ports=None, **options):
        self.ports = {}
        self.server_ports = {}
        self._announced_ports = ports
        super().__init__(server, path, parameter_sets, **options)

    def close(self):
        super().close()
        for ports in self.ports.values():
            ports.close()

    def transport(self, track):
        self.ports[track] = Ports()
        return f"{UDP};client_port={self._announced_ports or self.ports[track]};mode={self.mode}"

    def setup(self, track):
        reply = super().setup(track)
        if reply.status == 200:
            found = dict(part.partition("=")[::2] for part in reply.headers["transport"].split(";"))
            self.server_ports[track] = tuple(int(port) for port in found["server_port"].split("-"))
        return reply

    def send_rtp(self, track, packets):
        for packet in packets:
            self.ports[track].rtp.sendto(packet, (self.server.host, self.server_ports[track][0]))

    def report(self, track=0, seconds=WAIT_SECONDS):
        """The server's next RTCP packet."""
        self.ports[track].rtcp.settimeout(seconds)
        data, source = self.ports[track].rtcp.recvfrom(65536)
        assert source == (self.server.host, self.server_ports[track][1]), source
        return rtp.parse_rtcp(data)


class Member:
    """One who has joined the group that a player was told of, on a host that may see it twice or not at all."""

    def __init__(self, player, track=0):
        fields = player.transports[track]
        self.group = fields["destination"]
        self.port = int(fields["port"].split("-")[0])
        self.inbox = Inbox()
        self.sockets = [self._join(self.port), self._join(self.port + 1)]
        for s, kind in zip(self.sockets, ("rtp", "rtcp")):
            self.inbox.watch(s, kind)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.inbox.close()
        for s in self.sockets:
            s.close()

    def packet(self, seconds=WAIT_SECONDS):
        return rtp.parse_rtp(self.inbox.take(["rtp"], seconds)[1].data)

    def rtcp(self, seconds=WAIT_SECONDS):
        return rtp.parse_rtcp(self.inbox.take(["rtcp"], seconds)[1].data)

    def _join(self, port):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        enlarge(s, RECEIVE_BUFFER)
        s.bind((self.group, port))
        joined = 0
        for interface in ("127.0.0.1", "0.0.0.0"):
            with contextlib.suppress(OSError):
                s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                             socket.inet_aton(self.group) + socket.inet_aton(interface))
                joined += 1
        if not joined:
            raise Skip("this host has no multicast")
        return s


def take_sender_report(packets):
    """The sender report of a compound packet; the CNAME must come with it."""
    kinds = [p.type for p in packets]
    assert kinds[0] == rtp.RTCP_SR and rtp.RTCP_SDES in kinds, kinds
    assert rtp.cname(packets[kinds.index(rtp.RTCP_SDES)])[1]
    return rtp.sender_report(packets[0])
