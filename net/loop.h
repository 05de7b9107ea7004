/* SPDX-License-Identifier: MIT */
/*
 * One thread's event loop: descriptors (epoll, edge-triggered, registered once), a mailbox, timers,
 * and tasks.
 *
 * One turn:  events -> mail -> due timers -> tasks -> what was closed is freed -> RCU quiescent
 *
 * A task is work that would take long: it does a slice and, if there is more, posts itself again.
 * As long as tasks wait, the loop only looks for events and does not block.
 */
#pragma once

#include "core/list.h"
#include "net/mailbox.h"
#include "net/tmr.h"

/* A descriptor in the loop. events: EPOLLIN, EPOLLOUT, EPOLLHUP, EPOLLERR, EPOLLRDHUP. */
struct io {
    int fd;       /* -1: closed; no event will come */
    int epoll_fd; /* of the loop that it is in */
    void (*on_events)(struct io *io, uint32_t events);
};

struct task {
    struct list link;
    void (*run)(struct task *t);
};

/* Something to free when the turn is over and no event of this turn can still mean it. */
struct litter {
    struct list link;
    void (*dispose)(struct litter *l);
};

struct loop {
    int epoll_fd;
    struct io wake;
    struct mailbox mailbox;
    struct tmr_heap timers;
    struct list tasks;
    struct list litter;
    int64_t now_ns; /* monotonic, as of the beginning of this turn's work */
    bool stop;
};

/* 0 or -errno. */
int loop_init(struct loop *l);
void loop_fini(struct loop *l);

/* Watches io->fd for input, output and hang-up, once and for all, edge-triggered. 0 or -errno. */
int loop_add(struct loop *l, struct io *io);

/* From now on only for these events. Where it matters: every datagram that leaves a socket is news
 * of room in it (epoll(7)). */
void loop_watch(struct io *io, uint32_t events);

/* Takes io->fd out of its loop, closes it and marks the io closed. */
void loop_close(struct io *io);

/* Takes io->fd out of the loop, marks the io closed, and returns the fd, which stays open. */
int loop_release(struct loop *l, struct io *io);

void task_init(struct task *t, void (*run)(struct task *t));
/* Runs it in this turn, or in the next one when called from a task. No effect when it waits
 * already. */
void loop_post_task(struct loop *l, struct task *t);
void task_cancel(struct task *t);

void loop_dispose(struct loop *l, struct litter *litter, void (*dispose)(struct litter *l));

/* Turns until l->stop. The thread is registered with RCU (core/rcu.h). */
void loop_run(struct loop *l);
