/* SPDX-License-Identifier: MIT */
/*
 * MPEG-4 audio in LATM (RFC 6416 section 6), both ways. The payload has no header: a packet is an
 * AudioMuxElement, or a fragment of one, and the marker tells the last fragment (section 6.2).
 * Several elements in a packet stay together: only their configuration could tell them apart.
 */
#include "rtp/codec.h"

/* Packing */

static size_t pack_next(struct packer *p, uint8_t *dst, bool *marker)
{
    struct slice part = slice_head(p->rest, p->max_payload);
    if (part.len == 0)
        return 0;
    if (dst != NULL)
        memcpy(dst, part.ptr, part.len);
    p->rest = slice_from(p->rest, part.len);
    *marker = p->rest.len == 0;
    return part.len;
}

/* Unpacking */

/* What unpacking remembers between packets. */
struct latm_unpacking {
    bool started;
    bool fragments; /* a packet without the marker was seen */
};

/*
 * The first fragment looks like any other. Behind a gap an element is therefore in doubt, but not
 * where every packet so far was a whole one: this is what nearly all senders make, and for them a
 * lost packet shall not cost the next one as well.
 */
static bool in_doubt(const struct latm_unpacking *x, const struct rtp_packet *pkt, bool after_gap)
{
    return after_gap && x->started && (x->fragments || !pkt->marker);
}

static int unpack(void *state, struct assembly *au, const struct rtp_packet *pkt, bool after_gap)
{
    struct latm_unpacking *x = state;
    if (!au->open) {
        if (pkt->payload.len == 0)
            return 0;
        assembly_open(au, pkt->rtp_time);
        au->damaged = in_doubt(x, pkt, after_gap);
    }
    x->started = true;
    x->fragments |= !pkt->marker;
    if (!au->damaged)
        assembly_append(au, pkt->payload);
    if (pkt->marker)
        assembly_finish(au);
    return 0;
}

const struct rtp_codec rtp_latm = {
    .pack_next = pack_next,
    .state_bytes = sizeof(struct latm_unpacking),
    .unpack = unpack,
};
