# SPDX-License-Identifier: MIT
"""Frames on a network device: what they are, who looks at them, and a wire that loses or swaps some of them."""

import collections
import contextlib
import select
import socket
import struct
import threading

import rtp
import udp

ETH_P_ALL = 3
SOL_PACKET, PACKET_VNET_HDR, PACKET_IGNORE_OUTGOING = 263, 15, 23  # packet(7)
VNET_HDR_BYTES = 10  # says of a frame that its checksum is still to be filled in
FRAME_MAX = 1 << 17
QUEUE_BYTES = 16 << 20

Packet = collections.namedtuple("Packet", "source to ttl size is_fragment payload")


def parse(frame):
    """The IP packet with UDP in a frame, with (address, port) at both ends; None when it is something else.

    Of a fragment nothing but that is to be relied on.
    """
    kind = struct.unpack_from("!H", frame, 12)[0]
    if kind == 0x0800 and frame[23] == socket.IPPROTO_UDP:
        return _parse_ip4(frame[14:])
    if kind == 0x86dd and frame[20] in (socket.IPPROTO_UDP, socket.IPPROTO_FRAGMENT):
        return _parse_ip6(frame[14:])
    return None


def _parse_ip4(ip):
    is_fragment = bool(struct.unpack_from("!H", ip, 6)[0] & 0x3fff)  # MF and offset
    hosts = (socket.inet_ntop(socket.AF_INET, ip[at:at + 4]) for at in (12, 16))
    return _parse_udp(hosts, ip[8], len(ip), is_fragment, ip[4 * (ip[0] & 15):])


def _parse_ip6(ip):
    is_fragment = ip[6] == socket.IPPROTO_FRAGMENT
    hosts = (socket.inet_ntop(socket.AF_INET6, ip[at:at + 16]) for at in (8, 24))
    return _parse_udp(hosts, ip[7], len(ip), is_fragment, ip[48 if is_fragment else 40:])


def _parse_udp(hosts, ttl, size, is_fragment, datagram):
    source, to = zip(hosts, struct.unpack_from("!HH", datagram))
    return Packet(source, to, ttl, size, is_fragment, datagram[8:])


def is_rtcp(packet):
    """RTCP types are what no RTP packet has there (RFC 5761 section 4)."""
    return packet is not None and len(packet.payload) >= 8 and 64 <= packet.payload[1] & 0x7f < 96


def is_rtp(packet):
    return packet is not None and len(packet.payload) > 12 and packet.payload[0] >> 6 == 2 and not is_rtcp(packet)


def _packet_socket(device, *options):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    for option in options:
        s.setsockopt(SOL_PACKET, option, 1)
    udp.enlarge(s, QUEUE_BYTES)
    s.bind((device, ETH_P_ALL))
    return s


class Capture:
    """The UDP packets that pass a host's device, in both directions, from now on."""

    def __init__(self, host, device="eth0"):
        with host.inside():
            self._socket = _packet_socket(device)
        self._inbox = udp.Inbox()
        self._inbox.watch(self._socket, "frame")
        self._packets = []

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._inbox.close()
        self._socket.close()

    def packets(self):
        """All that have passed so far."""
        frames = (d.data for d in self._inbox.take_all("frame"))
        self._packets += [packet for packet in map(parse, frames) if packet]
        return self._packets

    def packets_from(self, address):
        return [packet for packet in self.packets() if packet.source[0] == address]

    def reports_from(self, address):
        """RTCP compound packets."""
        return [rtp.parse_rtcp(p.payload) for p in self.packets_from(address) if is_rtcp(p)]


class Wire:
    """Carries frames between eth0 and eth1 of a host, by rules: a rule makes of a frame those that go on.

    from_server is the rule for what comes in by eth0, from_client for the other way.
    """

    def __init__(self, middle, from_server=None, from_client=None):
        with middle.inside():
            ends = [_packet_socket(d, PACKET_VNET_HDR, PACKET_IGNORE_OUTGOING) for d in middle.devices]
        self._way = {ends[0]: (ends[1], from_server or whole), ends[1]: (ends[0], from_client or whole)}
        self._waker, self._wake = socket.socketpair()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._wake.close()
        self._thread.join()
        for s in (self._waker, *self._way):
            s.close()

    def _run(self):
        while True:
            ready, _, _ = select.select([self._waker, *self._way], [], [])
            if self._waker in ready:
                return
            for s in ready:
                self._carry(s, *self._way[s])

    @staticmethod
    def _carry(s, other, rule):
        with contextlib.suppress(BlockingIOError):
            while True:
                for frame in rule(s.recv(FRAME_MAX, socket.MSG_DONTWAIT)):
                    other.send(frame)


def whole(frame):
    """The rule of a good wire."""
    return [frame]


class Fault:
    """A rule that does something to each nth packet of RTP, and counts."""

    def __init__(self, every):
        self._every = every
        self._seen = 0
        self.count = 0

    def __call__(self, frame):
        if not is_rtp(parse(frame[VNET_HDR_BYTES:])):
            return [frame]
        self._seen += 1
        hit = self._seen % self._every == 0
        self.count += hit
        return self.strike(frame, hit)

    def strike(self, frame, hit):
        raise NotImplementedError


class Loss(Fault):
    def strike(self, frame, hit):
        return [] if hit else [frame]


class Swap(Fault):
    """Each nth lets the next one pass first."""

    def __init__(self, every):
        super().__init__(every)
        self._held = []

    def strike(self, frame, hit):
        if hit:
            self._held.append(frame)
            return []
        frames = [frame, *self._held]
        self._held = []
        return frames
