/* SPDX-License-Identifier: MIT */
/*
 * Threads that add, find and remove the same few names. A name is used as a lock: whoever adds it
 * holds it until removing it, so that nobody else may be inside meanwhile.
 */
#include "core/registry.h"

#include <errno.h>

#include "tests/stress/stress.h"

enum { THREADS = 4, NAMES = 3, TURNS = 8000, KEPT = 4 };

static struct registry *registry;
static _Atomic unsigned inside[NAMES];

struct totals {
    unsigned long added, refused, found, missed;
};

struct thread {
    struct totals totals;
    uint32_t seed;
    struct stream *held[NAMES]; /* whose names it has */
    struct stream *kept[KEPT];
};

static const char *const name[NAMES] = {"live/a", "live/b", "live/c"};

static struct stream *make(const char *stream_name)
{
    static const struct media media = {.track_count = 1, .track = {{.codec = CODEC_H264}}};
    static const struct stream_options options = {.ring_slots = 4, .watch_slots = 1};
    struct stream *s = stream_create(stream_name, &media, &options);
    if (!s)
        violation("no memory");
    return s;
}

static void give_name_back(struct thread *me, unsigned n)
{
    if (registry_find(registry, name[n]) != me->held[n])
        violation("%s is not what was added", name[n]);
    atomic_fetch_sub(&inside[n], 1);
    registry_remove(registry, me->held[n]);
    registry_remove(registry, me->held[n]); /* too late to harm whoever has the name now */
    stream_unref(&me->held[n]);
}

static void try_name(struct thread *me, unsigned n)
{
    struct stream *s = make(name[n]);
    int rc = registry_add(registry, s);
    if (rc == -EEXIST) {
        me->totals.refused++;
        stream_unref(&s);
        return;
    }
    if (rc != 0 || atomic_fetch_add(&inside[n], 1) != 0)
        violation("%s was added twice (%d)", name[n], rc);
    me->held[n] = s;
    me->totals.added++;
}

static void look_up(struct thread *me, unsigned n)
{
    struct stream *s = registry_find(registry, name[n]);
    if (!s) {
        me->totals.missed++;
        return;
    }
    me->totals.found++;
    dawdle(&me->seed);
    if (strcmp(stream_name(s), name[n]) != 0 || stream_media(s, NULL)->track_count != 1)
        violation("%s is another stream", name[n]);
    struct stream **place = &me->kept[dice(&me->seed, KEPT)];
    if (*place && ring_head(stream_ring(*place)) != 0)
        violation("a stream that was kept has changed");
    stream_unref(place);
    *place = stream_ref(s);
}

static void *work(void *arg)
{
    struct thread *me = arg;
    rcu_enter();
    for (unsigned i = 0; i < TURNS; i++) {
        unsigned n = dice(&me->seed, NAMES);
        if (dice(&me->seed, 2))
            look_up(me, n);
        else if (me->held[n])
            give_name_back(me, n);
        else
            try_name(me, n);
        if (dice(&me->seed, 4) == 0)
            rcu_quiescent();
    }
    for (unsigned n = 0; n < NAMES; n++)
        if (me->held[n])
            give_name_back(me, n);
    for (unsigned i = 0; i < KEPT; i++)
        stream_unref(&me->kept[i]);
    rcu_leave();
    return NULL;
}

int main(void)
{
    static struct thread thread[THREADS];
    struct totals sum = {0};
    pthread_t id[THREADS];
    registry = registry_create();
    for (unsigned i = 0; i < THREADS; i++) {
        thread[i].seed = i + 1;
        id[i] = start(work, &thread[i]);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(id[i], NULL);
        sum.added += thread[i].totals.added;
        sum.refused += thread[i].totals.refused;
        sum.found += thread[i].totals.found;
        sum.missed += thread[i].totals.missed;
    }
    registry_destroy(registry);
    rcu_drain(); /* entries */
    rcu_drain(); /* their streams */
    printf("%lu added, %lu refused, %lu found, %lu missed\n", sum.added, sum.refused, sum.found,
           sum.missed);
    return sum.added > 0 ? 0 : 1;
}
