/* SPDX-License-Identifier: MIT */
/*
 * AAC over RTP (RFC 3640), both ways: out as AAC-hbr with one access unit a packet, in as any mode
 * without interleaving that gives each access unit its size.
 */
#pragma once

#include "rtp/assembly.h"
#include "rtp/packer.h"

/* The packing of CODEC_AAC, as packer_init and packer_next. */
void aac_pack_start(struct packer *p);
size_t aac_pack_next(struct packer *p, uint8_t *dst, bool *marker);

/* How the stream looks, and what unpacking remembers between packets. */
struct aac_unpacking {
    unsigned size_bits; /* of the fields of an AU header (RFC 3640 section 3.2.1) */
    unsigned index_bits;
    unsigned delta_bits;
    uint32_t frame_ticks; /* of the RTP clock, an access unit long */
    size_t whole_bytes;   /* of the open access unit; 0: its fragments do not say */
};

/* Reads the parameters of unpacker_create. 0, or -EINVAL when they make no sense. */
int aac_unpack_init(struct aac_unpacking *x, const struct media_track *track, struct slice fmtp);

/*
 * Takes one packet. after_gap: it is not known what came right before it. 0, or -EBADMSG for a
 * malformed payload (the access unit is then damaged).
 */
int aac_unpack(struct aac_unpacking *x, struct assembly *au, const struct rtp_packet *pkt,
               bool after_gap);
