/* SPDX-License-Identifier: MIT */
#include "bench/micro_cli.h"

#include "core/version.h"

#define FIELD(name) offsetof(struct micro_options, name)

static const struct flag rows[] = {
    {"list", FLAG_SWITCH, NULL, NULL, "the benchmarks and what an operation is in each; run none",
     FIELD(list)},
    {"only", FLAG_TEXT, "PATTERN", NULL, "those whose names match the shell pattern, like 'ring/*'",
     FIELD(only)},
    {"quick", FLAG_SWITCH, NULL, NULL, "rounds of 10 ms instead of 50: to see that it works",
     FIELD(quick)},
    {"json", FLAG_TEXT, "FILE", NULL, "write the results there as well", FIELD(json)},
    {"version", FLAG_VERSION, NULL, NULL, "print the version and exit"},
    {"help", FLAG_HELP, NULL, NULL, "print this and exit"},
};

static const struct flags flags = {
    .program = "umbel-micro",
    .version = UMBEL_VERSION,
    .intro = "umbel-micro - what the steps on a frame's way through umbel cost, one by one\n\n"
             "usage: umbel-micro [FLAGS]\n\n",
    .outro = "\n"
             "After a warm-up, each is run for 7 rounds; of these it prints the quickest, the "
             "middle one\n"
             "and the slowest, in nanoseconds an operation. That is time on the processor, of the "
             "threads\n"
             "that do the work; waiting does not count. With more readers than processors some "
             "read one\n"
             "after the other: these rows say what more readers cost, not how more would collide.\n"
             "Exit status: 0 measured, 1 not measured, 2 wrong usage.\n",
    .column = 18,
    .rows = rows,
    .count = ARRAY_LEN(rows),
};

enum flags_result micro_cli_parse(struct micro_options *options, int argc, char **argv,
                                  struct text *out)
{
    *options = (struct micro_options){0};
    return flags_parse(&flags, options, argc, argv, out);
}
