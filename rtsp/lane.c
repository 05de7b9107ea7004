/* SPDX-License-Identifier: MIT */
#include "rtsp/lane.h"

#include <errno.h>
#include <stdlib.h>

#include "core/clock.h"
#include "core/log.h"
#include "rtp/batch.h"
#include "rtsp/egress_tcp.h"
#include "rtsp/fanout.h"
#include "rtsp/lane_image.h"

enum {
    SWEEP_SLICE = 64, /* players served before the worker looks at its other work */
    PLAYERS_MIN = 8,
};

#define REPORT_INTERVAL_NS (5 * NS_PER_S) /* RFC 3550 section 6.2 */

enum player_flags {
    PLAYER_OUT = 1,  /* the viewer has bytes that go first */
    PLAYER_FULL = 2, /* the socket is full */
};

struct player {
    struct cursor cursor;
    int fd;
    uint32_t flags;
    struct viewer *viewer;
};

struct lane {
    struct list link;
    struct fanout *fanout;
    struct loop *loop;
    struct lane_layout layout;
    struct lane_bounds bounds;
    bool has_video;
    bool broken; /* frames were missed: nothing is appended before the next place to start */
    bool finished;
    uint64_t sum; /* bytes of all images so far */
    int64_t next_report_ns;
    struct image *newest; /* a reference */
    struct image
        *start; /* a reference: the newest key frame, kept for joiners once there was one */

    struct player *player;
    uint32_t count, cap;
    uint32_t next_visit, to_visit; /* the sweep under way */
    struct task sweep;
};

static void run_sweep(struct task *t);

static bool lane_shows_video(struct fanout *f, uint32_t tracks)
{
    const struct media *m = stream_media(fanout_stream(f), NULL);
    for (unsigned i = 0; i < m->track_count; i++)
        if ((tracks >> i & 1) && codec_kind(m->track[i].codec) == MEDIA_VIDEO)
            return true;
    return false;
}

struct lane *lane_create(struct fanout *f, struct loop *loop, const struct lane_layout *layout,
                         const struct lane_bounds *bounds)
{
    struct lane *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    l->fanout = f;
    l->loop = loop;
    l->layout = *layout;
    l->bounds = *bounds;
    l->has_video = lane_shows_video(f, layout->tracks);
    l->next_report_ns = loop->now_ns + REPORT_INTERVAL_NS;
    task_init(&l->sweep, run_sweep);
    return l;
}

void lane_destroy(struct lane *l)
{
    task_cancel(&l->sweep);
    image_unref(&l->start);
    image_unref(&l->newest);
    free(l->player);
    free(l);
}

bool lane_has_layout(const struct lane *l, const struct lane_layout *layout)
{
    return memcmp(&l->layout, layout, sizeof *layout) == 0;
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

/* -- places to start -- */

static bool may_start_at(const struct lane *l, const struct frame *f)
{
    const struct media *m = stream_media(fanout_stream(l->fanout), NULL);
    return !l->has_video || (codec_kind(m->track[f->track].codec) == MEDIA_VIDEO && f->key);
}

/* The ring position of the place to start, or GOP_NONE. */
static uint64_t start_pos(const struct lane *l)
{
    if (l->has_video)
        return stream_start(fanout_stream(l->fanout));
    uint64_t newest = GOP_NONE;
    for (unsigned i = 0; i < MEDIA_TRACKS_MAX; i++) {
        const struct frame *f = fanout_last(l->fanout, i);
        if ((l->layout.tracks >> i & 1) && f && (newest == GOP_NONE || f->pos > newest))
            newest = f->pos;
    }
    return newest;
}

static struct image *build(const struct lane *l, const struct frame *f, struct slice report)
{
    return lane_image_build(fanout_stream(l->fanout), &l->layout, f, report);
}

/* Images of the frames from position 'from' up to and without 'upto'; *last is the last of them.
 * NULL when one is gone. */
static struct image *build_chain(struct lane *l, uint64_t from, uint64_t upto, struct image **last)
{
    const struct ring *ring = stream_ring(fanout_stream(l->fanout));
    struct image *first = NULL;
    struct frame *f;
    uint64_t missed;
    for (uint64_t pos = from; pos < upto; pos++) {
        bool there = ring_read(ring, pos, &f, &missed) == RING_FRAME;
        if (there && !(l->layout.tracks >> f->track & 1))
            continue;
        struct image *img = there ? build(l, f, (struct slice){0}) : NULL;
        if (!img) {
            image_unref(&first);
            return NULL;
        }
        if (first) {
            image_link(*last, img);
            *last = img;
            image_unref(&img);
        } else {
            first = *last = img;
        }
    }
    return first;
}

/* Counts the lane's bytes back from where the chain meets the images that are there already. */
static void number_chain(struct image *first, const struct image *end, uint64_t sum_at_end)
{
    uint64_t bytes = 0;
    for (const struct image *img = first; img != end; img = img->next)
        bytes += img->len;
    uint64_t sum = sum_at_end - bytes;
    for (struct image *img = first; img != end; img = img->next) {
        img->sum_before = sum;
        sum += img->len;
    }
}

/* Weaves the cached frames from position 'from' on into the chain, ahead of the newest image. */
static struct image *weave(struct lane *l, uint64_t from)
{
    struct image *last = NULL;
    struct image *newest = l->newest && l->newest->pos >= from ? l->newest : NULL;
    uint64_t upto = newest ? newest->pos : fanout_pos(l->fanout);
    struct image *first = build_chain(l, from, upto, &last);
    if (!first)
        return newest && newest->pos == from ? image_ref(newest) : NULL;
    number_chain(first, NULL, newest ? newest->sum_before : l->sum);
    if (newest) {
        image_link(last, newest);
    } else {
        image_unref(&l->newest);
        l->newest = image_ref(last);
    }
    return first;
}

struct image *lane_start(struct lane *l)
{
    if (l->start || l->finished || l->broken)
        return l->start;
    uint64_t from = start_pos(l);
    if (from != GOP_NONE && from < fanout_pos(l->fanout))
        l->start = weave(l, from);
    return l->start;
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

/* The socket takes no more. Progress since the last time restarts the write timeout. */
static void note_full(struct viewer *v, uint64_t sent_before, int64_t now_ns)
{
    v->full = true;
    bool stalled_already = v->stalled_since_ns != 0;
    if (!stalled_already || v->sent_bytes != sent_before)
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
    switch (egress_tcp_flush(p->fd, out, &p->cursor, &v->sent_bytes)) {
    case EGRESS_DONE:
        p->flags = 0;
        note_drained(v);
        if (l->finished)
            end_player(p, VIEWER_STREAM_ENDED);
        return;
    case EGRESS_FULL:
        p->flags |= PLAYER_FULL;
        if (buf_len(&v->out) == 0)
            p->flags &= ~(uint32_t)PLAYER_OUT;
        note_full(v, sent_before, l->loop->now_ns);
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
    uint64_t behind = l->sum - (at->sum_before + p->cursor.offset);
    return behind > l->bounds.max_lag_bytes ||
           l->newest->arrival_ns - at->arrival_ns > l->bounds.max_lag_ns;
}

/* No use jumping when the player is in the newest GOP already, as one who has just joined is. */
static bool has_where_to_jump(const struct lane *l, const struct player *p)
{
    uint64_t start = start_pos(l);
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
    LOG_DEBUG("player lags: jumps to the next key frame",
              log_str("stream", stream_name(fanout_stream(l->fanout))),
              log_u64("fd", (uint64_t)p->fd), log_u64("jumps", p->viewer->jumps));
}

/* Gives a player that waits its place in the chain, if there is one. */
static void seat(struct lane *l, struct player *p)
{
    struct image *start = lane_start(l);
    if (start)
        p->cursor = (struct cursor){.at = image_ref(start)};
}

static void serve(struct lane *l, struct player *p)
{
    if (!l->finished && lags(l, p) && has_where_to_jump(l, p)) {
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
    l->to_visit = l->count;
    if (l->count > 0)
        loop_post_task(l->loop, &l->sweep);
}

static void run_sweep(struct task *t)
{
    struct lane *l = CONTAINER_OF(t, struct lane, sweep);
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
    return lane_image_report(l->fanout, &l->layout, l->loop->now_ns, false, out);
}

static void append(struct lane *l, struct image *img)
{
    img->sum_before = l->sum;
    l->sum += img->len;
    if (l->newest)
        image_link(l->newest, img);
    image_unref(&l->newest);
    l->newest = img;
    start_sweep(l);
}

void lane_push(struct lane *l, const struct frame *f)
{
    if (!(l->layout.tracks >> f->track & 1))
        return;
    if (may_start_at(l, f)) {
        l->broken = false;
        image_unref(&l->start); /* there is a newer place to start */
    }
    if (l->broken)
        return;
    struct buf report = {0};
    if (l->loop->now_ns >= l->next_report_ns && lane_add_report(l, &report) == 0)
        l->next_report_ns = l->loop->now_ns + REPORT_INTERVAL_NS;
    struct image *img = build(l, f, buf_slice(&report));
    buf_reset(&report);
    if (img)
        append(l, img);
    else
        lane_break(l);
}

void lane_break(struct lane *l)
{
    l->broken = l->has_video;
}

void lane_finish(struct lane *l)
{
    struct buf bye = {0};
    struct image *img = NULL;
    if (lane_image_report(l->fanout, &l->layout, l->loop->now_ns, true, &bye) == 0)
        img = lane_image_wrap(buf_slice(&bye), l->newest);
    buf_reset(&bye);
    l->finished = true;
    if (img)
        append(l, img);
    start_sweep(l);
    /* Who waits for a key frame hears of the end as well. */
    for (uint32_t i = 0; i < l->count; i++)
        if (!l->player[i].cursor.at && l->newest)
            l->player[i].cursor = (struct cursor){.at = image_ref(l->newest)};
}

/* -- of a viewer -- */

static struct player *player_of(struct viewer *v)
{
    return &v->lane->player[v->place];
}

void viewer_leave(struct viewer *v)
{
    struct lane *l = v->lane;
    if (!l)
        return;
    struct player *p = player_of(v);
    finish_packet(p);
    cursor_drop(&p->cursor);
    v->lane = NULL;
    *p = l->player[--l->count];
    p->viewer->place = v->place;
    if (l->count == 0)
        fanout_review(l->fanout);
}

static void flush_alone(struct viewer *v)
{
    struct cursor nowhere = {0};
    uint64_t sent_before = v->sent_bytes;
    switch (egress_tcp_flush(v->fd, &v->out, &nowhere, &v->sent_bytes)) {
    case EGRESS_DONE:
        note_drained(v);
        return;
    case EGRESS_FULL:
        note_full(v, sent_before, clock_mono_ns());
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
}
