/* SPDX-License-Identifier: MIT */
#include "bench/load_options.h"

#include "bench/load_target.h"
#include "bench/units.h"
#include "core/version.h"

enum { VERIFY_MAX = 1000000 };

static const struct flag_unit percent_units[] = {{"%", 1}, {NULL, 0}},
                              rate_units[] = {{"/s", 1}, {NULL, 0}},
                              bit_units[] = {
                                  {"k", 1000}, {"M", 1000000}, {"G", 1000000000}, {NULL, 0}};

static const char *set_real(void *into, const struct flag *f, double value)
{
    memcpy((char *)into + f->offset, &value, sizeof value);
    return flag_check_range(f, value);
}

static const char *set_rate(void *into, const struct flag *f, const char *text)
{
    double value;
    if (!flag_read_quantity(text, rate_units, 1, &value))
        return "is not a rate (like 100 or 100/s)";
    return set_real(into, f, value);
}

static const char *set_percent(void *into, const struct flag *f, const char *text)
{
    double value;
    if (!flag_read_quantity(text, percent_units, 1, &value))
        return "is not a share (like 10%)";
    return set_real(into, f, value);
}

/* "10%:1M" */
static const char *set_slow(void *into, const struct flag *f, const char *text)
{
    struct load_options *o = into;
    char share[16];
    size_t len = strcspn(text, ":");
    if (text[len] != ':' || len >= sizeof share)
        return "is not a share and a rate (like 10%:1M)";
    memcpy(share, text, len);
    share[len] = '\0';
    if (!flag_read_quantity(text + len + 1, bit_units, 1, &o->slow_bits) || o->slow_bits < 1e3 ||
        o->slow_bits > 1e12)
        return "has no rate from 1k to 1000G behind the colon (like 10%:1M)";
    return set_percent(o, f, share);
}

static const char *set_verify(void *into, const struct flag *f, const char *text)
{
    struct load_options *o = into;
    double count;
    (void)f;
    if (strcmp(text, "all") == 0)
        o->verify = LOAD_VERIFY_ALL;
    else if (strcmp(text, "none") == 0)
        o->verify = 0;
    else if (flag_read_quantity(text, NULL, 1, &count) && count <= VERIFY_MAX)
        o->verify = (uint64_t)count;
    else
        return "is none of: all, none, a number";
    return NULL;
}

static const char *set_publish(void *into, const struct flag *f, const char *text)
{
    struct load_options *o = into;
    struct units units;
    (void)f;
    if (units_init(&units, text, 30, 60) != 0)
        return "is not a bit rate (like 300k, 2M, 8M)";
    o->publish = text;
    return NULL;
}

const char *load_transport_name(int transport)
{
    return transport == LOAD_UDP ? "udp" : "tcp";
}

const char *load_arrival_name(int arrival)
{
    return arrival == LOAD_ARRIVAL_READ ? "read" : "kernel";
}

static const char *take_url(void *into, const char *url)
{
    struct load_options *o = into;
    struct load_target target;
    if (o->url)
        return "is one URL too many";
    const char *why = load_target_parse(&target, url);
    if (!why)
        o->url = url;
    return why;
}

static const char not_whole[] = "is not a whole number";

#define FIELD(name) offsetof(struct load_options, name)

static const struct flag rows[] = {
    {"publish", FLAG_CUSTOM, "RATE", NULL,
     "publish to the URL as well, at so many bits a second (300k, 2M, 8M)", .set = set_publish},
    {"publish-transport", FLAG_CHOICE, "tcp|udp", "tcp", "the same for what is published",
     FIELD(publish_transport)},
    {"fps", FLAG_NUMBER, "N", "30", "access units a second to publish", FIELD(fps), 1, 1000,
     .wrong = not_whole},
    {"gop", FLAG_NUMBER, "N", "60", "access units from one key frame to the next", FIELD(gop), 1,
     100000, .wrong = not_whole},
    {"streams", FLAG_NUMBER, "N", "1",
     "streams: %d in the URL, or its end, becomes the number of each", FIELD(streams), 1, 100000,
     .wrong = not_whole},
    {"clients", FLAG_NUMBER, "N", "1", "players", FIELD(clients), 1, 1000000, .wrong = not_whole},
    {"join-rate", FLAG_CUSTOM, "R/s", "100", "players that join a second", FIELD(join_rate), 0.01,
     1e6, .set = set_rate},
    {"duration", FLAG_TIME, "S", "10s", "measure for so long, once all have joined",
     FIELD(duration_ns), NS_PER_S / 10, 86400 * NS_PER_S, NS_PER_S},
    {"transport", FLAG_CHOICE, "tcp|udp", "tcp", "how media comes: interleaved, or as datagrams",
     FIELD(transport)},
    {"verify", FLAG_CUSTOM, "all|K|none", "50",
     "players that parse and check every byte; the rest discard", .set = set_verify},
    {"stall", FLAG_CUSTOM, "P%", "0", "share of players that stop to read", FIELD(stall_percent), 0,
     100, .set = set_percent},
    {"slow", FLAG_CUSTOM, "P%:RATE", NULL, "share of players that read no faster than this",
     FIELD(slow_percent), 0, 100, .set = set_slow},
    {"churn", FLAG_CUSTOM, "R/s", "0", "players a second that leave and join again",
     FIELD(churn_rate), 0, 1e5, .set = set_rate},
    {"keepalive", FLAG_TIME, "S", "30s", "send OPTIONS this often while playing; 0: never",
     FIELD(keepalive_ns), 0, 86400 * NS_PER_S, NS_PER_S},
    {"sources", FLAG_NUMBER, "N", "1", "connect from 127.0.0.1 to 127.0.0.N (a server in 127/8)",
     FIELD(sources), 1, 254, .wrong = not_whole},
    {"poll", FLAG_TIME, "MS", "1ms", "look at the sockets this often", FIELD(poll_ns),
     NS_PER_MS / 10, NS_PER_S, NS_PER_MS},
    {"arrival", FLAG_CHOICE, "kernel|read", "kernel",
     "when media arrived: as the kernel says, or when it is read", FIELD(arrival)},
    {"server-pid", FLAG_NUMBER, "PID", NULL, "measure this process's processor time and memory",
     FIELD(server_pid), 1, 4194304, .wrong = not_whole},
    {"cpu", FLAG_NUMBER, "N", NULL, "run on this processor only", FIELD(cpu), 0, 1023,
     .wrong = "is not the number of a processor"},
    {"json", FLAG_TEXT, "FILE", NULL, "write the results to a JSON file", FIELD(json)},
    {"html", FLAG_TEXT, "FILE", NULL, "write a report with plots to an HTML file", FIELD(html)},
    {"verbose", FLAG_SWITCH, NULL, NULL, "name each player that fails", FIELD(verbose)},
    {"version", FLAG_VERSION, NULL, NULL, "print the version and exit"},
    {"help", FLAG_HELP, NULL, NULL, "print this and exit"},
};

static const struct flags flags = {
    .program = "umbel-load",
    .version = UMBEL_VERSION,
    .intro = "umbel-load - load generator for RTSP servers: many players, measured\n\n"
             "usage: umbel-load [FLAGS] rtsp://HOST[:PORT]/PATH\n\n",
    .outro = "\nExamples:\n"
             "  umbel-load --clients 200 rtsp://127.0.0.1:8554/live/demo\n"
             "  umbel-load --publish 2M --clients 1000 --html report.html "
             "rtsp://127.0.0.1:8554/live/load\n"
             "  umbel-load --transport udp --clients 200 rtsp://127.0.0.1:8554/live/demo\n"
             "\nExit status: 0 measured, 1 not measured, 2 wrong usage.\n",
    .column = 26,
    .rows = rows,
    .count = ARRAY_LEN(rows),
    .take_word = take_url,
};

/* What no flag can say of itself. */
static enum flags_result check(const struct load_options *o, struct text *out)
{
    if (!o->url)
        return flags_usage(&flags, out, "rtsp://HOST[:PORT]/PATH", NULL, "is missing");
    if (o->stall_percent + o->slow_percent > 100)
        return flags_usage(&flags, out, "--stall and --slow", NULL, "are more than 100 % together");
    if (o->transport == LOAD_UDP && o->stall_percent + o->slow_percent > 0)
        return flags_usage(
            &flags, out, "--stall and --slow", NULL,
            "need --transport tcp: over UDP no server can tell how fast a player is");
    return FLAGS_RUN;
}

enum load_options_result load_options_parse(struct load_options *options, int argc, char **argv,
                                            char *buf, size_t cap)
{
    struct text out;
    text_init(&out, buf, cap);
    *options = (struct load_options){.cpu = -1};
    enum flags_result result = flags_parse(&flags, options, argc, argv, &out);
    if (result == FLAGS_RUN)
        result = check(options, &out);
    return (enum load_options_result)result;
}
