/* SPDX-License-Identifier: MIT */
#include "rtsp/session/acceptor.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/text.h"
#include "net/listener.h"
#include "rtsp/message/reply.h"
#include "rtsp/session/conn.h"

enum { ACCEPTS_A_TURN = 64 };

#define RETRY_NS (100 * NS_PER_MS)

/* Says why, as far as the socket takes it at once, and closes. */
static void turn_away(int fd)
{
    char buf[256];
    struct text t;
    text_init(&t, buf, sizeof buf);
    reply_begin(&t, 503, "too many clients", -1);
    reply_end(&t, NULL, (struct slice){0});
    ssize_t n = send(fd, t.buf, t.len, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)n;
    close(fd);
}

static void take_in(struct acceptor *a, int fd)
{
    struct rtsp_worker *w = a->worker;
    /* Relaxed: only a count. */
    uint64_t others = atomic_fetch_add_explicit(w->clients, 1, memory_order_relaxed);
    if (others < w->config->max_clients) {
        conn_open(w, fd);
        return;
    }
    atomic_fetch_sub_explicit(w->clients, 1, memory_order_relaxed);
    LOG_WARN("connection refused: too many clients",
             log_u64("max_clients", w->config->max_clients));
    turn_away(fd);
}

/* True when the queue may hold more. */
static bool accept_one(struct acceptor *a)
{
    int fd = listener_accept(a->io.fd);
    if (fd >= 0) {
        take_in(a, fd);
        return true;
    }
    if (fd == -EAGAIN)
        return false;
    if (fd == -EMFILE || fd == -ENFILE || fd == -ENOMEM || fd == -ENOBUFS) {
        LOG_ERROR("cannot accept", log_str("reason", strerror(-fd)));
        tmr_arm(&a->worker->base.loop.timers, &a->retry, worker_now(a->worker) + RETRY_NS);
        return false;
    }
    return true; /* that one was gone already (accept(2)) */
}

static void accept_some(struct acceptor *a)
{
    for (int n = 0; n < ACCEPTS_A_TURN; n++)
        if (a->io.fd < 0 || !accept_one(a))
            return;
    loop_post_task(&a->worker->base.loop, &a->accept_more);
}

static void on_accept_more(struct task *t)
{
    accept_some(CONTAINER_OF(t, struct acceptor, accept_more));
}

static void on_retry(struct tmr *t, int64_t now_ns)
{
    (void)now_ns;
    accept_some(CONTAINER_OF(t, struct acceptor, retry));
}

static void on_events(struct io *io, uint32_t events)
{
    (void)events;
    accept_some(CONTAINER_OF(io, struct acceptor, io));
}

void acceptor_init(struct acceptor *a)
{
    *a = (struct acceptor){.io = {.fd = -1, .on_events = on_events}};
    a->retry.on_expiry = on_retry;
    task_init(&a->accept_more, on_accept_more);
}

int acceptor_open(struct acceptor *a, struct rtsp_worker *w, int fd)
{
    a->worker = w;
    a->io.fd = fd;
    return loop_add(&w->base.loop, &a->io);
}

void acceptor_close(struct acceptor *a)
{
    if (a->io.fd < 0)
        return;
    task_cancel(&a->accept_more);
    tmr_disarm(&a->worker->base.loop.timers, &a->retry);
    loop_close(&a->io);
}
