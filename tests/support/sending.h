/* SPDX-License-Identifier: MIT */
/*
 * The kernel that a test wants: a program that refers to it sends its datagrams by the sendmmsg
 * here instead of libc's, which is full when it is told to be, and refuses to cut messages.
 */
#pragma once

#include <limits.h>

struct sending {
    unsigned room;   /* so many messages more, then it is full */
    int refuses_cut; /* errno for every message that is to be cut; 0: cuts them */
    unsigned calls;  /* counted */
    unsigned cut;    /* messages that were to be cut, and were taken */
    unsigned taken;  /* messages in all */
};

extern struct sending sending;

/* As the real one is; begins to count anew. */
void sending_reset(void);
