/* SPDX-License-Identifier: MIT */
/*
 * One producer that laps everybody and retires at random, and readers that dawdle, go offline, and
 * keep frames by reference. Each reader must see every position once, in order and whole, or be
 * told exactly how many it missed.
 */
#include "core/ring.h"

#include "tests/stress/stress.h"

enum {
    READERS = 3,
    FRAMES = 60000, /* a round */
    DATA_BYTES = 200,
    BORROWED = 8, /* frames that a reader looks at again before it is quiescent */
    KEPT = 4,     /* frames that a reader holds by reference */
    SAMPLE = 500, /* of every so many frames the reference count is looked at in the end */
};

struct round {
    struct ring *ring;
    _Atomic bool done;
    struct frame *sample[FRAMES / SAMPLE];
};

struct reader {
    struct round *round;
    uint32_t seed;
    uint64_t pos, frames, lapped;
    struct frame *borrowed[BORROWED], *kept[KEPT];
    unsigned borrowed_count;
};

static uint8_t byte_of(uint64_t pos, size_t i)
{
    return (uint8_t)((pos * 2654435761u) >> (8 * (i % 4)) ^ i);
}

static struct frame *make(uint64_t pos, uint32_t *seed)
{
    struct frame *f = frame_create(1 + dice(seed, DATA_BYTES));
    if (!f)
        violation("no memory");
    f->bytes_sum = pos;
    for (size_t i = 0; i < f->len; i++)
        f->data[i] = byte_of(pos, i);
    return f;
}

static void check_content(const struct frame *f)
{
    if (f->bytes_sum != f->pos)
        violation("frame %lu claims to be %lu", f->bytes_sum, f->pos);
    for (size_t i = 0; i < f->len; i++)
        if (f->data[i] != byte_of(f->pos, i))
            violation("frame %lu: byte %zu is wrong", f->pos, i);
}

static void *produce(void *arg)
{
    struct round *round = arg;
    struct ring *r = round->ring;
    uint32_t seed = 1;
    rcu_enter();
    for (uint64_t pos = 0; pos < FRAMES; pos++) {
        struct frame *f = make(pos, &seed);
        if (pos % SAMPLE == 0)
            round->sample[pos / SAMPLE] = frame_ref(f);
        ring_publish(r, f);
        if (dice(&seed, 8) == 0)
            ring_retire(r, ring_tail(r) + dice(&seed, (uint32_t)(ring_head(r) - ring_tail(r)) + 1));
        rcu_quiescent();
        dawdle(&seed);
    }
    atomic_store(&round->done, true);
    rcu_leave();
    return NULL;
}

static void replace_kept(struct reader *me, struct frame *f)
{
    struct frame **place = &me->kept[dice(&me->seed, KEPT)];
    if (*place)
        check_content(*place);
    frame_unref(place);
    *place = f ? frame_ref(f) : NULL;
}

static void be_quiescent(struct reader *me)
{
    for (unsigned i = 0; i < me->borrowed_count; i++)
        check_content(me->borrowed[i]);
    me->borrowed_count = 0;
    if (dice(&me->seed, 16) > 0) {
        rcu_quiescent();
        return;
    }
    rcu_offline();
    sched_yield();
    rcu_online();
}

static void take(struct reader *me, struct frame *f)
{
    if (f->pos != me->pos)
        violation("position %lu has frame %lu", me->pos, f->pos);
    check_content(f);
    if (dice(&me->seed, 8) == 0)
        replace_kept(me, f);
    me->borrowed[me->borrowed_count++] = f;
    me->pos++;
    me->frames++;
    if (me->borrowed_count == BORROWED || dice(&me->seed, 4) == 0)
        be_quiescent(me);
}

static void skip(struct reader *me, uint64_t lapped_by)
{
    if (lapped_by == 0 || lapped_by > ring_head(me->round->ring) - me->pos)
        violation("at %lu lapped by %lu", me->pos, lapped_by);
    me->pos += lapped_by;
    me->lapped += lapped_by;
}

static void *consume(void *arg)
{
    struct reader *me = arg;
    rcu_enter();
    while (me->pos < FRAMES) {
        struct frame *f = NULL;
        uint64_t lapped_by = 0;
        bool done = atomic_load(&me->round->done);
        switch (ring_read(me->round->ring, me->pos, &f, &lapped_by)) {
        case RING_FRAME:
            take(me, f);
            break;
        case RING_LAPPED:
            skip(me, lapped_by);
            break;
        case RING_EMPTY:
            if (done)
                violation("the end was never seen from %lu", me->pos);
            be_quiescent(me);
        }
        dawdle(&me->seed);
    }
    be_quiescent(me);
    rcu_leave();
    for (unsigned i = 0; i < 16 * KEPT; i++)
        replace_kept(me, NULL);
    for (unsigned i = 0; i < KEPT; i++)
        frame_unref(&me->kept[i]);
    return NULL;
}

static void check_samples(struct round *round)
{
    for (unsigned i = 0; i < FRAMES / SAMPLE; i++) {
        if (atomic_load(&round->sample[i]->refs) != 1)
            violation("frame %u has references left", i * SAMPLE);
        frame_unref(&round->sample[i]);
    }
}

static void run(uint32_t slots, uint64_t *frames, uint64_t *lapped)
{
    static struct round round;
    static struct reader reader[READERS];
    pthread_t thread[READERS];
    round = (struct round){.ring = ring_create(slots)};
    for (unsigned i = 0; i < READERS; i++) {
        reader[i] = (struct reader){.round = &round, .seed = slots + i + 1};
        thread[i] = start(consume, &reader[i]);
    }
    pthread_t producer = start(produce, &round);
    pthread_join(producer, NULL);
    for (unsigned i = 0; i < READERS; i++) {
        pthread_join(thread[i], NULL);
        if (reader[i].frames + reader[i].lapped != FRAMES)
            violation("reader %u: %lu + %lu", i, reader[i].frames, reader[i].lapped);
        *frames += reader[i].frames;
        *lapped += reader[i].lapped;
    }
    ring_destroy(round.ring);
    rcu_drain();
    check_samples(&round);
}

int main(void)
{
    uint64_t frames = 0, lapped = 0;
    for (uint32_t slots = 8; slots <= 64; slots *= 2)
        run(slots, &frames, &lapped);
    printf("%lu frames delivered, %lu lapped\n", frames, lapped);
    return frames > 0 && lapped > 0 ? 0 : 1;
}
