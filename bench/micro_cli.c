/* SPDX-License-Identifier: MIT */
#include "bench/micro_cli.h"

#include <getopt.h>

#include "rtsp/version.h"

static const char help[] =
    "umbel-micro - what the steps on a frame's way through umbel cost, one by one\n\n"
    "usage: umbel-micro [FLAGS]\n\n"
    "  --list          the benchmarks and what an operation is in each; run none\n"
    "  --only PATTERN  those whose names match the shell pattern, like 'ring/*'\n"
    "  --quick         rounds of 10 ms instead of 100: to see that it works\n"
    "  --json FILE     write the results there as well\n"
    "  --version       print the version and exit\n"
    "  --help          print this and exit\n"
    "\n"
    "After a warm-up, each is run for 7 rounds; of these it prints the quickest, the middle one\n"
    "and the slowest, in nanoseconds an operation. That is time on the processor, of the threads\n"
    "that do the work; waiting does not count. With more readers than processors some read one\n"
    "after the other: these rows say what more readers cost, not how more would collide.\n"
    "Exit status: 0 measured, 1 not measured, 2 wrong usage.\n";

static enum micro_cli usage(struct text *out, const char *what, const char *why)
{
    text_addf(out, "umbel-micro: %.80s %s; see umbel-micro --help\n", what, why);
    return MICRO_CLI_USAGE;
}

static enum micro_cli done(struct text *out, const char *what)
{
    text_add(out, what);
    return MICRO_CLI_DONE;
}

enum micro_cli micro_cli_parse(struct micro_options *options, int argc, char **argv,
                               struct text *out)
{
    static const struct option flags[] = {
        {"list", no_argument, NULL, 'l'},
        {"only", required_argument, NULL, 'o'},
        {"quick", no_argument, NULL, 'q'},
        {"json", required_argument, NULL, 'j'},
        {"version", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    int flag;
    *options = (struct micro_options){0};
    while ((flag = getopt_long(argc, argv, ":", flags, NULL)) != -1) {
        switch (flag) {
        case 'l':
            options->list = true;
            break;
        case 'o':
            options->only = optarg;
            break;
        case 'q':
            options->quick = true;
            break;
        case 'j':
            options->json = optarg;
            break;
        case 'v':
            return done(out, "umbel-micro " UMBEL_VERSION "\n");
        case 'h':
            return done(out, help);
        case ':':
            return usage(out, argv[optind - 1], "needs a value");
        default:
            return usage(out, argv[optind - 1], "is not a flag, or takes no value");
        }
    }
    return optind < argc ? usage(out, argv[optind], "is not a flag") : MICRO_CLI_RUN;
}
