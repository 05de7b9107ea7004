/* SPDX-License-Identifier: MIT */
/*
 * Opus (RFC 7587), both ways: a payload is an Opus packet, always whole (section 4.2). One that is
 * larger than a payload can be makes no packets. The marker would tell the first packet of a
 * talkspurt (RFC 3551 section 4.1); it is left at 0, as gaps are to be told from time stamps.
 */
#include "rtp/codec.h"

static void pack_start(struct packer *p)
{
    if (p->au.len > p->max_payload)
        p->rest = (struct slice){0};
}

static size_t pack_next(struct packer *p, uint8_t *dst, bool *marker)
{
    size_t len = p->rest.len;
    if (dst != NULL && len > 0)
        memcpy(dst, p->rest.ptr, len);
    p->rest = (struct slice){0};
    *marker = false;
    return len;
}

static int unpack(void *state, struct assembly *au, const struct rtp_packet *pkt, bool after_gap)
{
    (void)state;
    (void)after_gap;
    if (pkt->payload.len > 0)
        assembly_deliver(au, pkt->rtp_time, pkt->payload);
    return 0;
}

const struct rtp_codec rtp_opus = {
    .pack_start = pack_start,
    .pack_next = pack_next,
    .unpack = unpack,
};
