/* SPDX-License-Identifier: MIT */
#include "rtsp/fanout.h"

#include <stdlib.h>

#include "core/log.h"

struct fanout {
    struct stream_watch watch;
    _Atomic bool posted; /* news is in the mailbox */
    struct message news;
    struct message burial;
    struct litter litter;
    bool littered;
    struct rcu_node rcu;

    struct loop *loop;
    unsigned slot;
    struct stream *stream; /* a reference */
    uint64_t pos;          /* the next to be read */
    bool finished;
    struct frame *last[MEDIA_TRACKS_MAX]; /* references: the newest of each track */
    struct list lanes;
};

/* On the publisher's thread. */
static void on_news(struct stream_watch *w)
{
    struct fanout *f = CONTAINER_OF(w, struct fanout, watch);
    /* N1: whoever takes the mark off (N2) also sees the news that this call is about. */
    if (!atomic_exchange_explicit(&f->posted, true, memory_order_acq_rel))
        mailbox_post(&f->loop->mailbox, &f->news);
}

static void note_last(struct fanout *f, struct frame *frame)
{
    frame_unref(&f->last[frame->track]);
    f->last[frame->track] = frame_ref(frame);
}

static void push_to_lanes(struct fanout *f, const struct frame *frame)
{
    for (struct list *l = f->lanes.next; l != &f->lanes; l = l->next)
        lane_push(lane_of_link(l), frame);
}

static void note_lapped(struct fanout *f, uint64_t missed)
{
    LOG_WARN("worker lapped by a stream", log_str("stream", stream_name(f->stream)),
             log_u64("worker", f->slot), log_u64("frames", missed));
    for (struct list *l = f->lanes.next; l != &f->lanes; l = l->next)
        lane_break(lane_of_link(l));
}

/* Reads the ring up to its head. */
static void follow(struct fanout *f)
{
    const struct ring *ring = stream_ring(f->stream);
    for (;;) {
        struct frame *frame;
        uint64_t missed;
        switch (ring_read(ring, f->pos, &frame, &missed)) {
        case RING_EMPTY:
            return;
        case RING_LAPPED:
            f->pos += missed;
            note_lapped(f, missed);
            break;
        case RING_FRAME:
            f->pos++;
            note_last(f, frame);
            push_to_lanes(f, frame);
            break;
        }
    }
}

static void finish(struct fanout *f)
{
    f->finished = true;
    for (struct list *l = f->lanes.next; l != &f->lanes; l = l->next)
        lane_finish(lane_of_link(l));
}

static void catch_up(struct fanout *f)
{
    /* The state first: no frame follows the end. */
    bool ended = stream_state(f->stream) == STREAM_ENDED;
    follow(f);
    if (ended && !f->finished)
        finish(f);
}

static void on_news_delivered(struct message *m)
{
    struct fanout *f = CONTAINER_OF(m, struct fanout, news);
    atomic_exchange_explicit(&f->posted, false, memory_order_acq_rel); /* N2 */
    catch_up(f);
}

/* For tracks of which nothing is published for a while, too: what the ring still has. */
static void find_last(struct fanout *f)
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

static struct fanout *fanout_create(struct loop *loop, unsigned slot, struct stream *s)
{
    struct fanout *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    f->watch.on_news = on_news;
    f->news.on_delivery = on_news_delivered;
    f->loop = loop;
    f->slot = slot;
    f->stream = stream_ref(s);
    list_init(&f->lanes);
    stream_set_watch(s, slot, &f->watch); /* W1: before the look at the head */
    f->pos = ring_head(stream_ring(s));
    find_last(f);
    on_news(&f->watch); /* the stream may have ended before it knew of us: look once anyway */
    return f;
}

static void bury(struct message *m)
{
    struct fanout *f = CONTAINER_OF(m, struct fanout, burial);
    for (unsigned i = 0; i < MEDIA_TRACKS_MAX; i++)
        frame_unref(&f->last[i]);
    stream_unref(&f->stream);
    free(f);
}

static void after_grace_period(struct rcu_node *node)
{
    struct fanout *f = CONTAINER_OF(node, struct fanout, rcu);
    mailbox_post(&f->loop->mailbox, &f->burial);
}

/*
 * Three steps, since a publisher may be in on_news at this moment: take the watch off; wait until
 * no publisher can know it any more; then follow the last news through the mailbox, which keeps
 * order.
 */
static void fanout_close(struct fanout *f)
{
    stream_set_watch(f->stream, f->slot, NULL);
    f->burial.on_delivery = bury;
    rcu_defer(&f->rcu, after_grace_period);
}

static void reap(struct litter *litter)
{
    struct fanout *f = CONTAINER_OF(litter, struct fanout, litter);
    f->littered = false;
    struct list *next;
    for (struct list *l = f->lanes.next; l != &f->lanes; l = next) {
        next = l->next;
        if (lane_players(lane_of_link(l)) > 0)
            continue;
        list_remove(l);
        lane_destroy(lane_of_link(l));
    }
    if (list_empty(&f->lanes))
        fanout_close(f);
}

void fanout_review(struct fanout *f)
{
    if (f->littered)
        return;
    f->littered = true;
    loop_dispose(f->loop, &f->litter, reap);
}

static struct lane *find_lane(struct fanout *f, const struct lane_layout *layout)
{
    for (struct list *l = f->lanes.next; l != &f->lanes; l = l->next)
        if (lane_has_layout(lane_of_link(l), layout))
            return lane_of_link(l);
    return NULL;
}

struct fanout *fanout_get(struct loop *loop, unsigned slot, struct stream *s)
{
    struct stream_watch *w = stream_watch(s, slot);
    struct fanout *f = w ? CONTAINER_OF(w, struct fanout, watch) : fanout_create(loop, slot, s);
    if (f)
        fanout_review(f);
    return f;
}

struct lane *fanout_lane(struct fanout *f, const struct lane_layout *layout,
                         const struct lane_bounds *bounds)
{
    struct lane *lane = find_lane(f, layout);
    if (lane)
        return lane;
    lane = lane_create(f, f->loop, layout, bounds);
    if (lane)
        list_append(&f->lanes, lane_link(lane));
    return lane;
}

struct stream *fanout_stream(const struct fanout *f)
{
    return f->stream;
}

uint64_t fanout_pos(const struct fanout *f)
{
    return f->pos;
}

const struct frame *fanout_last(const struct fanout *f, unsigned track)
{
    return f->last[track];
}

bool fanout_first_packet(const struct fanout *f, unsigned track, uint64_t start_pos,
                         struct first_packet *first)
{
    const struct ring *ring = stream_ring(f->stream);
    uint64_t missed;
    struct frame *frame;
    /* A stream begins with a key frame: who waits for it waits for the very first frames. */
    if (start_pos == GOP_NONE && f->pos > 0)
        return false;
    for (uint64_t pos = start_pos; pos < f->pos; pos++) {
        if (ring_read(ring, pos, &frame, &missed) != RING_FRAME)
            return false;
        if (frame->track != track)
            continue;
        *first = (struct first_packet){frame->first_seq, frame->rtp_time};
        return true;
    }
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
