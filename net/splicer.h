/* SPDX-License-Identifier: MIT */
/*
 * The same bytes to many sockets by reference: written once into a pipe, from there for each socket
 * duplicated into a second pipe (tee) and moved on (splice). The sockets then hold the pipe's
 * pages, which nobody writes to again; sending by reference from memory that is reused would
 * corrupt what is queued. Belongs to one thread. SIGPIPE must be ignored: splice has no
 * MSG_NOSIGNAL.
 */
#pragma once

#include <sys/types.h>

#include "core/base.h"

struct splicer {
    int source[2];
    int copy[2];
    int null_fd;     /* takes what no socket does */
    size_t capacity; /* of each pipe */
    size_t held;     /* bytes in source */
};

/* 0 or -errno; then it is of no use (splicer_load fails), and fini is fine all the same. */
int splicer_init(struct splicer *s);
void splicer_fini(struct splicer *s);

/* Puts other bytes in the place of the last. False when they are too many, or nothing works. */
bool splicer_load(struct splicer *s, struct slice bytes);

/* All that is loaded into a socket: as send(2), but -errno. */
ssize_t splicer_send(struct splicer *s, int fd);
