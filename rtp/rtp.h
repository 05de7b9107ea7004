/* SPDX-License-Identifier: MIT */
/*
 * The RTP packet: its header, read and written (RFC 3550 section 5.1).
 */
#pragma once

#include "core/base.h"

enum { RTP_HEADER_BYTES = 12 };

struct rtp_packet {
    uint8_t payload_type;
    bool marker;
    uint16_t seq;
    uint32_t rtp_time;
    uint32_t ssrc;
    struct slice payload; /* without CSRC list, extension and padding; points into the input */
};

/* Reads one packet. 0, or -EBADMSG for anything but a well-formed packet of version 2. */
int rtp_parse(struct slice bytes, struct rtp_packet *pkt);

/* Writes the 12 byte header (pkt->payload is not looked at). */
void rtp_write_header(uint8_t dst[RTP_HEADER_BYTES], const struct rtp_packet *pkt);

/* How far b is ahead of a, in (-32768, 32767]: sequence numbers wrap. */
static inline int rtp_seq_diff(uint16_t a, uint16_t b)
{
    return (int16_t)(uint16_t)(b - a);
}
