/* SPDX-License-Identifier: MIT */
/*
 * VP8 over RTP (RFC 7741), both ways: in with any payload descriptor, out with that of one byte.
 * Picture ids, temporal layers and the marks of frames that nothing refers to are not kept: they
 * serve those who thin out a stream or repair it, and decoders do without. Neither are the borders
 * of partitions: every packet may say that it belongs to the first one (section 4.2, PID).
 */
#include "rtp/codec.h"

#include <errno.h>

/* The payload descriptor (section 4.2). */
enum {
    DESCRIPTOR_BYTES = 1, /* the least that it has */
    X_BIT = 0x80,         /* a second byte follows: */
    S_BIT = 0x10,         /* a partition begins */
    PID_BITS = 0x07,      /* the number of the partition */
    I_BIT = 0x80,         /* in the second byte: picture id, */
    L_BIT = 0x40,         /* TL0PICIDX, */
    T_BIT = 0x20,         /* temporal layer, */
    K_BIT = 0x10,         /* key frame index in the same byte as the layer */
    M_BIT = 0x80,         /* in the picture id: it has two bytes */
};

/* In the first byte of a frame (RFC 6386 section 9.1). */
enum { INTER_FRAME_BIT = 0x01 };

/* Packing */

static size_t pack_next(struct packer *p, uint8_t *dst, bool *marker)
{
    if (p->rest.len == 0)
        return 0;
    struct slice part = slice_head(p->rest, p->max_payload - DESCRIPTOR_BYTES);
    if (dst != NULL) {
        dst[0] = p->in_fragments ? 0 : S_BIT;
        memcpy(dst + DESCRIPTOR_BYTES, part.ptr, part.len);
    }
    p->rest = slice_from(p->rest, part.len);
    p->in_fragments = p->rest.len > 0;
    *marker = p->rest.len == 0;
    return DESCRIPTOR_BYTES + part.len;
}

/* Unpacking */

/* The length of the descriptor, which may be more than there is of the payload. */
static size_t descriptor_bytes(struct slice payload)
{
    if (payload.len < 2 || (payload.ptr[0] & X_BIT) == 0)
        return DESCRIPTOR_BYTES;
    uint8_t present = payload.ptr[1];
    size_t bytes = 2;
    if ((present & I_BIT) != 0)
        bytes += payload.len > 2 && (payload.ptr[2] & M_BIT) != 0 ? 2 : 1;
    bytes += (present & L_BIT) != 0;
    bytes += (present & (T_BIT | K_BIT)) != 0;
    return bytes;
}

static bool begins_frame(struct slice payload)
{
    return payload.len > 0 && (payload.ptr[0] & (S_BIT | PID_BITS)) == S_BIT;
}

/* Opens the frame that pkt seems to be the first packet of. */
static int begin_au(struct assembly *au, const struct rtp_packet *pkt, struct slice data,
                    bool after_gap)
{
    assembly_open(au, pkt->rtp_time);
    if (!begins_frame(pkt->payload)) {
        au->damaged = true;
        return after_gap ? 0 : -EBADMSG;
    }
    au->key = data.len > 0 && (data.ptr[0] & INTER_FRAME_BIT) == 0;
    return 0;
}

static int unpack(void *state, struct assembly *au, const struct rtp_packet *pkt, bool after_gap)
{
    (void)state;
    struct slice data = slice_from(pkt->payload, descriptor_bytes(pkt->payload));
    if (au->open && begins_frame(pkt->payload))
        assembly_finish(au);
    int err = au->open ? 0 : begin_au(au, pkt, data, after_gap);
    if (data.len == 0) {
        err = -EBADMSG;
        au->damaged = true;
    }
    if (!au->damaged)
        assembly_append(au, data);
    if (pkt->marker)
        assembly_finish(au);
    return err;
}

const struct rtp_codec rtp_vp8 = {
    .pack_next = pack_next,
    .unpack = unpack,
};
