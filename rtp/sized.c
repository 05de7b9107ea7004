/* SPDX-License-Identifier: MIT */
#include "rtp/sized.h"

#include <errno.h>

int sized_unpack_init(void *state, const struct media_track *track, struct slice fmtp)
{
    (void)fmtp;
    struct sized_unpacking *x = state;
    x->clock_rate = track->clock_rate;
    return 0;
}

static void open_au(struct sized_unpacking *x, struct assembly *au, uint32_t rtp_time,
                    size_t whole_bytes)
{
    assembly_open(au, rtp_time);
    x->whole_bytes = whole_bytes;
}

void sized_unpack_end(void *state, struct assembly *au)
{
    const struct sized_unpacking *x = state;
    au->damaged |= x->whole_bytes > 0 && au->len != x->whole_bytes;
    assembly_finish(au);
}

/*
 * A frame that is longer than the data is a fragment. So may be one that does not say its length:
 * it stays open until the next packet shows what follows.
 */
static int take_frames(struct sized_unpacking *x, struct assembly *au, const struct rtp_packet *pkt,
                       struct slice data, sized_reader *read)
{
    struct sized_frame f;
    uint64_t samples = 0;
    for (; data.len > 0; data = slice_from(data, f.bytes), samples += f.samples) {
        if (!read(data, &f))
            return -EBADMSG;
        uint32_t rtp_time = pkt->rtp_time + (uint32_t)(samples * x->clock_rate / f.sampling_rate);
        if (f.bytes == 0 || f.bytes > data.len) {
            open_au(x, au, rtp_time, f.bytes);
            assembly_append(au, data);
            return 0;
        }
        assembly_deliver(au, rtp_time, slice_head(data, f.bytes));
    }
    return samples > 0 ? 0 : -EBADMSG;
}

static int take_fragment(struct sized_unpacking *x, struct assembly *au,
                         const struct rtp_packet *pkt, struct sized_part part)
{
    if (!au->open) {
        open_au(x, au, pkt->rtp_time, 0);
        au->damaged = true; /* the first fragment is missing */
    }
    if (au->damaged)
        return 0;
    if (part.offset != SIZED_OFFSET_UNKNOWN && part.offset != au->len)
        return -EBADMSG;
    if (x->whole_bytes > 0 && part.data.len > x->whole_bytes - au->len)
        return -EBADMSG;
    assembly_append(au, part.data);
    if (au->len == x->whole_bytes)
        sized_unpack_end(x, au);
    return 0;
}

int sized_unpack(struct sized_unpacking *x, struct assembly *au, const struct rtp_packet *pkt,
                 struct sized_part part, sized_reader *read)
{
    if (au->open && part.offset == 0)
        sized_unpack_end(x, au);
    int err = part.offset == 0 ? take_frames(x, au, pkt, part.data, read)
                               : take_fragment(x, au, pkt, part);
    if (err == 0)
        return 0;
    if (!au->open)
        open_au(x, au, pkt->rtp_time, 0);
    au->damaged = true;
    return err;
}
