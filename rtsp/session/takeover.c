/* SPDX-License-Identifier: MIT */
#include "rtsp/session/takeover.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "rtsp/session/conn.h"
#include "rtsp/source/source_publish.h"

struct takeover {
    struct message letter;
    struct rtsp_worker *origin;
    unsigned next; /* worker to be visited */
    uint32_t stream_id;
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

static void end_publisher(struct conn *c)
{
    publisher_hand_over(c->session.publisher);
    conn_linger(c, "another publisher takes over");
}

static void visit(struct rtsp_worker *w, uint32_t stream_id)
{
    struct list *next;
    for (struct list *l = w->conns.next; l != &w->conns; l = next) {
        struct conn *c = CONTAINER_OF(l, struct conn, link);
        next = l->next;
        if (c->session.publisher && c->session.stream_id == stream_id)
            end_publisher(c);
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
        visit(here, t->stream_id);
    send_on(t);
}

struct takeover *takeover_ask(struct rtsp_worker *w, uint32_t stream_id,
                              void (*on_return)(void *arg), void *arg)
{
    struct takeover *t = malloc(sizeof *t);
    if (!t)
        return NULL;
    *t = (struct takeover){.origin = w, .stream_id = stream_id, .on_return = on_return, .arg = arg};
    send_on(t);
    return t;
}

void takeover_forget(struct takeover *t)
{
    if (t)
        atomic_store_explicit(&t->forgotten, true, memory_order_relaxed);
}
