/* SPDX-License-Identifier: MIT */
#include "bench/floor_cli.h"

#include "bench/units.h"
#include "core/version.h"

#define FIELD(name) offsetof(struct floor_config, name)

static const struct flag rows[] = {
    {"listen", FLAG_TEXT, "ADDR:PORT", "127.0.0.1:8600", "listen here", FIELD(listen)},
    {"cpu", FLAG_NUMBER, "N", NULL, "run on this processor only", FIELD(cpu), 0, 1023},
    {"rate", FLAG_TEXT, "RATE", "2M", "bits per second of the stream, like 300k or 8M",
     FIELD(rate)},
    {"fps", FLAG_NUMBER, "N", "30", "access units per second", FIELD(fps), 1, 1000},
    {"gop", FLAG_NUMBER, "N", "60", "access units from one key frame to the next", FIELD(gop), 1,
     65536},
    {"trace", FLAG_TEXT, "FILE", NULL, "sizes from a file instead: a line 'bytes key' each",
     FIELD(trace)},
    {"packet-size", FLAG_BYTES, "BYTES", "1360", "an RTP packet at the most", FIELD(packet_bytes),
     128, 65535},
    {"splice-from", FLAG_BYTES, "BYTES", "12K",
     "send images of this size and more by tee and splice; 0: never", FIELD(splice_from), 0,
     1 << 30},
    {"max-clients", FLAG_NUMBER, "N", "20000", "connections at a time", FIELD(max_clients), 1,
     1000000},
    {"duration", FLAG_NUMBER, "S", "60", "stop after so many seconds", FIELD(duration_s), 1, 86400},
    {"measure-from", FLAG_NUMBER, "S", "0", "leave the first seconds out", FIELD(measure_from_s), 0,
     86400},
    {"json", FLAG_TEXT, "FILE", NULL, "write the result there as well", FIELD(json)},
    {"verbose", FLAG_SWITCH, NULL, NULL, "a status line every second (as on a terminal)",
     FIELD(verbose)},
    {"version", FLAG_VERSION, NULL, NULL, "print the version and exit"},
    {"help", FLAG_HELP, NULL, NULL, "print this and exit"},
};

static const struct flags flags = {
    .program = "umbel-floor",
    .version = UMBEL_VERSION,
    .intro = "umbel-floor - the least that a server could do to send one live stream to many "
             "RTSP players\n\nusage: umbel-floor [FLAGS]\n\n",
    .outro = "\nIt serves any URL, over UDP or over TCP on channels 0-1, from the next key frame "
             "on, and prints what that cost.\n"
             "Exit status: 0 measured, 1 not measured, 2 wrong usage.\n",
    .column = 26,
    .rows = rows,
    .count = ARRAY_LEN(rows),
};

/* What no flag can say of itself. */
static enum flags_result check(const struct floor_config *config, struct text *out)
{
    struct units units;
    if (units_init(&units, config->rate, (uint32_t)config->fps, (uint32_t)config->gop) != 0)
        return flags_usage(&flags, out, "--rate", config->rate, "is not a rate (like 300k, 2M)");
    if (config->measure_from_s >= config->duration_s)
        return flags_usage(&flags, out, "--measure-from", NULL,
                           "is not before the end of --duration");
    return FLAGS_RUN;
}

enum flags_result floor_cli_parse(struct floor_config *config, int argc, char **argv,
                                  struct text *out)
{
    *config = (struct floor_config){.cpu = -1};
    enum flags_result result = flags_parse(&flags, config, argc, argv, out);
    return result == FLAGS_RUN ? check(config, out) : result;
}
