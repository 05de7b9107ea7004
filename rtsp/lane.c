/* SPDX-License-Identifier: MIT */
#include "rtsp/lane.h"

#include <errno.h>
#include <stdlib.h>

#include "rtsp/lane_inside.h"

enum {
    SWEEP_SLICE = 64, /* players served before the worker looks at its other work */
    PLAYERS_MIN = 8,
    SPLICE_PLAYERS = 8, /* fewer are not worth filling a pipe for */
};

static void run_sweep(struct task *t);
static void on_held_long_enough(struct tmr *t, int64_t now_ns);

struct lane *lane_create(const struct follower *f, struct loop *loop,
                         const struct lane_layout *layout, const struct lane_options *options)
{
    struct lane *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    l->loop = loop;
    l->options = *options;
    chain_init(&l->chain, f, layout, loop->now_ns);
    task_init(&l->sweep, run_sweep);
    l->held.on_expiry = on_held_long_enough;
    return l;
}

void lane_destroy(struct lane *l)
{
    task_cancel(&l->sweep);
    tmr_disarm(&l->loop->timers, &l->held);
    chain_fini(&l->chain);
    free(l->player);
    free(l);
}

void lane_on_empty(struct lane *l, void (*on_empty)(void *arg), void *arg)
{
    l->on_empty = on_empty;
    l->on_empty_arg = arg;
}

bool lane_has_layout(const struct lane *l, const struct lane_layout *layout)
{
    return memcmp(&l->chain.layout, layout, sizeof *layout) == 0;
}

uint32_t lane_players(const struct lane *l)
{
    return l->count;
}

struct list *lane_link(struct lane *l)
{
    return &l->link;
}

struct lane *lane_of_link(struct list *link)
{
    return CONTAINER_OF(link, struct lane, link);
}

/* -- the sweep -- */

static void start_sweep(struct lane *l)
{
    tmr_disarm(&l->loop->timers, &l->held);
    l->to_visit = l->count;
    if (l->count > 0)
        loop_post_task(l->loop, &l->sweep);
}

/* Players have moved, or the round has become longer: only a whole new one is sure to meet all. */
void lane_players_moved(struct lane *l)
{
    if (l->to_visit > 0)
        l->to_visit = l->count;
}

static void begin_slice(struct lane *l)
{
    const struct lane_options *o = &l->options;
    const struct image *img = l->chain.newest;
    l->is_loaded = o->splicer && img && o->splice_from > 0 && img->len >= o->splice_from &&
                   l->to_visit >= SPLICE_PLAYERS &&
                   splicer_load(o->splicer, slice_of(img->data, img->len));
}

static void end_slice(struct lane *l)
{
    l->is_loaded = false; /* another lane's slice may come next */
    if (l->options.metrics)
        metrics_add(l->options.metrics, METRIC_SENT_BYTES, l->uncounted_bytes);
    l->uncounted_bytes = 0;
}

static void run_sweep(struct task *t)
{
    struct lane *l = CONTAINER_OF(t, struct lane, sweep);
    begin_slice(l);
    for (unsigned n = 0; n < SWEEP_SLICE && l->to_visit > 0 && l->count > 0; n++) {
        if (l->next_visit >= l->count)
            l->next_visit = 0;
        uint32_t count = l->count;
        l->to_visit--;
        player_serve(l, &l->player[l->next_visit]);
        /* Who left had its place taken by the last one, who was not served yet. */
        if (l->count == count)
            l->next_visit++;
    }
    end_slice(l);
    if (l->to_visit > 0 && l->count > 0)
        loop_post_task(l->loop, &l->sweep);
}

/* Now, since the place may be given up with the next frame. Who is full chooses when it has room.
 */
static void seat_waiting(struct lane *l)
{
    for (uint32_t i = 0; i < l->count; i++)
        if (!l->player[i].cursor.at && !(l->player[i].flags & PLAYER_FULL))
            player_seat(l, &l->player[i]);
}

/* -- the lane as a whole -- */

static int reserve_player(struct lane *l)
{
    if (l->count < l->cap)
        return 0;
    uint32_t cap = l->cap ? l->cap * 2 : PLAYERS_MIN;
    struct player *player = realloc(l->player, cap * sizeof *player);
    if (!player)
        return -ENOMEM;
    l->player = player;
    l->cap = cap;
    return 0;
}

int lane_join(struct lane *l, struct viewer *v)
{
    int err = reserve_player(l);
    if (err)
        return err;
    v->lane = l;
    v->place = l->count++;
    lane_players_moved(l);
    if (v->metrics)
        metrics_add(v->metrics, METRIC_PLAYERS_JOINED, 1);
    struct player *p = &l->player[v->place];
    *p = (struct player){.fd = v->fd, .viewer = v};
    if (buf_len(&v->out) > 0)
        p->flags |= PLAYER_OUT;
    if (v->full)
        p->flags |= PLAYER_FULL;
    player_serve(l, p);
    return 0;
}

int lane_add_report(struct lane *l, struct buf *out)
{
    return chain_add_report(&l->chain, l->loop->now_ns, out);
}

struct image *lane_start(struct lane *l)
{
    return chain_start(&l->chain);
}

static void on_held_long_enough(struct tmr *t, int64_t now_ns)
{
    (void)now_ns;
    start_sweep(CONTAINER_OF(t, struct lane, held));
}

/* A write costs about the same whatever it carries: audio goes out with the next video, or a little
 * later than it came. True when it waits. */
static bool hold(struct lane *l, const struct frame *f)
{
    if (l->options.audio_hold_ns == 0 || !l->chain.has_video || chain_is_video(&l->chain, f) ||
        l->to_visit > 0)
        return false;
    if (l->held.place != 0)
        return true;
    return tmr_arm(&l->loop->timers, &l->held, l->loop->now_ns + l->options.audio_hold_ns) == 0;
}

void lane_push(struct lane *l, const struct frame *f)
{
    bool wanted = l->chain.wanted;
    if (!chain_push(&l->chain, f, l->loop->now_ns))
        return;
    if (wanted && !l->chain.wanted)
        seat_waiting(l);
    if (!hold(l, f))
        start_sweep(l);
}

void lane_break(struct lane *l)
{
    chain_break(&l->chain);
}

void lane_finish(struct lane *l)
{
    chain_finish(&l->chain, l->loop->now_ns);
    /* Who waits for a key frame hears of the end as well. */
    for (uint32_t i = 0; i < l->count; i++)
        if (!l->player[i].cursor.at && l->chain.newest)
            l->player[i].cursor = (struct cursor){.at = image_ref(l->chain.newest)};
    start_sweep(l);
}
