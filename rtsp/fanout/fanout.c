/* SPDX-License-Identifier: MIT */
#include "rtsp/fanout/fanout.h"

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
    struct follower follower;
    bool finished;
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

static void push_to_lanes(struct fanout *f, const struct frame *frame)
{
    for (struct list *l = f->lanes.next; l != &f->lanes; l = l->next)
        lane_push(lane_of_link(l), frame);
}

static void note_lapped(struct fanout *f, uint64_t missed)
{
    LOG_WARN("worker lapped by a stream", log_str("stream", stream_name(f->follower.stream)),
             log_u64("worker", f->slot), log_u64("frames", missed));
    for (struct list *l = f->lanes.next; l != &f->lanes; l = l->next)
        lane_break(lane_of_link(l));
}

/* Reads the ring up to its head. */
static void follow(struct fanout *f)
{
    struct frame *frame;
    uint64_t missed;
    enum ring_result result;
    while ((result = follower_next(&f->follower, &frame, &missed)) != RING_EMPTY)
        if (result == RING_FRAME)
            push_to_lanes(f, frame);
        else
            note_lapped(f, missed);
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
    bool ended = stream_state(f->follower.stream) == STREAM_ENDED;
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

static struct fanout *fanout_create(struct loop *loop, unsigned slot, struct stream *s)
{
    struct fanout *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    f->watch.on_news = on_news;
    f->news.on_delivery = on_news_delivered;
    f->loop = loop;
    f->slot = slot;
    list_init(&f->lanes);
    stream_set_watch(s, slot, &f->watch); /* W1: before the look at the head */
    follower_init(&f->follower, s);
    on_news(&f->watch); /* the stream may have ended before it knew of us: look once anyway */
    return f;
}

static void bury(struct message *m)
{
    struct fanout *f = CONTAINER_OF(m, struct fanout, burial);
    follower_fini(&f->follower);
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
    stream_set_watch(f->follower.stream, f->slot, NULL);
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

/* At the end of the turn, lanes without players go, and the fan-out with the last lane. */
static void review_later(struct fanout *f)
{
    if (f->littered)
        return;
    f->littered = true;
    loop_dispose(f->loop, &f->litter, reap);
}

static void on_lane_empty(void *arg)
{
    review_later(arg);
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
        review_later(f);
    return f;
}

struct lane *fanout_lane(struct fanout *f, const struct lane_layout *layout,
                         const struct lane_options *bounds)
{
    struct lane *lane = find_lane(f, layout);
    if (lane)
        return lane;
    lane = lane_create(&f->follower, f->loop, layout, bounds);
    if (!lane)
        return NULL;
    lane_on_empty(lane, on_lane_empty, f);
    list_append(&f->lanes, lane_link(lane));
    return lane;
}

const struct follower *fanout_follower(const struct fanout *f)
{
    return &f->follower;
}
