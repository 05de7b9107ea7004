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

/* What unpacking remembers between packets. */
struct other_unpacking {
    bool is_video;
    bool has_pictures; /* it was seen where one begins behind another */
    bool started;      /* a packet was seen: */
    bool last_marker;
    uint32_t last_time;
};

static int unpack_init(void *state, const struct media_track *track, struct slice fmtp)
{
    (void)fmtp;
    struct other_unpacking *x = state;
    x->is_video = media_track_kind(track) == MEDIA_VIDEO;
    return 0;
}

/* As long as neither markers nor time stamps tell pictures apart, every packet may begin one. */
static bool may_begin_picture(struct other_unpacking *x, const struct rtp_packet *pkt)
{
    bool begins = x->started && (x->last_marker || x->last_time != pkt->rtp_time);
    x->has_pictures |= begins;
    x->started = true;
    x->last_marker = pkt->marker;
    x->last_time = pkt->rtp_time;
    return begins || !x->has_pictures;
}

/* A packet without payload would make a frame without packets. */
static int unpack(void *state, struct assembly *au, const struct rtp_packet *pkt, bool after_gap)
{
    (void)after_gap;
    struct other_unpacking *x = state;
    bool begins = may_begin_picture(x, pkt);
    uint8_t flags = pkt->marker ? OTHER_MARKER : 0;
    if (pkt->payload.len == 0)
        return 0;
    assembly_open(au, pkt->rtp_time);
    au->key = x->is_video && begins;
    assembly_append(au, slice_of(&flags, OTHER_FLAGS_BYTES));
    assembly_append(au, pkt->payload);
    assembly_finish(au);
    return 0;
}

const struct rtp_codec rtp_other = {
    .pack_start = pack_start,
    .pack_next = pack_next,
    .state_bytes = sizeof(struct other_unpacking),
    .unpack_init = unpack_init,
    .unpack = unpack,
};
