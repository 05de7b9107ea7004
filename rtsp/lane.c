/* SPDX-License-Identifier: MIT */
#include "rtsp/lane.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "core/clock.h"
#include "core/log.h"
#include "rtsp/egress_tcp.h"

enum {
    SWEEP_SLICE = 64, /* players served before the worker looks at its other work */
    PLAYERS_MIN = 8,
    SPLICE_PLAYERS = 8, /* fewer are not worth filling a pipe for */
};

enum player_flags {
    PLAYER_OUT = 1,  /* the viewer has bytes that go first */
    PLAYER_FULL = 2, /* the socket is full */
};

struct player {
    struct cursor cursor;
    int fd;
    uint32_t flags;
    uint64_t sent_bytes; /* since it joined, those that viewer->sent_bytes does not have yet */
    struct viewer *viewer;
};

struct lane {
    struct list link;
    void (*on_empty)(void *arg);
    void *on_empty_arg;
    struct loop *loop;
    struct lane_options options;
    struct chain chain;
    struct player *player;
    uint32_t count, cap;
    uint32_t next_visit, to_visit; /* the sweep under way */
    uint64_t slice_bytes;          /* sent in this slice of it, not counted yet */
    bool is_loaded;                /* the splicer has the newest image */
    struct task sweep;
    struct tmr held; /* armed while audio waits for video to go out with */
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

/* -- one player -- */

/* The rest of the packet that the cursor is in goes to out; the cursor moves to its end. */
static int finish_packet(struct player *p)
{
    struct cursor *c = &p->cursor;
    if (!c->at)
        return 0;
    uint32_t end = image_packet_end(c->at, c->offset);
    if (end == c->offset)
        return 0;
    int err = buf_append(&p->viewer->out, slice_of(c->at->data + c->offset, end - c->offset));
    if (err)
        return err;
    p->flags |= PLAYER_OUT;
    cursor_advance(c, end - c->offset);
    return 0;
}

static void end_player(struct player *p, enum viewer_end why)
{
    struct viewer *v = p->viewer;
    if (why == VIEWER_BROKEN)
        cursor_drop(&p->cursor); /* nothing more goes out: no packet to finish */
    viewer_leave(v);
    v->on_end(v, why);
}

static void count(struct viewer *v, enum metric metric, uint64_t n)
{
    if (v->metrics)
        metrics_add(v->metrics, metric, n);
}

/* As much as the socket takes, counted. */
static enum egress_result send_to(struct viewer *v, struct buf *out, struct cursor *c)
{
    uint64_t sent = 0;
    enum egress_result result = egress_tcp_flush(v->fd, out, c, &sent);
    v->sent_bytes += sent;
    count(v, METRIC_SENT_BYTES, sent);
    return result;
}

/* The socket takes no more. Progress since the last time restarts the write timeout. */
static void note_full(struct viewer *v, bool progressed, int64_t now_ns)
{
    v->full = true;
    bool stalled_already = v->stalled_since_ns != 0;
    if (!stalled_already || progressed)
        v->stalled_since_ns = now_ns;
    if (!stalled_already)
        v->on_full(v);
}

static void note_drained(struct viewer *v)
{
    v->full = false;
    v->stalled_since_ns = 0;
}

static void flush(struct lane *l, struct player *p)
{
    static struct buf nothing; /* stays empty */
    struct viewer *v = p->viewer;
    uint64_t sent_before = v->sent_bytes;
    struct buf *out = p->flags & PLAYER_OUT ? &v->out : &nothing;
    switch (send_to(v, out, &p->cursor)) {
    case EGRESS_DONE:
        p->flags = 0;
        note_drained(v);
        if (l->chain.finished)
            end_player(p, VIEWER_STREAM_ENDED);
        return;
    case EGRESS_FULL:
        p->flags |= PLAYER_FULL;
        if (buf_len(&v->out) == 0)
            p->flags &= ~(uint32_t)PLAYER_OUT;
        note_full(v, v->sent_bytes != sent_before, l->loop->now_ns);
        return;
    case EGRESS_BROKEN:
        end_player(p, VIEWER_BROKEN);
        return;
    }
}

/* -- players that are behind -- */

static bool lags(const struct lane *l, const struct player *p)
{
    const struct image *at = p->cursor.at;
    if (!at)
        return false;
    uint64_t behind = l->chain.sum - (at->sum_before + p->cursor.offset);
    if (p->cursor.offset == at->len && at->next)
        at = at->next; /* the oldest that it lacks: a pause before that one is not its fault */
    return behind > l->options.max_lag_bytes ||
           l->chain.newest->arrival_ns - at->arrival_ns > l->options.max_lag_ns;
}

/* No use jumping when the player is in the newest GOP already, as one who has just joined is. */
static bool has_where_to_jump(const struct lane *l, const struct player *p)
{
    uint64_t start = chain_start_pos(&l->chain);
    return start == GOP_NONE || start > p->cursor.at->pos;
}

/* Gives up what the player has not been sent; it goes on at the newest key frame when its socket
 * has room. */
static void jump(struct lane *l, struct player *p)
{
    if (finish_packet(p) != 0) {
        end_player(p, VIEWER_BROKEN);
        return;
    }
    cursor_drop(&p->cursor);
    p->viewer->jumps++;
    count(p->viewer, METRIC_PLAYER_JUMPS, 1);
    LOG_DEBUG("player lags: jumps to the next key frame",
              log_str("stream", stream_name(l->chain.follower->stream)),
              log_u64("fd", (uint64_t)p->fd), log_u64("jumps", p->viewer->jumps));
}

/* Gives a player that waits its place in the chain, if there is one. */
static void seat(struct lane *l, struct player *p)
{
    struct image *start = lane_start(l);
    if (start)
        p->cursor = (struct cursor){.at = image_ref(start)};
}

/* Now, since the place may be given up with the next frame. Who is full chooses when it has room.
 */
static void seat_waiting(struct lane *l)
{
    for (uint32_t i = 0; i < l->count; i++)
        if (!l->player[i].cursor.at && !(l->player[i].flags & PLAYER_FULL))
            seat(l, &l->player[i]);
}

/* The usual case: nothing is missing but the newest image, and nothing else is to be said. */
static bool lacks_only_newest(const struct lane *l, const struct player *p)
{
    const struct image *at = p->cursor.at;
    return p->flags == 0 && at && at->next && at->next == l->chain.newest &&
           p->cursor.offset == at->len && !l->chain.finished;
}

static ssize_t send_image(struct lane *l, int fd, const struct image *img)
{
    if (l->is_loaded)
        return splicer_send(l->options.splicer, fd);
    ssize_t n = send(fd, img->data, img->len, MSG_NOSIGNAL | MSG_DONTWAIT);
    return n < 0 ? -errno : n;
}

/* One call, and nothing touched but the player and the image. */
static void send_newest(struct lane *l, struct player *p)
{
    struct image *img = l->chain.newest;
    ssize_t n = send_image(l, p->fd, img);
    if (n < 0 && n != -EAGAIN) {
        end_player(p, VIEWER_BROKEN);
        return;
    }
    size_t sent = n > 0 ? (size_t)n : 0;
    p->sent_bytes += sent;
    l->slice_bytes += sent;
    cursor_advance(&p->cursor, sent);
    if (sent == img->len)
        return;
    p->flags |= PLAYER_FULL;
    note_full(p->viewer, sent > 0, l->loop->now_ns);
}

static void serve(struct lane *l, struct player *p)
{
    if (lacks_only_newest(l, p)) {
        send_newest(l, p);
        return;
    }
    if (!l->chain.finished && lags(l, p) && has_where_to_jump(l, p)) {
        uint32_t count = l->count;
        jump(l, p);
        if (l->count != count)
            return;
    }
    if (p->flags & PLAYER_FULL)
        return;
    if (!p->cursor.at)
        seat(l, p);
    flush(l, p);
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
static void restart_sweep(struct lane *l)
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
    l->slice_bytes = 0;
}

static void end_slice(struct lane *l)
{
    l->is_loaded = false; /* another lane's slice may come next */
    if (l->options.metrics)
        metrics_add(l->options.metrics, METRIC_SENT_BYTES, l->slice_bytes);
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
        serve(l, &l->player[l->next_visit]);
        /* Who left had its place taken by the last one, who was not served yet. */
        if (l->count == count)
            l->next_visit++;
    }
    end_slice(l);
    if (l->to_visit > 0 && l->count > 0)
        loop_post_task(l->loop, &l->sweep);
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
    restart_sweep(l);
    count(v, METRIC_PLAYERS_JOINED, 1);
    struct player *p = &l->player[v->place];
    *p = (struct player){.fd = v->fd, .viewer = v};
    if (buf_len(&v->out) > 0)
        p->flags |= PLAYER_OUT;
    if (v->full)
        p->flags |= PLAYER_FULL;
    serve(l, p);
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

/* -- of a viewer -- */

static struct player *player_of(struct viewer *v)
{
    return &v->lane->player[v->place];
}

uint64_t viewer_sent_bytes(struct viewer *v)
{
    return v->sent_bytes + (v->lane ? player_of(v)->sent_bytes : 0);
}

void viewer_leave(struct viewer *v)
{
    struct lane *l = v->lane;
    if (!l)
        return;
    struct player *p = player_of(v);
    finish_packet(p);
    cursor_drop(&p->cursor);
    v->sent_bytes += p->sent_bytes;
    v->lane = NULL;
    count(v, METRIC_PLAYERS_LEFT, 1);
    *p = l->player[--l->count];
    p->viewer->place = v->place;
    restart_sweep(l);
    if (l->count == 0 && l->on_empty)
        l->on_empty(l->on_empty_arg);
}

static void flush_alone(struct viewer *v)
{
    struct cursor nowhere = {0};
    uint64_t sent_before = v->sent_bytes;
    switch (send_to(v, &v->out, &nowhere)) {
    case EGRESS_DONE:
        note_drained(v);
        return;
    case EGRESS_FULL:
        note_full(v, v->sent_bytes != sent_before, clock_mono_ns());
        return;
    case EGRESS_BROKEN:
        v->on_end(v, VIEWER_BROKEN);
        return;
    }
}

int viewer_send(struct viewer *v, struct slice bytes)
{
    if (v->lane && buf_len(&v->out) == 0) {
        int err = finish_packet(player_of(v));
        if (err)
            return err;
    }
    int err = buf_append(&v->out, bytes);
    if (err)
        return err;
    if (v->lane)
        player_of(v)->flags |= PLAYER_OUT;
    if (v->full)
        return 0;
    if (v->lane)
        flush(v->lane, player_of(v));
    else
        flush_alone(v);
    return 0;
}

void viewer_writable(struct viewer *v)
{
    if (!v->full)
        return;
    v->full = false;
    if (!v->lane) {
        flush_alone(v);
        return;
    }
    player_of(v)->flags &= ~(uint32_t)PLAYER_FULL;
    serve(v->lane, player_of(v));
}

void viewer_fini(struct viewer *v)
{
    if (v->lane)
        cursor_drop(&player_of(v)->cursor);
    viewer_leave(v);
    buf_reset(&v->out);
    note_drained(v);
}
