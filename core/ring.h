/* SPDX-License-Identifier: MIT */
/*
 * The broadcast ring: one producer publishes frames, any number of readers follow, each at a
 * position of its own that the ring knows nothing of.
 *
 *        tail                          head
 *          v                             v
 *   . . . [f][f][f][f][f][f][f][f][f][f] . . .      positions count up for ever;
 *          retained                                 position p lives in slot p & mask
 *
 * Guarantees
 *   - The producer never waits: publishing and retiring are a fixed number of steps, whatever
 * readers do.
 *   - A reader gets every frame in order, each whole, or is told by how many positions it was
 * lapped.
 *   - A frame that a reader was handed stays valid until that reader's next quiescent state
 * (core/rcu.h).
 *
 * Retention is the producer's decision (ring_retire); a full ring retires its oldest frame by
 * itself.
 *
 * Which calls may run together
 *                  publish  retire   read, head, tail
 *   publish          no       no          yes
 *   retire           no       no          yes
 *   read, head,...   yes      yes         yes
 *
 * Ordering edges (labels stand at both ends in ring.c)
 *   A1 -> R1   the frame's bytes, before its pointer is seen in a slot
 *   A2 -> R2   the slot, before the head that covers it
 *   A3 -> R3   the tail that gives a position up, before its slot is seen emptied or reused
 *   A4         the head, in every look at it, is also in the single total order with stream.c's
 *              watch (W1, W2)
 */
#pragma once

#include "core/frame.h"

struct ring;

enum ring_result {
    RING_FRAME,  /* here it is */
    RING_EMPTY,  /* nothing at that position yet */
    RING_LAPPED, /* no longer there */
};

/* slots: a power of two. NULL when memory is out. */
struct ring *ring_create(uint32_t slots);

/* Drops every frame at once: no reader may be left. Accepts NULL. */
void ring_destroy(struct ring *r);

/* Takes the caller's reference, sets f->pos. Producer only. */
void ring_publish(struct ring *r, struct frame *f);

/* Gives up all positions before 'upto' (at most the head). Producer only. */
void ring_retire(struct ring *r, uint64_t upto);

/* The next position to be published, and the oldest that is retained. */
uint64_t ring_head(const struct ring *r);
uint64_t ring_tail(const struct ring *r);

/*
 * Looks at position pos (at most the head). RING_FRAME: *frame is borrowed. RING_LAPPED: *lapped_by
 * positions were missed; the reader goes on at pos + *lapped_by, or wherever it likes. Registered
 * threads (core/rcu.h), and the producer.
 */
enum ring_result ring_read(const struct ring *r, uint64_t pos, struct frame **frame,
                           uint64_t *lapped_by);
