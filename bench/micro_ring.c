/* SPDX-License-Identifier: MIT */
/*
 * The ring, with its producer and its readers at work at the same time, in turns:
 *
 *   turn k     the producer publishes burst k + 1, while each reader reads burst k
 *
 * So readers find frames that another thread has just written, as workers do, and nobody spins:
 * between two turns all wait for each other, untimed. The time is that of each thread's own
 * processor.
 *
 * With more threads than processors a turn's threads run partly one after the other. On 2
 * processors never more than 2 get in each other's way, and a reader that comes second finds what
 * the first one has brought into the cache: the rows beyond show that more readers do not cost more
 * each, and say nothing of how 8 at the very same time would fare.
 */
#include <pthread.h>
#include <stdlib.h>

#include "bench/micro.h"
#include "core/ring.h"

enum {
    BURST = 2048,
    SLOTS = 4 * BURST,
    RETAINED = 2 * BURST, /* the burst being read, and the one being published */
    RETIRE = 32,          /* at a time, as core/stream.c does */
    FRAME_BYTES = 64,
    READERS_MAX = 8,
    DRAIN_TURNS = 64, /* so many bursts wait to be freed at the most: 30 MB */
};

struct bench;

struct reader {
    struct bench *bench;
    pthread_t thread;
    uint64_t pos;
    struct micro_tally tally; /* read by the main thread between turns only */
};

struct bench {
    struct ring *ring;
    unsigned readers;
    unsigned turns;
    bool stop; /* changed between turns */
    pthread_barrier_t turn;
    struct frame *burst[BURST];
    struct reader reader[READERS_MAX];
};

static const unsigned counts[] = {0, 1, 2, 4, 8};

/* Waits for all others, holding up nobody's grace period meanwhile. */
static void meet(struct bench *b)
{
    rcu_offline();
    pthread_barrier_wait(&b->turn);
    rcu_online();
}

static void read_burst(struct reader *r)
{
    struct frame *f;
    uint64_t missed, bytes = 0;
    int64_t start_ns = micro_cpu_ns();
    for (unsigned i = 0; i < BURST; i++) {
        if (ring_read(r->bench->ring, r->pos++, &f, &missed) != RING_FRAME)
            micro_fail("a frame is not in the ring");
        bytes += f->len;
    }
    micro_keep_number(bytes);
    micro_add(&r->tally, BURST, start_ns);
}

static void *read_on(void *arg)
{
    struct reader *r = arg;
    rcu_enter();
    for (meet(r->bench); !r->bench->stop; meet(r->bench)) {
        read_burst(r);
        meet(r->bench);
    }
    rcu_leave();
    return NULL;
}

static void make_burst(struct bench *b)
{
    for (unsigned i = 0; i < BURST; i++)
        b->burst[i] = micro_need(frame_create(FRAME_BYTES));
}

static void publish_burst(struct bench *b)
{
    for (unsigned i = 0; i < BURST; i++) {
        ring_publish(b->ring, b->burst[i]);
        uint64_t head = ring_head(b->ring);
        if (head % RETIRE == 0 && head > RETAINED)
            ring_retire(b->ring, head - RETAINED);
    }
}

/* Gives the thread that frees retired frames time to do so. */
static void drain(void)
{
    rcu_offline();
    rcu_drain();
    rcu_online();
}

static struct micro_tally take_turn(struct bench *b)
{
    struct micro_tally published = {0};
    make_burst(b);
    meet(b);
    int64_t start_ns = micro_cpu_ns();
    publish_burst(b);
    micro_add(&published, BURST, start_ns);
    meet(b);
    if (++b->turns % DRAIN_TURNS == 0)
        drain();
    return published;
}

static void publish_batch(void *state, struct micro_tally *tally)
{
    struct micro_tally published = take_turn(state);
    tally->ops += published.ops;
    tally->cpu_ns += published.cpu_ns;
}

static void read_batch(void *state, struct micro_tally *tally)
{
    struct bench *b = state;
    take_turn(b);
    for (unsigned i = 0; i < b->readers; i++) {
        struct micro_tally *t = &b->reader[i].tally;
        tally->ops += t->ops;
        tally->cpu_ns += t->cpu_ns;
        *t = (struct micro_tally){0};
    }
}

static void *open_ring(const void *param)
{
    struct bench *b = micro_need(calloc(1, sizeof *b));
    b->readers = *(const unsigned *)param;
    b->ring = micro_need(ring_create(SLOTS));
    rcu_enter();
    make_burst(b); /* the one that is read in the first turn */
    publish_burst(b);
    pthread_barrier_init(&b->turn, NULL, b->readers + 1);
    for (unsigned i = 0; i < b->readers; i++) {
        b->reader[i].bench = b;
        if (pthread_create(&b->reader[i].thread, NULL, read_on, &b->reader[i]) != 0)
            micro_fail("cannot start a thread");
    }
    return b;
}

static void close_ring(void *state)
{
    struct bench *b = state;
    b->stop = true;
    meet(b);
    for (unsigned i = 0; i < b->readers; i++)
        pthread_join(b->reader[i].thread, NULL);
    rcu_leave();
    rcu_drain();
    pthread_barrier_destroy(&b->turn);
    ring_destroy(b->ring);
    free(b);
}

static const char what_publish[] = "publish a frame, and retire an old one, while so many read";
static const char what_read[] = "read a frame, so many at the same time";

const struct micro micro_ring[] = {
    {"ring/publish/0-readers", what_publish, &counts[0], open_ring, publish_batch, close_ring},
    {"ring/publish/1-reader", what_publish, &counts[1], open_ring, publish_batch, close_ring},
    {"ring/publish/2-readers", what_publish, &counts[2], open_ring, publish_batch, close_ring},
    {"ring/publish/4-readers", what_publish, &counts[3], open_ring, publish_batch, close_ring},
    {"ring/publish/8-readers", what_publish, &counts[4], open_ring, publish_batch, close_ring},
    {"ring/read/1-reader", what_read, &counts[1], open_ring, read_batch, close_ring},
    {"ring/read/2-readers", what_read, &counts[2], open_ring, read_batch, close_ring},
    {"ring/read/4-readers", what_read, &counts[3], open_ring, read_batch, close_ring},
    {"ring/read/8-readers", what_read, &counts[4], open_ring, read_batch, close_ring},
    {0},
};
