/* SPDX-License-Identifier: MIT */
/*
 * Serving players on UDP: datagrams of many players are gathered and sent together. A cursor moves
 * once its bytes are with the kernel, so that a socket that is full loses nothing. Who is behind,
 * as everybody is who has just joined, catches up at the pace that a player can follow.
 */
#include <errno.h>

#include "rtsp/fanout/lane_image.h"
#include "rtsp/fanout/lane_inside.h"

/* How often a player that catches up is looked at. */
#define PACE_NS NS_PER_MS

/* -- the batch -- */

/* Everybody whose datagrams went out moves on. False when the socket is full: all others wait. */
static bool flush(struct lane *l)
{
    struct egress_udp *e = l->options.udp;
    unsigned gathered = e->count;
    uint64_t refused = e->rtp->refused;
    unsigned sent = egress_udp_flush(e);
    l->uncounted_refusals += e->rtp->refused - refused;
    for (unsigned i = 0; i < sent; i++) {
        struct player *p = &l->player[e->owner[i]];
        size_t bytes = e->message[i].bytes.len;
        cursor_advance(&p->cursor, bytes);
        p->sent_bytes += bytes;
        l->uncounted_bytes += bytes;
        egress_udp_pay(e, p->viewer->udp, bytes, l->loop->now_ns);
    }
    if (sent == gathered)
        return true;
    udp_wait(e->rtp, &l->room);
    l->to_visit = 0;
    return false;
}

/* -- one player -- */

/* Where gathering stands: ahead of the player's cursor, and borrowed from it. */
struct ahead {
    const struct image *at;
    uint32_t offset;
    size_t gathered; /* bytes */
};

/* To the next image that has anything left. False when there is none. */
static bool has_more(struct ahead *a)
{
    while (a->at && a->offset == a->at->len) {
        a->at = a->at->next;
        a->offset = 0;
    }
    return a->at != NULL;
}

static const struct batch_run *run_at(const struct ahead *a)
{
    const struct batch_run *run = a->at->run;
    while (run->end <= a->offset)
        run++;
    return run;
}

/* Comes back when the player may be sent so many bytes. */
static void wait_for_pace(struct lane *l, const struct udp_target *t, size_t bytes)
{
    int64_t at_ns = egress_udp_allowed_at(l->options.udp, t, bytes);
    if (at_ns < l->pace_at_ns)
        l->pace_at_ns = at_ns;
}

/* The next datagrams of one size, as many as are allowed, as a message; empty when none is. */
static struct udp_message next_message(const struct lane *l, struct udp_target *t,
                                       const struct ahead *a, size_t allowed)
{
    const struct batch_run *run = run_at(a);
    size_t packet = run->packet_bytes;
    size_t most = egress_udp_message_max(l->options.udp, t, packet);
    if (allowed < most)
        most = allowed / packet * packet;
    if (most == 0 && a->gathered == 0 && t->paid_until_ns <= l->loop->now_ns)
        most = packet; /* larger than any burst */
    return (struct udp_message){
        .to = t->rtp[a->at->track],
        .from = &t->from,
        .bytes = slice_of(a->at->data + a->offset, size_min(run->end - a->offset, most)),
        .segment = packet,
        .refuses_segments = &t->refuses_segments,
    };
}

enum stop {
    STOP_DONE,   /* nothing is left, or nothing is allowed for now */
    STOP_FULL,   /* the batch is */
    STOP_REPORT, /* a report is next */
};

/* Gathers what the player lacks. */
static enum stop gather(struct lane *l, struct player *p, struct ahead *a)
{
    struct udp_target *t = p->viewer->udp;
    size_t allowance = egress_udp_allowance(l->options.udp, t, l->loop->now_ns);
    *a = (struct ahead){p->cursor.at, p->cursor.offset, 0};
    while (has_more(a)) {
        if (a->at->is_control)
            return STOP_REPORT;
        size_t left = allowance > a->gathered ? allowance - a->gathered : 0;
        struct udp_message m = next_message(l, t, a, left);
        if (m.bytes.len == 0) {
            wait_for_pace(l, t, a->gathered + m.segment);
            return STOP_DONE;
        }
        a->offset += (uint32_t)m.bytes.len;
        a->gathered += m.bytes.len;
        if (egress_udp_add(l->options.udp, &m, (uint32_t)(p - l->player)))
            return STOP_FULL;
    }
    return STOP_DONE;
}

/* It goes out by itself, and the cursor, which stands right before it, moves on at once. */
static void send_report(struct lane *l, struct player *p, const struct image *report)
{
    egress_udp_control(l->options.udp, p->viewer->udp, report->track,
                       slice_of(report->data, report->len));
    cursor_advance(&p->cursor, report->len);
}

static bool may_send(struct udp_target *t)
{
    return !t->may_send || t->may_send(t);
}

/* Another worker sends it all. */
static void skip_all(struct lane *l, struct player *p)
{
    struct image *newest = l->chain.newest;
    cursor_drop(&p->cursor);
    if (newest)
        p->cursor = (struct cursor){image_ref(newest), newest->len};
}

static void send_missing(struct lane *l, struct player *p)
{
    struct ahead a;
    enum stop stop;
    if (player_should_jump(l, p))
        player_jump(l, p);
    if (!p->cursor.at)
        player_seat(l, p);
    while ((stop = gather(l, p, &a)) != STOP_DONE) {
        if ((stop == STOP_FULL || a.gathered > 0) && !flush(l))
            return;
        if (stop == STOP_REPORT)
            send_report(l, p, a.at);
    }
}

/* The usual case while somebody else catches up: seen without a look at the viewer. */
static bool lacks_nothing(const struct lane *l, const struct player *p)
{
    return p->cursor.at && cursor_at_end(&p->cursor) && !l->chain.finished;
}

static void serve(struct lane *l, struct player *p)
{
    if (lacks_nothing(l, p))
        return;
    if (may_send(p->viewer->udp))
        send_missing(l, p);
    else
        skip_all(l, p);
    if (l->chain.finished && flush(l) && cursor_at_end(&p->cursor))
        player_end(p, VIEWER_STREAM_ENDED);
}

/* What is gathered never outlives a slice. */
static void end_slice(struct lane *l)
{
    flush(l);
    if (l->pace_at_ns == TMR_NEVER)
        return;
    int64_t soon_ns = l->loop->now_ns + PACE_NS;
    int64_t at_ns = l->pace_at_ns > soon_ns ? l->pace_at_ns : soon_ns;
    if (l->pace.place == 0 || l->pace.deadline_ns > at_ns)
        tmr_arm(&l->loop->timers, &l->pace, at_ns);
}

/* The reply goes out on the connection; the first reports tell the time before the first packet. */
static int greet(struct lane *l, struct viewer *v)
{
    if (!v->full && buf_len(&v->out) > 0 && !viewer_flush_alone(v))
        return -EPIPE;
    uint32_t tracks = may_send(v->udp) ? chain_report_now(&l->chain) : 0;
    for (unsigned i = 0; i < MEDIA_TRACKS_MAX; i++) {
        uint8_t report[LANE_REPORT_MAX];
        if (!(tracks >> i & 1))
            continue;
        size_t len = lane_report(l->chain.follower, i, l->loop->now_ns, false, report);
        egress_udp_control(l->options.udp, v->udp, i, slice_of(report, len));
    }
    return 0;
}

const struct serving serving_udp = {.serve = serve, .end_slice = end_slice, .greet = greet};
