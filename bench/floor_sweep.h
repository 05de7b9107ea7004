/* SPDX-License-Identifier: MIT */
/*
 * How umbel-floor's clients get what is published: all of them in one sweep, one after the other.
 * In the steady state a sweep allocates nothing, and makes one call a TCP client (two when it
 * splices) and one for many UDP clients.
 */
#pragma once

#include "bench/floor_crowd.h"

/* The forms of the next image that somebody will get. */
struct feed_needs crowd_needs(const struct crowd *cr);

/* For each image that was published: those who wait for a key frame play from it on. */
void crowd_admit(struct crowd *cr);

/* Sends what is new to all who play. */
void crowd_sweep(struct crowd *cr);

/* Sends a TCP client whose socket has room again all that it lacks. */
void crowd_catch_up(struct crowd *cr, struct client *c);
