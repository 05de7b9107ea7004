/* SPDX-License-Identifier: MIT */
#include "rtsp/fanout/lane.h"

#include <errno.h>
#include <stdlib.h>

#include "rtsp/fanout/lane_inside.h"
#include "rtsp/fanout/room.h"

enum {
    SWEEP_SLICE = 64, /* players served before the worker looks at its other work */
    PLAYERS_MIN = 8,
};

static void run_sweep(struct task *t);
static void on_held_long_enough(struct tmr *t, int64_t now_ns);
static void on_pace(struct tmr *t, int64_t now_ns);
static void on_room(struct udp_waiter *w);

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
    l->serving = layout->kind == LANE_TCP ? &serving_tcp : &serving_udp;
    l->room_bytes = room_for_image(0);
    l->held.on_expiry = on_held_long_enough;
    l->pace.on_expiry = on_pace;
    l->pace_at_ns = TMR_NEVER;
    l->room.on_room = on_room;
    list_init(&l->room.link);
    return l;
}

void lane_destroy(struct lane *l)
{
    task_cancel(&l->sweep);
    tmr_disarm(&l->loop->timers, &l->held);
    tmr_disarm(&l->loop->timers, &l->pace);
    list_remove(&l->room.link);
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

void lane_start_sweep(struct lane *l)
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

static void end_slice(struct lane *l)
{
    l->serving->end_slice(l);
    if (l->options.metrics) {
        metrics_add(l->options.metrics, METRIC_SENT_BYTES, l->uncounted_bytes);
        metrics_add(l->options.metrics, METRIC_DATAGRAMS_REFUSED, l->uncounted_refusals);
    }
    l->uncounted_bytes = l->uncounted_refusals = 0;
}

static void run_sweep(struct task *t)
{
    struct lane *l = CONTAINER_OF(t, struct lane, sweep);
    for (unsigned n = 0; n < SWEEP_SLICE && l->to_visit > 0 && l->count > 0; n++) {
        if (l->next_visit >= l->count)
            l->next_visit = 0;
        uint32_t count = l->count;
        l->to_visit--;
        l->serving->serve(l, &l->player[l->next_visit]);
        /* Who left had its place taken by the last one, who was not served yet. */
        if (l->count == count)
            l->next_visit++;
    }
    end_slice(l);
    if (l->to_visit > 0 && l->count > 0)
        loop_post_task(l->loop, &l->sweep);
}

void lane_serve_one(struct lane *l, struct player *p)
{
    l->serving->serve(l, p);
    end_slice(l);
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

/* An image may be larger than all before it: before it goes out, the sockets get room for it. */
static void follow_largest(struct lane *l)
{
    uint32_t room_bytes = room_for_image(l->chain.largest);
    if (l->chain.layout.kind != LANE_TCP || room_bytes == l->room_bytes)
        return;
    l->room_bytes = room_bytes;
    for (uint32_t i = 0; i < l->count; i++)
        room_set(l->player[i].fd, room_bytes);
}

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

int lane_greet(struct lane *l, struct viewer *v)
{
    return l->serving->greet(l, v);
}

int lane_join(struct lane *l, struct viewer *v)
{
    int err = reserve_player(l);
    if (err)
        return err;
    v->lane = l;
    v->place = l->count++;
    lane_players_moved(l);
    viewer_count(v, METRIC_PLAYERS_JOINED, 1);
    struct player *p = &l->player[v->place];
    *p = (struct player){.fd = v->fd, .viewer = v};
    if (l->chain.layout.kind == LANE_TCP) {
        p->flags = (buf_len(&v->out) > 0 ? PLAYER_OUT : 0) | (v->full ? PLAYER_FULL : 0);
        room_set(v->fd, l->room_bytes);
    }
    lane_serve_one(l, p);
    return 0;
}

struct image *lane_start(struct lane *l)
{
    struct image *start = chain_start(&l->chain);
    follow_largest(l);
    return start;
}

static void on_held_long_enough(struct tmr *t, int64_t now_ns)
{
    (void)now_ns;
    lane_start_sweep(CONTAINER_OF(t, struct lane, held));
}

/* Players may be sent more: their pace allows it, or the socket. */
static void on_pace(struct tmr *t, int64_t now_ns)
{
    (void)now_ns;
    struct lane *l = CONTAINER_OF(t, struct lane, pace);
    l->pace_at_ns = TMR_NEVER;
    lane_start_sweep(l);
}

static void on_room(struct udp_waiter *w)
{
    lane_start_sweep(CONTAINER_OF(w, struct lane, room));
}

/* A write costs about the same whatever it carries: audio goes out with the next video, or a little
 * later than it came. True when it waits. */
static bool hold(struct lane *l, const struct frame *f)
{
    if (l->options.audio_hold_ns == 0 || l->chain.key_track < 0 || f->track == l->chain.key_track ||
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
    follow_largest(l);
    if (wanted && !l->chain.wanted)
        seat_waiting(l);
    if (!hold(l, f))
        lane_start_sweep(l);
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
        if (!l->player[i].cursor.at && l->chain.goodbye)
            l->player[i].cursor = (struct cursor){.at = image_ref(l->chain.goodbye)};
    lane_start_sweep(l);
}
