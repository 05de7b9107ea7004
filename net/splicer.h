/* SPDX-License-Identifier: MIT */
/*
 * One image to many sockets by reference: written once into a pipe, from there for each socket
 * duplicated into a second pipe (tee) and moved on (splice). The sockets then hold the pipe's
 * pages, which nobody writes to again.
 */
#pragma once

#include <sys/types.h>

#include "core/base.h"

enum { SPLICE_MAX_BYTES = 1 << 20 };

struct splicer {
    int source[2];
    int copy[2];
    int null_fd; /* takes what no socket does */
    size_t held; /* bytes in source */
};

/* 0 or -errno. */
int splicer_init(struct splicer *s);
void splicer_fini(struct splicer *s);

/* Puts another image in the place of the last. False when it is too large, or nothing works. */
bool splicer_load(struct splicer *s, const uint8_t *data, size_t len);

/* All of the image into a socket: as send(2), but -errno. */
ssize_t splicer_send(struct splicer *s, int fd);
