/* SPDX-License-Identifier: MIT */
#include "bench/load_summary.h"

#include <math.h>

#include "core/clock.h"

bool load_is_limit(const struct load_figures *f)
{
    return f->own_cores + f->own_wait > LOAD_LIMIT_SHARE;
}

static double ms(const struct hist *h, double share)
{
    return (double)hist_quantile(h, share) / 1e6;
}

void load_progress_print(FILE *to, const struct load_result *r, const struct load_mark *since)
{
    const struct load_stats *s = &r->stats;
    const struct hist *delay = &s->tally.delay[s->tally.phase];
    int64_t now_ns = clock_mono_ns();
    double elapsed_s = (double)(now_ns - since->at_ns + 1) / 1e9;
    fprintf(to, "%4.0f s  joined %llu  playing %llu/%llu  %.1f Mbit/s  lost %llu",
            (double)(now_ns - r->start.at_ns) / 1e9, (unsigned long long)s->joins,
            (unsigned long long)s->playing, (unsigned long long)r->options->clients,
            (double)(s->bytes - since->bytes) * 8 / 1e6 / elapsed_s,
            (unsigned long long)s->tally.lost_packets);
    uint64_t failed = load_sum(s->join_failures) + load_sum(s->disconnects);
    if (failed > 0)
        fprintf(to, "  failed %llu", (unsigned long long)failed);
    if (delay->count > 0)
        fprintf(to, "  delay p99 %.2f ms", ms(delay, 0.99));
    fputc('\n', to);
}

static void print_quantiles(FILE *to, const char *name, const struct hist *h)
{
    if (h->count == 0) {
        fprintf(to, "%-18snot measured\n", name);
        return;
    }
    fprintf(to, "%-18sp50 %.2f  p90 %.2f  p99 %.2f  p99.9 %.2f  max %.2f ms  (%llu)\n", name,
            ms(h, 0.5), ms(h, 0.9), ms(h, 0.99), ms(h, 0.999), (double)h->max_ns / 1e6,
            (unsigned long long)h->count);
}

static void print_reasons(FILE *to, const char *name, const uint64_t counts[LOAD_REASON_COUNT])
{
    fprintf(to, "%-18s%llu", name, (unsigned long long)load_sum(counts));
    for (enum load_reason i = 0; i < LOAD_REASON_COUNT; i++)
        if (counts[i] > 0)
            fprintf(to, "  %s %llu", load_reason_name(i), (unsigned long long)counts[i]);
    fputc('\n', to);
}

static void print_players(FILE *to, const struct load_result *r)
{
    const struct load_stats *s = &r->stats;
    fprintf(to, "%-18s%llu of %llu joined, %llu playing at the end\n", "players",
            (unsigned long long)s->joins, (unsigned long long)s->attempts,
            (unsigned long long)r->playing_at_end);
    print_reasons(to, "failed joins", s->join_failures);
    print_reasons(to, "disconnects", s->disconnects);
    if (s->evictions > 0)
        fprintf(to, "%-18s%llu stalled or slow players\n", "evicted",
                (unsigned long long)s->evictions);
    if (s->overflows > 0)
        fprintf(to,
                "%-18s%llu datagrams or bursts found the receive buffer full: lost here, not by "
                "the server\n",
                "overflows", (unsigned long long)s->overflows);
    if (s->leaves > 0)
        fprintf(to, "%-18s%llu\n", "left, rejoined", (unsigned long long)s->leaves);
    if (s->first_failure[0] != '\0')
        fprintf(to, "%-18s%s\n", "first failure", s->first_failure);
}

static void print_verified(FILE *to, const struct load_tally *t)
{
    fprintf(to,
            "%-18s%llu packets, %llu lost, %llu late, %llu broken; "
            "%llu access units, %llu missing, %llu damaged\n",
            "verified", (unsigned long long)t->packets, (unsigned long long)t->lost_packets,
            (unsigned long long)t->late_packets, (unsigned long long)t->broken_packets,
            (unsigned long long)t->units, (unsigned long long)t->missing_units,
            (unsigned long long)t->damaged_units);
}

static void print_publisher(FILE *to, const struct load_stats *s)
{
    if (s->published_units == 0)
        return;
    fprintf(to, "%-18s%llu access units", "published", (unsigned long long)s->published_units);
    if (s->publishers_lost > 0)
        fprintf(to, "; %llu publishers lost", (unsigned long long)s->publishers_lost);
    fputc('\n', to);
    print_quantiles(to, "publish lateness", &s->publish_late);
}

static void print_server(FILE *to, const struct load_figures *f)
{
    if (f->server_cpu_s >= 0) {
        fprintf(to, "%-18s%.2f cores", "server", f->server_cores);
        if (f->server_cpu_s_per_gb >= 0)
            fprintf(to, "  %.3f CPU s/GB", f->server_cpu_s_per_gb);
        if (f->server_ns_per_client_unit >= 0)
            fprintf(to, "  %.0f ns per client and frame", f->server_ns_per_client_unit);
        fputc('\n', to);
    }
    if (f->server_rss_bytes >= 0)
        fprintf(to, "%-18s%.1f MiB, %.1f KiB more a player than before the joins\n",
                "server memory", f->server_rss_bytes / (1024 * 1024),
                fmax(f->server_rss_per_player, 0) / 1024);
}

void load_summary_print(FILE *to, const struct load_result *r)
{
    struct load_figures f;
    load_figures(r, &f);
    const struct load_tally *t = &r->stats.tally;
    fprintf(to, "umbel-load %s: %.1f s measured over %s%s\n", r->options->url, f.window_s,
            load_transport_name(r->options->transport), r->interrupted ? " (interrupted)" : "");
    print_players(to, r);
    fprintf(to, "%-18s%.1f Mbit/s\n", "throughput", f.mbit_s);
    print_verified(to, t);
    print_quantiles(to, "delay", &t->delay[LOAD_PHASE_MEASURING]);
    print_quantiles(to, "  while joining", &t->delay[LOAD_PHASE_JOINING]);
    print_quantiles(to, "join", &r->stats.join);
    print_quantiles(to, "first packet", &t->first_packet);
    print_quantiles(to, "first IDR", &t->first_key);
    print_publisher(to, &r->stats);
    print_server(to, &f);
    fprintf(to, "%-18s%.0f %% of a processor, waited for one %.0f %% of the time\n", "umbel-load",
            f.own_cores * 100, f.own_wait * 100);
    if (load_is_limit(&f))
        fputs("warning: umbel-load itself had no time to spare: it may be the limit, "
              "not the server\n",
              to);
}
