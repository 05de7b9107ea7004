/* SPDX-License-Identifier: MIT */
/*
 * The program umbel-floor: the least that any server could do to send one live stream to many
 * players, as a yardstick for those that do more. One thread, one image a frame, one call a player
 * and frame (UDP: one call for many players).
 */
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/floor_sweep.h"
#include "core/clock.h"
#include "net/limits.h"

enum { EXIT_MEASURED = 0, EXIT_NOT_MEASURED = 1, EXIT_WRONG_USAGE = 2, HELP_BYTES = 4096 };

struct floor {
    struct floor_config config;
    struct feed feed;
    struct splicer splicer;
    struct crowd crowd;
    bool measures; /* the first seconds, which do not count, are over */
    bool shows_status;
    int64_t next_status_ns;
    uint64_t bytes_shown;
};

static volatile sig_atomic_t asked_to_stop;

static void on_signal(int number)
{
    (void)number;
    asked_to_stop = 1;
}

static int pin(int64_t cpu)
{
    cpu_set_t set;
    if (cpu < 0)
        return 0;
    CPU_ZERO(&set);
    CPU_SET((size_t)cpu, &set);
    if (sched_setaffinity(0, sizeof set, &set) == 0)
        return 0;
    fprintf(stderr, "umbel-floor: cannot run on processor %" PRId64 ": %s\n", cpu, strerror(errno));
    return -errno;
}

static int prepare(struct floor *fl)
{
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    limits_raise_descriptors(); /* with the limit as it was, there are fewer players */
    fl->shows_status = fl->config.verbose || isatty(STDERR_FILENO);
    int err = pin(fl->config.cpu);
    if (err)
        return err;
    err = feed_init(&fl->feed, &fl->config);
    if (err)
        return err;
    err = splicer_init(&fl->splicer);
    if (err) {
        fprintf(stderr, "umbel-floor: cannot open pipes: %s\n", strerror(-err));
        return err;
    }
    return crowd_init(&fl->crowd, &fl->config, &fl->feed, &fl->splicer);
}

static void show_status(struct floor *fl, int64_t now_ns)
{
    if (!fl->shows_status || now_ns < fl->next_status_ns)
        return;
    const struct crowd *cr = &fl->crowd;
    fprintf(stderr,
            "umbel-floor: %" PRIu32 " connected, %" PRIu32 " playing, %.1f Mbit/s, %" PRIu64
            " dropped\n",
            cr->connected, cr->playing, (double)(cr->tally.bytes - fl->bytes_shown) * 8 / 1e6,
            cr->tally.dropped);
    fl->bytes_shown = cr->tally.bytes;
    fl->next_status_ns = now_ns + NS_PER_S;
}

static void start_measuring(struct floor *fl, int64_t now_ns)
{
    fl->measures = true;
    fl->bytes_shown = 0;
    tally_start(&fl->crowd.tally, now_ns);
    fl->crowd.tally.most_playing = fl->crowd.playing;
}

/* Several images at once when the last sweep took longer than a frame lasts. */
static void publish_due(struct floor *fl, int64_t now_ns)
{
    while (feed_due_ns(&fl->feed) <= now_ns) {
        feed_publish(&fl->feed, crowd_needs(&fl->crowd));
        crowd_admit(&fl->crowd);
        fl->crowd.tally.frames++;
    }
}

static void run(struct floor *fl)
{
    int64_t start_ns = clock_mono_ns();
    int64_t measure_ns = start_ns + fl->config.measure_from_s * NS_PER_S;
    int64_t end_ns = start_ns + fl->config.duration_s * NS_PER_S;
    feed_start(&fl->feed, start_ns);
    tally_start(&fl->crowd.tally, start_ns);
    fl->next_status_ns = start_ns + NS_PER_S;
    for (;;) {
        int64_t now_ns = clock_mono_ns();
        if (asked_to_stop || now_ns >= end_ns)
            break;
        int64_t due_ns = feed_due_ns(&fl->feed);
        if (now_ns < due_ns) {
            crowd_wait(&fl->crowd, due_ns - now_ns);
            continue;
        }
        if (!fl->measures && now_ns >= measure_ns)
            start_measuring(fl, now_ns);
        publish_due(fl, now_ns);
        crowd_sweep(&fl->crowd);
        show_status(fl, now_ns);
    }
    tally_end(&fl->crowd.tally, clock_mono_ns());
}

static int report(const struct floor *fl)
{
    const struct tally *t = &fl->crowd.tally;
    if (!fl->measures || t->client_frames == 0) {
        fputs("umbel-floor: nobody played: nothing was measured\n", stderr);
        return EXIT_NOT_MEASURED;
    }
    tally_print(t);
    if (!fl->config.json)
        return EXIT_MEASURED;
    int err = tally_write_json(t, &fl->feed, &fl->config);
    if (err)
        fprintf(stderr, "umbel-floor: %s: %s\n", fl->config.json, strerror(-err));
    return err ? EXIT_NOT_MEASURED : EXIT_MEASURED;
}

int main(int argc, char **argv)
{
    static struct floor floor_program;
    struct floor *fl = &floor_program;
    char buf[HELP_BYTES];
    struct text out;
    text_init(&out, buf, sizeof buf);
    switch (floor_cli_parse(&fl->config, argc, argv, &out)) {
    case FLAGS_DONE:
        fputs(buf, stdout);
        return EXIT_MEASURED;
    case FLAGS_USAGE:
        fputs(buf, stderr);
        return EXIT_WRONG_USAGE;
    case FLAGS_RUN:
        break;
    }
    if (prepare(fl) != 0)
        return EXIT_NOT_MEASURED;
    run(fl);
    int status = report(fl);
    crowd_fini(&fl->crowd);
    splicer_fini(&fl->splicer);
    feed_fini(&fl->feed);
    return status;
}
