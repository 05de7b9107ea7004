/* SPDX-License-Identifier: MIT */
#include "rtp/other.h"

#include "rtp/codec.h"

/* One that no interleaved header could count did not come from unpack(). */
static void pack_start(struct packer *p)
{
    p->rest = slice_from(p->au, OTHER_FLAGS_BYTES);
    if (p->rest.len > PACKER_MAX_PAYLOAD)
        p->rest = (struct slice){0};
}

static size_t pack_next(struct packer *p, uint8_t *dst, bool *marker)
{
    size_t len = p->rest.len;
    if (len == 0)
        return 0;
    if (dst != NULL)
        memcpy(dst, p->rest.ptr, len);
    p->rest = (struct slice){0};
    *marker = (p->au.ptr[0] & OTHER_MARKER) != 0;
    return len;
}

/* A packet without payload would make a frame without packets. */
static int unpack(void *state, struct assembly *au, const struct rtp_packet *pkt, bool after_gap)
{
    (void)state;
    (void)after_gap;
    uint8_t flags = pkt->marker ? OTHER_MARKER : 0;
    if (pkt->payload.len == 0)
        return 0;
    assembly_open(au, pkt->rtp_time);
    assembly_append(au, slice_of(&flags, OTHER_FLAGS_BYTES));
    assembly_append(au, pkt->payload);
    assembly_finish(au);
    return 0;
}

const struct rtp_codec rtp_other = {
    .pack_start = pack_start,
    .pack_next = pack_next,
    .unpack = unpack,
};
