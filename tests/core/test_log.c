/* SPDX-License-Identifier: MIT */
#include "core/log.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "core/clock.h"

#define INSTANT (INT64_C(1700000000) * NS_PER_S + 123456789)

static const struct log_field no_fields[] = {{NULL}};

Test(log, line_looks_as_each_format_has_it)
{
    static const struct {
        enum log_format format;
        uint32_t suppressed;
        const char *line;
    } rows[] = {
        {LOG_FORMAT_TEXT, 0,
         "2023-11-14T22:13:20.123Z WARN  no luck peer=[::1]:5 n=7 why=\"a \\\"b\\\"\" none=\"\""},
        {LOG_FORMAT_LOGFMT, 0,
         "ts=2023-11-14T22:13:20.123Z level=warn msg=\"no luck\" peer=[::1]:5 n=7 "
         "why=\"a \\\"b\\\"\" none=\"\""},
        {LOG_FORMAT_JSON, 0,
         "{\"ts\":\"2023-11-14T22:13:20.123Z\",\"level\":\"warn\",\"msg\":\"no luck\","
         "\"peer\":\"[::1]:5\",\"n\":7,\"why\":\"a \\\"b\\\"\",\"none\":\"\"}"},
        {LOG_FORMAT_TEXT, 9,
         "2023-11-14T22:13:20.123Z WARN  no luck peer=[::1]:5 n=7 why=\"a \\\"b\\\"\" none=\"\" "
         "suppressed=9"},
        {LOG_FORMAT_JSON, 9,
         "{\"ts\":\"2023-11-14T22:13:20.123Z\",\"level\":\"warn\",\"msg\":\"no luck\","
         "\"peer\":\"[::1]:5\",\"n\":7,\"why\":\"a \\\"b\\\"\",\"none\":\"\",\"suppressed\":9}"},
    };
    const struct log_field fields[] = {log_str("peer", "[::1]:5"),
                                       log_u64("n", 7),
                                       log_str("why", "a \"b\""),
                                       log_str("none", NULL),
                                       {NULL}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char line[512];
        size_t len = log_format_line(line, sizeof line, rows[i].format, INSTANT, LOG_LEVEL_WARN,
                                     "no luck", fields, rows[i].suppressed);
        cr_assert_str_eq(line, rows[i].line);
        cr_assert_eq(len, strlen(line));
    }
}

/* A peer chooses what it is called: it neither ends the line nor begins a field. */
Test(log, values_cannot_break_out_of_their_field)
{
    static const struct {
        const char *value, *text, *json;
    } rows[] = {
        {"plain", "plain", "\"plain\""},
        {"a b", "\"a b\"", "\"a b\""},
        {"a=b", "\"a=b\"", "\"a=b\""},
        {"a\nb", "\"a\\u000ab\"", "\"a\\u000ab\""},
        {"a\\", "\"a\\\\\"", "\"a\\\\\""},
        {"\x1b[31m", "\"\\u001b[31m\"", "\"\\u001b[31m\""},
        {"\x7f\xff", "\"\\u007f\\u00ff\"", "\"\\u007f\\u00ff\""},
        {"\",\"level\":\"", "\"\\\",\\\"level\\\":\\\"\"", "\"\\\",\\\"level\\\":\\\"\""},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct log_field fields[] = {log_str("v", rows[i].value), {NULL}};
        char line[512], expected[512];
        log_format_line(line, sizeof line, LOG_FORMAT_TEXT, INSTANT, LOG_LEVEL_INFO, "m", fields,
                        0);
        snprintf(expected, sizeof expected, "2023-11-14T22:13:20.123Z INFO  m v=%s", rows[i].text);
        cr_assert_str_eq(line, expected);
        log_format_line(line, sizeof line, LOG_FORMAT_JSON, INSTANT, LOG_LEVEL_INFO, "m", fields,
                        0);
        snprintf(expected, sizeof expected,
                 "{\"ts\":\"2023-11-14T22:13:20.123Z\",\"level\":\"info\",\"msg\":\"m\",\"v\":%s}",
                 rows[i].json);
        cr_assert_str_eq(line, expected);
    }
}

/* True when every string that begins ends as well, and no escape is cut. */
static bool is_closed(const char *json)
{
    bool in_string = false;
    for (; *json; json++)
        if (in_string && *json == '\\')
            json += json[1] == 'u' ? strnlen(json + 1, 5) : 1;
        else if (*json == '"')
            in_string = !in_string;
    return !in_string && json[-1] == '}';
}

Test(log, line_that_is_too_long_is_cut_and_still_json)
{
    const struct log_field fields[] = {log_str("stream", "live/\xc3\xa4\xc3\xb6\xc3\xbc \"one\""),
                                       log_u64("n", UINT64_MAX),
                                       log_str("peer", "[::1]:8554"),
                                       {NULL}};
    char line[512];
    size_t whole = log_format_line(line, sizeof line, LOG_FORMAT_JSON, INSTANT, LOG_LEVEL_INFO,
                                   "message", fields, 5);
    cr_assert(is_closed(line));
    for (size_t cap = 80; cap <= whole + 1; cap++) {
        size_t len = log_format_line(line, cap, LOG_FORMAT_JSON, INSTANT, LOG_LEVEL_INFO, "message",
                                     fields, 5);
        cr_assert_lt(len, cap);
        cr_assert_eq(line[len], '\0');
        cr_assert(is_closed(line), "cut to %zu bytes: %s", cap, line);
    }
}

Test(log, only_what_is_important_enough_is_enabled)
{
    cr_assert(log_enabled(LOG_LEVEL_INFO) && !log_enabled(LOG_LEVEL_DEBUG));
    for (int max = LOG_LEVEL_ERROR; max <= LOG_LEVEL_DEBUG; max++) {
        log_init((enum log_level)max, LOG_FORMAT_TEXT);
        for (int level = LOG_LEVEL_ERROR; level <= LOG_LEVEL_DEBUG; level++)
            cr_assert_eq(log_enabled((enum log_level)level), level <= max);
    }
}

/* -- what reaches stderr -- */

static int captured;

static void capture(void)
{
    int fd[2];
    cr_assert_eq(pipe2(fd, O_NONBLOCK | O_CLOEXEC), 0);
    cr_assert_geq(dup2(fd[1], STDERR_FILENO), 0);
    captured = fd[0];
}

static const char *read_captured(void)
{
    static char text[64 << 10];
    size_t len = 0;
    for (ssize_t n; (n = read(captured, text + len, sizeof text - 1 - len)) > 0;)
        len += (size_t)n;
    text[len] = '\0';
    return text;
}

static unsigned count_lines(const char *text)
{
    unsigned lines = 0;
    for (; *text; text++)
        lines += *text == '\n';
    return lines;
}

Test(log, event_is_one_line_and_only_when_enabled, .init = capture)
{
    log_init(LOG_LEVEL_WARN, LOG_FORMAT_TEXT);
    LOG_INFO("too much");
    cr_assert_str_empty(read_captured());
    LOG_WARN("careful", log_u64("n", 1));
    const char *text = read_captured();
    cr_assert_eq(count_lines(text), 1);
    cr_assert_not_null(strstr(text, " WARN  careful n=1\n"));
}

Test(log, site_keeps_to_its_share_of_a_second, .init = capture)
{
    struct log_site site = {0}, other = {0};
    int64_t begin = clock_mono_ns() / NS_PER_S;
    for (unsigned i = 0; i < 3 * LOG_SITE_PER_SECOND; i++)
        log_event(&site, LOG_LEVEL_INFO, "again", no_fields);
    int64_t seconds = clock_mono_ns() / NS_PER_S - begin + 1;
    unsigned lines = count_lines(read_captured());
    cr_assert_geq(lines, LOG_SITE_PER_SECOND);
    cr_assert_leq(lines, LOG_SITE_PER_SECOND * seconds);
    log_event(&other, LOG_LEVEL_INFO, "another", no_fields);
    cr_assert_eq(count_lines(read_captured()), 1, "each place has a share of its own");
}

Test(log, site_says_how_many_it_kept_to_itself, .init = capture)
{
    /* A second that is over, in which this site was called that often. */
    struct log_site site = {.second = -1, .count = LOG_SITE_PER_SECOND + 50};
    log_event(&site, LOG_LEVEL_INFO, "again", no_fields);
    cr_assert_not_null(strstr(read_captured(), " again suppressed=50\n"));
    site.second = -1;
    log_event(&site, LOG_LEVEL_INFO, "again", no_fields);
    cr_assert_null(strstr(read_captured(), "suppressed"));
}
