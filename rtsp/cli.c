/* SPDX-License-Identifier: MIT */
#include "rtsp/cli.h"

#include "core/version.h"
#include "net/addr.h"
#include "rtsp/fanout/groups.h"

enum { MIN_PACKET_BYTES = 128, MAX_PACKET_BYTES = 65535 };

#define KIB INT64_C(1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

static const char *set_listen(void *into, const struct flag *f, const char *text)
{
    struct config *c = into;
    struct addr a;
    (void)f;
    if (addr_parse(&a, text, CONFIG_DEFAULT_PORT) != 0)
        return "is not an address (like 0.0.0.0:8554, [::1]:8554 or :8554)";
    if (c->listen_count == CONFIG_LISTEN_MAX)
        return "is one address too many";
    c->listen[c->listen_count++] = text;
    return NULL;
}

/* Two ports a worker: an even one for RTP, and the next (RFC 3550 section 11). */
static const char *set_rtp_port(void *into, const struct flag *f, const char *text)
{
    struct config *c = into;
    double value;
    if (!flag_read_quantity(text, NULL, 1, &value) || value > 65534 || (uint32_t)value % 2 != 0)
        return "is not an even port number";
    (void)f;
    c->rtp_port = (uint16_t)value;
    c->rtp_port_is_given = true;
    return NULL;
}

static const char *set_multicast_from(void *into, const struct flag *f, const char *text)
{
    struct config *c = into;
    struct addr a;
    (void)f;
    if (addr_parse(&a, text, 0) != 0 || addr_port(&a) != 0)
        return "is not an address (like 192.168.1.10 or [fd00::1])";
    c->multicast_from = text;
    return NULL;
}

static const char *set_multicast(void *into, const struct flag *f, const char *text)
{
    struct config *c = into;
    struct addr base;
    unsigned prefix;
    (void)f;
    if (groups_parse_range(text, &base, &prefix) != 0)
        return "is not a range of multicast addresses (like 239.255.0.0/16 or [ff15::]/112)";
    c->multicast = text;
    return NULL;
}

#define FIELD(name) offsetof(struct config, name)

static const struct flag rows[] = {
    {"listen", FLAG_CUSTOM, "ADDR:PORT", NULL,
     "listen here; may be given several times (default :8554, all addresses)", .set = set_listen},
    {"workers", FLAG_NUMBER, "N", NULL,
     "worker threads (default one for each processor that the process may run on)", FIELD(workers),
     1, CONFIG_WORKERS_MAX},
    {"no-pin", FLAG_SWITCH, NULL, NULL, "do not pin workers to processors", FIELD(no_pin)},
    {"demo", FLAG_SWITCH, NULL, NULL, "serve a built-in test picture at /live/demo", FIELD(demo)},
    {"gop-cache", FLAG_BYTES, "BYTES", "16M",
     "keep a stream's newest GOP up to this size, so that players start at once",
     FIELD(gop_cache_bytes), 0, GIB},
    {"max-lag", FLAG_TIME, "MS", "4s",
     "a player that is further behind jumps to the newest key frame", FIELD(max_lag_ns),
     10 * NS_PER_MS, 3600 * NS_PER_S, NS_PER_MS},
    {"max-lag-bytes", FLAG_BYTES, "BYTES", "16M", "the same, measured in bytes",
     FIELD(max_lag_bytes), 64 * KIB, GIB},
    {"packet-size", FLAG_BYTES, "BYTES", "1360", "an RTP packet at the most, its header included",
     FIELD(packet_bytes), MIN_PACKET_BYTES, MAX_PACKET_BYTES},
    {"audio-hold", FLAG_TIME, "MS", "20ms",
     "let audio wait so long for video to go out with, in one write; 0: not at all",
     FIELD(audio_hold_ns), 0, 100 * NS_PER_MS, NS_PER_MS},
    {"splice-from", FLAG_BYTES, "BYTES", "12K",
     "send frames from this size on by reference, through a pipe; 0: never",
     FIELD(splice_from_bytes), 0, GIB},
    {"rtp-port", FLAG_CUSTOM, "BASE", NULL,
     "UDP ports for RTP and RTCP: BASE and BASE+1 for the first worker, the next two for the "
     "second, "
     "and so on; 0: no UDP (default 8000, or any that are free)",
     .set = set_rtp_port},
    {"udp-rate", FLAG_BYTES, "BYTES", "12M",
     "a UDP player is sent no more than this in a second, as when it joins: more than the "
     "largest stream needs; 0: no limit",
     FIELD(udp_bytes_per_s), 0, 100 * (double)GIB},
    {"udp-burst", FLAG_BYTES, "BYTES", "64K", "and no more than this at a time",
     FIELD(udp_burst_bytes), 2 * KIB, 16 * MIB},
    {"multicast", FLAG_CUSTOM, "RANGE", NULL,
     "play by multicast, too: each stream gets a group out of this range, like 239.255.0.0/16",
     .set = set_multicast},
    {"multicast-from", FLAG_CUSTOM, "ADDR", NULL,
     "send multicast from this address of ours, and so by its network (default: the address that "
     "the first player of a group has come to)",
     .set = set_multicast_from},
    {"multicast-port", FLAG_NUMBER, "PORT", "5000",
     "the groups' port for RTP of the first track; two for each track", FIELD(multicast_port), 1024,
     65000},
    {"multicast-ttl", FLAG_NUMBER, "N", "16", "routers that multicast may pass",
     FIELD(multicast_ttl), 0, 255},
    {"reorder-wait", FLAG_TIME, "MS", "50ms",
     "wait so long for a packet that is missing from a publisher over UDP", FIELD(reorder_hold_ns),
     0, 5 * NS_PER_S, NS_PER_MS},
    {"publisher-grace", FLAG_TIME, "S", "0s",
     "when a publisher goes, let players wait so long for it, or another, to go on",
     FIELD(publisher_grace_ns), 0, 3600 * NS_PER_S, NS_PER_S},
    {"second-publisher", FLAG_CHOICE, "refuse|replace", "refuse",
     "what becomes of one who publishes to a name that has a publisher", FIELD(second_publisher)},
    {"publisher-silence", FLAG_TIME, "S", "5s",
     "a publisher that has sent nothing for this long is replaced in any case, when another comes",
     FIELD(publisher_silence_ns), 100 * NS_PER_MS, 3600 * NS_PER_S, NS_PER_S},
    {"write-timeout", FLAG_TIME, "S", "10s", "close a player that has taken nothing for this long",
     FIELD(write_timeout_ns), 100 * NS_PER_MS, 3600 * NS_PER_S, NS_PER_S},
    {"session-timeout", FLAG_TIME, "S", "60s",
     "end a session without a sign of life: clients are told this time, and get half as much again",
     FIELD(session_timeout_ns), NS_PER_S, 86400 * NS_PER_S, NS_PER_S},
    {"request-timeout", FLAG_TIME, "S", "10s",
     "close a connection whose first request, rest of a request, or RECORD after ANNOUNCE takes "
     "longer",
     FIELD(request_timeout_ns), 100 * NS_PER_MS, 3600 * NS_PER_S, NS_PER_S},
    {"max-clients", FLAG_NUMBER, "N", "100000", "connections at a time", FIELD(max_clients), 1,
     10000000},
    {"max-streams", FLAG_NUMBER, "N", "10000", "streams at a time", FIELD(max_streams), 1, 1000000},
    {"max-header", FLAG_BYTES, "BYTES", "16K", "a request's header at the most",
     FIELD(max_header_bytes), KIB, MIB},
    {"max-body", FLAG_BYTES, "BYTES", "64K", "a request's body at the most", FIELD(max_body_bytes),
     KIB, 16 * MIB},
    {"status-interval", FLAG_TIME, "S", "60s",
     "log a line about streams, players and throughput this often; 0: never",
     FIELD(status_interval_ns), 0, 86400 * NS_PER_S, NS_PER_S},
    {"log-level", FLAG_CHOICE, "error|warn|info|debug", "info", "what is worth a line on stderr",
     FIELD(log_level)},
    {"log-format", FLAG_CHOICE, "text|logfmt|json", "text", "how the lines look",
     FIELD(log_format)},
    {"version", FLAG_VERSION, NULL, NULL, "print the version and exit"},
    {"help", FLAG_HELP, NULL, NULL, "print this and exit"},
};

static const struct flags flags = {
    .program = "umbel",
    .version = UMBEL_VERSION,
    .intro = "umbel - RTSP edge server: one live stream in, many players out\n\n"
             "usage: umbel [FLAGS]\n\n",
    .outro = "\nSizes take K, M, G; times take ms, s, m, h.\n"
             "Exit status: 0 stopped as asked, 1 could not run, 2 wrong usage.\n",
    .column = 28,
    .rows = rows,
    .count = ARRAY_LEN(rows),
};

enum cli_result cli_parse(struct config *config, int argc, char **argv, char *buf, size_t cap)
{
    struct text out;
    text_init(&out, buf, cap);
    *config = (struct config){.rtp_port = CONFIG_RTP_PORT};
    enum flags_result result = flags_parse(&flags, config, argc, argv, &out);
    if (config->listen_count == 0)
        config->listen[config->listen_count++] = ":8554";
    return (enum cli_result)result;
}
