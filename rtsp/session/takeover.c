/* SPDX-License-Identifier: MIT */
#include "rtsp/session/takeover.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "rtsp/session/conn.h"
#include "rtsp/source/source_publish.h"

struct takeover {
    struct message letter;
    struct rtsp_worker *origin;
    unsigned next;      /* worker to be visited */
    uint32_t stream_id; /* this stream's publisher is meant, */
    uint64_t claim;     /* if it is still the one that had it then */
    void (*on_return)(void *arg);
    void *arg;
    /* The origin's to set. A worker that does not see it yet ends a publisher as it would have done
     * a moment before: relaxed. */
    _Atomic bool forgotten;
};

static bool is_forgotten(struct takeover *t)
{
    return atomic_load_explicit(&t->forgotten, memory_order_relaxed);
}

static bool is_meant(const struct takeover *t, const struct session *s)
{
    return s->stream_id == t->stream_id &&
           stream_claim_count(publisher_stream(s->publisher)) == t->claim;
}

/* Why the publisher has to go; NULL: it stays. A connection looks alive for long after its cable
 * was cut, so who says nothing at all keeps nobody out. */
static const char *reason_to_go(const struct conn *c)
{
    const struct config *config = c->worker->config;
    if (config->second_publisher == SECOND_PUBLISHER_REPLACE)
        return "another publisher takes over";
    if (worker_now(c->worker) - c->heard_ns > config->publisher_silence_ns)
        return "silent, and another publisher takes over";
    return NULL;
}

static void ask_publisher(struct conn *c)
{
    const char *why = reason_to_go(c);
    if (!why)
        return;
    publisher_hand_over(c->session.publisher);
    conn_linger(c, why);
}

static void visit(struct takeover *t, struct rtsp_worker *w)
{
    for (struct list *l = w->publishers.next; l != &w->publishers; l = l->next) {
        struct conn *c = CONTAINER_OF(l, struct conn, session.publishing);
        if (!is_meant(t, &c->session))
            continue;
        t->next = t->origin->workers; /* there is no other */
        ask_publisher(c);
        return;
    }
}

static void on_home(struct message *m)
{
    struct takeover *t = CONTAINER_OF(m, struct takeover, letter);
    if (!is_forgotten(t))
        t->on_return(t->arg);
    free(t);
}

static void on_arrival(struct message *m);

static void send_on(struct takeover *t)
{
    bool is_done = t->next == t->origin->workers;
    struct rtsp_worker *to = is_done ? t->origin : t->origin->all[t->next];
    t->letter.on_delivery = is_done ? on_home : on_arrival;
    mailbox_post(&to->base.loop.mailbox, &t->letter);
}

static void on_arrival(struct message *m)
{
    struct takeover *t = CONTAINER_OF(m, struct takeover, letter);
    struct rtsp_worker *here = t->origin->all[t->next++];
    if (!is_forgotten(t))
        visit(t, here);
    send_on(t);
}

struct takeover *takeover_ask(struct rtsp_worker *w, const struct stream *s,
                              void (*on_return)(void *arg), void *arg)
{
    struct takeover *t = malloc(sizeof *t);
    if (!t)
        return NULL;
    *t = (struct takeover){.origin = w,
                           .stream_id = stream_id(s),
                           .claim = stream_claim_count(s),
                           .on_return = on_return,
                           .arg = arg};
    send_on(t);
    return t;
}

void takeover_forget(struct takeover *t)
{
    if (t)
        atomic_store_explicit(&t->forgotten, true, memory_order_relaxed);
}
