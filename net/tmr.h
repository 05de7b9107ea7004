/* SPDX-License-Identifier: MIT */
/*
 * Timers of one thread: a binary heap of deadlines. Time is passed in. Timers are embedded in what
 * they are about; arming can fail only when the heap must grow and memory is out.
 */
#pragma once

#include "core/base.h"

#define TMR_NEVER INT64_MAX

struct tmr {
    int64_t deadline_ns;
    uint32_t place; /* in the heap, counted from 1; 0: not armed */
    void (*on_expiry)(struct tmr *t, int64_t now_ns);
};

struct tmr_heap {
    struct tmr **item; /* item[1] is due first */
    uint32_t count, cap;
};

void tmr_heap_fini(struct tmr_heap *h);

/* (Re)arms the timer. 0 or -ENOMEM (it is then not armed). */
int tmr_arm(struct tmr_heap *h, struct tmr *t, int64_t deadline_ns);
void tmr_disarm(struct tmr_heap *h, struct tmr *t);

/* The next deadline, TMR_NEVER when nothing is armed. */
int64_t tmr_next(const struct tmr_heap *h);

/* Runs all that is due, each disarmed before its call. */
void tmr_run(struct tmr_heap *h, int64_t now_ns);
