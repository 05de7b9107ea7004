/* SPDX-License-Identifier: MIT */
/*
 * H.264 over RTP (RFC 6184), packetization-mode 1: single NAL unit packets, STAP-A and FU-A, both
 * ways.
 */
#pragma once

#include "rtp/assembly.h"
#include "rtp/packer.h"

/* The packing of CODEC_H264, as packer_init and packer_next. */
void h264_pack_start(struct packer *p);
size_t h264_pack_next(struct packer *p, uint8_t *dst, bool *marker);

/* What unpacking remembers between packets. Starts as all zeros. */
struct h264_unpacking {
    bool has_vcl;         /* the open access unit has a slice */
    bool continues;       /* it goes on with a picture whose first slices were already delivered */
    bool headless;        /* its first slice is not the first one of a picture, and it continues */
    bool marker_misleads; /* it was seen inside a picture: from then on only time stamps end one */
    bool in_fragment;     /* a FU-A has started and not ended */
    size_t nal_at; /* where the unit being put together from fragments begins, its length first */

    bool any_ended; /* an access unit has ended before: */
    bool last_damaged;
    uint32_t last_time;
};

/*
 * Takes one packet into the access unit. after_gap: it is not known what came right before it. 0,
 * or -EBADMSG for a malformed payload (the access unit is then damaged).
 */
int h264_unpack(struct h264_unpacking *h, struct assembly *au, const struct rtp_packet *pkt,
                bool after_gap);
