/* SPDX-License-Identifier: MIT */
/*
 * An event loop that a test turns by hand.
 */
#pragma once

#include "net/loop.h"

/* One turn, which does not block: what is there now is dealt with, and no more. */
void turn(struct loop *l);

/* Turns until no task is left: the sweep under way ends. */
void turn_until_idle(struct loop *l);

/* As if it were now_ns: mail, timers, and tasks until none is left. Descriptors are not looked at.
 */
void turn_at(struct loop *l, int64_t now_ns);
