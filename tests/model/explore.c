/* SPDX-License-Identifier: MIT */
#include "tests/model/explore.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { DEPTH_MAX = 4096, CHOICES_MAX = 16 };

/* The answers to a step's choices: an odometer that goes through all of them. */
struct choices {
    unsigned answer[CHOICES_MAX], of[CHOICES_MAX];
    unsigned asked, known;
};

static struct choices *current;
static const char *found; /* the first violation */

/* The states met, by hash; 0 is a free place. */
static struct {
    uint64_t *hash;
    uint64_t places, used;
} met;

/* One state a depth: the way to where the search is. */
static struct {
    uint8_t *state;
    unsigned thread[DEPTH_MAX];
    unsigned depth;
} way;

unsigned choose(unsigned n)
{
    if (n == 1)
        return 0;
    unsigned i = current->asked++;
    if (i == CHOICES_MAX)
        abort();
    if (i == current->known)
        current->answer[current->known++] = 0;
    current->of[i] = n;
    return current->answer[i];
}

static bool next_answers(struct choices *c)
{
    c->known = c->asked;
    while (c->known > 0 && c->answer[c->known - 1] + 1 == c->of[c->known - 1])
        c->known--;
    if (c->known == 0)
        return false;
    c->answer[c->known - 1]++;
    return true;
}

void violation(const char *what)
{
    if (!found)
        found = what;
}

static uint64_t hash_of(const uint8_t *bytes, size_t len)
{
    uint64_t h = len, word;
    for (; len >= sizeof word; bytes += sizeof word, len -= sizeof word) {
        memcpy(&word, bytes, sizeof word);
        h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        h ^= h >> 29;
    }
    for (; len > 0; len--)
        h = (h ^ *bytes++) * UINT64_C(0x9e3779b97f4a7c15);
    h ^= h >> 32;
    return h ? h : 1;
}

/* True when it was not there before. */
static bool put(uint64_t hash)
{
    uint64_t i = hash & (met.places - 1);
    while (met.hash[i] && met.hash[i] != hash)
        i = (i + 1) & (met.places - 1);
    if (met.hash[i])
        return false;
    met.hash[i] = hash;
    met.used++;
    return true;
}

static void make_places(uint64_t places)
{
    uint64_t *old = met.hash, old_places = met.places;
    met.hash = calloc(places, sizeof *met.hash);
    if (!met.hash)
        abort();
    met.places = places;
    met.used = 0;
    for (uint64_t i = 0; i < old_places; i++)
        if (old[i])
            put(old[i]);
    free(old);
}

static bool is_new(const void *state, size_t bytes)
{
    if (2 * met.used >= met.places)
        make_places(2 * met.places);
    return put(hash_of(state, bytes));
}

static void visit(const struct model *m);

/* Goes on with every outcome of the thread's next step. False when it has none. */
static bool visit_steps_of(const struct model *m, unsigned thread)
{
    const uint8_t *state = way.state + way.depth * m->state_bytes;
    uint8_t *next = way.state + (way.depth + 1) * m->state_bytes;
    struct choices choices = {0};
    do {
        memcpy(next, state, m->state_bytes);
        choices.asked = 0;
        current = &choices;
        way.thread[way.depth] = thread;
        if (!m->step(next, thread))
            return false;
        if (found || !is_new(next, m->state_bytes))
            continue;
        way.depth++;
        visit(m);
        if (!found)
            way.depth--;
    } while (!found && next_answers(&choices));
    return true;
}

static void visit(const struct model *m)
{
    bool moved = false;
    if (way.depth + 2 >= DEPTH_MAX)
        abort();
    for (unsigned t = 0; t < m->threads && !found; t++)
        moved |= visit_steps_of(m, t);
    if (!moved)
        m->at_rest(way.state + way.depth * m->state_bytes);
}

static void print_way(const struct model *m)
{
    for (unsigned i = 0; i <= way.depth; i++)
        printf("    thread %u: %s\n", way.thread[i],
               m->next_step(way.state + i * m->state_bytes, way.thread[i]));
}

struct outcome {
    const char *violation; /* NULL: none in any interleaving */
    uint64_t states;
};

/* Ends at the first violation. */
static struct outcome explore_one(const struct model *m, const struct trial *variant)
{
    found = NULL;
    way.depth = 0;
    way.state = calloc(DEPTH_MAX, m->state_bytes);
    if (!way.state)
        abort();
    make_places(1 << 16);
    m->begin(way.state, variant);
    visit(m);
    if (found && !variant->expected)
        print_way(m);
    struct outcome o = {found, met.used};
    free(way.state);
    free(met.hash);
    met.hash = NULL;
    met.places = 0;
    return o;
}

static bool is_as_expected(struct outcome o, const struct trial *variant)
{
    const char *expected = variant->expected;
    bool ok = expected ? o.violation && strcmp(o.violation, expected) == 0 : !o.violation;
    printf("%-4s %-46s %9" PRIu64 " states  %s\n", ok ? "ok" : "FAIL", variant->name, o.states,
           o.violation ? o.violation : "holds");
    fflush(stdout);
    return ok;
}

int explore(const struct model *m, const void *variants, size_t count, size_t bytes)
{
    bool ok = true;
    for (size_t i = 0; i < count; i++) {
        const struct trial *variant = (const void *)((const char *)variants + i * bytes);
        ok &= is_as_expected(explore_one(m, variant), variant);
    }
    return ok ? 0 : 1;
}
