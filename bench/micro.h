/* SPDX-License-Identifier: MIT */
/*
 * What a microbenchmark is: set up once, then asked for batch after batch of operations, of which
 * it times what matters. Its file lists it in a table.
 *
 * Time is that of the processor, spent by the threads that do the work: what else goes on in the
 * machine, and a benchmark's own preparations and waiting, do not count.
 */
#pragma once

#include "core/base.h"

struct micro_tally {
    uint64_t ops;
    int64_t cpu_ns;
};

struct micro {
    const char *name; /* "layer/operation/of-what" */
    const char *what; /* one operation, in words */
    const void *param;
    void *(*open)(const void *param);
    /* Some operations, enough for the clock (20 us or more); adds to *tally. */
    void (*batch)(void *state, struct micro_tally *tally);
    void (*close)(void *state);
};

/* Tables of benchmarks, each ended by a row without a name. */
extern const struct micro micro_ring[];
extern const struct micro micro_registry[];
extern const struct micro micro_rtp[];
extern const struct micro micro_request[];
extern const struct micro micro_image[];

/* Processor time of the calling thread. */
int64_t micro_cpu_ns(void);

/* Adds operations that began at start_ns and have just ended, on this thread. */
void micro_add(struct micro_tally *tally, uint64_t ops, int64_t start_ns);

/* Ends the program with status 1: a benchmark does not do what it should. */
_Noreturn void micro_fail(const char *why);

/* p, which is not NULL: else the program ends, as memory is out. */
void *micro_need(void *p);

/* A sink: the compiler must have whatever p points to, and the rest of memory, up to date here. */
static inline void micro_keep(const void *p)
{
    __asm__ volatile("" : : "r"(p) : "memory");
}

/* The same for a number. */
static inline void micro_keep_number(uint64_t n)
{
    __asm__ volatile("" : : "r"(n) : "memory");
}
