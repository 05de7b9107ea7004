/* SPDX-License-Identifier: MIT */
/*
 * A memory that is as weak as C11 allows for relaxed, acquire, release and seq_cst accesses, for
 * models of a few threads and a few locations.
 *
 * Every atomic location keeps its stores in modification order. A thread's view says of each
 * location which store is the oldest that it may still see; a load chooses any from there on, and
 * raises the view. A release store carries the storing thread's view along, and an acquire load
 * that sees it joins that view to its own: that is "happens before". A seq_cst access, besides,
 * never sees anything older than the last seq_cst store to the location. (The standard forbids a
 * little more: so what holds here holds in C11.) Not covered: fences, and loads that see a store of
 * the future.
 *
 * Plain data is a set of facts. Writing (or reading) plain data makes a fact that at first only its
 * own thread knows; whoever needs it to have happened before must know it, or there is a data race.
 */
#pragma once

#include "tests/model/explore.h"

/* Stores to a location that may still be seen: the more, the larger is each state. */
#ifndef MEMORY_STORES
#define MEMORY_STORES 8
#endif

enum {
    MEMORY_THREADS = 4,
    MEMORY_LOCATIONS = 4,
    MEMORY_COUNTERS = 5,
    MEMORY_EDGES = 6,
};

enum order { RELAXED, ACQUIRE, RELEASE, ACQ_REL, SEQ_CST };

struct view {
    uint8_t oldest[MEMORY_LOCATIONS]; /* of the stores to a location, that may be seen */
    uint8_t facts[2];                 /* one bit each */
};

struct store {
    uint8_t value;
    uint8_t joined; /* made by a read-modify-write of the store before: nothing comes between */
    struct view view;
};

struct location {
    uint8_t count;
    uint8_t last_seq_cst;
    struct store store[MEMORY_STORES];
};

/* A location that is only ever added to: there is no older value to be seen. Of what happened
 * before, it carries the facts only (an order less than C11 has). */
struct counter {
    uint8_t value;
    struct view view;
};

struct memory {
    struct location location[MEMORY_LOCATIONS];
    struct counter counter[MEMORY_COUNTERS];
    struct view thread[MEMORY_THREADS];
    struct view
        edge[MEMORY_EDGES]; /* what else carries "happens before": a grace period, a semaphore */
};

/* All locations hold 0, all threads know it. */
void memory_init(struct memory *m);

uint8_t memory_load(struct memory *m, unsigned thread, unsigned location, enum order order);
void memory_store(struct memory *m, unsigned thread, unsigned location, uint8_t value,
                  enum order order);

/* Read-modify-writes: return the value before. */
uint8_t memory_exchange(struct memory *m, unsigned thread, unsigned location, uint8_t value,
                        enum order order);
uint8_t memory_add(struct memory *m, unsigned thread, unsigned location, uint8_t addend,
                   enum order order);

/* True when the location held 'expected', and holds 'value' now. */
bool memory_compare_exchange(struct memory *m, unsigned thread, unsigned location, uint8_t expected,
                             uint8_t value, enum order success, enum order failure);

uint8_t memory_count(struct memory *m, unsigned thread, unsigned counter, int addend,
                     enum order order);

/* Plain data: something happens (again) in a thread; does another know? */
void memory_do(struct memory *m, unsigned thread, unsigned fact);
bool memory_knows(const struct memory *m, unsigned thread, unsigned fact);

/* Everything that happened in a thread before it signals happens before what another does after it
 * waited. */
void memory_signal(struct memory *m, unsigned thread, unsigned edge);
/* The same, but for facts only. */
void memory_signal_facts(struct memory *m, unsigned thread, unsigned edge);
void memory_wait(struct memory *m, unsigned thread, unsigned edge);

/* Nobody will ever use these again. */
void memory_drop_fact(struct memory *m, unsigned fact);
void memory_drop_counter(struct memory *m, unsigned counter);
void memory_drop_edge(struct memory *m, unsigned edge);

/*
 * States that differ only in what nobody can see any more become one: call it at the end of a step.
 * A thread whose bit is not set in 'alive' will make no access to a location any more.
 */
void memory_tidy(struct memory *m, unsigned alive);
