/* SPDX-License-Identifier: MIT */
#include "rtsp/conn.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/bytes.h"
#include "rtp/batch.h"

enum {
    READS_A_TURN = 8, /* then others come first */
    READ_BYTES = 2048,
    PUBLISHER_READ_BYTES = 128 << 10,
    URI_MAX_BYTES = 2048,
    UNSENT_MAX_BYTES =
        64 << 10, /* replies that the peer does not take: no more requests until it does */
};

#define LINGER_NS (2 * NS_PER_S)

/* -- deadlines -- */

/* A player that takes what it is sent is alive, whether it says so or not. */
static void note_progress(struct conn *c)
{
    uint64_t sent = viewer_sent_bytes(&c->viewer);
    if (sent == c->sent_when_heard)
        return;
    c->sent_when_heard = sent;
    if (c->session.state == SESSION_PLAYING)
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
    return min_ns(idle_deadline(c), min_ns(request_deadline(c), write_deadline(c)));
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

static void log_close(struct conn *c, const char *why)
{
    LOG_INFO("connection closed", log_str("peer", c->peer), log_str("session", c->session.id),
             log_str("reason", why), log_u64("sent_bytes", viewer_sent_bytes(&c->viewer)),
             log_u64("jumps", c->viewer.jumps));
}

static void stop_if_drained(struct rtsp_worker *w)
{
    if (w->draining && list_empty(&w->conns))
        w->base.loop.stop = true;
}

void conn_close(struct conn *c, const char *why)
{
    if (c->phase == CONN_CLOSED)
        return;
    if (c->phase == CONN_OPEN)
        log_close(c, why);
    c->phase = CONN_CLOSED;
    viewer_fini(&c->viewer);
    session_reset(&c->session);
    tmr_disarm(&c->worker->base.loop.timers, &c->deadline);
    task_cancel(&c->read_more);
    list_remove(&c->link);
    loop_close(&c->io);
    metrics_add(&c->worker->metrics, METRIC_CONNECTIONS_CLOSED, 1);
    atomic_fetch_sub_explicit(c->worker->clients, 1, memory_order_relaxed); /* a count, no more */
    loop_dispose(&c->worker->base.loop, &c->litter, dispose);
    stop_if_drained(c->worker);
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
    log_close(c, why);
    c->phase = CONN_LINGERING;
    c->linger_until_ns = worker_now(c->worker) + LINGER_NS;
    viewer_leave(&c->viewer);
    session_reset(&c->session);
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

static void take_request(struct conn *c, const struct msg *msg)
{
    c->heard_ns = worker_now(c->worker);
    c->worker->handlers->on_request(c, msg);
}

static struct msg_limits limits_of(const struct config *config)
{
    return (struct msg_limits){.uri_bytes = URI_MAX_BYTES,
                               .header_bytes = config->max_header_bytes,
                               .body_bytes = config->max_body_bytes};
}

/* The bytes of one message at the front; 0: not all of it is there. */
static size_t take_interleaved(struct conn *c, struct slice bytes)
{
    if (bytes.len < INTERLEAVED_HEADER_BYTES)
        return 0;
    size_t len = get_be16(bytes.ptr + 2);
    struct slice packet = slice_from(bytes, INTERLEAVED_HEADER_BYTES);
    if (packet.len < len)
        return 0;
    c->heard_ns = worker_now(c->worker);
    c->worker->handlers->on_packet(c, bytes.ptr[1], slice_head(packet, len));
    return INTERLEAVED_HEADER_BYTES + len;
}

static size_t take_message(struct conn *c, struct slice bytes)
{
    if (bytes.ptr[0] == '$')
        return take_interleaved(c, bytes);
    const struct msg_limits limits = limits_of(c->worker->config);
    struct msg msg;
    int status;
    const char *why;
    int64_t n = msg_read(&c->reader, bytes, &limits, &msg, &status, &why);
    if (n == 0)
        return 0;
    c->reader = (struct msg_reader){0};
    if (n < 0)
        c->worker->handlers->on_bad_request(c, &msg, status, why);
    else
        take_request(c, &msg);
    return n < 0 ? bytes.len : (size_t)n;
}

/* Takes all whole messages, unless replies pile up. Returns the bytes that are done with. */
static size_t take_messages(struct conn *c, struct slice bytes)
{
    size_t done = 0;
    while (done < bytes.len && c->phase == CONN_OPEN &&
           buf_len(&c->viewer.out) < UNSENT_MAX_BYTES) {
        size_t n = take_message(c, slice_from(bytes, done));
        if (n == 0)
            break;
        done += n;
    }
    if (c->phase != CONN_OPEN)
        return bytes.len; /* nothing it says counts any more */
    if (done > 0 || c->incomplete_since_ns == 0)
        c->incomplete_since_ns = done < bytes.len ? worker_now(c->worker) : 0;
    return done;
}

/* Bytes that the next read should have room for. */
static size_t room_wanted(const struct conn *c)
{
    struct slice have = buf_slice(&c->in);
    size_t total = c->reader.total;
    if (have.len >= INTERLEAVED_HEADER_BYTES && have.ptr[0] == '$')
        total = INTERLEAVED_HEADER_BYTES + (size_t)get_be16(have.ptr + 2);
    size_t least = c->session.state == SESSION_RECORDING ? PUBLISHER_READ_BYTES : READ_BYTES;
    return total > have.len + least ? total - have.len : least;
}

/* Input that begins in the middle of a message is collected behind what is there already. */
static ssize_t read_behind(struct conn *c)
{
    if (buf_reserve(&c->in, room_wanted(c)) != 0)
        return -ENOMEM;
    ssize_t n = recv(c->io.fd, c->in.data + c->in.end, c->in.cap - c->in.end, 0);
    if (n <= 0)
        return n < 0 ? -errno : 0;
    c->in.end += (uint32_t)n;
    size_t done = take_messages(c, buf_slice(&c->in));
    if (c->phase != CONN_CLOSED)
        buf_consume(&c->in, done, c->session.state == SESSION_RECORDING);
    return n;
}

/* Else it is read where all connections of the worker read, and only a rest is kept. */
static ssize_t read_afresh(struct conn *c)
{
    uint8_t *scratch = c->worker->read_scratch;
    ssize_t n = recv(c->io.fd, scratch, READ_SCRATCH_BYTES, 0);
    if (n <= 0)
        return n < 0 ? -errno : 0;
    size_t done = take_messages(c, slice_of(scratch, (size_t)n));
    if (c->phase == CONN_OPEN &&
        buf_append(&c->in, slice_of(scratch + done, (size_t)n - done)) != 0)
        return -ENOMEM;
    return n;
}

/* True when there may be more to read. */
static bool read_once(struct conn *c)
{
    bool behind = c->in.data || c->session.state == SESSION_RECORDING;
    ssize_t n = behind ? read_behind(c) : read_afresh(c);
    if (n > 0)
        return c->phase != CONN_CLOSED;
    if (n == -EINTR)
        return true;
    if (n == 0)
        conn_close(c, "closed by the peer");
    else if (n != -EAGAIN)
        conn_close(c, n == -ENOMEM ? "out of memory" : "connection lost");
    return false;
}

static bool is_backed_up(const struct conn *c)
{
    return c->phase == CONN_OPEN && buf_len(&c->viewer.out) >= UNSENT_MAX_BYTES;
}

static void read_some(struct conn *c)
{
    for (int n = 0; n < READS_A_TURN; n++)
        if (is_backed_up(c) || !read_once(c))
            break;
        else if (n == READS_A_TURN - 1)
            loop_post_task(&c->worker->base.loop, &c->read_more);
    if (c->phase != CONN_CLOSED)
        schedule(c);
}

/* Requests that were left lying while replies piled up. */
static void take_left_over(struct conn *c)
{
    if (c->phase != CONN_OPEN || buf_len(&c->in) == 0)
        return;
    size_t done = take_messages(c, buf_slice(&c->in));
    if (c->phase != CONN_CLOSED)
        buf_consume(&c->in, done, c->session.state == SESSION_RECORDING);
}

static void on_read_more(struct task *t)
{
    read_some(CONTAINER_OF(t, struct conn, read_more));
}

static void on_writable(struct conn *c)
{
    bool was_backed_up = is_backed_up(c);
    viewer_writable(&c->viewer);
    if (c->phase == CONN_LINGERING)
        shut_when_sent(c);
    if (was_backed_up && c->phase != CONN_CLOSED && !is_backed_up(c)) {
        take_left_over(c);
        loop_post_task(&c->worker->base.loop, &c->read_more);
    }
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
        read_some(c);
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
