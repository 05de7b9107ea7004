/* SPDX-License-Identifier: MIT */
/*
 * The command line of umbel-micro.
 */
#pragma once

#include "core/flags.h"

struct micro_options {
    const char *only; /* a shell pattern; NULL: all */
    const char *json;
    bool quick;
    bool list;
};

/* Strings in *options point into argv. */
enum flags_result micro_cli_parse(struct micro_options *options, int argc, char **argv,
                                  struct text *out);
