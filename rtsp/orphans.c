/* SPDX-License-Identifier: MIT */
#include "rtsp/orphans.h"

#include <stdlib.h>

#include "core/log.h"

struct orphan {
    struct list link;
    struct tmr grace;
    struct orphans *owner;
    struct stream *stream; /* a reference */
    uint64_t ticket;
};

void orphans_init(struct orphans *o, struct loop *loop, struct registry *registry)
{
    *o = (struct orphans){.loop = loop, .registry = registry};
    list_init(&o->list);
}

/* Whoever publishes ends it. */
static void end_stream(struct orphans *o, struct stream *s)
{
    stream_end(s);
    registry_remove(o->registry, s);
}

static void finish(struct orphan *orphan, const char *why)
{
    struct orphans *o = orphan->owner;
    if (stream_claim_again(orphan->stream, orphan->ticket)) {
        LOG_INFO("stream ended", log_str("stream", stream_name(orphan->stream)),
                 log_str("reason", why));
        end_stream(o, orphan->stream);
    }
    tmr_disarm(&o->loop->timers, &orphan->grace);
    list_remove(&orphan->link);
    stream_unref(&orphan->stream);
    free(orphan);
}

static void on_grace_over(struct tmr *t, int64_t now_ns)
{
    (void)now_ns;
    finish(CONTAINER_OF(t, struct orphan, grace), "no publisher came");
}

void orphans_add(struct orphans *o, struct stream **s, int64_t grace_ns)
{
    struct orphan *orphan = calloc(1, sizeof *orphan);
    if (orphan)
        orphan->grace.on_expiry = on_grace_over;
    if (!orphan || tmr_arm(&o->loop->timers, &orphan->grace, o->loop->now_ns + grace_ns) != 0) {
        end_stream(o, *s);
        stream_unref(s);
        free(orphan);
        return;
    }
    orphan->owner = o;
    orphan->stream = *s;
    *s = NULL;
    list_append(&o->list, &orphan->link);
    orphan->ticket = stream_release(orphan->stream);
}

void orphans_end(struct orphans *o)
{
    while (!list_empty(&o->list))
        finish(CONTAINER_OF(o->list.next, struct orphan, link), "the server stops");
}
