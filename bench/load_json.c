/* SPDX-License-Identifier: MIT */
#include "bench/load_json.h"

#include <math.h>
#include <time.h>

#include "bench/load_summary.h"
#include "core/version.h"

/* Where the writing stands: whether a comma is due. */
struct json {
    FILE *to;
    bool comma;
};

static void string(struct json *j, const char *text)
{
    fputc('"', j->to);
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if (*c == '"' || *c == '\\')
            fprintf(j->to, "\\%c", *c);
        else if (*c < ' ' || *c > '~')
            fprintf(j->to, "\\u%04x", *c); /* bytes of unknown encoding: as ISO 8859-1 */
        else
            fputc(*c, j->to);
    }
    fputc('"', j->to);
}

/* What stands in front of a value: a comma, and its name when it has one. */
static void lead(struct json *j, const char *name)
{
    if (j->comma)
        fputs(", ", j->to);
    j->comma = true;
    if (name) {
        string(j, name);
        fputs(": ", j->to);
    }
}

static void open(struct json *j, const char *name, char bracket)
{
    lead(j, name);
    fputc(bracket, j->to);
    j->comma = false;
}

static void close(struct json *j, char bracket)
{
    fputc(bracket, j->to);
    j->comma = true;
}

static void add_string(struct json *j, const char *name, const char *value)
{
    lead(j, name);
    if (value)
        string(j, value);
    else
        fputs("null", j->to);
}

static void add_count(struct json *j, const char *name, uint64_t value)
{
    lead(j, name);
    fprintf(j->to, "%llu", (unsigned long long)value);
}

static void add_bool(struct json *j, const char *name, bool value)
{
    lead(j, name);
    fputs(value ? "true" : "false", j->to);
}

static void add_number(struct json *j, const char *name, double value)
{
    lead(j, name);
    if (isfinite(value))
        fprintf(j->to, "%.6g", value);
    else
        fputs("null", j->to);
}

/* A figure that is never negative, unless it is not known. */
static void add_known(struct json *j, const char *name, double value)
{
    add_number(j, name, value < 0 ? (double)NAN : value);
}

static void add_quantiles(struct json *j, const char *name, const struct hist *h)
{
    static const struct {
        const char *name;
        double share;
    } rows[] = {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}};
    open(j, name, '{');
    add_count(j, "count", h->count);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        add_known(j, rows[i].name,
                  h->count > 0 ? (double)hist_quantile(h, rows[i].share) / 1e6 : -1);
    add_known(j, "max", h->count > 0 ? (double)h->max_ns / 1e6 : -1);
    add_known(j, "mean", h->count > 0 ? (double)h->sum_ns / (double)h->count / 1e6 : -1);
    close(j, '}');
}

static void add_reasons(struct json *j, const char *name, const uint64_t counts[LOAD_REASON_COUNT])
{
    open(j, name, '{');
    for (enum load_reason i = 0; i < LOAD_REASON_COUNT; i++)
        add_count(j, load_reason_name(i), counts[i]);
    close(j, '}');
}

static void add_options(struct json *j, const struct load_options *o)
{
    open(j, "options", '{');
    add_string(j, "url", o->url);
    add_string(j, "publish", o->publish);
    add_count(j, "fps", o->fps);
    add_count(j, "gop", o->gop);
    add_count(j, "streams", o->streams);
    add_count(j, "clients", o->clients);
    add_number(j, "join_rate_per_s", o->join_rate);
    add_number(j, "duration_s", (double)o->duration_ns / 1e9);
    add_string(j, "transport", load_transport_name(o->transport));
    add_string(j, "publish_transport", load_transport_name(o->publish_transport));
    lead(j, "verify");
    if (o->verify == LOAD_VERIFY_ALL)
        string(j, "all");
    else
        fprintf(j->to, "%llu", (unsigned long long)o->verify);
    add_number(j, "stall_percent", o->stall_percent);
    add_number(j, "slow_percent", o->slow_percent);
    add_number(j, "slow_bit_per_s", o->slow_bits);
    add_number(j, "churn_per_s", o->churn_rate);
    add_number(j, "keepalive_s", (double)o->keepalive_ns / 1e9);
    add_count(j, "sources", o->sources);
    add_number(j, "poll_ms", (double)o->poll_ns / 1e6);
    add_string(j, "arrival", load_arrival_name(o->arrival));
    close(j, '}');
}

static void add_players(struct json *j, const struct load_result *r)
{
    const struct load_stats *s = &r->stats;
    open(j, "players", '{');
    add_count(j, "attempts", s->attempts);
    add_count(j, "joined", s->joins);
    add_count(j, "playing_at_end", r->playing_at_end);
    add_count(j, "left", s->leaves);
    add_count(j, "evicted", s->evictions);
    add_count(j, "receive_overflows", s->overflows);
    add_reasons(j, "join_failures", s->join_failures);
    add_reasons(j, "disconnects", s->disconnects);
    add_string(j, "first_failure", s->first_failure[0] ? s->first_failure : NULL);
    close(j, '}');
}

static void add_verified(struct json *j, const struct load_tally *t)
{
    open(j, "verified", '{');
    add_count(j, "bytes", t->bytes);
    add_count(j, "packets", t->packets);
    add_count(j, "lost_packets", t->lost_packets);
    add_count(j, "late_packets", t->late_packets);
    add_count(j, "broken_packets", t->broken_packets);
    add_count(j, "rtcp_packets", t->rtcp_packets);
    add_count(j, "units", t->units);
    add_count(j, "key_units", t->key_units);
    add_count(j, "stamped_units", t->stamped_units);
    add_count(j, "missing_units", t->missing_units);
    add_count(j, "damaged_units", t->damaged_units);
    close(j, '}');
}

static void add_times(struct json *j, const struct load_stats *s)
{
    const struct load_tally *t = &s->tally;
    add_quantiles(j, "delay_ms", &t->delay[LOAD_PHASE_MEASURING]);
    add_quantiles(j, "delay_while_joining_ms", &t->delay[LOAD_PHASE_JOINING]);
    add_quantiles(j, "join_ms", &s->join);
    add_quantiles(j, "first_packet_ms", &t->first_packet);
    add_quantiles(j, "first_idr_ms", &t->first_key);
}

static void add_publisher(struct json *j, const struct load_stats *s)
{
    open(j, "published", '{');
    add_count(j, "units", s->published_units);
    add_count(j, "bytes", s->published_bytes);
    add_count(j, "publishers_lost", s->publishers_lost);
    add_quantiles(j, "lateness_ms", &s->publish_late);
    close(j, '}');
}

static void add_server(struct json *j, const struct load_figures *f)
{
    open(j, "server", '{');
    add_known(j, "cpu_s", f->server_cpu_s);
    add_known(j, "cores", f->server_cores);
    add_known(j, "cpu_s_per_gb", f->server_cpu_s_per_gb);
    add_known(j, "ns_per_client_and_unit", f->server_ns_per_client_unit);
    add_known(j, "rss_start_bytes", f->server_rss_start_bytes);
    add_known(j, "rss_bytes", f->server_rss_bytes);
    if (f->server_rss_bytes < 0)
        add_known(j, "rss_bytes_per_player", -1);
    else
        add_number(j, "rss_bytes_per_player", f->server_rss_per_player); /* may shrink */
    close(j, '}');
}

static void add_sample(struct json *j, const struct load_sample *s)
{
    open(j, NULL, '{');
    add_number(j, "at_s", s->at_s);
    add_number(j, "joined", s->joined);
    add_number(j, "playing", s->playing);
    add_number(j, "mbit_per_s", s->mbit_s);
    add_known(j, "delay_p50_ms", s->delay_p50_ms);
    add_known(j, "delay_p99_ms", s->delay_p99_ms);
    add_known(j, "delay_max_ms", s->delay_max_ms);
    add_known(j, "own_cores", s->own_cores);
    add_known(j, "server_cores", s->server_cores);
    add_known(j, "server_rss_mib", s->server_mib);
    close(j, '}');
}

static void add_start(struct json *j, int64_t wall_ns)
{
    char text[32];
    struct tm tm;
    time_t seconds = (time_t)(wall_ns / NS_PER_S);
    gmtime_r(&seconds, &tm);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    add_string(j, "began", text);
}

void load_json_print(FILE *to, const struct load_result *r)
{
    struct json j = {.to = to};
    struct load_figures f;
    load_figures(r, &f);
    open(&j, NULL, '{');
    add_string(&j, "tool", "umbel-load " UMBEL_VERSION);
    add_start(&j, r->began_wall_ns);
    add_options(&j, r->options);
    add_string(&j, "not_measured", r->not_measured);
    add_bool(&j, "interrupted", r->interrupted);
    add_number(&j, "measured_s", f.window_s);
    add_number(&j, "mbit_per_s", f.mbit_s);
    add_number(&j, "gigabytes", f.gigabytes);
    add_players(&j, r);
    add_verified(&j, &r->stats.tally);
    add_times(&j, &r->stats);
    add_publisher(&j, &r->stats);
    add_server(&j, &f);
    open(&j, "generator", '{');
    add_number(&j, "cores", f.own_cores);
    add_number(&j, "waited_share", f.own_wait);
    add_bool(&j, "may_be_the_limit", load_is_limit(&f));
    close(&j, '}');
    open(&j, "samples", '[');
    for (size_t i = 0; i < r->sample_count; i++)
        add_sample(&j, &r->samples[i]);
    close(&j, ']');
    close(&j, '}');
    fputc('\n', to);
}
