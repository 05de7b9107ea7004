/* SPDX-License-Identifier: MIT */
#include "core/ring.h"

#include <stdlib.h>

enum { CACHE_LINE = 64 };

struct ring {
    uint32_t slots;
    /* Written by the producer for every frame, read by every worker: a line of their own. */
    _Alignas(CACHE_LINE) _Atomic uint64_t head;
    _Atomic uint64_t tail;
    _Alignas(CACHE_LINE) _Atomic(struct frame *) slot[];
};

static size_t slot_of(const struct ring *r, uint64_t pos)
{
    return pos & (r->slots - 1);
}

struct ring *ring_create(uint32_t slots)
{
    size_t bytes = sizeof(struct ring) + slots * sizeof(_Atomic(struct frame *));
    bytes = (bytes + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
    struct ring *r = aligned_alloc(CACHE_LINE, bytes);
    if (!r)
        return NULL;
    memset(r, 0, bytes);
    r->slots = slots;
    return r;
}

void ring_destroy(struct ring *r)
{
    if (!r)
        return;
    for (uint32_t i = 0; i < r->slots; i++) {
        struct frame *f = atomic_load_explicit(&r->slot[i], memory_order_relaxed);
        frame_unref(&f);
    }
    free(r);
}

static void free_retired(struct rcu_node *node)
{
    struct frame *f = CONTAINER_OF(node, struct frame, rcu);
    while (f) {
        struct frame *next = f->next_retired;
        frame_unref(&f);
        f = next;
    }
}

void ring_retire(struct ring *r, uint64_t upto)
{
    uint64_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed); /* our own */
    if (tail >= upto)
        return;
    /* A3: stored first, so that whoever finds a slot emptied (R1) also finds the tail past it (R3).
     */
    atomic_store_explicit(&r->tail, upto, memory_order_release);

    struct frame *chain = NULL;
    for (uint64_t pos = tail; pos < upto; pos++) {
        _Atomic(struct frame *) *slot = &r->slot[slot_of(r, pos)];
        struct frame *f = atomic_load_explicit(slot, memory_order_relaxed);
        atomic_store_explicit(slot, NULL, memory_order_release); /* A3 */
        f->next_retired = chain;
        chain = f;
    }
    /* One grace period for all: a whole GOP usually goes at once. */
    rcu_defer(&chain->rcu, free_retired);
}

void ring_publish(struct ring *r, struct frame *f)
{
    uint64_t head = atomic_load_explicit(&r->head, memory_order_relaxed); /* our own */
    uint64_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed); /* our own */
    if (head - tail == r->slots)
        ring_retire(r, tail + 1);
    f->pos = head;
    atomic_store_explicit(&r->slot[slot_of(r, head)], f,
                          memory_order_release); /* A1, and A3 of the old one */
    /* A2: release would do for readers; A4: sequentially consistent for the one who starts to
     * watch. */
    atomic_store_explicit(&r->head, head + 1, memory_order_seq_cst);
}

uint64_t ring_head(const struct ring *r)
{
    /* Sequentially consistent, not just acquire: a thread that has just begun to watch (W1) may
     * make this its last look before it sleeps. */
    return atomic_load_explicit(&r->head, memory_order_seq_cst); /* R2, A4 */
}

uint64_t ring_tail(const struct ring *r)
{
    return atomic_load_explicit(&r->tail, memory_order_acquire); /* R3 */
}

enum ring_result ring_read(const struct ring *r, uint64_t pos, struct frame **frame,
                           uint64_t *lapped_by)
{
    if (pos >= ring_head(r)) /* R2, A4 */
        return RING_EMPTY;
    struct frame *f =
        atomic_load_explicit(&r->slot[slot_of(r, pos)], memory_order_acquire); /* R1 */
    /* Whatever is in the slot is safe to look at: it leaves only by way of a grace period. The head
     * covers pos, so the slot held its frame once; if it does not now, the tail has passed it. */
    if (f && f->pos == pos) {
        *frame = f;
        return RING_FRAME;
    }
    *lapped_by = ring_tail(r) - pos; /* R3 */
    return RING_LAPPED;
}
