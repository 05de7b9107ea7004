/* SPDX-License-Identifier: MIT */
#include "rtsp/source/orphans.h"

#include <stdlib.h>

#include "core/log.h"
#include "rtsp/source/source.h"

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

static void finish(struct orphan *orphan, const char *why)
{
    struct orphans *o = orphan->owner;
    if (stream_claim_again(orphan->stream, orphan->ticket)) {
        LOG_INFO("stream ended", log_str("stream", stream_name(orphan->stream)),
                 log_str("reason", why));
        source_end_stream(o->registry, orphan->stream);
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

/* False when it cannot wait. */
static bool wait_for_publisher(struct orphans *o, struct stream *s, int64_t grace_ns)
{
    struct orphan *orphan = calloc(1, sizeof *orphan);
    if (!orphan)
        return false;
    *orphan = (struct orphan){.owner = o, .stream = s, .grace.on_expiry = on_grace_over};
    if (tmr_arm(&o->loop->timers, &orphan->grace, o->loop->now_ns + grace_ns) != 0) {
        free(orphan);
        return false;
    }
    list_append(&o->list, &orphan->link);
    LOG_INFO("stream waits for a publisher", log_str("stream", stream_name(s)),
             log_u64("seconds", (uint64_t)(grace_ns / NS_PER_S)));
    orphan->ticket = stream_release(s);
    return true;
}

void orphans_add(struct orphans *o, struct stream **s, int64_t grace_ns)
{
    if (grace_ns > 0 && !o->is_over && wait_for_publisher(o, *s, grace_ns)) {
        *s = NULL;
        return;
    }
    source_end_stream(o->registry, *s);
    stream_unref(s);
}

void orphans_end(struct orphans *o)
{
    o->is_over = true;
    while (!list_empty(&o->list))
        finish(CONTAINER_OF(o->list.next, struct orphan, link), "the server stops");
}
