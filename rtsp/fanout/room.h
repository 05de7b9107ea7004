/* SPDX-License-Identifier: MIT */
/*
 * How much a TCP player's socket takes beyond what it can send right now (TCP_NOTSENT_LOWAT).
 *
 * Little, so that stalled and slow players do not hold megabytes of stale video in their sockets,
 * at the expense of the others: with 512K each, 10 % of them tripled the p99 delay of the healthy
 * at 2 Mbit/s; with 128K they do not show. But a whole image, since a larger one goes out in
 * pieces, each after a wait for EPOLLOUT. So it follows the largest image of the lane, in steps:
 * it changes a few times in a lane's life.
 */
#pragma once

#include <stdint.h>

/* Images of so many bytes fit, and a little that is unsent from before. A power of two. */
uint32_t room_for_image(uint32_t bytes);

/* Gives the socket that room. Other kinds of socket go on without. */
void room_set(int fd, uint32_t bytes);
