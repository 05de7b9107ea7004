/* SPDX-License-Identifier: MIT */
/*
 * Looking streams up by name in a registry of a thousand, alone, and while another thread adds and
 * removes others as fast as it can.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/micro.h"
#include "core/registry.h"

enum {
    STREAMS = 1000,
    STRIDE = 389,          /* names are looked up out of order; has no divisor with STREAMS */
    COMING_AND_GOING = 64, /* streams that the other thread adds and removes */
    DRAIN_PAIRS = 1 << 18, /* so many removed entries wait to be freed at the most: 17 MB */
};

struct bench {
    struct registry *registry;
    struct stream *stream[STREAMS];
    struct stream *unsettled[COMING_AND_GOING];
    bool churns;
    pthread_t churner;
    _Atomic bool stop; /* relaxed: nothing hangs on when it is seen */
};

static const bool alone = false;
static const bool under_churn = true;

static struct stream *make_stream(const char *kind, unsigned number)
{
    static const struct media media = {.track_count = 1, .track = {{.codec = CODEC_H264}}};
    static const struct stream_options options = {.ring_slots = 4};
    char name[STREAM_NAME_MAX];
    snprintf(name, sizeof name, "live/%s-%04u", kind, number);
    return micro_need(stream_create(name, &media, &options));
}

static void add(struct bench *b, struct stream *s)
{
    if (registry_add(b->registry, s) != 0)
        micro_fail("a stream cannot be added");
}

static void *churn(void *arg)
{
    struct bench *b = arg;
    rcu_enter();
    for (unsigned i = 0; !atomic_load_explicit(&b->stop, memory_order_relaxed); i++) {
        struct stream *s = b->unsettled[i % COMING_AND_GOING];
        add(b, s);
        registry_remove(b->registry, s);
        rcu_quiescent();
        if ((i + 1) % DRAIN_PAIRS == 0) {
            rcu_offline();
            rcu_drain();
            rcu_online();
        }
    }
    rcu_leave();
    return NULL;
}

static void *open_registry(const void *param)
{
    struct bench *b = micro_need(calloc(1, sizeof *b));
    b->registry = micro_need(registry_create());
    b->churns = *(const bool *)param;
    rcu_enter();
    for (unsigned i = 0; i < STREAMS; i++)
        add(b, b->stream[i] = make_stream("camera", i));
    for (unsigned i = 0; i < COMING_AND_GOING; i++)
        b->unsettled[i] = make_stream("guest", i);
    if (b->churns && pthread_create(&b->churner, NULL, churn, b) != 0)
        micro_fail("cannot start a thread");
    return b;
}

static void find_all(void *state, struct micro_tally *tally)
{
    struct bench *b = state;
    int64_t start_ns = micro_cpu_ns();
    for (unsigned i = 0; i < STREAMS; i++) {
        struct stream *s = b->stream[i * STRIDE % STREAMS];
        if (registry_find(b->registry, stream_name(s)) != s)
            micro_fail("a stream is not in the registry");
    }
    rcu_quiescent();
    micro_add(tally, STREAMS, start_ns);
}

static void close_registry(void *state)
{
    struct bench *b = state;
    atomic_store_explicit(&b->stop, true, memory_order_relaxed);
    rcu_offline();
    if (b->churns)
        pthread_join(b->churner, NULL);
    rcu_online();
    for (unsigned i = 0; i < STREAMS; i++) {
        registry_remove(b->registry, b->stream[i]);
        stream_unref(&b->stream[i]);
    }
    for (unsigned i = 0; i < COMING_AND_GOING; i++)
        stream_unref(&b->unsettled[i]);
    rcu_leave();
    registry_destroy(b->registry);
    rcu_drain(); /* entries */
    rcu_drain(); /* the streams whose last reference they had */
    free(b);
}

const struct micro micro_registry[] = {
    {"registry/find/alone", "look up one of 1,000 streams", &alone, open_registry, find_all,
     close_registry},
    {"registry/find/churn", "the same, while another thread adds and removes", &under_churn,
     open_registry, find_all, close_registry},
    {0},
};
