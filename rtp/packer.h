/* SPDX-License-Identifier: MIT */
/*
 * Packetization: one access unit in, its RTP payloads out, one by one, written where the caller
 * wants them. Pure: the same access unit and payload size always give the same packets, so every
 * worker that packetizes a frame, live or cached, makes the same bytes (and the producer can count
 * them).
 */
#pragma once

#include "core/media.h"

struct rtp_codec;

/* Embedded so that it lives on the caller's stack. */
struct packer {
    /* The payload that packer_next wrote last is so many RTP ticks later than the access unit. Zero
     * but for samples, of which a packet may hold only a part. */
    uint32_t ticks;

    /* private to the packetizers */
    const struct rtp_codec *codec;
    size_t max_payload;
    struct slice au;
    struct slice rest; /* of the access unit: what is not begun yet */
    struct slice unit; /* NAL unit or OBU: the next one, or what is left of it; empty at the end */
    uint16_t unit_header; /* of the unit that is being fragmented */
    bool in_fragments;    /* a part of unit, or of the access unit, is already out */
    bool begins_sequence; /* AV1: the next payload is the first of a coded video sequence */
};

enum {
    PACKER_MIN_PAYLOAD = 64,
    PACKER_MAX_PAYLOAD = 65535 - 12, /* what an interleaved header can count, less the RTP header */
};

/*
 * Starts on one access unit, in the form that core/media.h gives for the codec. One that its RTP
 * payload format cannot express (AAC over 8191 bytes, say) makes no packets.
 * max_payload: bytes of an RTP payload at the most, PACKER_MIN_PAYLOAD to PACKER_MAX_PAYLOAD.
 */
void packer_init(struct packer *p, enum codec codec, struct slice au, size_t max_payload);

/*
 * Writes the next payload to dst, which has room for max_payload bytes (but see rtp/other.h), and
 * returns its length; 0 when there is none left. *marker: the RTP marker bit (the last packet of
 * the access unit; RFC 6184 section 5.1, RFC 3640 section 3.1). With dst NULL it only measures.
 */
size_t packer_next(struct packer *p, uint8_t *dst, bool *marker);
