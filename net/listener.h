/* SPDX-License-Identifier: MIT */
/*
 * Listening sockets. Every worker has its own on the same address (SO_REUSEPORT), so that the
 * kernel spreads connections over the workers and no accept is contended.
 */
#pragma once

#include "net/addr.h"

/*
 * Opens count sockets that listen at *a into fd[]. Port 0 takes a free one; *a then has it. An
 * address that somebody (another umbel, too) already listens at is -EADDRINUSE. ":port" falls back
 * to IPv4 where IPv6 is absent. 0 or -errno, and then nothing is open.
 */
int listener_open(struct addr *a, int *fd, unsigned count);

/* The next connection, non-blocking and tuned for media; -EAGAIN when there is none, or another
 * -errno. */
int listener_accept(int fd);
