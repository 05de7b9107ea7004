/* SPDX-License-Identifier: MIT */
/*
 * Read-copy-update, in the flavour umbel uses (liburcu's QSBR): reading costs nothing, and every
 * registered thread says once a turn of its loop that it holds no borrowed pointer any more.
 *
 *   borrowed   a pointer read from a shared place is valid until the thread's next rcu_quiescent()
 * or rcu_offline(), whichever comes first deferred   what was unlinked is freed by rcu_defer() once
 * every registered thread has been through one of those
 *
 * The marks for ThreadSanitizer stand for the edge that liburcu's inline assembly hides from it:
 * whatever a reader did before it was quiescent (Q1) happens before a deferred call runs (Q2), and
 * whatever deferred calls did (Q3) before rcu_drain returns (Q4).
 */
#pragma once

#include <urcu-qsbr.h>

#include "core/base.h"

struct rcu_node {
    struct rcu_head head;
    void (*fn)(struct rcu_node *);
};

#if defined(__SANITIZE_THREAD__)
#define RCU_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define RCU_TSAN 1
#endif
#endif

#ifdef RCU_TSAN
extern char rcu_tsan_mark;
void __tsan_acquire(void *addr);
void __tsan_release(void *addr);
#define RCU_TSAN_ACQUIRE(addr) __tsan_acquire(addr)
#define RCU_TSAN_RELEASE(addr) __tsan_release(addr)
#else
#define RCU_TSAN_ACQUIRE(addr) ((void)(addr))
#define RCU_TSAN_RELEASE(addr) ((void)(addr))
#endif

/* A thread that reads shared pointers is registered between these two. Starts online. */
void rcu_enter(void);
void rcu_leave(void);

/* The calling thread holds no borrowed pointer. */
static inline void rcu_quiescent(void)
{
#ifdef RCU_TSAN
    RCU_TSAN_RELEASE(&rcu_tsan_mark); /* Q1 */
#endif
    rcu_quiescent_state();
}

/* Around a call that may block: no deferred call waits for this thread meanwhile. */
static inline void rcu_offline(void)
{
#ifdef RCU_TSAN
    RCU_TSAN_RELEASE(&rcu_tsan_mark); /* Q1 */
#endif
    rcu_thread_offline();
}

static inline void rcu_online(void)
{
    rcu_thread_online();
}

/*
 * Calls fn(node) on liburcu's own thread once nobody can hold a borrowed pointer to it. Never
 * blocks. Registered threads, and deferred calls.
 */
void rcu_defer(struct rcu_node *node, void (*fn)(struct rcu_node *));

/*
 * Waits until every deferred call made so far has run, but not for what those calls defer in their
 * turn: a stream whose last reference was the registry's takes two. The calling thread must be
 * offline or not registered.
 */
void rcu_drain(void);
