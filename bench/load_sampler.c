/* SPDX-License-Identifier: MIT */
#include "bench/load_sampler.h"

#include "bench/load_proc.h"
#include "core/clock.h"

#include <unistd.h>

#define SAMPLE_MIN_NS (250 * NS_PER_MS)

void load_mark_take(struct load_mark *mark, const struct load_result *r)
{
    const struct load_stats *s = &r->stats;
    pid_t server = (pid_t)r->options->server_pid;
    *mark = (struct load_mark){
        .at_ns = clock_mono_ns(),
        .bytes = s->bytes,
        .unit_bytes = s->tally.bytes,
        .units = s->tally.units,
        .published_bytes = s->published_bytes,
        .published_units = s->published_units,
        .own_cpu_ns = load_proc_cpu_ns(getpid()),
        .own_wait_ns = load_proc_own_wait_ns(),
        .server_cpu_ns = server ? load_proc_cpu_ns(server) : -1,
        .server_rss_bytes = server ? load_proc_rss_bytes(server) : -1,
    };
}

void load_sampler_start(struct load_sampler *s, struct load_result *result, int64_t planned_ns)
{
    int64_t even = planned_ns / (LOAD_SAMPLES_MAX - 1) + 1;
    *s = (struct load_sampler){.result = result,
                               .interval_ns = even > SAMPLE_MIN_NS ? even : SAMPLE_MIN_NS};
    load_mark_take(&s->last, result);
    result->start = s->last;
    s->next_ns = s->last.at_ns + s->interval_ns;
}

static void take_delays(struct load_sample *sample, struct hist *recent)
{
    bool any = recent->count > 0;
    sample->delay_p50_ms = any ? (double)hist_quantile(recent, 0.5) / 1e6 : -1;
    sample->delay_p99_ms = any ? (double)hist_quantile(recent, 0.99) / 1e6 : -1;
    sample->delay_max_ms = any ? (double)recent->max_ns / 1e6 : -1;
    *recent = (struct hist){0};
}

/* Processors in use between two readings of a process's time. */
static double cores(int64_t before_ns, int64_t after_ns, double elapsed_s)
{
    return before_ns < 0 || after_ns < 0 ? -1 : (double)(after_ns - before_ns) / 1e9 / elapsed_s;
}

void load_sampler_tick(struct load_sampler *s, int64_t now_ns)
{
    struct load_result *r = s->result;
    struct load_mark mark;
    if (now_ns < s->next_ns || r->sample_count == LOAD_SAMPLES_MAX)
        return;
    load_mark_take(&mark, r);
    double elapsed_s = (double)(mark.at_ns - s->last.at_ns) / 1e9;
    struct load_sample *sample = &r->samples[r->sample_count++];
    *sample = (struct load_sample){
        .at_s = (double)(mark.at_ns - r->start.at_ns) / 1e9,
        .joined = (double)r->stats.joins,
        .playing = (double)r->stats.playing,
        .mbit_s = (double)(mark.bytes - s->last.bytes) * 8 / 1e6 / elapsed_s,
        .own_cores = cores(s->last.own_cpu_ns, mark.own_cpu_ns, elapsed_s),
        .server_cores = cores(s->last.server_cpu_ns, mark.server_cpu_ns, elapsed_s),
        .server_mib =
            mark.server_rss_bytes < 0 ? -1 : (double)mark.server_rss_bytes / (1024 * 1024),
    };
    take_delays(sample, &r->stats.tally.delay_recent);
    s->last = mark;
    s->next_ns = mark.at_ns + s->interval_ns;
}
