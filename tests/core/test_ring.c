/* SPDX-License-Identifier: MIT */
/*
 * Interleavings are laid out by hand in the ring's memory, which only its own file knows: so this
 * test is compiled as one with it.
 */
#include "core/ring.c"

#include <criterion/criterion.h>

enum { SLOTS = 4 };

/* A frame whose data names it. */
static struct frame *numbered(uint64_t number)
{
    struct frame *f = frame_create(sizeof number);
    cr_assert_not_null(f);
    memcpy(f->data, &number, sizeof number);
    return f;
}

static void publish(struct ring *r, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        ring_publish(r, numbered(ring_head(r)));
}

/* An empty ring whose next position is pos. */
static struct ring *ring_at(uint64_t pos)
{
    struct ring *r = ring_create(SLOTS);
    cr_assert_not_null(r);
    atomic_store(&r->head, pos);
    atomic_store(&r->tail, pos);
    return r;
}

static void assert_frame(const struct ring *r, uint64_t pos)
{
    struct frame *f = NULL;
    uint64_t missed = 0, number;
    cr_assert_eq(ring_read(r, pos, &f, &missed), RING_FRAME, "position %#lx", pos);
    cr_assert_eq(f->pos, pos);
    memcpy(&number, f->data, sizeof number);
    cr_assert_eq(number, pos);
}

static void assert_lapped(const struct ring *r, uint64_t pos, uint64_t by)
{
    struct frame *f = NULL;
    uint64_t missed = 0;
    cr_assert_eq(ring_read(r, pos, &f, &missed), RING_LAPPED, "position %#lx", pos);
    cr_assert_null(f);
    cr_assert_eq(missed, by, "position %#lx: %lu, not %lu", pos, missed, by);
}

static void assert_empty(const struct ring *r, uint64_t pos)
{
    struct frame *f = NULL;
    uint64_t missed = 0;
    cr_assert_eq(ring_read(r, pos, &f, &missed), RING_EMPTY, "position %#lx", pos);
    cr_assert(!f && missed == 0);
}

/* What was deferred runs, and the test holds no borrowed frame any more. */
static void grace_period(void)
{
    rcu_offline();
    rcu_drain();
    rcu_online();
}

static void finish(struct ring *r)
{
    ring_destroy(r);
    rcu_leave();
    rcu_drain();
}

TestSuite(ring, .init = rcu_enter);

Test(ring, is_empty_at_first)
{
    struct ring *r = ring_create(SLOTS);
    cr_assert(ring_head(r) == 0 && ring_tail(r) == 0);
    assert_empty(r, 0);
    finish(r);
}

Test(ring, hands_out_frames_in_order_then_is_empty)
{
    struct ring *r = ring_create(SLOTS);
    publish(r, 3);
    for (uint64_t pos = 0; pos < 3; pos++)
        assert_frame(r, pos);
    assert_empty(r, 3);
    cr_assert(ring_head(r) == 3 && ring_tail(r) == 0);
    finish(r);
}

Test(ring, retains_as_many_frames_as_it_has_slots)
{
    struct ring *r = ring_create(SLOTS);
    publish(r, SLOTS);
    for (uint64_t pos = 0; pos < SLOTS; pos++)
        assert_frame(r, pos);
    assert_empty(r, SLOTS);
    finish(r);
}

Test(ring, reader_is_lapped_when_writer_wraps)
{
    struct ring *r = ring_create(SLOTS);
    publish(r, SLOTS + 1);
    assert_lapped(r, 0, 1);
    assert_frame(r, 1);
    publish(r, 10 * SLOTS);
    assert_lapped(r, 0, 10 * SLOTS + 1);
    assert_lapped(r, 1, 10 * SLOTS);
    assert_lapped(r, ring_tail(r) - 1, 1);
    assert_frame(r, ring_tail(r));
    assert_frame(r, ring_head(r) - 1);
    assert_empty(r, ring_head(r));
    finish(r);
}

Test(ring, reader_of_a_retired_position_is_lapped)
{
    struct ring *r = ring_create(SLOTS);
    publish(r, 3);
    ring_retire(r, 2);
    assert_lapped(r, 0, 2);
    assert_lapped(r, 1, 1);
    assert_frame(r, 2);
    ring_retire(r, 3);
    assert_lapped(r, 2, 1);
    assert_empty(r, 3);
    publish(r, 1);
    assert_frame(r, 3);
    finish(r);
}

Test(ring, retiring_twice_changes_nothing)
{
    struct ring *r = ring_create(SLOTS);
    publish(r, 3);
    ring_retire(r, 2);
    ring_retire(r, 2);
    ring_retire(r, 1);
    cr_assert_eq(ring_tail(r), 2);
    assert_frame(r, 2);
    finish(r);
}

Test(ring, retirement_makes_room)
{
    struct ring *r = ring_create(SLOTS);
    publish(r, SLOTS);
    ring_retire(r, 2);
    publish(r, 2);
    cr_assert_eq(ring_tail(r), 2, "no frame more went than was asked for");
    for (uint64_t pos = 2; pos < SLOTS + 2; pos++)
        assert_frame(r, pos);
    finish(r);
}

Test(ring, of_one_slot_holds_the_newest)
{
    struct ring *r = ring_create(1);
    publish(r, 3);
    assert_lapped(r, 0, 2);
    assert_frame(r, 2);
    assert_empty(r, 3);
    finish(r);
}

/* The stretches of positions where 32-bit arithmetic, signed arithmetic or a mask would go wrong.
 */
Test(ring, counts_past_every_power_of_two)
{
    static const uint64_t edges[] = {UINT64_C(1) << 16, UINT64_C(1) << 31, UINT64_C(1) << 32,
                                     UINT64_C(1) << 48, UINT64_C(1) << 63};
    for (size_t i = 0; i < ARRAY_LEN(edges); i++) {
        uint64_t start = edges[i] - 2 * SLOTS;
        struct ring *r = ring_at(start);
        for (unsigned n = 0; n < 4 * SLOTS; n++) {
            uint64_t head = ring_head(r);
            assert_empty(r, head);
            publish(r, 1);
            assert_frame(r, head);
            assert_frame(r, ring_tail(r));
            cr_assert_leq(ring_head(r) - ring_tail(r), SLOTS);
        }
        assert_lapped(r, start, 3 * SLOTS);
        ring_destroy(r);
        grace_period();
    }
    finish(ring_create(1));
}

/* The moments at which a reader may look while the producer is between two of its stores. */
Test(ring, is_empty_while_the_slot_is_stored_and_the_head_is_not)
{
    struct ring *r = ring_create(SLOTS);
    publish(r, 1);
    struct frame *f = numbered(1);
    f->pos = 1;
    atomic_store(&r->slot[1], f);
    assert_empty(r, 1);
    assert_frame(r, 0);
    finish(r);
}

Test(ring, still_reads_a_frame_while_the_tail_is_stored_and_the_slot_is_not_emptied)
{
    struct ring *r = ring_create(SLOTS);
    publish(r, SLOTS);
    atomic_store(&r->tail, 2);
    assert_frame(r, 0);
    assert_frame(r, 1);
    finish(r);
}

Test(ring, reader_between_empty_slot_and_new_frame_is_lapped)
{
    struct ring *r = ring_create(SLOTS);
    publish(r, SLOTS);
    ring_retire(r, 1); /* the first half of a publish into a full ring */
    assert_lapped(r, 0, 1);
    struct frame *f = numbered(SLOTS);
    f->pos = SLOTS;
    atomic_store(&r->slot[0], f);
    assert_lapped(r, 0, 1);
    assert_empty(r, SLOTS);
    finish(r);
}

Test(ring, borrowed_frame_survives_retirement_until_quiescent)
{
    struct ring *r = ring_create(SLOTS);
    struct frame *watched = frame_ref(numbered(0)), *borrowed;
    uint64_t missed;
    ring_publish(r, watched);
    cr_assert_eq(ring_read(r, 0, &borrowed, &missed), RING_FRAME);
    ring_retire(r, 1);
    assert_lapped(r, 0, 1);
    for (unsigned i = 0; i < 1000; i++)
        cr_assert_eq(atomic_load(&borrowed->refs), 2, "the ring's and ours");
    rcu_quiescent();
    grace_period();
    cr_assert_eq(atomic_load(&watched->refs), 1, "ours alone");
    frame_unref(&watched);
    finish(r);
}

Test(ring, retired_chain_is_freed_whole)
{
    struct ring *r = ring_create(SLOTS);
    struct frame *watched[SLOTS];
    for (unsigned i = 0; i < SLOTS; i++) {
        watched[i] = frame_ref(numbered(i));
        ring_publish(r, watched[i]);
    }
    ring_retire(r, 3);
    grace_period();
    for (unsigned i = 0; i < SLOTS; i++)
        cr_assert_eq(atomic_load(&watched[i]->refs), i < 3 ? 1 : 2);
    for (unsigned i = 0; i < SLOTS; i++)
        frame_unref(&watched[i]);
    finish(r);
}

Test(ring, references_outlive_the_ring)
{
    struct ring *r = ring_create(SLOTS);
    struct frame *retired, *retained;
    uint64_t missed, number;
    publish(r, 2);
    ring_read(r, 0, &retired, &missed);
    ring_read(r, 1, &retained, &missed);
    frame_ref(retired);
    frame_ref(retained);
    ring_retire(r, 1);
    finish(r);
    cr_assert(atomic_load(&retired->refs) == 1 && atomic_load(&retained->refs) == 1);
    memcpy(&number, retained->data, sizeof number);
    cr_assert_eq(number, 1);
    frame_unref(&retired);
    frame_unref(&retained);
}

Test(ring, destroy_drops_every_frame)
{
    struct ring *r = ring_create(SLOTS);
    struct frame *watched[2 * SLOTS];
    for (unsigned i = 0; i < ARRAY_LEN(watched); i++) {
        watched[i] = frame_ref(numbered(i));
        ring_publish(r, watched[i]);
    }
    finish(r);
    for (unsigned i = 0; i < ARRAY_LEN(watched); i++) {
        cr_assert_eq(atomic_load(&watched[i]->refs), 1, "frame %u", i);
        frame_unref(&watched[i]);
    }
    ring_destroy(NULL);
}
