/* SPDX-License-Identifier: MIT */
/*
 * When bytes arrived. The kernel stamps packets as they come in (SO_TIMESTAMPNS of socket(7)), so
 * it does not matter when somebody finds the time to read them. Over loopback that is while the
 * sender sends.
 *
 * What waits in a TCP socket is joined, and has the stamp of its last byte: what was sent earlier
 * counts as later than it came, even when it is read piece by piece.
 */
#pragma once

#include <stdint.h>
#include <sys/socket.h>
#include <time.h>

enum { ARRIVAL_CONTROL_BYTES = CMSG_SPACE(sizeof(struct timespec)) };

/*
 * Asks for stamps of what comes from now on. Where the kernel gives none, and for the first
 * milliseconds, as it takes a moment to begin, bytes count as arrived when they are read.
 */
void arrival_ask(int fd);

/* recv(2) that does not wait. *arrived_ns, by CLOCK_MONOTONIC: when the last byte of it came. */
ssize_t arrival_recv(int fd, void *into, size_t cap, int64_t *arrived_ns);

/* The same of a message that was read with ARRIVAL_CONTROL_BYTES of room for its stamp. */
int64_t arrival_of(struct msghdr *msg);
