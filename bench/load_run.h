/* SPDX-License-Identifier: MIT */
/*
 * A run from the first connection to the last: publish, join, measure. One thread, which looks at
 * its sockets by the clock: a generator that waits for them makes the server pay for waking it up.
 */
#pragma once

#include <signal.h>

#include "bench/load_stats.h"

/*
 * Fills in *result, which is zeroed. *stop: set by a signal, ends the run early. True when
 * something was measured; else result->not_measured says why not.
 */
bool load_run(struct load_result *result, const struct load_options *options,
              volatile const sig_atomic_t *stop);
