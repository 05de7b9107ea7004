/* SPDX-License-Identifier: MIT */
/*
 * core/ring.c and core/frame.c, store by store, with one producer and two readers on two slots, and
 * the grace periods of RCU: every interleaving and every value that C11 lets a load see. And the
 * same with each of its orderings taken away, which must go wrong.
 *
 * One step is a whole publish, retire or read: since a load may see any store that its thread has
 * not been told is stale, what another thread does between two loads (or two stores) adds nothing
 * that this choice does not have already. Only what is not a load or a store must be a step of its
 * own: references, quiescent states, frees.
 *
 * RCU is modelled by what it promises. A grace period begins when a frame is deferred; it ends when
 * each reader that was online has been quiescent. A reader that was quiescent (or comes online) in
 * it knows all that happened before it began; the deferred call knows all that the readers did
 * before they were quiescent. A quiescent reader may also fail to notice a grace period, and be
 * noticed the next time.
 */

#include "tests/model/memory.h"

enum { SLOTS = 2, READERS = 2, FRAMES_MAX = MEMORY_COUNTERS };

/* What else orders: all that was deferred so far, and what each grace period has waited for. */
enum { BEGUN, ENDED };

/* Locations. A slot holds the number of a frame, counted from 1; a frame's number is its position
 * + 1. */
enum { HEAD, TAIL, SLOT };

enum { READER_A, READER_B, PRODUCER, RECLAIMER, THREADS };

/* What happens to a frame: its content is written by the producer, looked at by either reader. */
enum { LOOKED_AT_BY_A, LOOKED_AT_BY_B, WRITTEN, FACTS };

struct variant {
    struct trial trial;
    unsigned frames;
    unsigned readers;
    unsigned retirements; /* by choice, before the end */
    enum order a1, a2, a3, tail_stored, r1, r2, r3, f1;
    bool no_references; /* readers borrow only */
    bool head_before_slot;
    bool tail_after_slots;
    bool slot_not_emptied;
    bool no_grace_period;
    bool readers_not_waited_for;
    bool quiescence_orders_nothing;
    bool kept_without_reference;
};

static const struct variant *v;

enum reader_step { READ, TAKE_REFERENCE, LOOK_AGAIN, BE_QUIESCENT, COME_ONLINE, GIVE_BACK, DONE };

enum grace { NOT_BEGUN, UNDER_WAY, OVER };

struct producer {
    uint8_t head, tail;
    uint8_t retirements;
};

struct reader {
    uint8_t next; /* enum reader_step */
    uint8_t pos;
    uint8_t borrowed; /* frames, or 0 */
    uint8_t kept;
    uint8_t offline;
};

struct state {
    struct memory memory;
    struct producer producer;
    struct reader reader[READERS];
    uint8_t freed[FRAMES_MAX];
    uint8_t grace[FRAMES_MAX];     /* enum grace */
    uint8_t waits_for[FRAMES_MAX]; /* readers, one bit each */
};

static unsigned fact(unsigned frame, unsigned what)
{
    return (frame - 1) * FACTS + what;
}

static unsigned ended(unsigned frame)
{
    return ENDED + frame - 1;
}

static unsigned slot_of(unsigned pos)
{
    return SLOT + pos % SLOTS;
}

static void free_frame(struct state *s, unsigned thread, unsigned frame)
{
    for (unsigned r = 0; r < v->readers; r++)
        if (!memory_knows(&s->memory, thread, fact(frame, LOOKED_AT_BY_A + r)))
            violation("freed too early");
    s->freed[frame - 1] = true;
    for (unsigned what = 0; what < FACTS; what++)
        memory_drop_fact(&s->memory, fact(frame, what));
    memory_drop_counter(&s->memory, frame - 1);
}

static void look_at(struct state *s, unsigned reader, unsigned frame)
{
    if (s->freed[frame - 1])
        violation("freed too early");
    else if (!memory_knows(&s->memory, reader, fact(frame, WRITTEN)))
        violation("looked at before it was written");
    memory_do(&s->memory, reader, fact(frame, LOOKED_AT_BY_A + reader));
}

/* True when that was the last reference. Counters begin at 0, which stands for the one reference of
 * the ring. */
static bool give_back(struct state *s, unsigned thread, unsigned frame)
{
    return memory_count(&s->memory, thread, frame - 1, -1, v->f1) == 0;
}

/* ring_retire: the frames from tail to upto are out of their slots. */
static void defer(struct state *s, unsigned frame)
{
    s->grace[frame - 1] = UNDER_WAY;
    memory_signal(&s->memory, PRODUCER, BEGUN);
    memory_signal_facts(&s->memory, PRODUCER, ended(frame));
    for (unsigned r = 0; r < v->readers; r++)
        if (!s->reader[r].offline && !v->readers_not_waited_for)
            s->waits_for[frame - 1] |= (uint8_t)(1u << r);
}

static void retire(struct state *s, uint8_t upto)
{
    struct producer *p = &s->producer;
    if (!v->tail_after_slots)
        memory_store(&s->memory, PRODUCER, TAIL, upto, v->tail_stored);
    for (unsigned pos = p->tail; pos < upto && !v->slot_not_emptied; pos++)
        memory_store(&s->memory, PRODUCER, slot_of(pos), 0, v->a3);
    if (v->tail_after_slots)
        memory_store(&s->memory, PRODUCER, TAIL, upto, v->tail_stored);
    for (unsigned pos = p->tail; pos < upto; pos++)
        defer(s, pos + 1);
    p->tail = upto;
}

static void publish(struct state *s)
{
    struct producer *p = &s->producer;
    uint8_t frame = ++p->head;
    memory_do(&s->memory, PRODUCER, fact(frame, WRITTEN));
    if (v->head_before_slot)
        memory_store(&s->memory, PRODUCER, HEAD, p->head, v->a2);
    memory_store(&s->memory, PRODUCER, slot_of(frame - 1u), frame, v->a1);
    if (!v->head_before_slot)
        memory_store(&s->memory, PRODUCER, HEAD, p->head, v->a2);
}

static bool produce(struct state *s)
{
    struct producer *p = &s->producer;
    unsigned retained = p->head - p->tail;
    bool more = p->head < v->frames;
    if (!more && !retained)
        return false;
    if (!more) {
        retire(s, p->head);
        return true;
    }
    unsigned retired = p->retirements < v->retirements ? choose(retained + 1) : 0;
    p->retirements = (uint8_t)(p->retirements + (retired > 0));
    if (retired > 0) {
        retire(s, (uint8_t)(p->tail + retired));
        return true;
    }
    if (retained == SLOTS)
        retire(s, (uint8_t)(p->tail + 1));
    publish(s);
    return true;
}

static void notice_grace_periods(struct state *s, unsigned reader)
{
    if (!v->quiescence_orders_nothing)
        memory_wait(&s->memory, reader, BEGUN);
    for (unsigned f = 1; f <= v->frames; f++) {
        if (s->grace[f - 1] != UNDER_WAY)
            continue;
        memory_signal_facts(&s->memory, reader, ended(f));
        s->waits_for[f - 1] &= (uint8_t) ~(1u << reader);
    }
}

/* Grace periods that begin later will not wait for this reader, but come after what it did. */
static void go_offline(struct state *s, unsigned reader)
{
    notice_grace_periods(s, reader);
    for (unsigned f = 1; f <= v->frames; f++)
        if (s->grace[f - 1] == NOT_BEGUN)
            memory_signal_facts(&s->memory, reader, ended(f));
    s->reader[reader].offline = true;
}

static void lapped(struct state *s, unsigned reader)
{
    struct reader *r = &s->reader[reader];
    uint8_t tail = memory_load(&s->memory, reader, TAIL, v->r3);
    if (tail <= r->pos)
        violation("lapped by nothing");
    r->pos = tail > r->pos ? tail : r->pos;
    r->next = choose(2) ? BE_QUIESCENT : READ;
}

/* What was borrowed is passed over, looked at again, or taken by reference. */
static void have_frame(struct reader *r, uint8_t frame)
{
    static const uint8_t go_on[] = {READ, LOOK_AGAIN, TAKE_REFERENCE};
    r->pos++;
    r->next = go_on[choose(ARRAY_LEN(go_on) - v->no_references)];
    r->borrowed = r->next == READ ? 0 : frame;
}

static void read_ring(struct state *s, unsigned reader)
{
    struct reader *r = &s->reader[reader];
    if (r->pos >= memory_load(&s->memory, reader, HEAD, v->r2)) {
        r->next = BE_QUIESCENT;
        return;
    }
    uint8_t frame = memory_load(&s->memory, reader, slot_of(r->pos), v->r1);
    if (frame)
        look_at(s, reader, frame);
    if (frame == r->pos + 1)
        have_frame(r, frame);
    else
        lapped(s, reader);
}

static void read_or_end(struct state *s, unsigned reader)
{
    struct reader *r = &s->reader[reader];
    if (r->pos < v->frames) {
        read_ring(s, reader);
        return;
    }
    go_offline(s, reader);
    r->next = DONE;
}

static void take_reference(struct state *s, unsigned reader)
{
    struct reader *r = &s->reader[reader];
    look_at(s, reader, r->borrowed);
    if (!v->kept_without_reference)
        memory_count(&s->memory, reader, r->borrowed - 1u, 1, RELAXED);
    r->kept = r->borrowed;
    r->next = BE_QUIESCENT;
}

static void be_quiescent(struct state *s, unsigned reader)
{
    enum { UNNOTICED, QUIESCENT, OFFLINE, WAYS };
    struct reader *r = &s->reader[reader];
    r->borrowed = 0;
    unsigned how = choose(WAYS);
    if (how == QUIESCENT)
        notice_grace_periods(s, reader);
    if (how == OFFLINE)
        go_offline(s, reader);
    r->next = r->offline ? COME_ONLINE : r->kept ? GIVE_BACK : READ;
}

static void come_online(struct state *s, unsigned reader)
{
    struct reader *r = &s->reader[reader];
    if (!v->quiescence_orders_nothing)
        memory_wait(&s->memory, reader, BEGUN);
    r->offline = false;
    r->next = r->kept ? GIVE_BACK : READ;
}

static void give_kept_back(struct state *s, unsigned reader)
{
    struct reader *r = &s->reader[reader];
    look_at(s, reader, r->kept);
    if (give_back(s, reader, r->kept))
        free_frame(s, reader, r->kept);
    r->kept = 0;
    r->next = READ;
}

static bool consume(struct state *s, unsigned reader)
{
    struct reader *r = &s->reader[reader];
    switch ((enum reader_step)r->next) {
    case READ:
        read_or_end(s, reader);
        break;
    case TAKE_REFERENCE:
        take_reference(s, reader);
        break;
    case LOOK_AGAIN:
        look_at(s, reader, r->borrowed);
        r->next = BE_QUIESCENT;
        break;
    case BE_QUIESCENT:
        be_quiescent(s, reader);
        break;
    case COME_ONLINE:
        come_online(s, reader);
        break;
    case GIVE_BACK:
        give_kept_back(s, reader);
        break;
    case DONE:
        return false;
    }
    return true;
}

static bool reclaim(struct state *s)
{
    unsigned f = 1; /* deferred calls run in order */
    while (f <= v->frames && s->grace[f - 1] == OVER)
        f++;
    if (f > v->frames || s->grace[f - 1] == NOT_BEGUN ||
        (s->waits_for[f - 1] && !v->no_grace_period))
        return false;
    memory_wait(&s->memory, RECLAIMER, ended(f));
    memory_drop_edge(&s->memory, ended(f));
    s->grace[f - 1] = OVER;
    s->waits_for[f - 1] = 0;
    if (give_back(s, RECLAIMER, f))
        free_frame(s, RECLAIMER, f);
    return true;
}

/* Of what was looked at, keeps only what somebody may ask for: the looks at a frame, by whoever
 * frees that. */
static void tidy_facts(struct memory *m)
{
    for (unsigned f = 1; f <= FRAMES_MAX; f++) {
        struct view looks = {0};
        for (unsigned what = LOOKED_AT_BY_A; what <= LOOKED_AT_BY_B; what++)
            looks.facts[fact(f, what) / 8] |= (uint8_t)(1u << fact(f, what) % 8);
        for (size_t i = 0; i < sizeof looks.facts; i++) {
            m->edge[ended(f)].facts[i] &= looks.facts[i];
            m->counter[f - 1].view.facts[i] &= looks.facts[i];
        }
    }
    memset(m->thread[RECLAIMER].facts, 0, sizeof m->thread[RECLAIMER].facts);
}

static bool step(void *state, unsigned thread)
{
    struct state *s = state;
    bool moved = thread == PRODUCER    ? produce(s)
                 : thread == RECLAIMER ? reclaim(s)
                                       : thread < v->readers && consume(s, thread);
    unsigned alive = 1u << PRODUCER;
    for (unsigned r = 0; r < v->readers; r++)
        alive |= s->reader[r].next == DONE ? 0 : 1u << r;
    if (moved) {
        tidy_facts(&s->memory);
        memory_tidy(&s->memory, alive);
    }
    return moved;
}

static void at_rest(const void *state)
{
    const struct state *s = state;
    for (unsigned f = 0; f < v->frames; f++)
        if (!s->freed[f])
            violation("never freed");
    for (unsigned r = 0; r < v->readers; r++)
        if (s->reader[r].pos != v->frames)
            violation("a reader never came to the end");
}

static const char *next_step(const void *state, unsigned thread)
{
    static const char *const reader[] = {
        "read", "take reference", "look again", "be quiescent", "come online", "give back", "done"};
    const struct state *s = state;
    if (thread == PRODUCER)
        return "publish or retire";
    return thread == RECLAIMER ? "reclaim" : reader[s->reader[thread].next];
}

static void begin(void *state, const void *variant)
{
    struct state *s = state;
    v = variant;
    memory_init(&s->memory);
    /* Nobody has looked at a frame yet, so its grace period has no look to wait for. */
    for (unsigned f = 1; f <= FRAMES_MAX; f++)
        for (unsigned what = LOOKED_AT_BY_A; what <= LOOKED_AT_BY_B; what++)
            s->memory.edge[ended(f)].facts[fact(f, what) / 8] |= (uint8_t)(1u << fact(f, what) % 8);
}

/* The algorithm as it is, for a number of frames, readers and retirements. That the head is
 * sequentially consistent matters to model_watch.c only. Here it is as weak as the ring itself
 * needs it, and must be: a seq_cst load may not be put off, so a read would be more than one step.
 */
#define AS_IT_IS(f, r, t)                                                                          \
    .frames = (f), .readers = (r), .retirements = (t), .a1 = RELEASE, .a2 = RELEASE,               \
    .a3 = RELEASE, .tail_stored = RELEASE, .r1 = ACQUIRE, .r2 = ACQUIRE, .r3 = ACQUIRE,            \
    .f1 = ACQ_REL

static const struct variant variants[] = {
    {{"as it is, 5 frames, 1 reader", NULL}, AS_IT_IS(5, 1, 2)},
    {{"as it is, 3 frames, 2 readers", NULL}, AS_IT_IS(3, 2, 1)},
    {{"as it is, 4 frames, 2 readers that borrow only", NULL},
     AS_IT_IS(4, 2, 0),
     .no_references = true},
    {{"tail relaxed at both ends: the slot carries it", NULL},
     AS_IT_IS(4, 1, 1),
     .tail_stored = RELAXED,
     .r3 = RELAXED},
    {{"A1 slot stored relaxed", "looked at before it was written"},
     AS_IT_IS(4, 1, 1),
     .a1 = RELAXED},
    {{"R1 slot loaded relaxed", "lapped by nothing"}, AS_IT_IS(4, 1, 1), .r1 = RELAXED},
    {{"A2 head stored relaxed", "lapped by nothing"}, AS_IT_IS(4, 1, 1), .a2 = RELAXED},
    {{"R2 head loaded relaxed", "lapped by nothing"}, AS_IT_IS(4, 1, 1), .r2 = RELAXED},
    {{"A3 slot emptied relaxed", "lapped by nothing"}, AS_IT_IS(4, 1, 1), .a3 = RELAXED},
    {{"A3 tail stored after the slot", "lapped by nothing"},
     AS_IT_IS(4, 1, 1),
     .tail_after_slots = true},
    {{"A2 head stored before the slot", "lapped by nothing"},
     AS_IT_IS(4, 1, 1),
     .head_before_slot = true},
    {{"F1 count relaxed", "freed too early"}, AS_IT_IS(4, 2, 1), .f1 = RELAXED},
    {{"F1 count release only", "freed too early"}, AS_IT_IS(4, 2, 1), .f1 = RELEASE},
    {{"F1 count acquire only", "freed too early"}, AS_IT_IS(4, 2, 1), .f1 = ACQUIRE},
    {{"slot not emptied", "freed too early"}, AS_IT_IS(4, 1, 1), .slot_not_emptied = true},
    {{"freed without a grace period", "freed too early"},
     AS_IT_IS(4, 1, 1),
     .no_grace_period = true},
    {{"grace period that waits for nobody", "freed too early"},
     AS_IT_IS(4, 1, 1),
     .readers_not_waited_for = true},
    {{"grace period that orders nothing", "freed too early"},
     AS_IT_IS(4, 1, 1),
     .quiescence_orders_nothing = true},
    {{"kept over a quiescent state, no reference", "freed too early"},
     AS_IT_IS(4, 1, 1),
     .kept_without_reference = true},
};

int main(void)
{
    static const struct model model = {
        sizeof(struct state), THREADS, begin, step, at_rest, next_step};
    return explore(&model, variants, ARRAY_LEN(variants), sizeof *variants);
}
