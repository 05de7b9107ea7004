# SPDX-License-Identifier: MIT
"""RTP and RTCP packets (RFC 3550), and H.264 (RFC 6184) and AAC (RFC 3640) carried in them."""

import collections
import struct

Rtp = collections.namedtuple("Rtp", "marker payload_type seq timestamp ssrc payload")
Rtcp = collections.namedtuple("Rtcp", "type count body")
Unit = collections.namedtuple("Unit", "timestamp first_seq nals")

RTCP_SR, RTCP_RR, RTCP_SDES, RTCP_BYE = 200, 201, 202, 203
NAL_IDR, NAL_SPS, NAL_PPS, NAL_AUD, NAL_STAP_A, NAL_FU_A = 5, 7, 8, 9, 24, 28
NTP_EPOCH = 2208988800  # seconds from 1900 to 1970


def parse_rtp(data):
    assert len(data) >= 12, f"an RTP packet of {len(data)} bytes"
    first, second, seq, timestamp, ssrc = struct.unpack_from("!BBHII", data)
    assert first >> 6 == 2, f"RTP version {first >> 6}"
    at = 12 + 4 * (first & 15)
    if first & 0x10:
        at += 4 + 4 * struct.unpack_from("!H", data, at + 2)[0]
    end = len(data) - (data[-1] if first & 0x20 else 0)
    assert at < end, "an RTP packet without payload"
    return Rtp(bool(second & 0x80), second & 0x7f, seq, timestamp, ssrc, data[at:end])


def build_rtp(marker, payload_type, seq, timestamp, ssrc, payload):
    return struct.pack("!BBHII", 0x80, marker << 7 | payload_type, seq & 0xffff,
                       timestamp & 0xffffffff, ssrc) + payload


def parse_rtcp(data):
    """The packets of a compound packet; complains about whatever RFC 3550 6.1 forbids."""
    packets = []
    while data:
        first, kind, words = struct.unpack_from("!BBH", data)
        size = 4 + 4 * words
        assert first >> 6 == 2, f"RTCP version {first >> 6}"
        assert size <= len(data), "an RTCP packet longer than its compound"
        packets.append(Rtcp(kind, first & 31, data[4:size]))
        data = data[size:]
    assert packets and packets[0].type in (RTCP_SR, RTCP_RR), "a compound begins with SR or RR"
    return packets


def sender_report(packet):
    """(ssrc, NTP time as seconds since 1970, RTP time stamp, packets, bytes)"""
    ssrc, seconds, fraction, timestamp, packets, size = struct.unpack_from("!IIIIII", packet.body)
    return ssrc, seconds - NTP_EPOCH + fraction / 2**32, timestamp, packets, size


def cname(packet):
    """(ssrc, CNAME) of an SDES packet's first chunk."""
    ssrc = struct.unpack_from("!I", packet.body)[0]
    at = 4
    while packet.body[at] != 0:
        kind, size = packet.body[at], packet.body[at + 1]
        if kind == 1:
            return ssrc, packet.body[at + 2:at + 2 + size].decode()
        at += 2 + size
    raise AssertionError("SDES without CNAME")


def receiver_report(ssrc):
    return struct.pack("!BBHI", 0x80, RTCP_RR, 1, ssrc)


def report_block(packet):
    """(SSRC, packets lost, highest sequence number) of the first block of an RR or SR."""
    at = 4 if packet.type == RTCP_RR else 24
    ssrc, lost, highest = struct.unpack_from("!III", packet.body, at)
    return ssrc, lost & 0xffffff, highest


def nal_type(nal):
    return nal[0] & 31


def is_idr(nals):
    return any(nal_type(n) == NAL_IDR for n in nals)


def picture(nals):
    """What must arrive unchanged: everything but parameter sets and delimiters."""
    return [n for n in nals if nal_type(n) not in (NAL_SPS, NAL_PPS, NAL_AUD)]


class H264Receiver:
    """Puts access units together again. A loss between packets is allowed only where gap() was told."""

    def __init__(self):
        self._next_seq = None
        self._fragment = None
        self._nals = []
        self._first_seq = None
        self._timestamp = None

    def expect_gap(self):
        """The next packet may have any sequence number, and must begin an access unit."""
        assert not self._nals and self._fragment is None, "a gap within an access unit"
        self._next_seq = None

    def take(self, packet):
        """A Unit when the packet completes one, else None."""
        assert self._next_seq in (None, packet.seq), \
            f"sequence number {packet.seq} after {self._next_seq - 1}"
        self._next_seq = (packet.seq + 1) & 0xffff
        if self._first_seq is None:
            self._first_seq, self._timestamp = packet.seq, packet.timestamp
        assert packet.timestamp == self._timestamp, "two time stamps in one access unit"
        self._take_payload(packet.payload)
        if not packet.marker:
            return None
        assert self._fragment is None, "the marker stands within a fragmented NAL unit"
        unit = Unit(self._timestamp, self._first_seq, self._nals)
        self._nals, self._first_seq = [], None
        return unit

    def _take_payload(self, payload):
        kind = payload[0] & 31
        if kind == NAL_FU_A:
            self._take_fragment(payload)
            return
        assert self._fragment is None, "a fragmented NAL unit without end"
        if kind == NAL_STAP_A:
            self._nals += split_stap_a(payload)
            return
        assert 1 <= kind <= 23, f"NAL unit type {kind}"
        self._nals.append(payload)

    def _take_fragment(self, payload):
        assert len(payload) > 2, "an empty fragment"
        start, end = payload[1] & 0x80, payload[1] & 0x40
        assert not (start and end), "one fragment with start and end (RFC 6184 5.8)"
        if start:
            assert self._fragment is None, "a fragmented NAL unit without end"
            self._fragment = bytes([payload[0] & 0xe0 | payload[1] & 0x1f])
        assert self._fragment is not None, "a fragment without start"
        self._fragment += payload[2:]
        if end:
            self._nals.append(self._fragment)
            self._fragment = None


def split_stap_a(payload):
    nals, at = [], 1
    while at < len(payload):
        size = struct.unpack_from("!H", payload, at)[0]
        assert 0 < size <= len(payload) - at - 2, "a length in STAP-A beyond its end"
        nals.append(payload[at + 2:at + 2 + size])
        at += 2 + size
    return nals


def pack_nal(nal, size_max=1400):
    """Payloads of one NAL unit: itself, or FU-A."""
    if len(nal) <= size_max:
        return [nal]
    indicator, kind, step = nal[0] & 0xe0 | NAL_FU_A, nal[0] & 31, size_max - 2
    parts = [nal[at:at + step] for at in range(1, len(nal), step)]
    bits = [0x80] + [0] * (len(parts) - 2) + [0x40]
    return [bytes([indicator, b | kind]) + part for b, part in zip(bits, parts)]


def pack_stap_a(nals):
    body = b"".join(struct.pack("!H", len(n)) + n for n in nals)
    return bytes([0x60 | NAL_STAP_A]) + body


def split_aac(payload):
    """The access units of an AAC-hbr payload (RFC 3640 3.3.6: 13 bits of size, 3 of index)."""
    count = struct.unpack_from("!H", payload)[0] // 16
    units, at = [], 2 + 2 * count
    for i in range(count):
        size = struct.unpack_from("!H", payload, 2 + 2 * i)[0] >> 3
        units.append(payload[at:at + size])
        at += size
    assert at == len(payload), "AU sizes and payload differ"
    return units


def pack_aac(units):
    sizes = b"".join(struct.pack("!H", len(u) << 3) for u in units)
    return struct.pack("!H", 16 * len(units)) + sizes + b"".join(units)
