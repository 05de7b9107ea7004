/* SPDX-License-Identifier: MIT */
#include "rtsp/cli.h"

#include <criterion/criterion.h>

#include "core/version.h"

enum { ARGS_MAX = 40 };

static struct config config;
static char out[8192];

/* The arguments are separated by single spaces. */
static enum cli_result parse(const char *line)
{
    static char copy[1024];
    char *argv[ARGS_MAX] = {(char[]){"umbel"}};
    int argc = 1;
    cr_assert_lt(strlen(line), sizeof copy);
    strcpy(copy, line);
    for (char *at = copy; *at && argc < ARGS_MAX;) {
        argv[argc++] = at;
        at += strcspn(at, " ");
        if (*at)
            *at++ = '\0';
    }
    return cli_parse(&config, argc, argv, out, sizeof out);
}

Test(cli, defaults_are_what_help_says)
{
    cr_assert_eq(parse(""), CLI_RUN);
    cr_assert_str_empty(out);
    cr_assert_eq(config.listen_count, 1);
    cr_assert_str_eq(config.listen[0], ":8554");
    cr_assert_eq(config.workers, 0);
    cr_assert(!config.no_pin && !config.demo);
    cr_assert_eq(config.gop_cache_bytes, 16 << 20);
    cr_assert_eq(config.max_lag_ns, 4 * NS_PER_S);
    cr_assert_eq(config.max_lag_bytes, 16 << 20);
    cr_assert_eq(config.packet_bytes, 1360);
    cr_assert_eq(config.write_timeout_ns, 10 * NS_PER_S);
    cr_assert_eq(config.session_timeout_ns, 60 * NS_PER_S);
    cr_assert_eq(config.request_timeout_ns, 10 * NS_PER_S);
    cr_assert_eq(config.second_publisher, SECOND_PUBLISHER_REFUSE);
    cr_assert_eq(config.publisher_silence_ns, 5 * NS_PER_S);
    cr_assert_eq(config.max_clients, 100000);
    cr_assert_eq(config.max_header_bytes, 16 << 10);
    cr_assert_eq(config.max_body_bytes, 64 << 10);
    cr_assert_eq(config.log_level, LOG_LEVEL_INFO);
    cr_assert_eq(config.log_format, LOG_FORMAT_TEXT);
}

Test(cli, every_flag_sets_its_field)
{
    cr_assert_eq(parse("--workers 3 --no-pin --demo --gop-cache 1M --max-lag 250ms "
                       "--max-lag-bytes=64K --packet-size 1200 --write-timeout 2 "
                       "--session-timeout 30s --request-timeout 1.5s --max-clients 5 "
                       "--second-publisher replace --publisher-silence 700ms "
                       "--max-header 2K --max-body 1M --log-level debug --log-format json"),
                 CLI_RUN, "%s", out);
    cr_assert_eq(config.workers, 3);
    cr_assert(config.no_pin && config.demo);
    cr_assert_eq(config.gop_cache_bytes, 1 << 20);
    cr_assert_eq(config.max_lag_ns, 250 * NS_PER_MS);
    cr_assert_eq(config.max_lag_bytes, 64 << 10);
    cr_assert_eq(config.packet_bytes, 1200);
    cr_assert_eq(config.write_timeout_ns, 2 * NS_PER_S);
    cr_assert_eq(config.session_timeout_ns, 30 * NS_PER_S);
    cr_assert_eq(config.request_timeout_ns, 1500 * NS_PER_MS);
    cr_assert_eq(config.second_publisher, SECOND_PUBLISHER_REPLACE);
    cr_assert_eq(config.publisher_silence_ns, 700 * NS_PER_MS);
    cr_assert_eq(config.max_clients, 5);
    cr_assert_eq(config.max_header_bytes, 2 << 10);
    cr_assert_eq(config.max_body_bytes, 1 << 20);
    cr_assert_eq(config.log_level, LOG_LEVEL_DEBUG);
    cr_assert_eq(config.log_format, LOG_FORMAT_JSON);
}

Test(cli, listens_where_it_is_told_to)
{
    cr_assert_eq(parse("--listen 127.0.0.1:1 --listen=[::1]:2 --listen :3"), CLI_RUN);
    cr_assert_eq(config.listen_count, 3);
    cr_assert_str_eq(config.listen[0], "127.0.0.1:1");
    cr_assert_str_eq(config.listen[1], "[::1]:2");
    cr_assert_str_eq(config.listen[2], ":3");
}

Test(cli, last_one_of_a_flag_counts)
{
    cr_assert_eq(parse("--workers 3 --workers 4"), CLI_RUN);
    cr_assert_eq(config.workers, 4);
}

Test(cli, quantities_have_units)
{
    static const struct {
        const char *line;
        uint64_t bytes;
        int64_t ns;
    } rows[] = {
        {"--max-lag-bytes 65536 --max-lag 1000", 65536, NS_PER_S},
        {"--max-lag-bytes 65536B --max-lag 1000ms", 65536, NS_PER_S},
        {"--max-lag-bytes 100k --max-lag 1s", 102400, NS_PER_S},
        {"--max-lag-bytes 100KiB --max-lag 1m", 102400, 60 * NS_PER_S},
        {"--max-lag-bytes 100kB --max-lag 1h", 100000, 3600 * NS_PER_S},
        {"--max-lag-bytes 1.5M --max-lag 0.5s", 3 << 19, 500 * NS_PER_MS},
        {"--max-lag-bytes 2MB --max-lag 10", 2000000, 10 * NS_PER_MS},
        {"--max-lag-bytes 1G --max-lag 10", 1 << 30, 10 * NS_PER_MS},
        {"--max-lag-bytes 1GiB --max-lag 10", 1 << 30, 10 * NS_PER_MS},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        cr_assert_eq(parse(rows[i].line), CLI_RUN, "%s", out);
        cr_assert_eq(config.max_lag_bytes, rows[i].bytes, "%s", rows[i].line);
        cr_assert_eq(config.max_lag_ns, rows[i].ns, "%s", rows[i].line);
    }
}

/* One line that names the flag and says what is wrong. */
Test(cli, wrong_usage_is_explained)
{
    static const struct {
        const char *line, *says;
    } rows[] = {
        {"stream", "umbel: stream is not a flag"},
        {"-x", "-x is not a flag"},
        {"--", "-- is not a flag that umbel has"},
        {"--wokers 3", "--wokers is not a flag that umbel has"},
        {"--worker 3", "--worker is not a flag that umbel has"},
        {"--workers", "--workers needs a value"},
        {"--demo=1", "--demo=1 takes no value"},
        {"--help=1", "--help=1 takes no value"},
        {"--workers x", "--workers x is not a number"},
        {"--workers=x", "--workers=x is not a number"},
        {"--workers=", "--workers= is not a number"},
        {"--workers -1", "--workers -1 is not a number"},
        {"--workers +1", "--workers +1 is not a number"},
        {"--workers 1K", "--workers 1K is not a number"},
        {"--workers nan", "--workers nan is not a number"},
        {"--workers 0", "--workers 0 is too small"},
        {"--workers 257", "--workers 257 is too large"},
        {"--workers 1e300", "--workers 1e300"},
        {"--gop-cache 1T", "--gop-cache 1T is not a size"},
        {"--gop-cache 2G", "--gop-cache 2G is too large"},
        {"--gop-cache 1s", "--gop-cache 1s is not a size"},
        {"--max-lag 1K", "--max-lag 1K is not a time"},
        {"--max-lag 1ms", "--max-lag 1ms is too small"},
        {"--max-lag 2h", "--max-lag 2h is too large"},
        {"--packet-size 127", "--packet-size 127 is too small"},
        {"--packet-size 65536", "--packet-size 65536 is too large"},
        {"--log-level loud", "--log-level loud is none of the choices"},
        {"--log-level inf", "--log-level inf is none of the choices"},
        {"--log-level error|warn", "is none of the choices"},
        {"--log-format=", "--log-format= is none of the choices"},
        {"--listen localhost", "--listen localhost is not an address"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        cr_assert_eq(parse(rows[i].line), CLI_USAGE, "%s", rows[i].line);
        cr_assert_not_null(strstr(out, rows[i].says), "%s: %s", rows[i].line, out);
        cr_assert_eq(strchr(out, '\n'), out + strlen(out) - 1);
        cr_assert_not_null(strstr(out, "umbel --help"));
    }
}

Test(cli, addresses_have_a_limit)
{
    char line[1024] = "";
    for (unsigned i = 0; i < CONFIG_LISTEN_MAX; i++)
        strcat(line, "--listen :8554 ");
    cr_assert_eq(parse(line), CLI_RUN);
    cr_assert_eq(config.listen_count, CONFIG_LISTEN_MAX);
    strcat(line, "--listen :8554");
    cr_assert_eq(parse(line), CLI_USAGE);
    cr_assert_not_null(strstr(out, "one address too many"));
}

Test(cli, help_lists_every_flag)
{
    static const char *const flags[] = {
        "--listen ADDR:PORT",
        "--workers N",
        "--no-pin",
        "--demo",
        "--gop-cache BYTES",
        "--max-lag MS",
        "--max-lag-bytes",
        "--packet-size",
        "--write-timeout S",
        "--session-timeout S",
        "--request-timeout",
        "--second-publisher refuse|replace",
        "--publisher-silence S",
        "--max-clients N",
        "--max-header",
        "--max-body",
        "--log-level error|warn|info|debug",
        "--log-format",
        "--version",
        "--help",
    };
    cr_assert_eq(parse("--help"), CLI_DONE);
    cr_assert_eq(out[strlen(out) - 1], '\n');
    cr_assert_lt(strlen(out), sizeof out - 1, "and is not cut");
    for (size_t i = 0; i < ARRAY_LEN(flags); i++)
        cr_assert_not_null(strstr(out, flags[i]), "%s", flags[i]);
    cr_assert_eq(parse("-h"), CLI_DONE);
    cr_assert_eq(parse("--demo --help"), CLI_DONE);
}

Test(cli, version_is_one_line)
{
    cr_assert_eq(parse("--version"), CLI_DONE);
    cr_assert_str_eq(out, "umbel " UMBEL_VERSION "\n");
}

Test(cli, hostile_length_does_not_pass_the_buffer)
{
    char line[1000];
    memset(line, 'x', sizeof line - 1);
    memcpy(line, "--", 2);
    line[sizeof line - 1] = '\0';
    cr_assert_eq(parse(line), CLI_USAGE);
    cr_assert_lt(strlen(out), 300);
    char small[16], *argv[] = {(char[]){"umbel"}, (char[]){"--help"}};
    cr_assert_eq(cli_parse(&config, 2, argv, small, sizeof small), CLI_DONE);
    cr_assert_lt(strlen(small), sizeof small);
}
