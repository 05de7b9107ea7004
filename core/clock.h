/* SPDX-License-Identifier: MIT */
/*
 * The two clocks, in nanoseconds: monotonic for intervals and deadlines, wall for what peers and
 * people are told.
 */
#pragma once

#include <stdint.h>

int64_t clock_mono_ns(void);
int64_t clock_wall_ns(void); /* since 1970 */
