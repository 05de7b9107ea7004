/* SPDX-License-Identifier: MIT */
#include "bench/load_stats.h"

#include <stdio.h>

uint64_t load_sum(const uint64_t counts[LOAD_REASON_COUNT])
{
    uint64_t sum = 0;
    for (int i = 0; i < LOAD_REASON_COUNT; i++)
        sum += counts[i];
    return sum;
}

void load_stats_note(struct load_stats *s, const char *why)
{
    if (s->first_failure[0] == '\0')
        snprintf(s->first_failure, sizeof s->first_failure, "%s", why);
}

/*
 * Bytes of an access unit on the wire, as verified players saw them, or else as they were
 * published; 0 when nobody knows.
 */
static double unit_bytes(const struct load_mark *a, const struct load_mark *b)
{
    if (b->units > a->units)
        return (double)(b->unit_bytes - a->unit_bytes) / (double)(b->units - a->units);
    if (b->published_units > a->published_units)
        return (double)(b->published_bytes - a->published_bytes) /
               (double)(b->published_units - a->published_units);
    return 0;
}

static void server_figures(const struct load_result *r, struct load_figures *f)
{
    const struct load_mark *a = &r->begin;
    const struct load_mark *b = &r->end;
    if (a->server_cpu_ns >= 0 && b->server_cpu_ns >= 0) {
        double cpu_ns = (double)(b->server_cpu_ns - a->server_cpu_ns);
        double one_unit = unit_bytes(a, b);
        f->server_cpu_s = cpu_ns / 1e9;
        f->server_cores = f->server_cpu_s / f->window_s;
        if (f->gigabytes > 0)
            f->server_cpu_s_per_gb = f->server_cpu_s / f->gigabytes;
        if (f->gigabytes > 0 && one_unit > 0)
            f->server_ns_per_client_unit = cpu_ns / (f->gigabytes * 1e9 / one_unit);
    }
    if (r->start.server_rss_bytes >= 0 && b->server_rss_bytes >= 0) {
        f->server_rss_start_bytes = (double)r->start.server_rss_bytes;
        f->server_rss_bytes = (double)b->server_rss_bytes;
        if (r->playing_at_end > 0)
            f->server_rss_per_player =
                (f->server_rss_bytes - f->server_rss_start_bytes) / (double)r->playing_at_end;
    }
}

void load_figures(const struct load_result *r, struct load_figures *f)
{
    *f = (struct load_figures){
        .server_cores = -1,
        .server_cpu_s = -1,
        .server_cpu_s_per_gb = -1,
        .server_ns_per_client_unit = -1,
        .server_rss_bytes = -1,
        .server_rss_start_bytes = -1,
        .server_rss_per_player = -1,
    };
    double elapsed = (double)(r->end.at_ns - r->begin.at_ns) / 1e9;
    f->window_s = elapsed > 0 ? elapsed : 1e-9;
    f->gigabytes = (double)(r->end.bytes - r->begin.bytes) / 1e9;
    f->mbit_s = f->gigabytes * 8000 / f->window_s;
    f->own_cores = (double)(r->end.own_cpu_ns - r->begin.own_cpu_ns) / 1e9 / f->window_s;
    f->own_wait = (double)(r->end.own_wait_ns - r->begin.own_wait_ns) / 1e9 / f->window_s;
    server_figures(r, f);
}
