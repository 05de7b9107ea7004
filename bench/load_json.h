/* SPDX-License-Identifier: MIT */
/*
 * A run's result as JSON: one object, whose names carry their units. What is not known is null.
 */
#pragma once

#include <stdio.h>

#include "bench/load_stats.h"

void load_json_print(FILE *to, const struct load_result *r);
