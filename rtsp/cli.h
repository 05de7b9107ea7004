/* SPDX-License-Identifier: MIT */
/*
 * The command line of umbel.
 */
#pragma once

#include "core/config.h"
#include "core/flags.h"

enum cli_result {
    CLI_RUN = FLAGS_RUN,     /* go on with *config */
    CLI_DONE = FLAGS_DONE,   /* --help or --version was served on out */
    CLI_USAGE = FLAGS_USAGE, /* wrong: *out says why, exit with 2 */
};

/*
 * Fills *config with the defaults and what argv sets. What is to be shown goes to out (of out_cap
 * bytes). Strings in *config point into argv.
 */
enum cli_result cli_parse(struct config *config, int argc, char **argv, char *out, size_t out_cap);
