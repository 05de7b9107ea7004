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

/*
 * One row of a model: the algorithm as it is, for which 'expected' is NULL, or one that is broken
 * on purpose, for which that violation must be found. A model's own struct variant begins with it.
 */
struct trial {
    const char *name;
    const char *expected;
};

struct model {
    size_t state_bytes; /* a plain value without padding, since it is hashed */
    unsigned threads;
    /* From here on it is this variant that is tried; *state is zero, and becomes the first. */
    void (*begin)(void *state, const void *variant);
    /* Makes a step of that thread. False, and no change, when it cannot go on now (waits, or is
     * done). */
    bool (*step)(void *state, unsigned thread);
    /* Nobody can go on: is that how it should end? */
    void (*at_rest)(const void *state);
    /* The name of the step that the thread would make next. */
    const char *(*next_step)(const void *state, unsigned thread);
};

/*
 * Tries every variant of an array (with elements of 'bytes' each), and prints what came of it, with
 * the way to a violation that was not expected. What main returns: 0 when all is as expected.
 */
int explore(const struct model *model, const void *variants, size_t count, size_t bytes);

/* In a step: a number below n; all are tried. */
unsigned choose(unsigned n);

/* In a step or at rest: this must not happen. */
void violation(const char *what);
