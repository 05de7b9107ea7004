/* SPDX-License-Identifier: MIT */
#include "tests/model/memory.h"

#include <stdlib.h>

static bool acquires(enum order o)
{
    return o == ACQUIRE || o == ACQ_REL || o == SEQ_CST;
}

static bool releases(enum order o)
{
    return o == RELEASE || o == ACQ_REL || o == SEQ_CST;
}

static void join_facts(struct view *to, const struct view *from)
{
    for (unsigned i = 0; i < sizeof to->facts; i++)
        to->facts[i] |= from->facts[i];
}

static void join(struct view *to, const struct view *from)
{
    for (unsigned i = 0; i < MEMORY_LOCATIONS; i++)
        if (to->oldest[i] < from->oldest[i])
            to->oldest[i] = from->oldest[i];
    join_facts(to, from);
}

/* Calls fn for every view that there is. */
static void for_each_view(struct memory *m, void (*fn)(struct view *, unsigned, unsigned),
                          unsigned a, unsigned b)
{
    for (unsigned i = 0; i < MEMORY_THREADS; i++)
        fn(&m->thread[i], a, b);
    for (unsigned i = 0; i < MEMORY_EDGES; i++)
        fn(&m->edge[i], a, b);
    for (unsigned i = 0; i < MEMORY_COUNTERS; i++)
        fn(&m->counter[i].view, a, b);
    for (unsigned i = 0; i < MEMORY_LOCATIONS; i++)
        for (unsigned s = 0; s < m->location[i].count; s++)
            fn(&m->location[i].store[s].view, a, b);
}

void memory_init(struct memory *m)
{
    memset(m, 0, sizeof *m);
    for (unsigned i = 0; i < MEMORY_LOCATIONS; i++)
        m->location[i].count = 1;
}

/* The oldest store that the thread may see. */
static unsigned oldest(const struct memory *m, unsigned thread, unsigned location, enum order order)
{
    unsigned seen = m->thread[thread].oldest[location];
    unsigned floor = m->location[location].last_seq_cst;
    return order == SEQ_CST && floor > seen ? floor : seen;
}

static void see(struct memory *m, unsigned thread, unsigned location, unsigned index,
                enum order order)
{
    m->thread[thread].oldest[location] = (uint8_t)index;
    if (acquires(order))
        join(&m->thread[thread], &m->location[location].store[index].view);
}

uint8_t memory_load(struct memory *m, unsigned thread, unsigned location, enum order order)
{
    unsigned from = oldest(m, thread, location, order);
    unsigned index = from + choose(m->location[location].count - from);
    see(m, thread, location, index, order);
    return m->location[location].store[index].value;
}

static void make_room(struct view *v, unsigned location, unsigned index)
{
    if (v->oldest[location] >= index)
        v->oldest[location]++;
}

static struct store *insert(struct memory *m, unsigned thread, unsigned location, unsigned index,
                            enum order order)
{
    struct location *l = &m->location[location];
    if (l->count == MEMORY_STORES)
        abort();
    for_each_view(m, make_room, location, index);
    if (l->last_seq_cst >= index)
        l->last_seq_cst++;
    memmove(&l->store[index + 1], &l->store[index], (l->count - index) * sizeof l->store[0]);
    l->count++;
    if (order == SEQ_CST)
        l->last_seq_cst = (uint8_t)index;
    m->thread[thread].oldest[location] = (uint8_t)index;
    l->store[index] = (struct store){0};
    return &l->store[index];
}

/* A place after store 'from' that does not part a read-modify-write from the store it read. */
static unsigned choose_place(const struct location *l, unsigned from)
{
    unsigned place[MEMORY_STORES] = {0}, count = 0;
    for (unsigned i = from + 1; i <= l->count; i++)
        if (i == l->count || !l->store[i].joined)
            place[count++] = i;
    return place[choose(count)];
}

void memory_store(struct memory *m, unsigned thread, unsigned location, uint8_t value,
                  enum order order)
{
    unsigned place = choose_place(&m->location[location], oldest(m, thread, location, order));
    struct store *s = insert(m, thread, location, place, order);
    s->value = value;
    if (releases(order))
        s->view = m->thread[thread];
    s->view.oldest[location] = (uint8_t)place;
}

/* The store that a read-modify-write will make at that place, joined to the one that it read. */
static struct store *modify_at(struct memory *m, unsigned thread, unsigned location, unsigned place,
                               enum order order, uint8_t *before)
{
    see(m, thread, location, place - 1, order);
    struct store *s = insert(m, thread, location, place, order);
    *before = s[-1].value;
    s->joined = true;
    s->view = s[-1].view; /* a release sequence goes on */
    if (releases(order))
        join(&s->view, &m->thread[thread]);
    s->view.oldest[location] = (uint8_t)place;
    return s;
}

static struct store *modify(struct memory *m, unsigned thread, unsigned location, enum order order,
                            uint8_t *before)
{
    unsigned place = choose_place(&m->location[location], oldest(m, thread, location, order));
    return modify_at(m, thread, location, place, order, before);
}

uint8_t memory_exchange(struct memory *m, unsigned thread, unsigned location, uint8_t value,
                        enum order order)
{
    uint8_t before;
    modify(m, thread, location, order, &before)->value = value;
    return before;
}

uint8_t memory_add(struct memory *m, unsigned thread, unsigned location, uint8_t addend,
                   enum order order)
{
    uint8_t before;
    struct store *s = modify(m, thread, location, order, &before);
    s->value = (uint8_t)(before + addend);
    return before;
}

/* Of the stores that may be seen, one that has another value, or one that nothing parts from the
 * store that is made. */
static unsigned choose_compared(const struct location *l, unsigned from, uint8_t expected)
{
    unsigned index[MEMORY_STORES] = {0}, count = 0;
    for (unsigned i = from; i < l->count; i++)
        if (l->store[i].value != expected || i + 1 == l->count || !l->store[i + 1].joined)
            index[count++] = i;
    return index[choose(count)];
}

bool memory_compare_exchange(struct memory *m, unsigned thread, unsigned location, uint8_t expected,
                             uint8_t value, enum order success, enum order failure)
{
    const struct location *l = &m->location[location];
    unsigned index = choose_compared(l, oldest(m, thread, location, success), expected);
    if (l->store[index].value != expected) {
        see(m, thread, location, index, failure);
        return false;
    }
    uint8_t before;
    modify_at(m, thread, location, index + 1, success, &before)->value = value;
    return true;
}

uint8_t memory_count(struct memory *m, unsigned thread, unsigned counter, int addend,
                     enum order order)
{
    struct counter *c = &m->counter[counter];
    uint8_t before = c->value;
    c->value = (uint8_t)(before + addend);
    if (acquires(order))
        join_facts(&m->thread[thread], &c->view);
    if (releases(order))
        join_facts(&c->view, &m->thread[thread]);
    return before;
}

static void forget(struct view *v, unsigned fact, unsigned unused)
{
    (void)unused;
    v->facts[fact / 8] &= (uint8_t) ~(1u << fact % 8);
}

void memory_drop_fact(struct memory *m, unsigned fact)
{
    for_each_view(m, forget, fact, 0);
}

void memory_drop_counter(struct memory *m, unsigned counter)
{
    m->counter[counter] = (struct counter){0};
}

void memory_drop_edge(struct memory *m, unsigned edge)
{
    m->edge[edge] = (struct view){0};
}

void memory_do(struct memory *m, unsigned thread, unsigned fact)
{
    memory_drop_fact(m, fact);
    m->thread[thread].facts[fact / 8] |= (uint8_t)(1u << fact % 8);
}

bool memory_knows(const struct memory *m, unsigned thread, unsigned fact)
{
    return m->thread[thread].facts[fact / 8] >> fact % 8 & 1;
}

void memory_signal(struct memory *m, unsigned thread, unsigned edge)
{
    join(&m->edge[edge], &m->thread[thread]);
}

void memory_signal_facts(struct memory *m, unsigned thread, unsigned edge)
{
    join_facts(&m->edge[edge], &m->thread[thread]);
}

void memory_wait(struct memory *m, unsigned thread, unsigned edge)
{
    join(&m->thread[thread], &m->edge[edge]);
}

static void drop_older(struct view *v, unsigned location, unsigned count)
{
    v->oldest[location] = v->oldest[location] > count ? (uint8_t)(v->oldest[location] - count) : 0;
}

/* Drops the first stores to a location, which nobody can see any more. */
static void drop_stores(struct memory *m, unsigned location, unsigned count)
{
    struct location *l = &m->location[location];
    for_each_view(m, drop_older, location, count);
    l->last_seq_cst = l->last_seq_cst > count ? (uint8_t)(l->last_seq_cst - count) : 0;
    memmove(&l->store[0], &l->store[count], (l->count - count) * sizeof l->store[0]);
    l->count = (uint8_t)(l->count - count);
    memset(&l->store[l->count], 0, count * sizeof l->store[0]);
    l->store[0].joined = false;
}

void memory_tidy(struct memory *m, unsigned alive)
{
    for (unsigned i = 0; i < MEMORY_LOCATIONS; i++) {
        unsigned least = m->location[i].count - 1u;
        for (unsigned t = 0; t < MEMORY_THREADS; t++)
            if ((alive >> t & 1) && m->thread[t].oldest[i] < least)
                least = m->thread[t].oldest[i];
        if (least > 0)
            drop_stores(m, i, least);
    }
    for (unsigned t = 0; t < MEMORY_THREADS; t++)
        if (!(alive >> t & 1))
            memset(m->thread[t].oldest, 0, sizeof m->thread[t].oldest);
}
