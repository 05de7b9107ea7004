/* SPDX-License-Identifier: MIT */
/*
 * A worker: a thread with an event loop, on a processor of its own if wanted. What it serves is the
 * business of who embeds it.
 */
#pragma once

#include <pthread.h>

#include "net/loop.h"

struct worker {
    unsigned id; /* from 0 on */
    int cpu;     /* to be pinned to; -1: wherever the kernel likes */
    struct loop loop;
    pthread_t thread;
};

/* The processors that this process may run on: their count, and their numbers in cpu[] (at most
 * cap). */
unsigned worker_cpus(int *cpu, unsigned cap);

/* 0 or -errno. The loop is ready for use by the calling thread until worker_start. */
int worker_init(struct worker *w, unsigned id, int cpu);

/* Runs the loop on a thread of its own, registered with RCU. 0 or -errno. */
int worker_start(struct worker *w);

/* Waits for the thread to end (the loop's stop flag is set by a message). */
void worker_join(struct worker *w);
void worker_fini(struct worker *w);
