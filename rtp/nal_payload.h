/* SPDX-License-Identifier: MIT */
/*
 * NAL units over RTP: what RFC 6184 (H.264, packetization-mode 1) and RFC 7798 (H.265) have in
 * common. Both send a unit alone, several in an aggregation packet, or one in fragments, and differ
 * in their headers and in what the units mean.
 */
#pragma once

#include "rtp/codec.h"

/* What a NAL unit is to its access unit. */
enum nal_role {
    NAL_SLICE = 1 << 0,          /* carries a picture, or a part of one */
    NAL_BEGINS_PICTURE = 1 << 1, /* its first slice: the access unit begins here at the latest */
    NAL_IS_KEY = 1 << 2,         /* decoding may start at its picture: it is the first slice of one
                                  * that is coded alone, or in front, and tells so (core/sei.h) */
    NAL_IN_FRONT = 1 << 3,       /* stands in front of all slices */
    NAL_UNUSED = 1 << 4,         /* its type is reserved: to be ignored */
    NAL_NO_UNIT = 1 << 5,        /* its type is one that only payloads have */
};

/* A header is handled as a number of 8 or 16 bits: the bytes in network order. */
struct nal_format {
    size_t header_bytes; /* of a unit; an aggregation packet and a fragment begin with one too */
    unsigned type_shift; /* where the type is in it */
    unsigned type_mask;
    unsigned aggregation_type;
    unsigned fragment_type;
    /* The header of an aggregation packet, but for its type, from those of two of its units. */
    unsigned (*merge_headers)(unsigned a, unsigned b);
    /* The roles of a unit, or 0. Of its body, what is behind its header, the first byte is enough
     * for all but NAL_IS_KEY. */
    unsigned (*roles)(unsigned header, struct slice body);
};

/* As in struct rtp_codec. */
void nal_pack_start(struct packer *p, const struct nal_format *f);
size_t nal_pack_next(struct packer *p, const struct nal_format *f, uint8_t *dst, bool *marker);

/* What unpacking remembers between packets. */
struct nal_unpacking {
    bool has_slice;       /* the open access unit has one */
    bool continues;       /* it goes on with a picture whose first slices were already delivered */
    bool headless;        /* its first slice is not the first one of a picture, and it continues */
    bool marker_misleads; /* it was seen inside a picture: from then on only time stamps end one */
    bool in_fragment;     /* a unit has started and not ended */
    size_t nal_at; /* where the unit being put together from fragments begins, its length first */

    bool any_ended; /* an access unit has ended before: */
    bool last_damaged;
    uint32_t last_time;
};

/* As in struct rtp_codec. */
int nal_unpack(struct nal_unpacking *n, const struct nal_format *f, struct assembly *au,
               const struct rtp_packet *pkt, bool after_gap);
void nal_unpack_end(void *state, struct assembly *au);

/* private to nal_pack.c and nal_unpack.c */

/* The FU header, behind the payload header of a fragment (RFC 6184 section 5.8, RFC 7798 section
 * 4.4.3). Its low bits are the type of the unit. */
enum { FU_START = 0x80, FU_END = 0x40, FU_HEADER_BYTES = 1 };

/* In front of each unit of an aggregation packet (RFC 6184 section 5.7.1, RFC 7798 section 4.4.2).
 */
enum { AGGREGATE_LENGTH_BYTES = 2 };

/* Of bytes that have one. */
static inline unsigned nal_header(const struct nal_format *f, struct slice nal)
{
    return f->header_bytes == 1 ? nal.ptr[0] : (unsigned)(nal.ptr[0] << 8 | nal.ptr[1]);
}

static inline void nal_put_header(const struct nal_format *f, uint8_t *dst, unsigned header)
{
    if (f->header_bytes > 1)
        *dst++ = (uint8_t)(header >> 8);
    *dst = (uint8_t)header;
}

static inline unsigned nal_type(const struct nal_format *f, unsigned header)
{
    return header >> f->type_shift & f->type_mask;
}

static inline unsigned nal_with_type(const struct nal_format *f, unsigned header, unsigned type)
{
    return (header & ~(f->type_mask << f->type_shift)) | type << f->type_shift;
}
