/* SPDX-License-Identifier: MIT */
/*
 * How threads reach a worker: any thread posts a message, the owner takes all of them in the order
 * in which they came. Lock-free; messages are embedded in what they are about, so posting cannot
 * fail.
 *
 * Waking a sleeper is dear (a system call and a context switch), so a poster does it only when the
 * owner has said that it is about to sleep, and only the first one does.
 *
 *   poster                          owner
 *   X1 push the message             Z1 say "asleep"
 *   X2 look whether it sleeps       Z2 look whether the mailbox is empty
 *
 * X1, X2, Z1 and Z2 are sequentially consistent: one of the two sees the other.
 */
#pragma once

#include <stdatomic.h>

#include "core/base.h"

struct message {
    struct message *next;
    void (*on_delivery)(struct message *m); /* on the owner's thread */
};

struct mailbox {
    _Atomic(struct message *) newest;
    _Atomic bool asleep;
    int wake_fd; /* eventfd: readable when the owner was woken */
};

/* 0 or -errno. */
int mailbox_init(struct mailbox *mb);
void mailbox_fini(struct mailbox *mb);

/* Any thread. The message must not be in a mailbox already. */
void mailbox_post(struct mailbox *mb, struct message *m);

/* Owner: delivers all messages that are there now. */
void mailbox_deliver(struct mailbox *mb);

/* Owner: before a wait that may block. False when there is mail: do not sleep then. */
bool mailbox_sleep(struct mailbox *mb);

/* Owner: after the wait. */
void mailbox_awake(struct mailbox *mb);
