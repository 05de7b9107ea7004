/* SPDX-License-Identifier: MIT */
/*
 * The results of umbel-micro: a table for people that grows while it runs, and JSON for programs.
 */
#pragma once

#include <stdio.h>

#include "bench/micro_rounds.h"

void micro_print_head(int64_t round_ns);
void micro_print_row(const struct micro_result *r);

/* An array of one object a benchmark. */
void micro_write_json(FILE *to, const struct micro_result *results, size_t count);
