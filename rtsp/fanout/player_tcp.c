/* SPDX-License-Identifier: MIT */
/*
 * Serving players on TCP: as much of the chain as the socket takes, replies between two packets.
 */
#include <errno.h>
#include <sys/socket.h>

#include "rtsp/fanout/egress_tcp.h"
#include "rtsp/fanout/lane_inside.h"

enum { SPLICE_PLAYERS = 8 /* with fewer to come a pipe is not worth filling */ };

int player_finish_packet(struct player *p)
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

/* As much as the socket takes. */
static void flush(struct lane *l, struct player *p)
{
    static struct buf nothing; /* stays empty */
    struct viewer *v = p->viewer;
    uint64_t sent = 0;
    struct buf *out = p->flags & PLAYER_OUT ? &v->out : &nothing;
    enum egress_result result = egress_tcp_flush(v->fd, out, &p->cursor, &sent);
    v->sent_bytes += sent;
    l->uncounted_bytes += sent;
    switch (result) {
    case EGRESS_DONE:
        p->flags = 0;
        viewer_note_drained(v);
        if (l->chain.finished)
            player_end(p, VIEWER_STREAM_ENDED);
        return;
    case EGRESS_FULL:
        p->flags |= PLAYER_FULL;
        if (buf_len(&v->out) == 0)
            p->flags &= ~(uint32_t)PLAYER_OUT;
        viewer_note_full(v, sent > 0, l->loop->now_ns);
        return;
    case EGRESS_BROKEN:
        player_end(p, VIEWER_BROKEN);
        return;
    }
}

/* The usual case: nothing is missing but the newest image, and nothing else is to be said. */
static bool lacks_only_newest(const struct lane *l, const struct player *p)
{
    const struct image *at = p->cursor.at;
    return p->flags == 0 && at && at->next && at->next == l->chain.newest &&
           p->cursor.offset == at->len && !l->chain.finished;
}

static enum splice load(const struct lane *l, const struct image *img)
{
    const struct lane_options *o = &l->options;
    bool worth_it = o->splicer && o->splice_from > 0 && img->len >= o->splice_from &&
                    l->to_visit >= SPLICE_PLAYERS;
    return worth_it && splicer_load(o->splicer, slice_of(img->data, img->len)) ? SPLICE_LOADED
                                                                               : SPLICE_NOT;
}

static ssize_t send_image(struct lane *l, int fd, const struct image *img)
{
    if (l->splice == SPLICE_UNTRIED)
        l->splice = load(l, img);
    if (l->splice == SPLICE_LOADED)
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
        player_end(p, VIEWER_BROKEN);
        return;
    }
    size_t sent = n > 0 ? (size_t)n : 0;
    p->sent_bytes += sent;
    l->uncounted_bytes += sent;
    cursor_advance(&p->cursor, sent);
    if (sent == img->len)
        return;
    p->flags |= PLAYER_FULL;
    viewer_note_full(p->viewer, sent > 0, l->loop->now_ns);
}

static void serve(struct lane *l, struct player *p)
{
    if (lacks_only_newest(l, p)) {
        send_newest(l, p);
        return;
    }
    if (player_should_jump(l, p)) {
        if (player_finish_packet(p) != 0) {
            player_end(p, VIEWER_BROKEN);
            return;
        }
        player_jump(l, p);
    }
    if (p->flags & PLAYER_FULL)
        return;
    if (!p->cursor.at)
        player_seat(l, p);
    flush(l, p);
}

static void end_slice(struct lane *l)
{
    l->splice = SPLICE_UNTRIED; /* another lane's slice may come next */
}

/* The reports stand behind the reply, and go out with the first pictures in one write. */
static int greet(struct lane *l, struct viewer *v)
{
    return chain_add_report(&l->chain, l->loop->now_ns, &v->out);
}

const struct serving serving_tcp = {.serve = serve, .end_slice = end_slice, .greet = greet};
