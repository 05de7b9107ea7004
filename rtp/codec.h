/* SPDX-License-Identifier: MIT */
/*
 * One way to carry a codec in RTP packets: what a file like h264.c adds to packer.h and unpacker.h.
 * A new one is a file, and a line in codec.c.
 */
#pragma once

#include "rtp/assembly.h"
#include "rtp/packer.h"

struct rtp_codec {
    /* packer_init and packer_next. pack_start may be NULL: nothing to prepare. */
    void (*pack_start)(struct packer *p);
    size_t (*pack_next)(struct packer *p, uint8_t *dst, bool *marker);

    /* What unpacking remembers between packets: so many bytes, which start as zeros. */
    size_t state_bytes;
    /* Reads the parameters of unpacker_create. 0, or -EINVAL when they make no sense. May be NULL.
     */
    int (*unpack_init)(void *state, const struct media_track *track, struct slice fmtp);
    /*
     * Takes one packet, of the time of the open access unit if there is one. after_gap: it is not
     * known what came right before it. 0, or -EBADMSG for a malformed payload (the access unit is
     * then damaged, and the assembly open).
     */
    int (*unpack)(void *state, struct assembly *au, const struct rtp_packet *pkt, bool after_gap);
    /*
     * Nothing more has the time stamp of the open access unit: finishes it, marker or not. It stays
     * open if what there is of it belongs to the next one. NULL: assembly_finish is enough.
     */
    void (*unpack_end)(void *state, struct assembly *au);
};

const struct rtp_codec *rtp_codec(enum codec codec);

extern const struct rtp_codec rtp_h264;
extern const struct rtp_codec rtp_h265;
extern const struct rtp_codec rtp_av1;
extern const struct rtp_codec rtp_vp8;
extern const struct rtp_codec rtp_vp9;
extern const struct rtp_codec rtp_jpeg;
extern const struct rtp_codec rtp_aac;
extern const struct rtp_codec rtp_latm;
extern const struct rtp_codec rtp_opus;
extern const struct rtp_codec rtp_samples; /* PCMU, PCMA, G722, L16 */
extern const struct rtp_codec rtp_mpa;
extern const struct rtp_codec rtp_ac3;
extern const struct rtp_codec rtp_other;
