/* SPDX-License-Identifier: MIT */
/*
 * The program umbel-load: flags in, one run, results out.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>

#include "bench/load_html.h"
#include "bench/load_json.h"
#include "bench/load_options.h"
#include "bench/load_run.h"
#include "bench/load_summary.h"

enum { EXIT_MEASURED = 0, EXIT_NOT_MEASURED = 1, EXIT_WRONG_USAGE = 2, HELP_BYTES = 8192 };

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
    (void)number;
    stop = 1;
}

/* The first signal ends the run with a summary, a second one ends it at once. */
static void hear_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static bool pin(int64_t cpu)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)cpu, &set);
    return sched_setaffinity(0, sizeof set, &set) == 0;
}

/* Files are opened before the run, so that a wrong name does not cost its results. */
static bool open_output(const char *name, FILE **file)
{
    *file = NULL;
    if (!name)
        return true;
    *file = fopen(name, "we");
    if (!*file)
        fprintf(stderr, "umbel-load: cannot write %s: %s\n", name, strerror(errno));
    return *file != NULL;
}

static bool close_output(FILE *file, const char *name)
{
    if (!file)
        return true;
    bool bad = ferror(file) != 0;
    bool written = fclose(file) == 0 && !bad;
    if (!written)
        fprintf(stderr, "umbel-load: cannot write %s\n", name);
    return written;
}

static int run(const struct load_options *o, FILE *json, FILE *html)
{
    static struct load_result result;
    bool measured = load_run(&result, o, &stop);
    if (measured)
        load_summary_print(stdout, &result);
    else
        fprintf(stderr, "umbel-load: not measured: %s\n", result.not_measured);
    if (json)
        load_json_print(json, &result);
    if (html)
        load_html_print(html, &result);
    return measured ? EXIT_MEASURED : EXIT_NOT_MEASURED;
}

int main(int argc, char **argv)
{
    struct load_options options;
    char out[HELP_BYTES];
    FILE *json;
    FILE *html;
    switch (load_options_parse(&options, argc, argv, out, sizeof out)) {
    case LOAD_OPTIONS_DONE:
        fputs(out, stdout);
        return EXIT_MEASURED;
    case LOAD_OPTIONS_USAGE:
        fputs(out, stderr);
        return EXIT_WRONG_USAGE;
    case LOAD_OPTIONS_RUN:
        break;
    }
    if (options.cpu >= 0 && !pin(options.cpu)) {
        fprintf(stderr, "umbel-load: cannot run on processor %lld: %s\n", (long long)options.cpu,
                strerror(errno));
        return EXIT_WRONG_USAGE;
    }
    if (!open_output(options.json, &json) || !open_output(options.html, &html))
        return EXIT_NOT_MEASURED;
    prctl(PR_SET_TIMERSLACK, 1000UL); /* nanoseconds: the moments of publishing are meant */
    hear_signals();
    int status = run(&options, json, html);
    bool kept = close_output(json, options.json);
    kept &= close_output(html, options.html);
    return kept ? status : EXIT_NOT_MEASURED;
}
