/* SPDX-License-Identifier: MIT */
/*
 * What the stress programs share: ending at the first violation, and being unpredictable.
 */
#pragma once

#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base.h"

/* Longer than any machine is busy: who waits this long was forgotten. */
enum { LOST_AFTER_S = 20 };

static inline _Noreturn void PRINTF_LIKE(1, 2) violation(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    fputs("violation: ", stderr);
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
    va_end(args);
    _Exit(1);
}

/* Xorshift: each thread has a state of its own, never 0. */
static inline uint32_t dice(uint32_t *state, uint32_t sides)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state % sides;
}

/* Mostly nothing, sometimes long enough for others to overtake. */
static inline void dawdle(uint32_t *state)
{
    uint32_t turns = dice(state, 4) ? 0 : dice(state, 400);
    for (volatile uint32_t i = 0; i < turns; i++)
        ;
    if (dice(state, 64) == 0)
        sched_yield();
}

static inline pthread_t start(void *(*fn)(void *), void *arg)
{
    pthread_t t;
    if (pthread_create(&t, NULL, fn, arg) != 0)
        violation("no thread");
    return t;
}
