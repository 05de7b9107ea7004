/* SPDX-License-Identifier: MIT */
/*
 * The built-in stream: feeds the pattern (pattern.h) into a stream of its own, in real time, on a
 * worker's timer.
 */
#pragma once

#include "rtsp/source/source.h"

#define SOURCE_PATTERN_NAME "live/demo"

struct source_pattern;

/* Takes the name. NULL with *err: -EEXIST or -ENOMEM. On the worker's thread, or before it runs. */
struct source_pattern *source_pattern_create(const struct source_worker *w, int *err);

/* The stream ends. On the worker's thread. Accepts NULL. */
void source_pattern_destroy(struct source_pattern *s);
