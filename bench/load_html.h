/* SPDX-License-Identifier: MIT */
/*
 * A run's result as a page that stands alone: tables and plots, no script, nothing to load.
 */
#pragma once

#include <stdio.h>

#include "bench/load_stats.h"

void load_html_print(FILE *to, const struct load_result *r);
