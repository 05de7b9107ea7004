/* SPDX-License-Identifier: MIT */
#include "bench/floor_cli.h"

#include <getopt.h>
#include <stdlib.h>

#include "bench/units.h"
#include "rtsp/version.h"

enum kind { KIND_YES, KIND_TEXT, KIND_NUMBER, KIND_HELP, KIND_VERSION };

struct flag {
    const char *name;
    enum kind kind;
    const char *metavar;
    const char *preset; /* the default, as a user would write it */
    const char *help;
    size_t offset; /* of the field in struct floor_config */
    int64_t min, max;
};

#define FIELD(name) offsetof(struct floor_config, name)

static const struct flag flags[] = {
    {"listen", KIND_TEXT, "ADDR:PORT", "127.0.0.1:8600", "listen here", FIELD(listen), 0, 0},
    {"cpu", KIND_NUMBER, "N", NULL, "run on this processor only", FIELD(cpu), 0, 1023},
    {"rate", KIND_TEXT, "RATE", "2M", "bits per second of the stream, like 300k or 8M", FIELD(rate),
     0, 0},
    {"fps", KIND_NUMBER, "N", "30", "access units per second", FIELD(fps), 1, 1000},
    {"gop", KIND_NUMBER, "N", "60", "access units from one key frame to the next", FIELD(gop), 1,
     65536},
    {"trace", KIND_TEXT, "FILE", NULL, "sizes from a file instead: a line 'bytes key' each",
     FIELD(trace), 0, 0},
    {"packet-size", KIND_NUMBER, "BYTES", "1360", "an RTP packet at the most", FIELD(packet_bytes),
     128, 65535},
    {"splice-from", KIND_NUMBER, "BYTES", "12K",
     "send images of this size and more by tee and splice; 0: never", FIELD(splice_from), 0,
     1 << 30},
    {"max-clients", KIND_NUMBER, "N", "20000", "connections at a time", FIELD(max_clients), 1,
     1000000},
    {"duration", KIND_NUMBER, "S", "60", "stop after so many seconds", FIELD(duration_s), 1, 86400},
    {"measure-from", KIND_NUMBER, "S", "0", "leave the first seconds out", FIELD(measure_from_s), 0,
     86400},
    {"json", KIND_TEXT, "FILE", NULL, "write the result there as well", FIELD(json), 0, 0},
    {"verbose", KIND_YES, NULL, NULL, "a status line every second (as on a terminal)",
     FIELD(verbose), 0, 0},
    {"version", KIND_VERSION, NULL, NULL, "print the version and exit", 0, 0, 0},
    {"help", KIND_HELP, NULL, NULL, "print this and exit", 0, 0, 0},
};

static void add_help(struct text *out)
{
    text_add(out, "umbel-floor - the least that a server could do to send one live stream to many "
                  "RTSP players\n\nusage: umbel-floor [FLAGS]\n\n");
    for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
        const struct flag *f = &flags[i];
        size_t before = out->len;
        text_addf(out, "  --%s%s%s", f->name, f->metavar ? " " : "", f->metavar ? f->metavar : "");
        text_addf(out, "%*s%s", (int)(before + 26 - out->len), "", f->help);
        if (f->preset)
            text_addf(out, " (default %s)", f->preset);
        text_add(out, "\n");
    }
    text_add(out, "\nIt serves any URL, over TCP on channels 0-1, from the next key frame on, and "
                  "prints what that cost.\n"
                  "Exit status: 0 measured, 1 not measured, 2 wrong usage.\n");
}

/* "250", "12K", "1M". */
static bool parse_number(const char *text, int64_t *value)
{
    char *end;
    if (*text < '0' || *text > '9')
        return false;
    *value = strtoll(text, &end, 10);
    int64_t factor = *end == 'K' ? 1 << 10 : *end == 'M' ? 1 << 20 : 1;
    if (factor > 1)
        end++;
    return *end == '\0' && !__builtin_mul_overflow(*value, factor, value);
}

/* NULL, or what is wrong with the value. */
static const char *set(struct floor_config *config, const struct flag *f, const char *text)
{
    char *field = (char *)config + f->offset;
    bool yes = true;
    int64_t number;
    switch (f->kind) {
    case KIND_YES:
        memcpy(field, &yes, sizeof yes);
        return NULL;
    case KIND_TEXT:
        memcpy(field, &text, sizeof text);
        return NULL;
    default:
        if (!parse_number(text, &number))
            return "is not a number";
        if (number < f->min || number > f->max)
            return "is out of range";
        memcpy(field, &number, sizeof number);
        return NULL;
    }
}

static enum floor_cli usage(struct text *out, const char *what, const char *why)
{
    text_addf(out, "umbel-floor: %.80s %s; see umbel-floor --help\n", what, why);
    return FLOOR_CLI_USAGE;
}

static enum floor_cli take(struct floor_config *config, const struct flag *f, const char *value,
                           struct text *out)
{
    if (f->kind == KIND_HELP) {
        add_help(out);
        return FLOOR_CLI_DONE;
    }
    if (f->kind == KIND_VERSION) {
        text_add(out, "umbel-floor " UMBEL_VERSION "\n");
        return FLOOR_CLI_DONE;
    }
    const char *why = set(config, f, value);
    if (!why)
        return FLOOR_CLI_RUN;
    text_addf(out, "umbel-floor: --%s %.80s %s; see umbel-floor --help\n", f->name, value, why);
    return FLOOR_CLI_USAGE;
}

static void preset(struct floor_config *config)
{
    *config = (struct floor_config){.cpu = -1};
    for (size_t i = 0; i < ARRAY_LEN(flags); i++)
        if (flags[i].preset)
            set(config, &flags[i], flags[i].preset);
}

/* What no flag can say of itself. */
static enum floor_cli check(const struct floor_config *config, struct text *out)
{
    struct units units;
    if (units_init(&units, config->rate, (uint32_t)config->fps, (uint32_t)config->gop) != 0)
        return usage(out, config->rate, "is not a rate (like 300k, 2M)");
    if (config->measure_from_s >= config->duration_s)
        return usage(out, "--measure-from", "is not before the end of --duration");
    return FLOOR_CLI_RUN;
}

enum floor_cli floor_cli_parse(struct floor_config *config, int argc, char **argv, struct text *out)
{
    struct option options[ARRAY_LEN(flags) + 1] = {0};
    for (size_t i = 0; i < ARRAY_LEN(flags); i++)
        options[i] = (struct option){
            .name = flags[i].name,
            .has_arg = flags[i].metavar ? required_argument : no_argument,
        };
    preset(config);
    int index;
    int found;
    while ((found = getopt_long(argc, argv, ":", options, &index)) != -1) {
        if (found != 0)
            return usage(out, argv[optind - 1],
                         found == ':' ? "needs a value" : "is not a flag, or takes no value");
        enum floor_cli result = take(config, &flags[index], optarg, out);
        if (result != FLOOR_CLI_RUN)
            return result;
    }
    if (optind < argc)
        return usage(out, argv[optind], "is not a flag");
    return check(config, out);
}
