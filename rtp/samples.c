/* SPDX-License-Identifier: MIT */
/*
 * PCMU, PCMA, G722 and L16 (RFC 3551 sections 4.5 and 6), both ways: a payload is so many samples
 * of all channels, and nothing else. It may be cut between any two ticks of the RTP clock; a frame
 * therefore says, in its first byte, how many bytes a tick has.
 */
#include "rtp/codec.h"

#include <errno.h>

enum { TICK_FIELD_BYTES = 1 };

/* Packing */

static void pack_start(struct packer *p)
{
    size_t tick_bytes = p->au.len > 0 ? p->au.ptr[0] : 0;
    bool fits = tick_bytes > 0 && tick_bytes <= p->max_payload;
    p->rest = fits ? slice_from(p->au, TICK_FIELD_BYTES) : (struct slice){0};
}

static size_t pack_next(struct packer *p, uint8_t *dst, bool *marker)
{
    if (p->rest.len == 0)
        return 0;
    size_t tick_bytes = p->au.ptr[0];
    struct slice part = slice_head(p->rest, p->max_payload - p->max_payload % tick_bytes);
    if (dst != NULL)
        memcpy(dst, part.ptr, part.len);
    p->ticks = (uint32_t)((p->au.len - TICK_FIELD_BYTES - p->rest.len) / tick_bytes);
    p->rest = slice_from(p->rest, part.len);
    *marker = false; /* no talkspurt is known to begin (RFC 3551 section 4.1) */
    return part.len;
}

/* Unpacking */

struct samples_unpacking {
    uint8_t tick_bytes;
};

/*
 * G722 has a byte a tick like the others of 8 bits: two samples, but its clock is by decree half
 * its sampling rate (RFC 3551 section 4.5.2).
 */
static int unpack_init(void *state, const struct media_track *track, struct slice fmtp)
{
    (void)fmtp;
    struct samples_unpacking *x = state;
    unsigned channels = track->channels > 0 ? track->channels : 1;
    unsigned tick_bytes = track->codec == CODEC_L16 ? 2 * channels : channels;
    if (tick_bytes > UINT8_MAX)
        return -EINVAL;
    x->tick_bytes = (uint8_t)tick_bytes;
    return 0;
}

static int unpack(void *state, struct assembly *au, const struct rtp_packet *pkt, bool after_gap)
{
    (void)after_gap;
    const struct samples_unpacking *x = state;
    if (pkt->payload.len == 0)
        return 0;
    bool whole = pkt->payload.len % x->tick_bytes == 0;
    assembly_open(au, pkt->rtp_time);
    assembly_append(au, slice_of(&x->tick_bytes, TICK_FIELD_BYTES));
    assembly_append(au, pkt->payload);
    au->damaged |= !whole;
    assembly_finish(au);
    return whole ? 0 : -EBADMSG;
}

const struct rtp_codec rtp_samples = {
    .pack_start = pack_start,
    .pack_next = pack_next,
    .state_bytes = sizeof(struct samples_unpacking),
    .unpack_init = unpack_init,
    .unpack = unpack,
};
