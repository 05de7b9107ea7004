/* SPDX-License-Identifier: MIT */
/*
 * Packetization: one access unit in, its RTP payloads out, one by one, written where the caller wants
 * them. Pure: the same access unit and payload size always give the same packets, so every worker
 * that packetizes a frame, live or cached, makes the same bytes (and the producer can count them).
 */
#pragma once

#include "core/media.h"

/* Private to the packetizers; embedded so that it lives on the caller's stack. */
struct packer {
    enum codec codec;
    struct slice rest;   /* of the access unit: not yet packetized */
    struct slice nal;    /* H264: what is left of the NAL unit being fragmented */
    uint8_t nal_header;  /* H264: its first byte */
    bool in_fragments;
    size_t au_bytes;     /* AAC: size of the whole access unit */
    size_t max_payload;
};

enum { PACKER_MIN_PAYLOAD = 64 };

/*
 * Starts on one access unit. H264: NAL units in the form of core/nal.h. AAC: one raw access unit.
 * max_payload: bytes of an RTP payload at the most, at least PACKER_MIN_PAYLOAD.
 */
void packer_init(struct packer *p, enum codec codec, struct slice au, size_t max_payload);

/*
 * Writes the next payload to dst, which has room for max_payload bytes, and returns its length; 0
 * when there is none left. *marker: the RTP marker bit (the last packet of the access unit; RFC 6184
 * section 5.1, RFC 3640 section 3.1). With dst NULL it only measures.
 */
size_t packer_next(struct packer *p, uint8_t *dst, bool *marker);
