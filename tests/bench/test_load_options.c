/* SPDX-License-Identifier: MIT */
#include "bench/load_options.h"

#include <criterion/criterion.h>

static const char *const url = "rtsp://127.0.0.1:8554/live/cam";

static enum load_options_result parse(struct load_options *o, const char *first, const char *second,
                                      char *out, size_t cap)
{
    static char program[] = "umbel-load";
    char *argv[] = {program, (char *)(uintptr_t)url, (char *)(uintptr_t)first,
                    (char *)(uintptr_t)second, NULL};
    int argc = 2 + (first != NULL) + (second != NULL);
    return load_options_parse(o, argc, argv, out, cap);
}

Test(load_options, an_url_is_enough)
{
    struct load_options o;
    char out[8192];
    cr_assert_eq(parse(&o, NULL, NULL, out, sizeof out), LOAD_OPTIONS_RUN);
    cr_assert_str_eq(o.url, url);
    cr_assert_null(o.publish);
    cr_assert_eq(o.clients, 1);
    cr_assert_eq(o.duration_ns, 10 * NS_PER_S);
    cr_assert_eq(o.poll_ns, NS_PER_MS);
    cr_assert_eq(o.arrival, LOAD_ARRIVAL_KERNEL);
    cr_assert_eq(o.cpu, -1);
}

Test(load_options, values_come_with_units)
{
    struct load_options o;
    char out[8192];
    cr_assert_eq(parse(&o, "--duration", "500ms", out, sizeof out), LOAD_OPTIONS_RUN);
    cr_assert_eq(o.duration_ns, NS_PER_S / 2);
    cr_assert_eq(parse(&o, "--join-rate=1000/s", NULL, out, sizeof out), LOAD_OPTIONS_RUN);
    cr_assert_float_eq(o.join_rate, 1000, 1e-9);
    cr_assert_eq(parse(&o, "--slow=10%:1.5M", NULL, out, sizeof out), LOAD_OPTIONS_RUN);
    cr_assert_float_eq(o.slow_percent, 10, 1e-9);
    cr_assert_float_eq(o.slow_bits, 1.5e6, 1e-3);
    cr_assert_eq(parse(&o, "--verify", "all", out, sizeof out), LOAD_OPTIONS_RUN);
    cr_assert_eq(o.verify, LOAD_VERIFY_ALL);
    cr_assert_eq(parse(&o, "--verify", "none", out, sizeof out), LOAD_OPTIONS_RUN);
    cr_assert_eq(o.verify, 0);
}

Test(load_options, wrong_ones_are_named)
{
    static const char *const rows[][3] = {
        {"--wrong", NULL, "--wrong"},
        {"-x", NULL, "-x"},
        {"--clients", NULL, "needs a value"},
        {"--clients", "0", "too small"},
        {"--clients", "1.5", "whole"},
        {"--clients", "99999999999999999999999", "too large"},
        {"--duration", "10parsecs", "not a time"},
        {"--publish", "fast", "bit rate"},
        {"--transport", "smoke", "none of"},
        {"--publish-transport", "smoke", "none of"},
        {"--verify", "some", "none of"},
        {"--arrival", "none", "none of"},
        {"--slow", "10%", "share and a rate"},
        {"--slow", "10%:0", "rate"},
        {"--stall", "101%", "too large"},
        {"--stall", "-1%", "not a share"},
        {"--sources", "255", "too large"},
        {"--verbose=1", NULL, "takes no value"},
        {"rtsp://127.0.0.1/b", NULL, "too many"},
        {"http://127.0.0.1/b", NULL, "too many"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct load_options o;
        char out[8192];
        cr_assert_eq(parse(&o, rows[i][0], rows[i][1], out, sizeof out), LOAD_OPTIONS_USAGE, "%s",
                     rows[i][0]);
        cr_assert(strstr(out, rows[i][2]), "%s: %s", rows[i][0], out);
    }
}

Test(load_options, shares_make_up_no_more_than_all)
{
    struct load_options o;
    char out[8192];
    cr_assert_eq(parse(&o, "--stall=60%", "--slow=50%:1M", out, sizeof out), LOAD_OPTIONS_USAGE);
    cr_assert_eq(parse(&o, "--stall=50%", "--slow=50%:1M", out, sizeof out), LOAD_OPTIONS_RUN);
}

Test(load_options, over_udp_nobody_stalls_or_is_slow)
{
    struct load_options o;
    char out[8192];
    cr_assert_eq(parse(&o, "--transport=udp", NULL, out, sizeof out), LOAD_OPTIONS_RUN);
    cr_assert_eq(o.transport, LOAD_UDP);
    cr_assert_eq(o.publish_transport, LOAD_TCP);
    cr_assert_eq(parse(&o, "--transport=udp", "--stall=10%", out, sizeof out), LOAD_OPTIONS_USAGE);
    cr_assert(strstr(out, "--transport tcp"), "%s", out);
    cr_assert_eq(parse(&o, "--transport=udp", "--slow=10%:1M", out, sizeof out),
                 LOAD_OPTIONS_USAGE);
}

Test(load_options, help_fits_and_names_every_flag)
{
    struct load_options o;
    char out[8192];
    static const char *const names[] = {"--publish",   "--streams",    "--clients", "--join-rate",
                                        "--transport", "--verify",     "--stall",   "--slow",
                                        "--churn",     "--server-pid", "--json",    "--html",
                                        "Exit status"};
    cr_assert_eq(parse(&o, "--help", NULL, out, sizeof out), LOAD_OPTIONS_DONE);
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        cr_assert(strstr(out, names[i]), "%s", names[i]);
    cr_assert_eq(parse(&o, "--version", NULL, out, sizeof out), LOAD_OPTIONS_DONE);
    cr_assert_eq(strncmp(out, "umbel-load ", 11), 0);
}
