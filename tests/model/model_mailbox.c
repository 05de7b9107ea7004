/* SPDX-License-Identifier: MIT */
/*
 * net/mailbox.c, access by access, with two posters and an owner that sleeps whenever it may: every
 * message is delivered with what its poster wrote, and in no interleaving does the owner sleep over
 * mail. And the same with each ordering taken away, when it must.
 *
 * The eventfd is a flag that carries no order: the mailbox does not rely on it for more than
 * waking.
 */
#include "tests/model/memory.h"

enum { POSTERS = 2, POSTS = 2 };
enum { OWNER = POSTERS, THREADS };

/* The list of mail is the set of its messages, one bit each. */
enum { NEWEST, ASLEEP };

enum owner_step { LOOK, TAKE, SAY_ASLEEP, LOOK_AGAIN, STAY_AWAKE, WAIT, WAKE_UP };
enum poster_step { PUSH, LOOK_FOR_SLEEPER, TAKE_SLEEP_BACK, WAKE, POSTER_DONE };

struct variant {
    struct trial trial;
    enum order x1, x2, x3, z1, z2;
    bool looks_before_push;
};

static const struct variant *v;

struct state {
    struct memory memory;
    uint8_t owner, poster[POSTERS]; /* their next steps */
    uint8_t posts[POSTERS];
    uint8_t delivered; /* one bit a message */
    uint8_t readable;  /* the eventfd */
    uint8_t saw_sleeper[POSTERS];
    uint8_t woke_by_itself;
};

static unsigned message_of(const struct state *s, unsigned poster)
{
    return poster * POSTS + s->posts[poster];
}

static void deliver(struct state *s, unsigned mail)
{
    for (unsigned i = 0; i < POSTERS * POSTS; i++) {
        if (!(mail >> i & 1))
            continue;
        if (s->delivered >> i & 1)
            violation("delivered twice");
        if (!memory_knows(&s->memory, OWNER, i))
            violation("delivered before it was written");
        if (i % POSTS > 0 && !((s->delivered | mail) >> (i - 1) & 1))
            violation("delivered out of order");
    }
    s->delivered = (uint8_t)(s->delivered | mail);
}

static bool own(struct state *s)
{
    switch ((enum owner_step)s->owner) {
    case LOOK:
        s->owner = memory_load(&s->memory, OWNER, NEWEST, RELAXED) ? TAKE : SAY_ASLEEP;
        break;
    case TAKE:
        deliver(s, memory_exchange(&s->memory, OWNER, NEWEST, 0, v->x3));
        s->owner = LOOK;
        break;
    case SAY_ASLEEP:
        memory_store(&s->memory, OWNER, ASLEEP, 1, v->z1);
        s->owner = LOOK_AGAIN;
        break;
    case LOOK_AGAIN:
        s->owner = memory_load(&s->memory, OWNER, NEWEST, v->z2) ? STAY_AWAKE : WAIT;
        break;
    case WAIT:
        if (!s->readable && s->woke_by_itself) /* another descriptor or a timer: once */
            return false;
        s->woke_by_itself |= !s->readable;
        s->owner = WAKE_UP;
        break;
    case STAY_AWAKE:
    case WAKE_UP:
        memory_store(&s->memory, OWNER, ASLEEP, 0, RELAXED);
        s->readable = false;
        s->owner = LOOK;
        break;
    }
    return true;
}

static void next_post(struct state *s, unsigned poster)
{
    s->posts[poster]++;
    s->poster[poster] = s->posts[poster] == POSTS ? POSTER_DONE
                        : v->looks_before_push    ? LOOK_FOR_SLEEPER
                                                  : PUSH;
}

static void after_look(struct state *s, unsigned poster)
{
    if (s->saw_sleeper[poster])
        s->poster[poster] = TAKE_SLEEP_BACK;
    else
        next_post(s, poster);
}

static void push(struct state *s, unsigned poster)
{
    unsigned message = message_of(s, poster);
    memory_do(&s->memory, poster, message);
    memory_add(&s->memory, poster, NEWEST, (uint8_t)(1u << message), v->x1);
    s->poster[poster] = LOOK_FOR_SLEEPER;
    if (v->looks_before_push)
        after_look(s, poster);
}

static bool post(struct state *s, unsigned poster)
{
    switch ((enum poster_step)s->poster[poster]) {
    case PUSH:
        push(s, poster);
        break;
    case LOOK_FOR_SLEEPER:
        s->saw_sleeper[poster] = memory_load(&s->memory, poster, ASLEEP, v->x2);
        s->poster[poster] = PUSH;
        if (!v->looks_before_push)
            after_look(s, poster);
        break;
    case TAKE_SLEEP_BACK:
        s->poster[poster] = WAKE;
        if (!memory_exchange(&s->memory, poster, ASLEEP, 0, SEQ_CST))
            next_post(s, poster);
        break;
    case WAKE:
        s->readable = true;
        next_post(s, poster);
        break;
    case POSTER_DONE:
        return false;
    }
    return true;
}

static void begin(void *state, const void *variant)
{
    struct state *s = state;
    v = variant;
    memory_init(&s->memory);
    s->poster[0] = s->poster[1] = v->looks_before_push ? LOOK_FOR_SLEEPER : PUSH;
}

static bool step(void *state, unsigned thread)
{
    struct state *s = state;
    if (!(thread == OWNER ? own(s) : post(s, thread)))
        return false;
    unsigned alive = 1u << OWNER;
    for (unsigned p = 0; p < POSTERS; p++)
        alive |= s->poster[p] == POSTER_DONE ? 0 : 1u << p;
    memory_tidy(&s->memory, alive);
    return true;
}

static void at_rest(const void *state)
{
    const struct state *s = state;
    if (s->delivered != (1u << POSTERS * POSTS) - 1)
        violation("sleeps over mail");
}

static const char *next_step(const void *state, unsigned thread)
{
    static const char *const owner[] = {"look",       "take", "say asleep", "look again",
                                        "stay awake", "wait", "wake up"};
    static const char *const poster[] = {"push", "look for sleeper", "take sleep back", "wake",
                                         "done"};
    const struct state *s = state;
    return thread == OWNER ? owner[s->owner] : poster[s->poster[thread]];
}

#define AS_IT_IS .x1 = SEQ_CST, .x2 = SEQ_CST, .x3 = ACQUIRE, .z1 = SEQ_CST, .z2 = SEQ_CST

static const struct variant variants[] = {
    {{"as it is", NULL}, AS_IT_IS},
    {{"X1 push acquire-release", "sleeps over mail"}, AS_IT_IS, .x1 = ACQ_REL},
    {{"X2 look for sleeper acquire", "sleeps over mail"}, AS_IT_IS, .x2 = ACQUIRE},
    {{"Z1 asleep stored release", "sleeps over mail"}, AS_IT_IS, .z1 = RELEASE},
    {{"Z2 look again acquire", "sleeps over mail"}, AS_IT_IS, .z2 = ACQUIRE},
    {{"X3 take relaxed", "delivered before it was written"}, AS_IT_IS, .x3 = RELAXED},
    {{"looks for the sleeper before the push", "sleeps over mail"},
     AS_IT_IS,
     .looks_before_push = true},
};

int main(void)
{
    static const struct model model = {
        sizeof(struct state), THREADS, begin, step, at_rest, next_step};
    return explore(&model, variants, ARRAY_LEN(variants), sizeof *variants);
}
