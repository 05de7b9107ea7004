/* SPDX-License-Identifier: MIT */
/*
 * How a reader hears of news in core/stream.c: it sets its watch (W1), looks once more, and sleeps;
 * the publisher stores the news (A4, or E1 at the end) and looks whether anybody watches (W2). In
 * no interleaving may the reader sleep for ever. And the same with each of these orderings taken
 * away, when it must.
 */
#include "tests/model/memory.h"

enum { FRAMES = 2 };
enum { READER, PUBLISHER, THREADS };

/* TOLD is the watcher's own: news was passed on, and not yet taken note of. */
enum { HEAD, WATCH, ENDED, TOLD };

/* Waking is as strong as a semaphore. */
enum { WOKEN };

enum reader_step {
    SET_WATCH,
    LOOK_AT_END,
    LOOK_AT_HEAD,
    SLEEP,
    TAKE_NOTE,
    TAKE_WATCH_OFF,
    READER_DONE
};
enum publisher_step { STORE_NEWS, LOOK_FOR_WATCH, TELL, PUBLISHER_DONE };

struct variant {
    struct trial trial;
    enum order a4, e1, w1, w2, look_at_head, look_at_end;
    bool look_before_watch;
    bool no_look_after_note;
    bool end_after_head;
};

static const struct variant *v;

struct state {
    struct memory memory;
    uint8_t reader, publisher; /* their next steps */
    uint8_t pos, head;
    uint8_t ended, saw_end;
    uint8_t woken;
};

static uint8_t first_look(void)
{
    return v->end_after_head ? LOOK_AT_HEAD : LOOK_AT_END;
}

static void look_at_head(struct state *s)
{
    uint8_t head = memory_load(&s->memory, READER, HEAD, v->look_at_head);
    bool news = head > s->pos;
    s->pos = news ? head : s->pos;
    if (news)
        s->reader = choose(2) ? TAKE_WATCH_OFF : first_look();
    else if (v->end_after_head)
        s->reader = LOOK_AT_END;
    else
        s->reader = s->saw_end ? READER_DONE : SLEEP;
}

static void look_at_end(struct state *s)
{
    s->saw_end = memory_load(&s->memory, READER, ENDED, v->look_at_end);
    s->reader = !v->end_after_head ? LOOK_AT_HEAD : s->saw_end ? READER_DONE : SLEEP;
}

static bool sleeps(struct state *s)
{
    if (!s->woken)
        return true;
    s->woken--;
    memory_wait(&s->memory, READER, WOKEN);
    s->reader = TAKE_NOTE;
    return false;
}

static bool read_news(struct state *s)
{
    switch ((enum reader_step)s->reader) {
    case SET_WATCH:
        memory_store(&s->memory, READER, WATCH, 1, v->w1);
        s->reader = v->look_before_watch ? SLEEP : first_look();
        break;
    case LOOK_AT_HEAD:
        look_at_head(s);
        break;
    case LOOK_AT_END:
        look_at_end(s);
        break;
    case SLEEP:
        return !sleeps(s);
    case TAKE_NOTE:
        memory_exchange(&s->memory, READER, TOLD, 0, ACQ_REL);
        s->reader = v->no_look_after_note ? SLEEP : first_look();
        break;
    case TAKE_WATCH_OFF:
        memory_store(&s->memory, READER, WATCH, 0, v->w1);
        s->reader = SET_WATCH;
        break;
    case READER_DONE:
        return false;
    }
    return true;
}

/* The next look for a watch, and what follows from it. */
static void tell(struct state *s)
{
    if (!memory_exchange(&s->memory, PUBLISHER, TOLD, 1, ACQ_REL)) {
        memory_signal(&s->memory, PUBLISHER, WOKEN);
        s->woken++;
    }
}

/* A frame, the end, or a pause that may last for ever. */
static void store_news(struct state *s)
{
    enum { PAUSE, END, FRAME };
    unsigned what = choose(s->head < FRAMES ? FRAME + 1 : FRAME);
    if (what == FRAME)
        memory_store(&s->memory, PUBLISHER, HEAD, ++s->head, v->a4);
    if (what == END)
        memory_store(&s->memory, PUBLISHER, ENDED, 1, v->e1);
    s->ended = what == END;
    s->publisher = what == PAUSE ? PUBLISHER_DONE : LOOK_FOR_WATCH;
}

static bool publish_news(struct state *s)
{
    switch ((enum publisher_step)s->publisher) {
    case STORE_NEWS:
        store_news(s);
        break;
    case LOOK_FOR_WATCH: {
        bool watched = memory_load(&s->memory, PUBLISHER, WATCH, v->w2);
        s->publisher = watched ? TELL : s->ended ? PUBLISHER_DONE : STORE_NEWS;
        break;
    }
    case TELL:
        tell(s);
        s->publisher = s->ended ? PUBLISHER_DONE : STORE_NEWS;
        break;
    case PUBLISHER_DONE:
        return false;
    }
    return true;
}

static void begin(void *state, const void *variant)
{
    struct state *s = state;
    v = variant;
    memory_init(&s->memory);
}

static bool step(void *state, unsigned thread)
{
    struct state *s = state;
    if (!(thread == READER ? read_news(s) : publish_news(s)))
        return false;
    memory_tidy(&s->memory, 1u << READER | 1u << PUBLISHER);
    return true;
}

static void at_rest(const void *state)
{
    const struct state *s = state;
    if (s->reader == SLEEP && (s->ended || s->pos != s->head))
        violation("sleeps for ever");
    if (s->reader == READER_DONE && s->pos != s->head)
        violation("saw the end before the last frame");
}

static const char *next_step(const void *state, unsigned thread)
{
    static const char *const reader[] = {"set watch", "look at end",    "look at head", "sleep",
                                         "take note", "take watch off", "done"};
    static const char *const publisher[] = {"store news", "look for watch", "tell", "done"};
    const struct state *s = state;
    return thread == READER ? reader[s->reader] : publisher[s->publisher];
}

#define AS_IT_IS                                                                                   \
    .a4 = SEQ_CST, .e1 = SEQ_CST, .w1 = SEQ_CST, .w2 = SEQ_CST, .look_at_head = SEQ_CST,           \
    .look_at_end = SEQ_CST

static const struct variant variants[] = {
    {{"as it is", NULL}, AS_IT_IS},
    {{"A4 head stored release", "sleeps for ever"}, AS_IT_IS, .a4 = RELEASE},
    {{"E1 end stored release", "sleeps for ever"}, AS_IT_IS, .e1 = RELEASE},
    {{"W1 watch stored release", "sleeps for ever"}, AS_IT_IS, .w1 = RELEASE},
    {{"W2 watch loaded acquire", "sleeps for ever"}, AS_IT_IS, .w2 = ACQUIRE},
    {{"A4 head looked at acquire", "sleeps for ever"}, AS_IT_IS, .look_at_head = ACQUIRE},
    {{"E2 end looked at acquire", "sleeps for ever"}, AS_IT_IS, .look_at_end = ACQUIRE},
    {{"no look after the watch is set", "sleeps for ever"}, AS_IT_IS, .look_before_watch = true},
    {{"end looked at after the head", "saw the end before the last frame"},
     AS_IT_IS,
     .end_after_head = true},
    {{"no look after the note is taken", "sleeps for ever"}, AS_IT_IS, .no_look_after_note = true},
};

int main(void)
{
    static const struct model model = {
        sizeof(struct state), THREADS, begin, step, at_rest, next_step};
    return explore(&model, variants, ARRAY_LEN(variants), sizeof *variants);
}
