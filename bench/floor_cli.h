/* SPDX-License-Identifier: MIT */
/*
 * The command line of umbel-floor.
 */
#pragma once

#include "core/flags.h"

struct floor_config {
    const char *listen;
    const char *rate;
    const char *trace; /* NULL: made-up access units */
    const char *json;  /* NULL: no file */
    int64_t fps;
    int64_t gop;
    int64_t packet_bytes;
    int64_t splice_from; /* bytes; 0: never */
    int64_t cpu;         /* -1: wherever the kernel likes */
    int64_t max_clients;
    int64_t duration_s;
    int64_t measure_from_s;
    bool verbose;
};

/* Fills in *config, whose strings point into argv. */
enum flags_result floor_cli_parse(struct floor_config *config, int argc, char **argv,
                                  struct text *out);
