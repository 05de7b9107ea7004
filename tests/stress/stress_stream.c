/* SPDX-License-Identifier: MIT */
/*
 * A publisher that waits after each frame until all readers have it, and readers that begin to
 * watch anew for each frame and sleep when it is not there yet. News that nobody is told of stops
 * everybody, and a reader's wait then ends by its deadline. The description changes now and then;
 * each version must be whole.
 */
#include "core/stream.h"

#include <errno.h>
#include <semaphore.h>
#include <time.h>

#include "tests/stress/versions.h"

enum { READERS = 2, STREAMS = 60, FRAMES = 120 };

/* As a worker's fan-out: told by the publisher, freed when no call can be under way. */
struct watcher {
    struct stream_watch watch;
    struct rcu_node rcu;
    const struct ring *ring;
    sem_t news;
    _Atomic bool told;
    _Atomic uint64_t head; /* at the last call */
};

struct show {
    struct stream *stream;
    _Atomic unsigned seen; /* readers that have the newest frame, or the end */
};

struct reader {
    struct show *show;
    unsigned slot;
    uint32_t seed;
    uint64_t pos, version;
    unsigned long sleeps;
};

static void tell(struct stream_watch *watch)
{
    struct watcher *w = CONTAINER_OF(watch, struct watcher, watch);
    atomic_store_explicit(&w->head, ring_head(w->ring), memory_order_relaxed);
    if (!atomic_exchange_explicit(&w->told, true, memory_order_acq_rel))
        sem_post(&w->news);
}

static struct watcher *watcher_create(const struct ring *ring)
{
    struct watcher *w = calloc(1, sizeof *w);
    if (!w)
        violation("no memory");
    w->watch.on_news = tell;
    w->ring = ring;
    sem_init(&w->news, 0, 0);
    return w;
}

static void watcher_free(struct rcu_node *node)
{
    struct watcher *w = CONTAINER_OF(node, struct watcher, rcu);
    sem_destroy(&w->news);
    free(w);
}

static void sleep_until_told(struct reader *me, struct watcher *w)
{
    struct timespec deadline;
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += LOST_AFTER_S;
    rcu_offline();
    while (sem_timedwait(&w->news, &deadline) != 0)
        if (errno == ETIMEDOUT)
            violation("news was lost at frame %lu", me->pos);
    rcu_online();
    me->sleeps++;
    atomic_exchange_explicit(&w->told, false, memory_order_acq_rel);
    uint64_t promised = atomic_load_explicit(&w->head, memory_order_relaxed);
    if (ring_head(w->ring) < promised)
        violation("told of %lu frames, found %lu", promised, ring_head(w->ring));
}

/* True when the frame at the reader's position, or the end, is there. */
static bool look(struct reader *me)
{
    struct frame *f;
    uint64_t lapped_by;
    enum ring_result r = ring_read(stream_ring(me->show->stream), me->pos, &f, &lapped_by);
    if (r == RING_LAPPED || (r == RING_FRAME && f->pos != me->pos))
        violation("frame %lu is gone", me->pos);
    if (r == RING_FRAME)
        check_media(me->show->stream, &me->version);
    return r == RING_FRAME || (me->pos == FRAMES && stream_state(me->show->stream) == STREAM_ENDED);
}

static void await_news(struct reader *me)
{
    struct watcher *w = watcher_create(stream_ring(me->show->stream));
    stream_set_watch(me->show->stream, me->slot, &w->watch);
    while (!look(me)) /* a call may also come late, for the frame before */
        sleep_until_told(me, w);
    stream_set_watch(me->show->stream, me->slot, NULL);
    rcu_defer(&w->rcu, watcher_free);
}

static void *read_show(void *arg)
{
    struct reader *me = arg;
    rcu_enter();
    for (me->pos = 0; me->pos <= FRAMES; me->pos++) {
        await_news(me);
        atomic_fetch_add(&me->show->seen, 1);
        rcu_quiescent();
        dawdle(&me->seed);
    }
    rcu_leave();
    return NULL;
}

static void await_readers(struct show *show, uint32_t *seed)
{
    while (atomic_load(&show->seen) < READERS) {
        rcu_quiescent();
        sched_yield();
    }
    atomic_store(&show->seen, 0);
    dawdle(seed);
}

static void publish_frame(struct stream *s, uint32_t n)
{
    struct frame *f = frame_create(100);
    if (!f)
        violation("no memory");
    memset(f->data, 1, f->len);
    f->key = n % 16 == 0;
    f->rtp_time = n * 3600;
    f->packets = 1;
    stream_publish(s, f, 90, n * 40 * NS_PER_MS);
}

static void publish_show(struct show *show, uint32_t *seed)
{
    rcu_enter();
    stream_open(show->stream);
    for (uint32_t n = 0; n < FRAMES; n++) {
        if (dice(seed, 4) == 0)
            change_media(show->stream);
        publish_frame(show->stream, n);
        await_readers(show, seed);
    }
    stream_end(show->stream);
    await_readers(show, seed);
    rcu_leave();
}

static unsigned long run(uint32_t seed)
{
    static const struct media media = {.track_count = 1, .track = {{.codec = CODEC_H264}}};
    static const struct stream_options options = {
        .keep = {.gop_cache_bytes = 1600, .max_lag_bytes = 400, .max_lag_ns = NS_PER_S},
        .watch_slots = READERS,
        .ring_slots = 32,
    };
    struct show show = {.stream = stream_create("live/one", &media, &options)};
    struct reader reader[READERS];
    pthread_t thread[READERS];
    unsigned long sleeps = 0;
    for (unsigned i = 0; i < READERS; i++) {
        reader[i] = (struct reader){.show = &show, .slot = i, .seed = seed + i + 1};
        thread[i] = start(read_show, &reader[i]);
    }
    publish_show(&show, &seed);
    for (unsigned i = 0; i < READERS; i++) {
        pthread_join(thread[i], NULL);
        sleeps += reader[i].sleeps;
    }
    rcu_enter();
    stream_unref(&show.stream);
    rcu_leave();
    rcu_drain();
    return sleeps;
}

int main(void)
{
    unsigned long sleeps = 0;
    for (uint32_t i = 0; i < STREAMS; i++)
        sleeps += run(100 * i + 7);
    printf("%d streams, %d frames each, %lu sleeps, no news lost\n", STREAMS, FRAMES, sleeps);
    return sleeps > 0 ? 0 : 1;
}
