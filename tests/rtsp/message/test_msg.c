/* SPDX-License-Identifier: MIT */
#include "rtsp/message/msg.h"

#include "tests/support/guard.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <time.h>

static const struct msg_limits limits = {.uri_bytes = 64, .header_bytes = 512, .body_bytes = 32};

struct result {
    int64_t consumed;
    int status;
    const char *why;
    struct msg msg;
};

static struct result read_with(struct msg_reader *r, struct slice bytes)
{
    struct result result = {0};
    result.consumed = msg_read(r, bytes, &limits, &result.msg, &result.status, &result.why);
    return result;
}

static struct result read_whole(struct slice bytes)
{
    struct msg_reader r = {0};
    return read_with(&r, bytes);
}

static void assert_header(const struct msg *msg, const char *name, const char *value)
{
    struct slice got = msg_get(msg, name);
    cr_assert(got.ptr && slice_is(got, value), "%s: got \"%.*s\", expected \"%s\"", name,
              (int)got.len, (const char *)got.ptr, value);
}

static const char typical[] = "DESCRIBE rtsp://127.0.0.1:8554/live/cam RTSP/1.0\r\n"
                              "Accept: application/sdp\r\n"
                              "CSeq: 2\r\n"
                              "User-Agent: Lavf59.27.100\r\n"
                              "\r\n";

Test(msg, request_of_ffmpeg_comes_apart)
{
    struct result got = read_whole(slice_str(typical));
    cr_assert_eq(got.consumed, (int64_t)strlen(typical));
    cr_assert(slice_is(got.msg.method, "DESCRIBE"));
    cr_assert(slice_is(got.msg.uri, "rtsp://127.0.0.1:8554/live/cam"));
    cr_assert_eq(got.msg.header_count, 3);
    cr_assert_eq(got.msg.cseq, 2);
    cr_assert_eq(got.msg.body.len, 0);
    assert_header(&got.msg, "accept", "application/sdp");
    assert_header(&got.msg, "USER-AGENT", "Lavf59.27.100");
    cr_assert_null(msg_get(&got.msg, "Session").ptr);
}

/* Good requests, each with the one thing that it shows, and what must come out of it. */
static const struct {
    const char *text;
    const char *method;
    const char *uri;
    const char *header; /* "X" in each of them */
    const char *body;
    int64_t cseq;
} good[] = {
    {"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nX: a\r\n\r\n", "OPTIONS", "*", "a", "", 1},
    {"OPTIONS * RTSP/1.0\nCSeq: 1\nX: a\n\n", "OPTIONS", "*", "a", "", 1},
    {"\r\n\n\r\nOPTIONS * RTSP/1.0\r\nCSeq: 1\r\nX: a\r\n\r\n", "OPTIONS", "*", "a", "", 1},
    {"OPTIONS * RTSP/1.0 \r\ncseq:1\r\nX:a\r\n\r\n", "OPTIONS", "*", "a", "", 1},
    {"OPTIONS * rtsp/1.0\r\nCSEQ : 1\r\nX\t:\ta \r\n\r\n", "OPTIONS", "*", "a", "", 1},
    {"PLAY /a RTSP/1.0\r\nX: a\r\n b\r\n\tc\r\nCSeq: 9\r\n\r\n", "PLAY", "/a", "a\r\n b\r\n\tc", "",
     9},
    {"PLAY /a RTSP/1.0\r\nX:\r\n a\r\n \r\nCSeq:\n 9\r\n\r\n", "PLAY", "/a", "a", "", 9},
    {"PLAY /a RTSP/1.0\r\nX: \r\nCSeq: 9\r\n\r\n", "PLAY", "/a", "", "", 9},
    {"PLAY /a RTSP/1.0\r\nX: a\r\nX: b\r\nCSeq: 0\r\n\r\n", "PLAY", "/a", "a", "", 0},
    {"PLAY /a RTSP/1.0\r\nX: a:b\r\nCSeq: 2147483647\r\n\r\n", "PLAY", "/a", "a:b", "", INT32_MAX},
    {"PLAY /a RTSP/1.0\r\nX: a\r\nCSeq: 2147483648\r\n\r\n", "PLAY", "/a", "a", "", -1},
    {"PLAY /a RTSP/1.0\r\nX: a\r\nCSeq: -1\r\n\r\n", "PLAY", "/a", "a", "", -1},
    {"PLAY /a RTSP/1.0\r\nX: a\r\nCSeq: 1 2\r\n\r\n", "PLAY", "/a", "a", "", -1},
    {"PLAY /a RTSP/1.0\r\nX: a\r\n\r\n", "PLAY", "/a", "a", "", -1},
    {"SET_PARAMETER /a RTSP/1.0\r\nX: a\r\nCSeq: 3\r\nContent-Length: 6\r\n\r\na: b\r\n",
     "SET_PARAMETER", "/a", "a", "a: b\r\n", 3},
    {"SET_PARAMETER /a RTSP/1.0\r\nContent-length: 3\r\nX: a\r\nCONTENT-LENGTH: 03\r\n\r\n\r\n\r",
     "SET_PARAMETER", "/a", "a", "\r\n\r", -1},
    {"SET_PARAMETER /a RTSP/1.0\r\nX: a\r\nContent-Length: 0\r\n\r\n", "SET_PARAMETER", "/a", "a",
     "", -1},
};

static void assert_good(const struct result *got, size_t row)
{
    cr_assert_eq(got->consumed, (int64_t)strlen(good[row].text), "row %zu", row);
    cr_assert(slice_is(got->msg.method, good[row].method), "row %zu", row);
    cr_assert(slice_is(got->msg.uri, good[row].uri), "row %zu", row);
    cr_assert(slice_is(got->msg.body, good[row].body), "row %zu", row);
    cr_assert_eq(got->msg.cseq, good[row].cseq, "row %zu", row);
    assert_header(&got->msg, "x", good[row].header);
}

Test(msg, good_requests_are_read)
{
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        struct result got = read_whole(slice_str(good[i].text));
        assert_good(&got, i);
    }
}

Test(msg, good_requests_split_at_any_byte_give_the_same)
{
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        struct slice whole = slice_str(good[i].text);
        for (size_t cut = 0; cut < whole.len; cut++) {
            struct msg_reader r = {0};
            struct slice part = guard_copy(slice_head(whole, cut));
            cr_assert_eq(read_with(&r, part).consumed, 0, "row %zu cut at %zu", i, cut);
            guard_free(part);
            struct result got = read_with(&r, whole);
            assert_good(&got, i);
        }
    }
}

Test(msg, good_requests_byte_by_byte_give_the_same)
{
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        struct slice whole = slice_str(good[i].text);
        struct msg_reader r = {0};
        for (size_t len = 0; len < whole.len; len++)
            cr_assert_eq(read_with(&r, slice_head(whole, len)).consumed, 0, "row %zu", i);
        struct result got = read_with(&r, whole);
        assert_good(&got, i);
    }
}

#define AT_END(text, status, cseq)                                                                 \
    {                                                                                              \
        SLICE_LIT(text), status, cseq, sizeof(text) - 1                                            \
    }

/* Bad requests. 'after': how many bytes are enough to know. */
static const struct {
    struct slice text;
    int status;
    int64_t cseq;
    size_t after;
} bad[] = {
    /* Known before the end of the line. */
    {SLICE_LIT("\x16\x03\x01\x02\x00\x01\x00\x01\xfc"), 400, -1, 1},
    {SLICE_LIT("\x80\x2e\x01"), 400, -1, 1},
    {SLICE_LIT("\0\0"), 400, -1, 1},
    {SLICE_LIT(" OPTIONS * RTSP/1.0\r\n\r\n"), 400, -1, 1},
    {SLICE_LIT("RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n"), 400, 1, 5},
    {SLICE_LIT("OPTIONS\r\nCSeq: 1\r\n\r\n"), 400, 1, 8},
    {SLICE_LIT("OPT\0IONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n"), 400, 1, 4},
    {SLICE_LIT("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), 400, -1, 33},
    /* The request line. */
    AT_END("PRI * HTTP/2.0\r\n\r\n", 505, -1),
    AT_END("GET / HTTP/1.\r\n\r\n", 505, -1),
    AT_END("GET / HTTP/1.10\r\n\r\n", 505, -1),
    AT_END("GET / HTTP\r\n\r\n", 400, -1),
    AT_END("GET  HTTP/1.1\r\n\r\n", 400, -1),
    AT_END("OPTIONS *\r\nCSeq: 1\r\n\r\n", 400, 1),
    AT_END("OPTIONS RTSP/1.0\r\nCSeq: 1\r\n\r\n", 400, 1),
    AT_END("OPTIONS  RTSP/1.0\r\nCSeq: 1\r\n\r\n", 400, 1),
    AT_END("OPTIONS * FOO/1.0\r\nCSeq: 1\r\n\r\n", 400, 1),
    AT_END("OPTIONS * RTSP/1.0 x\r\nCSeq: 1\r\n\r\n", 400, 1),
    AT_END("OPTIONS * RTSP/\r\nCSeq: 1\r\n\r\n", 400, 1),
    AT_END("OPTIONS * RTSP/1\r\nCSeq: 1\r\n\r\n", 400, 1),
    AT_END("OPTIONS * RTSP/2.0\r\nCSeq: 1\r\n\r\n", 505, 1),
    AT_END("OPTIONS * RTSP/1.1\r\nCSeq: 1\r\n\r\n", 505, 1),
    /* Header lines. */
    AT_END("OPTIONS * RTSP/1.0\r\nno colon\r\nCSeq: 1\r\n\r\n", 400, 1),
    AT_END("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n: a\r\n\r\n", 400, 1),
    AT_END("OPTIONS * RTSP/1.0\r\n folded: a\r\nCSeq: 1\r\n\r\n", 400, 1),
    AT_END("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nX: a\0b\r\n\r\n", 400, 1),
    AT_END("OPTIONS * RTSP/1.0\r\nCSeq: 1\0\r\n\r\n", 400, -1),
    AT_END("OPTIONS /\0 RTSP/1.0\r\nCSeq: 1\r\n\r\n", 400, 1),
    /* Content-Length; the limit is 32. */
    AT_END("A /a RTSP/1.0\r\nCSeq: 1\r\nContent-Length: x\r\n\r\n", 400, 1),
    AT_END("A /a RTSP/1.0\r\nCSeq: 1\r\nContent-Length: -1\r\n\r\n", 400, 1),
    AT_END("A /a RTSP/1.0\r\nCSeq: 1\r\nContent-Length:\r\n\r\n", 400, 1),
    AT_END("A /a RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 18446744073709551616\r\n\r\n", 400, 1),
    AT_END("A /a RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400, 1),
    AT_END("A /a RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 33\r\n\r\n", 413, 1),
    AT_END("A /a RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 18446744073709551615\r\n\r\n", 413, 1),
};

Test(msg, bad_requests_are_refused_with_a_reason)
{
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct result got = read_whole(bad[i].text);
        cr_assert_eq(got.consumed, -1, "row %zu", i);
        cr_assert_eq(got.status, bad[i].status, "row %zu: %d %s", i, got.status, got.why);
        cr_assert_eq(got.msg.cseq, bad[i].cseq, "row %zu", i);
        cr_assert_not_null(got.why);
    }
}

Test(msg, bad_requests_are_refused_as_early_as_possible_and_for_the_same_reason)
{
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct result whole = read_whole(bad[i].text);
        struct msg_reader r = {0};
        for (size_t len = 0; len < bad[i].after; len++) {
            struct slice part = guard_copy(slice_head(bad[i].text, len));
            cr_assert_eq(read_with(&r, part).consumed, 0, "row %zu after %zu", i, len);
            guard_free(part);
        }
        struct result got = read_with(&r, slice_head(bad[i].text, bad[i].after));
        cr_assert_eq(got.consumed, -1, "row %zu", i);
        cr_assert_eq(got.status, whole.status, "row %zu", i);
        cr_assert_str_eq(got.why, whole.why, "row %zu", i);
    }
}

Test(msg, tls_is_called_by_its_name)
{
    cr_assert(strstr(read_whole(SLICE_LIT("\x16")).why, "TLS"));
}

/* The request lines of HTTP, and what they say. */
static const struct {
    const char *text;
    enum msg_protocol protocol;
} http[] = {
    {"GET /live/cam HTTP/1.0\r\nX: a\r\n\r\n", MSG_HTTP_1_0},
    {"GET /live/cam HTTP/1.1\r\nX: a\r\n\r\n", MSG_HTTP_1_1},
    {"POST / http/1.9\r\nX: a\r\n\r\n", MSG_HTTP_1_1},
    {"POST / HTTP/1.0\r\nX: a\r\nContent-Length: 32767\r\n\r\n", MSG_HTTP_1_0},
    {"POST / HTTP/1.0\r\nX: a\r\nContent-Length: what?\r\n\r\n", MSG_HTTP_1_0},
};

Test(msg, http_request_is_its_header_alone)
{
    for (size_t i = 0; i < ARRAY_LEN(http); i++) {
        char buf[128];
        int len = snprintf(buf, sizeof(buf), "%sT1BUSU9OUw==", http[i].text);
        struct result got = read_whole(slice_of(buf, (size_t)len));
        cr_assert_eq(got.consumed, (int64_t)strlen(http[i].text), "row %zu", i);
        cr_assert_eq(got.msg.protocol, http[i].protocol, "row %zu", i);
        cr_assert_eq(got.msg.body.len, 0, "row %zu", i);
        assert_header(&got.msg, "X", "a");
    }
}

Test(msg, http_request_split_at_any_byte_gives_the_same)
{
    for (size_t i = 0; i < ARRAY_LEN(http); i++) {
        struct slice whole = slice_str(http[i].text);
        for (size_t cut = 0; cut < whole.len; cut++) {
            struct msg_reader r = {0};
            struct slice part = guard_copy(slice_head(whole, cut));
            cr_assert_eq(read_with(&r, part).consumed, 0, "row %zu cut at %zu", i, cut);
            guard_free(part);
            struct result got = read_with(&r, whole);
            cr_assert_eq(got.consumed, (int64_t)whole.len, "row %zu cut at %zu", i, cut);
            cr_assert_eq(got.msg.protocol, http[i].protocol, "row %zu cut at %zu", i, cut);
        }
    }
}

Test(msg, refused_http_is_known_to_be_http)
{
    cr_assert_eq(read_whole(SLICE_LIT("GET / HTTP/1.0\r\nno colon\r\n\r\n")).msg.protocol,
                 MSG_HTTP_1_0);
    cr_assert_eq(read_whole(SLICE_LIT("OPTIONS / RTSP/1.0\r\n\r\n")).msg.protocol, MSG_RTSP);
}

Test(msg, empty_input_needs_more)
{
    cr_assert_eq(read_whole((struct slice){0}).consumed, 0);
    cr_assert_eq(read_whole(SLICE_LIT("\r\n\r\n")).consumed, 0);
}

Test(msg, empty_lines_without_end_are_refused)
{
    char blank[128];
    memset(blank, '\n', sizeof(blank));
    cr_assert_eq(read_whole(slice_of(blank, 64)).consumed, 0);
    cr_assert_eq(read_whole(slice_of(blank, sizeof(blank))).status, 400);
}

/* A request whose URI has uri_len bytes. */
static struct slice request_with_uri(char *buf, size_t cap, int uri_len)
{
    int len = snprintf(buf, cap, "PLAY /%0*d RTSP/1.0\r\nCSeq: 7\r\n\r\n", uri_len - 1, 0);
    return slice_of(buf, (size_t)len);
}

Test(msg, uri_over_its_limit_is_414_as_soon_as_known)
{
    char buf[256];
    struct slice fits = request_with_uri(buf, sizeof(buf), (int)limits.uri_bytes);
    cr_assert_eq(read_whole(fits).consumed, (int64_t)fits.len);

    struct slice over = request_with_uri(buf, sizeof(buf), (int)limits.uri_bytes + 1);
    struct result whole = read_whole(over);
    cr_assert_eq(whole.status, 414);
    cr_assert_eq(whole.msg.cseq, 7);

    struct msg_reader r = {0};
    size_t known = strlen("PLAY ") + limits.uri_bytes + 1;
    for (size_t len = 0; len < known; len++)
        cr_assert_eq(read_with(&r, slice_head(over, len)).consumed, 0);
    cr_assert_eq(read_with(&r, slice_head(over, known)).status, 414);
}

/* A request whose header has header_len bytes. */
static struct slice request_with_header(char *buf, size_t cap, size_t header_len)
{
    int len = snprintf(buf, cap, "PLAY /a RTSP/1.0\r\nCSeq: 7\r\nX: ");
    memset(buf + len, 'x', header_len - (size_t)len);
    memcpy(buf + header_len - 4, "\r\n\r\n", 4);
    return slice_of(buf, header_len);
}

Test(msg, header_over_its_limit_is_431_as_soon_as_known)
{
    char buf[1024];
    struct slice fits = request_with_header(buf, sizeof(buf), limits.header_bytes);
    cr_assert_eq(read_whole(fits).consumed, (int64_t)fits.len);

    struct slice over = request_with_header(buf, sizeof(buf), limits.header_bytes + 1);
    struct result whole = read_whole(over);
    cr_assert_eq(whole.status, 431);
    cr_assert_eq(whole.msg.cseq, 7);

    struct msg_reader r = {0};
    for (size_t len = 0; len < limits.header_bytes; len++)
        cr_assert_eq(read_with(&r, slice_head(over, len)).consumed, 0);
    cr_assert_eq(read_with(&r, slice_head(over, limits.header_bytes)).status, 431);
}

static struct slice request_with_header_lines(char *buf, size_t cap, int lines)
{
    size_t len = (size_t)snprintf(buf, cap, "PLAY /a RTSP/1.0\r\nCSeq: 7\r\n");
    for (int i = 1; i < lines; i++)
        len += (size_t)snprintf(buf + len, cap - len, "X:\r\n");
    len += (size_t)snprintf(buf + len, cap - len, "\r\n");
    return slice_of(buf, len);
}

Test(msg, more_header_lines_than_fit_are_431)
{
    char buf[1024];
    struct slice fits = request_with_header_lines(buf, sizeof(buf), MSG_HEADERS_MAX);
    struct result got = read_whole(fits);
    cr_assert_eq(got.consumed, (int64_t)fits.len, "%s", got.why);
    cr_assert_eq(got.msg.header_count, MSG_HEADERS_MAX);

    got = read_whole(request_with_header_lines(buf, sizeof(buf), MSG_HEADERS_MAX + 1));
    cr_assert_eq(got.status, 431);
    cr_assert_eq(got.msg.cseq, 7);
}

Test(msg, pipelined_requests_come_out_one_by_one)
{
    char buf[2048];
    size_t len = 0;
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        len += (size_t)snprintf(buf + len, sizeof(buf) - len, "%s", good[i].text);
    struct slice rest = slice_of(buf, len);
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        struct result got = read_whole(rest);
        assert_good(&got, i);
        rest = slice_from(rest, (size_t)got.consumed);
    }
    cr_assert_eq(rest.len, 0);
}

Test(msg, total_is_known_once_the_header_is_read)
{
    static const char header[] = "A /a RTSP/1.0\r\nContent-Length: 8\r\n\r\n";
    struct msg_reader r = {0};
    cr_assert_eq(read_with(&r, slice_of(header, sizeof(header) - 2)).consumed, 0);
    cr_assert_eq(r.total, 0);
    cr_assert_eq(read_with(&r, slice_str(header)).consumed, 0);
    cr_assert_eq(r.total, strlen(header) + 8);
}

/*
 * Each call with one byte more may look at a bounded number of bytes: reader.scanned never falls
 * back by more than an unfinished line end.
 */
Test(msg, a_byte_at_a_time_no_byte_is_searched_twice)
{
    struct msg_reader r = {0};
    struct slice whole = slice_str(good[5].text);
    for (size_t len = 1; len < whole.len; len++) {
        read_with(&r, slice_head(whole, len));
        cr_assert_leq(len - r.scanned, 2, "after %zu", len);
    }
}

Test(msg, a_megabyte_byte_by_byte_is_read_in_linear_time)
{
    static char big[1 << 20];
    static const struct msg_limits wide = {.uri_bytes = 1 << 10, .header_bytes = 2 << 20};
    struct msg_reader r = {0};
    struct msg msg;
    int status;
    const char *why;
    memset(big, 'x', sizeof(big));
    memcpy(big, "PLAY /a RTSP/1.0\r\nX: ", 21);
    clock_t start = clock();
    for (size_t len = 1; len <= sizeof(big); len++)
        cr_assert_eq(msg_read(&r, slice_of(big, len), &wide, &msg, &status, &why), 0);
    /* A quadratic reader would look at 550 billion bytes: half a minute at the least. */
    cr_assert_lt((double)(clock() - start) / CLOCKS_PER_SEC, 5.0);
}
