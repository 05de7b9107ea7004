/* SPDX-License-Identifier: MIT */
/*
 * A trace of real access units: a file with a line 'size key' for each (bytes, and 1 for a key
 * frame or 0), to be published instead of made-up sizes.
 */
#pragma once

#include "core/base.h"

enum { TRACE_MAX_UNITS = 1 << 20, TRACE_MAX_BYTES = 8 << 20 };

/*
 * Reads the file in the form of struct units' trace; the caller frees *trace. 0 or -errno; -EINVAL
 * when a line is something else or too large, or there is no key frame.
 */
int trace_read(const char *path, uint32_t **trace, uint32_t *count);
