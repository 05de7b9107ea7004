/* SPDX-License-Identifier: MIT */
/*
 * The right to publish in core/stream.c: publishers claim a stream, work on it, let go (O1), and
 * end it by their ticket unless another has claimed it since (O2). In every interleaving one at a
 * time works, and knows all that was done before; nobody ends what another has had meanwhile; and
 * the last one ends it. And the same with each of these taken away, when it must go wrong.
 */
#include "tests/model/memory.h"

enum { PUBLISHERS = 3, TERMS = 2, NOBODY = PUBLISHERS };

enum { CLAIM };
enum { WORK }; /* all that was done with the stream so far */

enum publisher_step { LOOK, TAKE, DO_WORK, LET_GO, TAKE_AGAIN, END, DONE };

struct variant {
    struct trial trial;
    enum order o1, o2;
    bool without_count;  /* free or not, and no more */
    bool without_ticket; /* the end is claimed as anything else */
    bool without_swap;   /* the claim is stored, whatever is there by now */
    bool lets_go_at_end;
};

static const struct variant *v;

struct publisher {
    uint8_t step, terms;
    uint8_t seen;   /* the claim, at the last look */
    uint8_t ticket; /* of the last time that it let go */
};

struct state {
    struct memory memory;
    struct publisher publisher[PUBLISHERS];
    uint8_t holder, last_holder; /* as it is in truth */
    uint8_t has_work, ended;
};

static bool is_free(uint8_t claim)
{
    return claim % 2 == 0;
}

/* As stream_claim_again. */
static bool swap(struct state *s, unsigned me, uint8_t ticket)
{
    if (!is_free(ticket))
        return false;
    if (!v->without_swap)
        return memory_compare_exchange(&s->memory, me, CLAIM, ticket, ticket + 1, v->o2, RELAXED);
    memory_store(&s->memory, me, CLAIM, ticket + 1, v->o2);
    return true;
}

static void hold(struct state *s, unsigned me)
{
    if (s->holder != NOBODY)
        violation("two publish at once");
    s->holder = (uint8_t)me;
}

static void look(struct state *s, unsigned me)
{
    struct publisher *p = &s->publisher[me];
    p->seen = memory_load(&s->memory, me, CLAIM, RELAXED);
    if (is_free(p->seen))
        p->step = TAKE;
    else if (choose(2)) /* else it looks again */
        p->step = p->terms > 0 ? TAKE_AGAIN : DONE;
}

static void take(struct state *s, unsigned me)
{
    struct publisher *p = &s->publisher[me];
    p->step = LOOK;
    if (!swap(s, me, p->seen))
        return;
    hold(s, me);
    p->step = DO_WORK;
}

static void touch(struct state *s, unsigned me)
{
    if (s->ended)
        violation("works after the end");
    if (s->has_work && !memory_knows(&s->memory, me, WORK))
        violation("does not know what was done before");
    s->has_work = 1;
    memory_do(&s->memory, me, WORK);
}

static void do_work(struct state *s, unsigned me)
{
    touch(s, me);
    s->publisher[me].step = LET_GO;
}

static uint8_t let_go(struct state *s, unsigned me)
{
    s->holder = NOBODY;
    s->last_holder = (uint8_t)me;
    if (!v->without_count)
        return (uint8_t)(memory_add(&s->memory, me, CLAIM, 1, v->o1) + 1);
    memory_store(&s->memory, me, CLAIM, 0, v->o1);
    return 0;
}

static void end_term(struct state *s, unsigned me)
{
    struct publisher *p = &s->publisher[me];
    p->ticket = let_go(s, me);
    p->step = ++p->terms < TERMS && choose(2) ? LOOK : TAKE_AGAIN;
}

static void take_again(struct state *s, unsigned me)
{
    struct publisher *p = &s->publisher[me];
    uint8_t ticket = p->ticket;
    if (v->without_ticket)
        ticket = memory_load(&s->memory, me, CLAIM, RELAXED);
    p->step = DONE;
    if (!swap(s, me, ticket))
        return;
    if (s->last_holder != me)
        violation("takes again what another has had");
    hold(s, me);
    p->step = END;
}

static void end(struct state *s, unsigned me)
{
    touch(s, me);
    s->ended = 1;
    if (v->lets_go_at_end)
        let_go(s, me);
    s->publisher[me].step = DONE;
}

static void begin(void *state, const void *variant)
{
    struct state *s = state;
    v = variant;
    memory_init(&s->memory);
    s->holder = s->last_holder = NOBODY;
}

static bool step(void *state, unsigned me)
{
    static void (*const steps[])(struct state *, unsigned) = {
        [LOOK] = look,
        [TAKE] = take,
        [DO_WORK] = do_work,
        [LET_GO] = end_term,
        [TAKE_AGAIN] = take_again,
        [END] = end,
    };
    struct state *s = state;
    if (s->publisher[me].step == DONE)
        return false;
    steps[s->publisher[me].step](s, me);
    unsigned alive = 0;
    for (unsigned i = 0; i < PUBLISHERS; i++)
        alive |= (s->publisher[i].step != DONE) * 1u << i;
    memory_tidy(&s->memory, alive);
    return true;
}

static void at_rest(const void *state)
{
    const struct state *s = state;
    if (!s->ended)
        violation("nobody ends it");
}

static const char *next_step(const void *state, unsigned me)
{
    static const char *const name[] = {"look",       "take", "work", "let go",
                                       "take again", "end",  "done"};
    const struct state *s = state;
    return name[s->publisher[me].step];
}

#define AS_IT_IS .o1 = RELEASE, .o2 = ACQUIRE

static const struct variant variants[] = {
    {{"as it is", NULL}, AS_IT_IS},
    {{"O1 let go relaxed", "does not know what was done before"}, AS_IT_IS, .o1 = RELAXED},
    {{"O2 claimed relaxed", "does not know what was done before"}, AS_IT_IS, .o2 = RELAXED},
    {{"a flag and no count", "takes again what another has had"}, AS_IT_IS, .without_count = true},
    {{"the end without a ticket", "takes again what another has had"},
     AS_IT_IS,
     .without_ticket = true},
    {{"the claim stored, not swapped", "two publish at once"}, AS_IT_IS, .without_swap = true},
    {{"let go of at the end", "works after the end"}, AS_IT_IS, .lets_go_at_end = true},
};

int main(void)
{
    static const struct model model = {
        sizeof(struct state), PUBLISHERS, begin, step, at_rest, next_step};
    return explore(&model, variants, ARRAY_LEN(variants), sizeof *variants);
}
