/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sys/socket.h>

#include "core/clock.h"
#include "core/log.h"
#include "rtsp/egress_tcp.h"
#include "rtsp/lane_inside.h"

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

void player_seat(struct lane *l, struct player *p)
{
    struct image *start = lane_start(l);
    if (start)
        p->cursor = (struct cursor){.at = image_ref(start)};
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
    l->uncounted_bytes += sent;
    cursor_advance(&p->cursor, sent);
    if (sent == img->len)
        return;
    p->flags |= PLAYER_FULL;
    note_full(p->viewer, sent > 0, l->loop->now_ns);
}

void player_serve(struct lane *l, struct player *p)
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
        player_seat(l, p);
    flush(l, p);
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
    lane_players_moved(l);
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
    player_serve(v->lane, player_of(v));
}

void viewer_fini(struct viewer *v)
{
    if (v->lane)
        cursor_drop(&player_of(v)->cursor);
    viewer_leave(v);
    buf_reset(&v->out);
    note_drained(v);
}
