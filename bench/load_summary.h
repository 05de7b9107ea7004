/* SPDX-License-Identifier: MIT */
/*
 * What people read in a terminal: a line a second while it runs, and the result at the end.
 */
#pragma once

#include <stdio.h>

#include "bench/load_stats.h"

/* since: taken when the line before was printed. */
void load_progress_print(FILE *to, const struct load_result *r, const struct load_mark *since);
void load_summary_print(FILE *to, const struct load_result *r);

/* True when the generator itself may have been what limited the run. */
bool load_is_limit(const struct load_figures *f);
