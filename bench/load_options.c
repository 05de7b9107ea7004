/* SPDX-License-Identifier: MIT */
#include "bench/load_options.h"

#include <math.h>
#include <stdlib.h>

#include "bench/load_target.h"
#include "bench/units.h"
#include "core/text.h"
#include "rtsp/version.h"

/* What a flag does to the options: NULL, or what is wrong with the value. */
struct flag;
typedef const char *flag_set(struct load_options *o, const struct flag *f, const char *text);

struct flag {
    const char *name;
    const char *metavar; /* NULL: takes no value */
    const char *preset;  /* the default, as a user would write it */
    const char *help;
    flag_set *set;
    size_t offset; /* of the field */
    double min, max;
};

struct unit {
    const char *name;
    double factor;
};

static const struct unit no_units[] = {{"", 1}, {NULL}},
                         percent_units[] = {{"", 1}, {"%", 1}, {NULL}},
                         rate_units[] = {{"", 1}, {"/s", 1}, {NULL}},
                         time_units[] = {{"", 1e9},   {"us", 1e3},   {"ms", 1e6}, {"s", 1e9},
                                         {"m", 60e9}, {"h", 3600e9}, {NULL}},
                         bit_units[] = {{"", 1}, {"k", 1e3}, {"M", 1e6}, {"G", 1e9}, {NULL}};

/* "250", "1.5s", "10%". False for anything else. */
static bool parse_quantity(const char *text, const struct unit *units, double *value)
{
    char *end;
    if (*text < '0' || *text > '9')
        return false;
    double number = strtod(text, &end);
    for (const struct unit *u = units; u->name; u++) {
        if (strcmp(end, u->name) == 0) {
            *value = number * u->factor;
            return isfinite(*value);
        }
    }
    return false;
}

static const char *in_range(const struct flag *f, double value)
{
    return value < f->min ? "is too small" : value > f->max ? "is too large" : NULL;
}

static void put(struct load_options *o, const struct flag *f, const void *value, size_t bytes)
{
    memcpy((char *)o + f->offset, value, bytes);
}

static const char *set_text(struct load_options *o, const struct flag *f, const char *text)
{
    if (*text == '\0')
        return "is empty";
    put(o, f, &text, sizeof text);
    return NULL;
}

static const char *set_switch(struct load_options *o, const struct flag *f, const char *text)
{
    const bool yes = true;
    (void)text;
    put(o, f, &yes, sizeof yes);
    return NULL;
}

static const char *set_count(struct load_options *o, const struct flag *f, const char *text)
{
    double value;
    if (!parse_quantity(text, no_units, &value) || value != floor(value))
        return "is not a whole number";
    const uint64_t count = (uint64_t)fmin(value, f->max + 1);
    put(o, f, &count, sizeof count);
    return in_range(f, value);
}

static const char *set_time(struct load_options *o, const struct flag *f, const char *text)
{
    double value;
    if (!parse_quantity(text, time_units, &value))
        return "is not a time (like 500ms, 10s, 2m)";
    const int64_t ns = (int64_t)fmin(value, f->max + 1);
    put(o, f, &ns, sizeof ns);
    return in_range(f, value);
}

static const char *set_rate(struct load_options *o, const struct flag *f, const char *text)
{
    double value;
    if (!parse_quantity(text, rate_units, &value))
        return "is not a rate (like 100 or 100/s)";
    put(o, f, &value, sizeof value);
    return in_range(f, value);
}

static const char *set_percent(struct load_options *o, const struct flag *f, const char *text)
{
    double value;
    if (!parse_quantity(text, percent_units, &value))
        return "is not a share (like 10%)";
    put(o, f, &value, sizeof value);
    return in_range(f, value);
}

/* "10%:1M" */
static const char *set_slow(struct load_options *o, const struct flag *f, const char *text)
{
    char share[16];
    size_t len = strcspn(text, ":");
    if (text[len] != ':' || len >= sizeof share)
        return "is not a share and a rate (like 10%:1M)";
    memcpy(share, text, len);
    share[len] = '\0';
    if (!parse_quantity(text + len + 1, bit_units, &o->slow_bits) || o->slow_bits < 1000)
        return "has no rate of at least 1k behind the colon (like 10%:1M)";
    return set_percent(o, f, share);
}

static const char *set_verify(struct load_options *o, const struct flag *f, const char *text)
{
    if (strcmp(text, "all") == 0)
        o->verify = LOAD_VERIFY_ALL;
    else if (strcmp(text, "none") == 0)
        o->verify = 0;
    else
        return set_count(o, f, text) ? "is none of: all, none, a number" : NULL;
    return NULL;
}

static const char *set_publish(struct load_options *o, const struct flag *f, const char *text)
{
    struct units units;
    if (units_init(&units, text, 30, 60) != 0)
        return "is not a bit rate (like 300k, 2M, 8M)";
    return set_text(o, f, text);
}

static const char *set_transport(struct load_options *o, const struct flag *f, const char *text)
{
    (void)o;
    (void)f;
    if (strcmp(text, "udp") == 0)
        return "is not supported by this version: it measures tcp (interleaved) only";
    return strcmp(text, "tcp") == 0 ? NULL : "is none of: tcp, udp";
}

static const char *set_cpu(struct load_options *o, const struct flag *f, const char *text)
{
    const char *why = set_count(o, f, text);
    return why ? "is not the number of a processor" : NULL;
}

#define FIELD(name) offsetof(struct load_options, name)

static const struct flag flags[] = {
    {"publish", "RATE", NULL, "publish to the URL as well, at so many bits a second (300k, 2M, 8M)",
     set_publish, FIELD(publish), 0, 0},
    {"fps", "N", "30", "access units a second to publish", set_count, FIELD(fps), 1, 1000},
    {"gop", "N", "60", "access units from one key frame to the next", set_count, FIELD(gop), 1,
     100000},
    {"streams", "N", "1", "streams: %d in the URL, or its end, becomes the number of each",
     set_count, FIELD(streams), 1, 100000},
    {"clients", "N", "1", "players", set_count, FIELD(clients), 1, 1000000},
    {"join-rate", "R/s", "100", "players that join a second", set_rate, FIELD(join_rate), 0.01,
     1e6},
    {"duration", "S", "10s", "measure for so long, once all have joined", set_time,
     FIELD(duration_ns), 1e8, 86400e9},
    {"transport", "tcp|udp", "tcp", "how media comes (udp: not in this version)", set_transport, 0,
     0, 0},
    {"verify", "all|K|none", "50", "players that parse and check every byte; the rest discard",
     set_verify, FIELD(verify), 0, 1e6},
    {"stall", "P%", "0", "share of players that stop to read", set_percent, FIELD(stall_percent), 0,
     100},
    {"slow", "P%:RATE", NULL, "share of players that read no faster than this", set_slow,
     FIELD(slow_percent), 0, 100},
    {"churn", "R/s", "0", "players a second that leave and join again", set_rate, FIELD(churn_rate),
     0, 1e5},
    {"keepalive", "S", "30s", "send OPTIONS this often while playing; 0: never", set_time,
     FIELD(keepalive_ns), 0, 86400e9},
    {"sources", "N", "1", "connect from 127.0.0.1 to 127.0.0.N (a server in 127/8)", set_count,
     FIELD(sources), 1, 254},
    {"poll", "MS", "1ms", "look at the sockets this often: the resolution of delays", set_time,
     FIELD(poll_ns), 1e5, 1e9},
    {"server-pid", "PID", NULL, "measure this process's processor time and memory", set_count,
     FIELD(server_pid), 1, 4194304},
    {"cpu", "N", NULL, "run on this processor only", set_cpu, FIELD(cpu), 0, 1023},
    {"json", "FILE", NULL, "write the results to a JSON file", set_text, FIELD(json), 0, 0},
    {"html", "FILE", NULL, "write a report with plots to an HTML file", set_text, FIELD(html), 0,
     0},
    {"verbose", NULL, NULL, "name each player that fails", set_switch, FIELD(verbose), 0, 0},
    {"version", NULL, NULL, "print the version and exit", NULL, 0, 0, 0},
    {"help", NULL, NULL, "print this and exit", NULL, 0, 0, 0},
};

static void add_help(struct text *out)
{
    text_add(out, "umbel-load - load generator for RTSP servers: many players, measured\n\n"
                  "usage: umbel-load [FLAGS] rtsp://HOST[:PORT]/PATH\n\n");
    for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
        const struct flag *f = &flags[i];
        size_t before = out->len;
        text_addf(out, "  --%s%s%s", f->name, f->metavar ? " " : "", f->metavar ? f->metavar : "");
        size_t width = out->len - before;
        text_addf(out, "%*s%s", width < 26 ? (int)(26 - width) : 1, "", f->help);
        if (f->preset)
            text_addf(out, " (default %s)", f->preset);
        text_add(out, "\n");
    }
    text_add(out, "\nExamples:\n"
                  "  umbel-load --clients 200 rtsp://127.0.0.1:8554/live/demo\n"
                  "  umbel-load --publish 2M --clients 1000 --html report.html "
                  "rtsp://127.0.0.1:8554/live/load\n"
                  "\nExit status: 0 measured, 1 not measured, 2 wrong usage.\n");
}

static enum load_options_result usage(struct text *out, const char *arg, const char *value,
                                      const char *why)
{
    text_addf(out, "umbel-load: %.80s%s%.120s %s; see umbel-load --help\n", arg, value ? " " : "",
              value ? value : "", why);
    return LOAD_OPTIONS_USAGE;
}

static const struct flag *find_flag(const char *name, size_t len)
{
    for (size_t i = 0; i < ARRAY_LEN(flags); i++)
        if (strlen(flags[i].name) == len && strncmp(flags[i].name, name, len) == 0)
            return &flags[i];
    return NULL;
}

static enum load_options_result serve(const struct flag *f, struct text *out)
{
    if (strcmp(f->name, "help") == 0)
        add_help(out);
    else
        text_add(out, "umbel-load " UMBEL_VERSION "\n");
    return LOAD_OPTIONS_DONE;
}

static enum load_options_result take_url(struct load_options *o, const char *url, struct text *out)
{
    struct load_target target;
    if (o->url)
        return usage(out, url, NULL, "is one URL too many");
    const char *why = load_target_parse(&target, url);
    if (why)
        return usage(out, url, NULL, why);
    o->url = url;
    return LOAD_OPTIONS_RUN;
}

/* One argument, and the next when it is its value: *used says how many were. */
static enum load_options_result take(struct load_options *o, char **arg, int left, int *used,
                                     struct text *out)
{
    const char *name = strcmp(arg[0], "-h") == 0 ? "--help" : arg[0];
    *used = 1;
    if (name[0] != '-')
        return take_url(o, name, out);
    size_t len = strncmp(name, "--", 2) == 0 ? strcspn(name + 2, "=") : 0;
    const struct flag *f = len > 0 ? find_flag(name + 2, len) : NULL;
    if (!f)
        return usage(out, name, NULL, "is not a flag that umbel-load has");

    const char *value = name[2 + len] == '=' ? name + 2 + len + 1 : NULL;
    if (!f->metavar && value)
        return usage(out, name, NULL, "takes no value");
    if (!f->set)
        return serve(f, out);
    if (f->metavar && !value) {
        if (left < 2)
            return usage(out, name, NULL, "needs a value");
        value = arg[1];
        *used = 2;
    }
    const char *why = f->set(o, f, value);
    return why ? usage(out, arg[0], *used == 2 ? value : NULL, why) : LOAD_OPTIONS_RUN;
}

static enum load_options_result check_whole(const struct load_options *o, struct text *out)
{
    if (!o->url)
        return usage(out, "rtsp://HOST[:PORT]/PATH", NULL, "is missing");
    if (o->stall_percent + o->slow_percent > 100)
        return usage(out, "--stall and --slow", NULL, "are more than 100 % together");
    return LOAD_OPTIONS_RUN;
}

enum load_options_result load_options_parse(struct load_options *options, int argc, char **argv,
                                            char *buf, size_t cap)
{
    struct text out;
    text_init(&out, buf, cap);
    *options = (struct load_options){.cpu = -1};
    for (size_t i = 0; i < ARRAY_LEN(flags); i++)
        if (flags[i].preset)
            flags[i].set(options, &flags[i], flags[i].preset);

    for (int at = 1, used; at < argc; at += used) {
        enum load_options_result result = take(options, argv + at, argc - at, &used, &out);
        if (result != LOAD_OPTIONS_RUN)
            return result;
    }
    return check_whole(options, &out);
}
