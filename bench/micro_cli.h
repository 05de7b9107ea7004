/* SPDX-License-Identifier: MIT */
/*
 * The command line of umbel-micro.
 */
#pragma once

#include "core/text.h"

struct micro_options {
    const char *only; /* a shell pattern; NULL: all */
    const char *json;
    bool quick;
    bool list;
};

enum micro_cli {
    MICRO_CLI_RUN,   /* go on with *options */
    MICRO_CLI_DONE,  /* --help or --version was served: out has what to print */
    MICRO_CLI_USAGE, /* wrong: out says why */
};

/* Strings in *options point into argv. */
enum micro_cli micro_cli_parse(struct micro_options *options, int argc, char **argv,
                               struct text *out);
