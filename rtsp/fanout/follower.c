/* SPDX-License-Identifier: MIT */
#include "rtsp/fanout/follower.h"

static void note_last(struct follower *f, struct frame *frame)
{
    frame_unref(&f->last[frame->track]);
    f->last[frame->track] = frame_ref(frame);
}

/* For tracks of which nothing is published for a while, too: what the ring still has. */
static void find_last(struct follower *f)
{
    const struct ring *ring = stream_ring(f->stream);
    unsigned missing = stream_media(f->stream, NULL)->track_count;
    uint64_t missed;
    struct frame *frame;
    for (uint64_t pos = f->pos; missing > 0 && pos-- > 0;) {
        if (ring_read(ring, pos, &frame, &missed) != RING_FRAME)
            return;
        if (f->last[frame->track])
            continue;
        f->last[frame->track] = frame_ref(frame);
        missing--;
    }
}

void follower_init(struct follower *f, struct stream *s)
{
    *f = (struct follower){.stream = stream_ref(s), .pos = ring_head(stream_ring(s))};
    for (unsigned i = 0; i < MEDIA_TRACKS_MAX; i++)
        f->last_key[i] = GOP_NONE;
    find_last(f);
}

void follower_fini(struct follower *f)
{
    for (unsigned i = 0; i < MEDIA_TRACKS_MAX; i++)
        frame_unref(&f->last[i]);
    stream_unref(&f->stream);
}

enum ring_result follower_next(struct follower *f, struct frame **frame, uint64_t *missed)
{
    enum ring_result result = ring_read(stream_ring(f->stream), f->pos, frame, missed);
    if (result == RING_LAPPED)
        f->pos += *missed;
    if (result == RING_FRAME) {
        f->pos++;
        note_last(f, *frame);
        if ((*frame)->key)
            f->last_key[(*frame)->track] = (*frame)->pos;
    }
    return result;
}

/*
 * What is retained of a track from start_pos on. False when the ring has lost some of it. *found:
 * whether there is any. The time is the least: pictures may lead a random access picture in time
 * that they follow in the stream, and players wait for ever for what is older than RTP-Info says.
 */
static bool find_first(const struct follower *f, unsigned track, uint64_t start_pos,
                       struct first_packet *first, bool *found)
{
    const struct ring *ring = stream_ring(f->stream);
    uint64_t missed;
    struct frame *frame;
    *found = false;
    for (uint64_t pos = start_pos; pos < f->pos; pos++) {
        if (ring_read(ring, pos, &frame, &missed) != RING_FRAME)
            return false;
        if (frame->track != track)
            continue;
        if (!*found)
            *first = (struct first_packet){frame->first_seq, frame->rtp_time};
        *found = true;
        if ((int32_t)(frame->rtp_time - first->rtp_time) < 0)
            first->rtp_time = frame->rtp_time;
    }
    return true;
}

bool follower_first_packet(const struct follower *f, unsigned track, uint64_t start_pos,
                           struct first_packet *first)
{
    bool found = false;
    /* A stream begins with a key frame: who waits for it waits for the very first frames. */
    if (start_pos == GOP_NONE && f->pos > 0)
        return false;
    if (start_pos != GOP_NONE && !find_first(f, track, start_pos, first, &found))
        return false;
    if (found)
        return true;
    /* Not published yet: it will follow the newest that there is. */
    const struct frame *last = f->last[track];
    if (!last) {
        *first = (struct first_packet){stream_first_seq(f->stream, track),
                                       stream_first_rtp_time(f->stream, track)};
        return true;
    }
    *first = (struct first_packet){(uint16_t)(last->first_seq + last->packets),
                                   last->rtp_time + last->rtp_step};
    return true;
}
