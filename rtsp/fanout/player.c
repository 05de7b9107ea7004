/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "core/clock.h"
#include "core/log.h"
#include "rtsp/fanout/egress_tcp.h"
#include "rtsp/fanout/lane_inside.h"

void viewer_count(struct viewer *v, enum metric metric, uint64_t n)
{
    if (v->metrics)
        metrics_add(v->metrics, metric, n);
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

bool player_should_jump(const struct lane *l, const struct player *p)
{
    return !l->chain.finished && lags(l, p) && has_where_to_jump(l, p);
}

void player_jump(struct lane *l, struct player *p)
{
    cursor_drop(&p->cursor);
    p->viewer->jumps++;
    viewer_count(p->viewer, METRIC_PLAYER_JUMPS, 1);
    LOG_DEBUG("player lags: jumps to the next key frame",
              log_str("stream", stream_name(l->chain.follower->stream)),
              log_u64("fd", (uint64_t)p->viewer->fd), log_u64("jumps", p->viewer->jumps));
}

void player_seat(struct lane *l, struct player *p)
{
    struct image *start = lane_start(l);
    if (start)
        p->cursor = (struct cursor){.at = image_ref(start)};
}

void player_end(struct player *p, enum viewer_end why)
{
    struct viewer *v = p->viewer;
    if (why == VIEWER_BROKEN)
        cursor_drop(&p->cursor); /* nothing more goes out: no packet to finish */
    viewer_leave(v);
    v->on_end(v, why);
}

/* -- of a viewer -- */

static struct player *player_of(struct viewer *v)
{
    return &v->lane->player[v->place];
}

/* What the viewer says goes out between the media. */
static bool is_interleaved(const struct viewer *v)
{
    return v->lane && v->lane->chain.layout.kind == LANE_TCP;
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
    if (is_interleaved(v))
        player_finish_packet(p);
    cursor_drop(&p->cursor);
    v->sent_bytes += p->sent_bytes;
    v->lane = NULL;
    viewer_count(v, METRIC_PLAYERS_LEFT, 1);
    *p = l->player[--l->count];
    p->viewer->place = v->place;
    lane_players_moved(l);
    if (l->count == 0 && l->on_empty)
        l->on_empty(l->on_empty_arg);
}

void viewer_restart(struct viewer *v)
{
    if (!v->lane)
        return;
    cursor_drop(&player_of(v)->cursor);
    lane_serve_one(v->lane, player_of(v));
}

void viewer_note_full(struct viewer *v, bool progressed, int64_t now_ns)
{
    v->full = true;
    bool stalled_already = v->stalled_since_ns != 0;
    if (!stalled_already || progressed)
        v->stalled_since_ns = now_ns;
    if (!stalled_already)
        v->on_full(v);
}

void viewer_note_drained(struct viewer *v)
{
    v->full = false;
    v->stalled_since_ns = 0;
}

bool viewer_flush_alone(struct viewer *v)
{
    struct cursor nowhere = {0};
    uint64_t sent = 0;
    enum egress_result result = egress_tcp_flush(v->fd, &v->out, &nowhere, &sent);
    v->sent_bytes += sent;
    viewer_count(v, METRIC_SENT_BYTES, sent);
    switch (result) {
    case EGRESS_DONE:
        viewer_note_drained(v);
        return true;
    case EGRESS_FULL:
        viewer_note_full(v, sent > 0, clock_mono_ns());
        return true;
    case EGRESS_BROKEN:
        v->on_end(v, VIEWER_BROKEN);
        return false;
    }
    return false;
}

int viewer_send(struct viewer *v, struct slice bytes)
{
    bool interleaved = is_interleaved(v);
    if (interleaved && buf_len(&v->out) == 0) {
        int err = player_finish_packet(player_of(v));
        if (err)
            return err;
    }
    int err = buf_append(&v->out, bytes);
    if (err)
        return err;
    if (interleaved)
        player_of(v)->flags |= PLAYER_OUT;
    if (v->full)
        return 0;
    if (interleaved)
        lane_serve_one(v->lane, player_of(v));
    else
        viewer_flush_alone(v);
    return 0;
}

void viewer_writable(struct viewer *v)
{
    if (!v->full)
        return;
    v->full = false;
    if (!is_interleaved(v)) {
        viewer_flush_alone(v);
        return;
    }
    player_of(v)->flags &= ~(uint32_t)PLAYER_FULL;
    lane_serve_one(v->lane, player_of(v));
}

void viewer_fini(struct viewer *v)
{
    if (v->lane)
        cursor_drop(&player_of(v)->cursor);
    viewer_leave(v);
    buf_reset(&v->out);
    viewer_note_drained(v);
}
