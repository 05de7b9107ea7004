/* SPDX-License-Identifier: MIT */
/*
 * The program umbel-micro: microbenchmarks of the steps on a frame's way through the server, and of
 * what a player asks for first.
 */
#include <errno.h>
#include <fnmatch.h>

#include "bench/micro_cli.h"
#include "bench/micro_report.h"

enum {
    EXIT_MEASURED = 0,
    EXIT_NOT_MEASURED = 1,
    EXIT_WRONG_USAGE = 2,
    OUT_BYTES = 4096,
    SELECTED_MAX = 128,
};

#define ROUND_NS       (50 * NS_PER_MS)
#define QUICK_ROUND_NS (10 * NS_PER_MS)

static const struct micro *const tables[] = {
    micro_ring, micro_registry, micro_rtp, micro_request, micro_image,
};

static size_t select_matching(const char *pattern, const struct micro *selected[SELECTED_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < ARRAY_LEN(tables); i++)
        for (const struct micro *m = tables[i]; m->name; m++)
            if (count < SELECTED_MAX && (!pattern || fnmatch(pattern, m->name, 0) == 0))
                selected[count++] = m;
    return count;
}

static int list(const struct micro *const *selected, size_t count)
{
    for (size_t i = 0; i < count; i++)
        printf("%-26s %s\n", selected[i]->name, selected[i]->what);
    return EXIT_MEASURED;
}

static void measure(const struct micro *const *selected, size_t count, int64_t round_ns,
                    struct micro_result *results)
{
    micro_print_head(round_ns);
    for (size_t i = 0; i < count; i++) {
        results[i] = micro_measure(selected[i], round_ns);
        micro_print_row(&results[i]);
    }
}

static int cannot_write(const char *path)
{
    fprintf(stderr, "umbel-micro: cannot write %s: %s\n", path, strerror(errno));
    return EXIT_NOT_MEASURED;
}

static int run(const struct micro_options *options, const struct micro *const *selected,
               size_t count)
{
    struct micro_result results[SELECTED_MAX];
    FILE *json = NULL;
    /* Opened first, so that a wrong name does not cost a run. */
    if (options->json && !(json = fopen(options->json, "we")))
        return cannot_write(options->json);
    measure(selected, count, options->quick ? QUICK_ROUND_NS : ROUND_NS, results);
    if (!json)
        return EXIT_MEASURED;
    micro_write_json(json, results, count);
    bool bad = ferror(json) != 0;
    bool written = fclose(json) == 0 && !bad;
    return written ? EXIT_MEASURED : cannot_write(options->json);
}

int main(int argc, char **argv)
{
    struct micro_options options;
    const struct micro *selected[SELECTED_MAX];
    char buf[OUT_BYTES];
    struct text out;
    text_init(&out, buf, sizeof buf);
    switch (micro_cli_parse(&options, argc, argv, &out)) {
    case FLAGS_DONE:
        fputs(buf, stdout);
        return EXIT_MEASURED;
    case FLAGS_USAGE:
        fputs(buf, stderr);
        return EXIT_WRONG_USAGE;
    case FLAGS_RUN:
        break;
    }
    size_t count = select_matching(options.only, selected);
    if (count == 0) {
        fprintf(stderr, "umbel-micro: no benchmark matches %.80s; see umbel-micro --list\n",
                options.only);
        return EXIT_WRONG_USAGE;
    }
    return options.list ? list(selected, count) : run(&options, selected, count);
}
