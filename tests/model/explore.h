/* SPDX-License-Identifier: MIT */
/*
 * Tries every interleaving of a few threads, each of which is a function that makes one small step
 * in a shared state, by depth-first search over the states not met before.
 *
 * A step may ask for a choice (which of the old values does this load see?); every answer is tried.
 * States are compared by a 64-bit hash: with some millions of states, the chance of missing one is
 * below 1 in 10^5.
 */
#pragma once

#include "core/base.h"

struct model {
    size_t state_bytes; /* a plain value without padding, since it is hashed */
    unsigned threads;
    /* Makes a step of that thread. False, and no change, when it cannot go on now (waits, or is
     * done). */
    bool (*step)(void *state, unsigned thread);
    /* Nobody can go on: is that how it should end? */
    void (*at_rest)(const void *state);
    /* The name of the step that the thread would make next. */
    const char *(*next_step)(const void *state, unsigned thread);
};

struct outcome {
    const char *violation; /* NULL: none in any interleaving */
    uint64_t states;
};

/* Ends at the first violation; with trace, prints how it came about. */
struct outcome explore(const struct model *model, const void *initial, bool trace);

/* In a step: a number below n; all are tried. */
unsigned choose(unsigned n);

/* In a step or at rest: this must not happen. */
void violation(const char *what);

/*
 * One row of a model: the algorithm as it is, for which 'expected' is NULL, or one that is broken
 * on purpose, for which the explorer must find that violation. Prints the outcome; true when it is
 * as expected.
 */
bool outcome_is(struct outcome o, const char *variant, const char *expected);
