/* SPDX-License-Identifier: MIT */
/*
 * All RTP packets of one access unit in one piece of memory. For TCP each behind its interleaved
 * header ("$", channel, length; RFC 2326 section 10.12): what a player gets by a single write. For
 * UDP one right after the other, in runs that the kernel can cut into datagrams.
 */
#pragma once

#include "rtp/packer.h"
#include "rtp/rtp.h"

enum { INTERLEAVED_HEADER_BYTES = 4 };

/* What the producer of a frame must know before any worker packetizes it. */
struct batch_size {
    uint32_t packets;
    uint32_t payload_octets; /* as a sender report counts them */
};

/* Packets of the same size, but the last, which may be smaller. */
struct batch_run {
    uint32_t end;          /* where it ends; it begins where the one before ends */
    uint32_t packet_bytes; /* of all but the last */
};

struct batch_layout {
    uint8_t channel; /* interleaved only */
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
    return size.payload_octets +
           (size_t)size.packets * (INTERLEAVED_HEADER_BYTES + RTP_HEADER_BYTES);
}

/* Writes the packets to dst, which has room for batch_interleaved_bytes(); returns the end. */
uint8_t *batch_write_interleaved(uint8_t *dst, enum codec codec, struct slice au,
                                 size_t packet_bytes, const struct batch_layout *layout);

/* The bytes that batch_write_datagrams will write. */
static inline size_t batch_datagram_bytes(struct batch_size size)
{
    return size.payload_octets + (size_t)size.packets * RTP_HEADER_BYTES;
}

/*
 * Writes the packets to dst, which has room for batch_datagram_bytes(), and to run, which has room
 * for as many runs as there are packets, where they are. Returns the number of runs.
 */
uint32_t batch_write_datagrams(uint8_t *dst, struct batch_run *run, enum codec codec,
                               struct slice au, size_t packet_bytes,
                               const struct batch_layout *layout);
