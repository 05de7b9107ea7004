/* SPDX-License-Identifier: MIT */
/*
 * Packetization: one access unit in, its RTP payloads out, one by one, written where the caller
 * wants them. Pure: the same access unit and payload size always give the same packets, so every
 * worker that packetizes a frame, live or cached, makes the same bytes (and the producer can count
 * them).
 */
#pragma once

#include "core/media.h"

/* Private to the packetizers; embedded so that it lives on the caller's stack. */
struct packer {
    enum codec codec;
    size_t max_payload;
    struct slice rest;  /* of the access unit: what is not begun yet */
    struct slice nal;   /* H264: the next NAL unit, or what is left of it; empty at the end */
    uint8_t nal_header; /* H264: first byte of the NAL unit that is being fragmented */
    bool in_fragments;  /* H264: a part of nal is already out */
    size_t au_bytes;    /* AAC: size of the whole access unit */
};

enum {
    PACKER_MIN_PAYLOAD = 64,
    PACKER_MAX_PAYLOAD = 65535 - 12, /* what an interleaved header can count, less the RTP header */
};

/*
 * Starts on one access unit. H264: NAL units in the form of core/nal.h; empty ones are skipped.
 * AAC: one raw access unit; one that RFC 3640 cannot express (over 8191 bytes) makes no packets.
 * max_payload: bytes of an RTP payload at the most, PACKER_MIN_PAYLOAD to PACKER_MAX_PAYLOAD.
 */
void packer_init(struct packer *p, enum codec codec, struct slice au, size_t max_payload);

/*
 * Writes the next payload to dst, which has room for max_payload bytes, and returns its length; 0
 * when there is none left. *marker: the RTP marker bit (the last packet of the access unit; RFC
 * 6184 section 5.1, RFC 3640 section 3.1). With dst NULL it only measures.
 */
size_t packer_next(struct packer *p, uint8_t *dst, bool *marker);
