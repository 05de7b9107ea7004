/* SPDX-License-Identifier: MIT */
/*
 * All RTP packets of one access unit as one run of bytes, each behind its interleaved header
 * ("$", channel, length; RFC 2326 section 10.12): what a player on TCP gets by a single write.
 */
#pragma once

#include "rtp/packer.h"

enum { INTERLEAVED_HEADER_BYTES = 4 };

/* What the producer of a frame must know before any worker packetizes it. */
struct batch_size {
    uint32_t packets;
    uint32_t payload_octets; /* as a sender report counts them */
};

struct batch_layout {
    uint8_t channel;
    uint8_t payload_type;
    uint32_t ssrc;
    uint16_t first_seq;
    uint32_t rtp_time;
};

/* packet_bytes: an RTP packet at the most, header included. */
struct batch_size batch_measure(enum codec codec, struct slice au, size_t packet_bytes);

/* The bytes that batch_write_interleaved will write. */
static inline size_t batch_interleaved_bytes(struct batch_size size)
{
    return size.payload_octets + (size_t)size.packets * (INTERLEAVED_HEADER_BYTES + 12);
}

/* Writes the packets to dst, which has room for batch_interleaved_bytes(); returns the end. */
uint8_t *batch_write_interleaved(uint8_t *dst, enum codec codec, struct slice au,
                                 size_t packet_bytes, const struct batch_layout *layout);
