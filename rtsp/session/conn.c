/* SPDX-License-Identifier: MIT */
#include "rtsp/session/conn.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rtsp/session/intake.h"

#define LINGER_NS (2 * NS_PER_S)

/* -- deadlines -- */

/* A player that takes what it is sent is alive, whether it says so or not. Over UDP nobody knows
 * who takes what: it must speak, or report. */
static void note_progress(struct conn *c)
{
    uint64_t sent = viewer_sent_bytes(&c->viewer);
    if (sent == c->sent_when_heard)
        return;
    c->sent_when_heard = sent;
    if (c->session.state == SESSION_PLAYING && c->session.layout.kind == LANE_TCP)
        c->heard_ns = worker_now(c->worker);
}

static int64_t idle_deadline(const struct conn *c)
{
    /* More than was promised: players send their keep-alive late (VLC: at the timeout or after it).
     */
    return c->heard_ns + c->worker->config->session_timeout_ns * 3 / 2;
}

static int64_t request_deadline(const struct conn *c)
{
    return c->incomplete_since_ns ? c->incomplete_since_ns + c->worker->config->request_timeout_ns
                                  : TMR_NEVER;
}

/* Who announces has a name, and perhaps players who wait: RECORD is to follow. */
static int64_t record_deadline(const struct conn *c)
{
    return c->session.announced_ns ? c->session.announced_ns + c->worker->config->request_timeout_ns
                                   : TMR_NEVER;
}

static int64_t write_deadline(const struct conn *c)
{
    return c->viewer.stalled_since_ns
               ? c->viewer.stalled_since_ns + c->worker->config->write_timeout_ns
               : TMR_NEVER;
}

static int64_t min_ns(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t next_deadline(const struct conn *c)
{
    if (c->phase == CONN_LINGERING)
        return c->linger_until_ns;
    int64_t asked = min_ns(request_deadline(c), record_deadline(c));
    return min_ns(idle_deadline(c), min_ns(asked, write_deadline(c)));
}

/* Deadlines mostly move away: the timer is left where it is, and looks again when it fires. */
static void schedule(struct conn *c)
{
    int64_t next = next_deadline(c);
    if (c->deadline.place != 0 && c->deadline.deadline_ns <= next)
        return;
    if (tmr_arm(&c->worker->base.loop.timers, &c->deadline, next) != 0)
        conn_close(c, "out of memory");
}

static void on_deadline(struct tmr *t, int64_t now_ns)
{
    struct conn *c = CONTAINER_OF(t, struct conn, deadline);
    note_progress(c);
    if (c->phase == CONN_LINGERING && c->linger_until_ns <= now_ns)
        conn_close(c, "done");
    else if (write_deadline(c) <= now_ns)
        conn_close(c, "takes nothing (write timeout)");
    else if (request_deadline(c) <= now_ns)
        conn_close(c, "no complete request (request timeout)");
    else if (record_deadline(c) <= now_ns)
        conn_close(c, "ANNOUNCE without RECORD (request timeout)");
    else if (idle_deadline(c) <= now_ns)
        conn_close(c, "no sign of life (session timeout)");
    else
        schedule(c);
}

/* -- the end -- */

static void dispose(struct litter *l)
{
    struct conn *c = CONTAINER_OF(l, struct conn, litter);
    buf_reset(&c->in); /* only now: the request that led to the end may stand in it */
    free(c);
}

static void log_end(struct conn *c, const char *what, const char *why)
{
    LOG_INFO(what, log_str("peer", c->peer), log_str("session", c->session.id),
             log_str("reason", why), log_u64("sent_bytes", viewer_sent_bytes(&c->viewer)),
             log_u64("jumps", c->viewer.jumps),
             log_u64("lost", session_reported_lost(&c->session)));
}

void conn_end_session(struct conn *c, const char *why)
{
    log_end(c, "session ended", why);
    viewer_leave(&c->viewer);
    session_reset(&c->session);
}

static void stop_if_drained(struct rtsp_worker *w)
{
    if (w->draining && list_empty(&w->conns))
        w->base.loop.stop = true;
}

/* Everything but the descriptor. */
static void retire(struct conn *c)
{
    c->phase = CONN_CLOSED;
    viewer_fini(&c->viewer);
    session_reset(&c->session);
    tunnel_leave(c);
    tunnel_close_posts(c);
    tmr_disarm(&c->worker->base.loop.timers, &c->deadline);
    task_cancel(&c->read_more);
    list_remove(&c->link);
    loop_dispose(&c->worker->base.loop, &c->litter, dispose);
    stop_if_drained(c->worker);
}

void conn_uncount(struct rtsp_worker *w)
{
    metrics_add(&w->metrics, METRIC_CONNECTIONS_CLOSED, 1);
    atomic_fetch_sub_explicit(w->clients, 1, memory_order_relaxed); /* a count, no more */
}

void conn_close(struct conn *c, const char *why)
{
    if (c->phase == CONN_CLOSED)
        return;
    if (c->phase == CONN_OPEN)
        log_end(c, "connection closed", why);
    retire(c);
    loop_close(&c->io);
    conn_uncount(c->worker);
}

int conn_release(struct conn *c)
{
    int fd = loop_release(&c->worker->base.loop, &c->io);
    retire(c);
    return fd;
}

/* Our side is shut once everything is sent. */
static void shut_when_sent(struct conn *c)
{
    if (buf_len(&c->viewer.out) == 0)
        shutdown(c->io.fd, SHUT_WR);
}

void conn_linger(struct conn *c, const char *why)
{
    if (c->phase != CONN_OPEN)
        return;
    log_end(c, "connection closed", why);
    c->phase = CONN_LINGERING;
    c->linger_until_ns = worker_now(c->worker) + LINGER_NS;
    viewer_leave(&c->viewer);
    session_reset(&c->session);
    tunnel_leave(c);
    shut_when_sent(c);
    schedule(c);
}

/* -- output -- */

static void on_full(struct viewer *v)
{
    schedule(CONTAINER_OF(v, struct conn, viewer));
}

static void on_end(struct viewer *v, enum viewer_end why)
{
    struct conn *c = CONTAINER_OF(v, struct conn, viewer);
    if (why == VIEWER_STREAM_ENDED)
        conn_linger(c, "the stream has ended");
    else
        conn_close(c, "connection lost");
}

/* -- input -- */

void conn_read(struct conn *c)
{
    if (c->tunnel.role != TUNNEL_POST)
        intake_read(c);
    if (c->phase != CONN_CLOSED && c->tunnel.role != TUNNEL_NONE)
        tunnel_read_on(c);
    if (c->phase != CONN_CLOSED)
        schedule(c);
}

void conn_resume(struct conn *c)
{
    if (!c->held)
        return;
    c->held = false;
    intake_resume(c);
    if (c->phase != CONN_CLOSED)
        schedule(c);
}

static void on_read_more(struct task *t)
{
    conn_read(CONTAINER_OF(t, struct conn, read_more));
}

static void on_writable(struct conn *c)
{
    bool was_backed_up = intake_is_backed_up(c);
    viewer_writable(&c->viewer);
    if (c->phase == CONN_LINGERING)
        shut_when_sent(c);
    if (was_backed_up && c->phase != CONN_CLOSED && !intake_is_backed_up(c))
        intake_resume(c);
}

static void on_events(struct io *io, uint32_t events)
{
    struct conn *c = CONTAINER_OF(io, struct conn, io);
    if (events & EPOLLERR) {
        bool was_done =
            c->session.state == SESSION_INIT; /* after TEARDOWN players close as they like */
        conn_close(c, was_done ? "closed by the peer" : "connection lost");
        return;
    }
    if (events & EPOLLOUT)
        on_writable(c);
    if (c->phase != CONN_CLOSED && (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP)))
        conn_read(c);
}

/* -- the beginning -- */

int conn_open(struct rtsp_worker *w, int fd)
{
    struct conn *c = calloc(1, sizeof *c);
    if (!c) {
        close(fd);
        return -ENOMEM;
    }
    c->io = (struct io){.fd = fd, .on_events = on_events};
    c->viewer =
        (struct viewer){.fd = fd, .metrics = &w->metrics, .on_full = on_full, .on_end = on_end};
    c->worker = w;
    c->deadline.on_expiry = on_deadline;
    c->heard_ns = c->incomplete_since_ns = worker_now(w);
    task_init(&c->read_more, on_read_more);
    struct addr peer = addr_peer(fd);
    addr_format(&peer, c->peer);
    list_append(&w->conns, &c->link);
    metrics_add(&w->metrics, METRIC_CONNECTIONS_OPENED, 1);
    int err = loop_add(&w->base.loop, &c->io);
    if (err) {
        conn_close(c, "cannot be watched");
        return err;
    }
    LOG_DEBUG("connection opened", log_str("peer", c->peer));
    schedule(c);
    return 0;
}
