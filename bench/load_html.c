/* SPDX-License-Identifier: MIT */
#include "bench/load_html.h"

#include <math.h>
#include <stddef.h>

#include "bench/load_plot.h"
#include "bench/load_summary.h"
#include "core/version.h"

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n<title>umbel-load</title>\n<style>\n"
    "body{font:15px/1.45 sans-serif;color:#222;background:#fff;max-width:1360px;margin:2em auto;"
    "padding:0 1em}\n"
    "h1{font-size:1.4em}h2{font-size:1.1em;margin-top:1.6em}\n"
    "table{border-collapse:collapse;margin:.4em 2em .4em 0;font-variant-numeric:tabular-nums}\n"
    "td,th{padding:.2em .9em .2em 0;text-align:right;border-bottom:1px solid #e3e3e3}\n"
    "td:first-child,th:first-child{text-align:left}th{font-weight:600}\n"
    "figure{display:inline-block;width:640px;max-width:100%;margin:.6em 1em .6em 0}\n"
    "figcaption{font-weight:600}svg{width:100%;height:auto}\n"
    ".w{background:#fff4d6;border-left:4px solid #d9a400;padding:.5em 1em}\n"
    "</style></head><body>\n";

static void print_escaped(FILE *to, const char *text)
{
    for (; *text; text++) {
        if (*text == '<')
            fputs("&lt;", to);
        else if (*text == '&')
            fputs("&amp;", to);
        else
            fputc(*text, to);
    }
}

static void print_figure(FILE *to, const char *name, double value, int decimals, const char *unit)
{
    fprintf(to, "<tr><td>%s</td><td>", name);
    if (isfinite(value) && value >= 0)
        fprintf(to, "%.*f%s", decimals, value, unit);
    else
        fputs("not measured", to);
    fputs("</td></tr>\n", to);
}

static void print_count(FILE *to, const char *name, uint64_t value)
{
    print_figure(to, name, (double)value, 0, "");
}

static void print_quantiles(FILE *to, const char *name, const struct hist *h)
{
    static const double shares[] = {0.5, 0.9, 0.99, 0.999};
    fprintf(to, "<tr><td>%s</td>", name);
    if (h->count == 0) {
        fputs("<td colspan=\"6\">not measured</td></tr>\n", to);
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(shares); i++)
        fprintf(to, "<td>%.2f</td>", (double)hist_quantile(h, shares[i]) / 1e6);
    fprintf(to, "<td>%.2f</td><td>%llu</td></tr>\n", (double)h->max_ns / 1e6,
            (unsigned long long)h->count);
}

static void print_times(FILE *to, const struct load_stats *s)
{
    const struct load_tally *t = &s->tally;
    fputs("<h2>Times, in ms</h2>\n<table><tr><th></th><th>p50</th><th>p90</th><th>p99</th>"
          "<th>p99.9</th><th>max</th><th>count</th></tr>\n",
          to);
    print_quantiles(to, "delay, publish to last byte", &t->delay[LOAD_PHASE_MEASURING]);
    print_quantiles(to, "the same while players join", &t->delay[LOAD_PHASE_JOINING]);
    print_quantiles(to, "join, planned to reply to PLAY", &s->join);
    print_quantiles(to, "PLAY to first packet", &t->first_packet);
    print_quantiles(to, "PLAY to first IDR picture", &t->first_key);
    if (s->published_units > 0)
        print_quantiles(to, "lateness of the publisher", &s->publish_late);
    fputs("</table>\n", to);
}

static void print_counts(FILE *to, const struct load_result *r)
{
    const struct load_stats *s = &r->stats;
    const struct load_tally *t = &s->tally;
    fputs("<h2>Players</h2>\n<table>\n", to);
    print_count(to, "joins tried", s->attempts);
    print_count(to, "joined", s->joins);
    print_count(to, "playing at the end", r->playing_at_end);
    for (enum load_reason i = 0; i < LOAD_REASON_COUNT; i++) {
        uint64_t count = s->join_failures[i] + s->disconnects[i];
        if (count > 0)
            print_count(to, load_reason_name(i), count);
    }
    print_count(to, "left and rejoined", s->leaves);
    print_count(to, "stalled or slow and closed by the server", s->evictions);
    print_count(to, "packets verified", t->packets);
    print_count(to, "packets lost", t->lost_packets);
    print_count(to, "packets late or repeated", t->late_packets);
    print_count(to, "packets broken", t->broken_packets);
    if (r->options->transport == LOAD_UDP)
        print_count(to, "receive buffer overflows of umbel-load", s->overflows);
    print_count(to, "access units", t->units);
    print_count(to, "access units missing", t->missing_units);
    print_count(to, "access units damaged", t->damaged_units);
    fputs("</table>\n", to);
}

static void print_figures(FILE *to, const struct load_result *r, const struct load_figures *f)
{
    double own_mib = f->server_rss_bytes < 0 ? -1 : f->server_rss_bytes / (1024 * 1024);
    fputs("<h2>Throughput and cost</h2>\n<table>\n", to);
    print_figure(to, "measured", f->window_s, 1, " s");
    print_figure(to, "throughput", f->mbit_s, 1, " Mbit/s");
    if (r->options->server_pid != 0) {
        print_figure(to, "server, processors", f->server_cores, 2, "");
        print_figure(to, "server, CPU seconds a gigabyte", f->server_cpu_s_per_gb, 3, "");
        print_figure(to, "server, a client and frame", f->server_ns_per_client_unit, 0, " ns");
        print_figure(to, "server, resident memory", own_mib, 1, " MiB");
        if (f->server_rss_bytes >= 0)
            print_figure(to, "the same, growth a player", fmax(f->server_rss_per_player, 0) / 1024,
                         1, " KiB");
    }
    print_figure(to, "umbel-load, processors", f->own_cores, 2, "");
    fputs("</table>\n", to);
}

/* The samples' fields as the columns that plots are made of. */
struct columns {
    size_t count;
    double at[LOAD_SAMPLES_MAX];
    double y[LOAD_PLOT_SERIES_MAX][LOAD_SAMPLES_MAX];
};

static double field(const struct load_sample *s, size_t offset)
{
    double value;
    memcpy(&value, (const char *)s + offset, sizeof value);
    return value;
}

struct line {
    const char *name;
    const char *colour;
    size_t offset; /* in struct load_sample */
};

#define BLUE   "#1f6fb2"
#define ORANGE "#d9822b"
#define GREY   "#8a8a8a"

#define FIELD(name) offsetof(struct load_sample, name)

static const struct chart {
    const char *title;
    const char *y_label;
    bool log_y;
    bool of_server; /* only when the server's process is known */
    size_t line_count;
    struct line lines[LOAD_PLOT_SERIES_MAX];
} charts[] = {
    {"Delay over time",
     "ms",
     true,
     false,
     3,
     {{"p50", BLUE, FIELD(delay_p50_ms)},
      {"p99", ORANGE, FIELD(delay_p99_ms)},
      {"max", GREY, FIELD(delay_max_ms)}}},
    {"Players over time",
     "players",
     false,
     false,
     2,
     {{"joined", GREY, FIELD(joined)}, {"playing", BLUE, FIELD(playing)}}},
    {"Throughput over time", "Mbit/s", false, false, 1, {{"received", BLUE, FIELD(mbit_s)}}},
    {"Processors over time",
     "processors",
     false,
     false,
     2,
     {{"umbel-load", GREY, FIELD(own_cores)}, {"server", BLUE, FIELD(server_cores)}}},
    {"Server memory over time", "MiB", false, true, 1, {{"resident", BLUE, FIELD(server_mib)}}},
};

static void print_chart(FILE *to, const struct load_result *r, const struct chart *c)
{
    static struct columns columns;
    struct load_plot plot = {
        .title = c->title,
        .x_label = "seconds",
        .y_label = c->y_label,
        .log_y = c->log_y,
        .x = columns.at,
        .count = r->sample_count,
        .series_count = c->line_count,
    };
    for (size_t i = 0; i < r->sample_count; i++)
        columns.at[i] = r->samples[i].at_s;
    for (size_t line = 0; line < c->line_count; line++) {
        for (size_t i = 0; i < r->sample_count; i++)
            columns.y[line][i] = field(&r->samples[i], c->lines[line].offset);
        plot.series[line] =
            (struct load_series){c->lines[line].name, c->lines[line].colour, columns.y[line]};
    }
    load_plot_print(to, &plot);
}

/* On an axis where each step is ten times rarer. */
static void print_percentiles(FILE *to, const struct load_tally *t)
{
    enum { STEPS = 12, NINES = 4, POINTS = STEPS * NINES + 1 };
    static const struct load_tick ticks[] = {{0, "0"},    {0.30103, "50 %"}, {1, "90 %"},
                                             {2, "99 %"}, {3, "99.9 %"},     {NINES, "99.99 %"}};
    const struct hist *phases[] = {&t->delay[LOAD_PHASE_MEASURING], &t->delay[LOAD_PHASE_JOINING]};
    double x[POINTS];
    double y[2][POINTS];
    for (size_t i = 0; i < POINTS; i++) {
        x[i] = (double)i / STEPS;
        for (size_t phase = 0; phase < ARRAY_LEN(phases); phase++)
            y[phase][i] = phases[phase]->count == 0
                              ? -1
                              : (double)hist_quantile(phases[phase], 1 - pow(10, -x[i])) / 1e6;
    }
    const struct load_plot plot = {
        .title = "Delay percentiles",
        .x_label = "share of access units that are not slower",
        .y_label = "ms",
        .log_y = true,
        .x = x,
        .count = POINTS,
        .ticks = ticks,
        .tick_count = ARRAY_LEN(ticks),
        .series_count = ARRAY_LEN(phases),
        .series = {{"measured", BLUE, y[0]}, {"while joining", GREY, y[1]}},
    };
    load_plot_print(to, &plot);
}

static void print_plots(FILE *to, const struct load_result *r)
{
    fputs("<h2>Plots</h2>\n", to);
    print_percentiles(to, &r->stats.tally);
    for (size_t i = 0; i < ARRAY_LEN(charts); i++)
        if (!charts[i].of_server || r->options->server_pid != 0)
            print_chart(to, r, &charts[i]);
}

static void print_intro(FILE *to, const struct load_result *r, const struct load_figures *f)
{
    const struct load_options *o = r->options;
    fputs("<h1>umbel-load: ", to);
    print_escaped(to, o->url);
    fprintf(to,
            "</h1>\n<p>Players: %llu, over %s. Streams: %llu%s%s. Arrival: %s, a look every %.3g "
            "ms.</p>\n",
            (unsigned long long)o->clients, load_transport_name(o->transport),
            (unsigned long long)o->streams,
            o->publish ? ", published by umbel-load, bits a second each: " : "",
            o->publish ? o->publish : "", load_arrival_name(o->arrival), (double)o->poll_ns / 1e6);
    if (r->not_measured) {
        fputs("<p class=\"w\">Not measured: ", to);
        print_escaped(to, r->not_measured);
        fputs("</p>\n", to);
    }
    if (r->interrupted)
        fputs("<p class=\"w\">The run was interrupted.</p>\n", to);
    if (load_is_limit(f))
        fprintf(to,
                "<p class=\"w\">umbel-load itself was busy %.0f %% of the time and waited for a "
                "processor %.0f %%: it may be the limit, not the server.</p>\n",
                f->own_cores * 100, f->own_wait * 100);
    if (!r->not_measured && r->stats.first_failure[0] != '\0') {
        fputs("<p class=\"w\">First failure: ", to);
        print_escaped(to, r->stats.first_failure);
        fputs("</p>\n", to);
    }
}

void load_html_print(FILE *to, const struct load_result *r)
{
    struct load_figures f;
    load_figures(r, &f);
    fputs(head, to);
    print_intro(to, r, &f);
    print_figures(to, r, &f);
    print_times(to, &r->stats);
    print_plots(to, r);
    print_counts(to, r);
    fputs("<p>umbel-load " UMBEL_VERSION "</p>\n</body></html>\n", to);
}
