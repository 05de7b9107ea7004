/* SPDX-License-Identifier: MIT */
#include "rtsp/cli.h"

#include <stdlib.h>

#include "core/text.h"
#include "net/addr.h"
#include "rtsp/version.h"

enum { MIN_PACKET_BYTES = 128, MAX_PACKET_BYTES = 65535 };

#define KIB INT64_C(1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

enum kind {
    KIND_FLAG,
    KIND_LISTEN,
    KIND_NUMBER,
    KIND_BYTES,
    KIND_TIME,
    KIND_CHOICE,
    KIND_HELP,
    KIND_VERSION
};

struct flag {
    const char *name;
    enum kind kind;
    const char *metavar;
    const char *preset; /* the default, as a user would write it */
    const char *help;
    size_t offset;    /* of the field in struct config */
    int64_t min, max; /* in bytes or nanoseconds */
    int64_t unit;     /* of a number without one */
};

#define FIELD(name) offsetof(struct config, name)

static const struct flag flags[] = {
    {"listen", KIND_LISTEN, "ADDR:PORT", NULL,
     "listen here; may be given several times (default :8554, all addresses)", 0, 0, 0, 0},
    {"workers", KIND_NUMBER, "N", NULL,
     "worker threads (default one for each processor that the process may run on)", FIELD(workers),
     1, CONFIG_WORKERS_MAX, 1},
    {"no-pin", KIND_FLAG, NULL, NULL, "do not pin workers to processors", FIELD(no_pin), 0, 0, 0},
    {"demo", KIND_FLAG, NULL, NULL, "serve a built-in test picture at /live/demo", FIELD(demo), 0,
     0, 0},
    {"gop-cache", KIND_BYTES, "BYTES", "16M",
     "keep a stream's newest GOP up to this size, so that players start at once",
     FIELD(gop_cache_bytes), 0, GIB, 1},
    {"max-lag", KIND_TIME, "MS", "4s",
     "a player that is further behind jumps to the newest key frame", FIELD(max_lag_ns),
     10 * NS_PER_MS, 3600 * NS_PER_S, NS_PER_MS},
    {"max-lag-bytes", KIND_BYTES, "BYTES", "16M", "the same, measured in bytes",
     FIELD(max_lag_bytes), 64 * KIB, GIB, 1},
    {"packet-size", KIND_BYTES, "BYTES", "1360", "an RTP packet at the most, its header included",
     FIELD(packet_bytes), MIN_PACKET_BYTES, MAX_PACKET_BYTES, 1},
    {"audio-hold", KIND_TIME, "MS", "20ms",
     "let audio wait so long for video to go out with, in one write; 0: not at all",
     FIELD(audio_hold_ns), 0, 100 * NS_PER_MS, NS_PER_MS},
    {"splice-from", KIND_BYTES, "BYTES", "12K",
     "send frames from this size on by reference, through a pipe; 0: never",
     FIELD(splice_from_bytes), 0, GIB, 1},
    {"write-timeout", KIND_TIME, "S", "10s", "close a player that has taken nothing for this long",
     FIELD(write_timeout_ns), 100 * NS_PER_MS, 3600 * NS_PER_S, NS_PER_S},
    {"session-timeout", KIND_TIME, "S", "60s",
     "end a session without a sign of life: clients are told this time, and get half as much again",
     FIELD(session_timeout_ns), NS_PER_S, 86400 * NS_PER_S, NS_PER_S},
    {"request-timeout", KIND_TIME, "S", "10s",
     "close a connection whose first request, or rest of a request, takes longer",
     FIELD(request_timeout_ns), 100 * NS_PER_MS, 3600 * NS_PER_S, NS_PER_S},
    {"max-clients", KIND_NUMBER, "N", "100000", "connections at a time", FIELD(max_clients), 1,
     10000000, 1},
    {"max-streams", KIND_NUMBER, "N", "10000", "streams at a time", FIELD(max_streams), 1, 1000000,
     1},
    {"max-header", KIND_BYTES, "BYTES", "16K", "a request's header at the most",
     FIELD(max_header_bytes), KIB, MIB, 1},
    {"max-body", KIND_BYTES, "BYTES", "64K", "a request's body at the most", FIELD(max_body_bytes),
     KIB, 16 * MIB, 1},
    {"status-interval", KIND_TIME, "S", "60s",
     "log a line about streams, players and throughput this often; 0: never",
     FIELD(status_interval_ns), 0, 86400 * NS_PER_S, NS_PER_S},
    {"log-level", KIND_CHOICE, "error|warn|info|debug", "info", "what is worth a line on stderr",
     FIELD(log_level), 0, 0, 0},
    {"log-format", KIND_CHOICE, "text|logfmt|json", "text", "how the lines look", FIELD(log_format),
     0, 0, 0},
    {"version", KIND_VERSION, NULL, NULL, "print the version and exit", 0, 0, 0, 0},
    {"help", KIND_HELP, NULL, NULL, "print this and exit", 0, 0, 0, 0},
};

static const struct unit {
    const char *name;
    int64_t factor;
} byte_units[] = {{"", 0},      {"B", 1},   {"K", KIB},   {"KiB", KIB}, {"k", KIB},      {"M", MIB},
                  {"MiB", MIB}, {"G", GIB}, {"GiB", GIB}, {"kB", 1000}, {"MB", 1000000}, {NULL, 0}},
  time_units[] = {{"", 0},
                  {"ms", NS_PER_MS},
                  {"s", NS_PER_S},
                  {"m", 60 * NS_PER_S},
                  {"h", 3600 * NS_PER_S},
                  {NULL, 0}},
  no_units[] = {{"", 0}, {NULL, 0}};

/* "250", "1.5s", "16M": digits, perhaps a decimal fraction, a unit. False for anything else. */
static bool parse_quantity(const char *text, const struct unit *units, int64_t plain,
                           int64_t *value)
{
    size_t whole = strspn(text, "0123456789");
    size_t fraction = text[whole] == '.' ? 1 + strspn(text + whole + 1, "0123456789") : 0;
    const char *unit = text + whole + fraction;
    if (whole == 0 || fraction == 1 || (fraction > 0 && units == no_units))
        return false;
    double number = strtod(text, NULL);
    for (const struct unit *u = units; u->name; u++) {
        if (strcmp(unit, u->name) != 0)
            continue;
        double v = number * (double)(u->factor ? u->factor : plain);
        *value = v < 9e18 ? (int64_t)v : INT64_MAX;
        return true;
    }
    return false;
}

static void put_int64(struct config *c, const struct flag *f, int64_t value)
{
    memcpy((char *)c + f->offset, &value, sizeof value);
}

static const struct unit *units_of(const struct flag *f)
{
    return f->kind == KIND_BYTES ? byte_units : f->kind == KIND_TIME ? time_units : no_units;
}

static const char *set_quantity(struct config *c, const struct flag *f, const char *text)
{
    int64_t value;
    if (!parse_quantity(text, units_of(f), f->unit, &value))
        return f->kind == KIND_BYTES  ? "is not a size (like 64K, 16M, 1G or a number of bytes)"
               : f->kind == KIND_TIME ? "is not a time (like 500ms, 10s, 2m)"
                                      : "is not a number";
    if (value < f->min)
        return "is too small";
    if (value > f->max)
        return "is too large";
    put_int64(c, f, value);
    return NULL;
}

/* The metavar lists the choices, in the order of the enum's values. */
static const char *set_choice(struct config *c, const struct flag *f, const char *text)
{
    int value = 0;
    for (const char *at = f->metavar;; at++, value++) {
        size_t len = strcspn(at, "|");
        if (strlen(text) == len && strncmp(at, text, len) == 0) {
            memcpy((char *)c + f->offset, &value, sizeof value);
            return NULL;
        }
        at += len;
        if (*at == '\0')
            return "is none of the choices";
    }
}

static const char *set_listen(struct config *c, const char *text)
{
    struct addr a;
    if (addr_parse(&a, text, CONFIG_DEFAULT_PORT) != 0)
        return "is not an address (like 0.0.0.0:8554, [::1]:8554 or :8554)";
    if (c->listen_count == CONFIG_LISTEN_MAX)
        return "is one address too many";
    c->listen[c->listen_count++] = text;
    return NULL;
}

/* NULL, or what is wrong with the value. */
static const char *set_flag(struct config *c, const struct flag *f, const char *text)
{
    bool yes = true;
    switch (f->kind) {
    case KIND_FLAG:
        memcpy((char *)c + f->offset, &yes, sizeof yes);
        return NULL;
    case KIND_LISTEN:
        return set_listen(c, text);
    case KIND_CHOICE:
        return set_choice(c, f, text);
    default:
        return set_quantity(c, f, text);
    }
}

static void add_help(struct text *out)
{
    text_add(out, "umbel - RTSP edge server: one live stream in, many players out\n\n"
                  "usage: umbel [FLAGS]\n\n");
    for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
        const struct flag *f = &flags[i];
        size_t before = out->len;
        text_addf(out, "  --%s%s%s", f->name, f->metavar ? " " : "", f->metavar ? f->metavar : "");
        size_t width = out->len - before;
        text_addf(out, "%*s%s", width < 28 ? (int)(28 - width) : 1, "", f->help);
        if (f->preset)
            text_addf(out, " (default %s)", f->preset);
        text_add(out, "\n");
    }
    text_add(out, "\nSizes take K, M, G; times take ms, s, m, h.\n"
                  "Exit status: 0 stopped as asked, 1 could not run, 2 wrong usage.\n");
}

static const struct flag *find_flag(const char *name, size_t len)
{
    for (size_t i = 0; i < ARRAY_LEN(flags); i++)
        if (strlen(flags[i].name) == len && strncmp(flags[i].name, name, len) == 0)
            return &flags[i];
    return NULL;
}

static enum cli_result usage(struct text *out, const char *arg, const char *value, const char *why)
{
    text_addf(out, "umbel: %.80s%s%.80s %s; see umbel --help\n", arg, value ? " " : "",
              value ? value : "", why);
    return CLI_USAGE;
}

/* One argument, and the next when it is its value: *used says how many were. */
static enum cli_result take(struct config *c, char **arg, int left, int *used, struct text *out)
{
    const char *name = arg[0];
    if (strcmp(name, "-h") == 0)
        name = "--help";
    if (strncmp(name, "--", 2) != 0)
        return usage(out, name, NULL, "is not a flag");
    size_t len = strcspn(name + 2, "=");
    const struct flag *f = find_flag(name + 2, len);
    if (!f)
        return usage(out, name, NULL, "is not a flag that umbel has");

    const char *value = name[2 + len] == '=' ? name + 2 + len + 1 : NULL;
    *used = 1;
    if (!f->metavar && value)
        return usage(out, name, NULL, "takes no value");
    if (f->kind == KIND_HELP || f->kind == KIND_VERSION) {
        if (f->kind == KIND_HELP)
            add_help(out);
        else
            text_add(out, "umbel " UMBEL_VERSION "\n");
        return CLI_DONE;
    }
    if (f->metavar && !value) {
        if (left < 2)
            return usage(out, name, NULL, "needs a value");
        value = arg[1];
        *used = 2;
    }
    const char *why = set_flag(c, f, value);
    return why ? usage(out, arg[0], *used == 2 ? value : NULL, why) : CLI_RUN;
}

enum cli_result cli_parse(struct config *config, int argc, char **argv, char *buf, size_t cap)
{
    struct text out;
    text_init(&out, buf, cap);
    *config = (struct config){0};
    for (size_t i = 0; i < ARRAY_LEN(flags); i++)
        if (flags[i].preset)
            set_flag(config, &flags[i], flags[i].preset);

    for (int at = 1, used; at < argc; at += used) {
        enum cli_result result = take(config, argv + at, argc - at, &used, &out);
        if (result != CLI_RUN)
            return result;
    }
    if (config->listen_count == 0)
        set_listen(config, ":8554");
    return CLI_RUN;
}
