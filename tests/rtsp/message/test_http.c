/* SPDX-License-Identifier: MIT */
#include "rtsp/message/http.h"

#include <criterion/criterion.h>
#include <stdio.h>

static const struct msg_limits limits = {.uri_bytes = 64, .header_bytes = 1024};

static struct http_request judge(const char *text)
{
    static struct msg msg;
    struct msg_reader r = {0};
    int status;
    const char *why;
    cr_assert_gt(msg_read(&r, slice_str(text), &limits, &msg, &status, &why), 0, "%s", text);
    return http_judge(&msg);
}

/* The first two are what ffmpeg and QuickTime send. */
static const struct {
    const char *text;
    int status;
    bool post;
    const char *cookie;
} rows[] = {
    {"GET /live/cam HTTP/1.1\r\nUser-Agent: Lavf/59.27.100\r\nAccept: application/x-rtsp-tunnelled"
     "\r\nRange: bytes=0-\r\nConnection: close\r\nHost: h:8554\r\nIcy-MetaData: 1\r\n"
     "x-sessioncookie: 3fe95a1c3d5a9c41\r\nPragma: no-cache\r\nCache-Control: no-cache\r\n\r\n",
     200, false, "3fe95a1c3d5a9c41"},
    {"POST /live1.sdp HTTP/1.0\r\nUser-Agent: QuickTime/7.1.3\r\n"
     "x-sessioncookie: PPwTZeVfAAAul3YACIAAAA\r\nContent-Type: application/x-rtsp-tunnelled\r\n"
     "Pragma: no-cache\r\nCache-Control: no-cache\r\nContent-Length: 32767\r\n"
     "Expires: Sun, 9 Jan 1972 00:00:00 GMT\r\n\r\n",
     200, true, "PPwTZeVfAAAul3YACIAAAA"},
    {"GET / HTTP/1.0\r\nX-SessionCookie: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 200, false, "1"},
    {"GET / HTTP/1.1\r\nHost: h\r\n\r\n", 400, false, NULL},
    {"POST / HTTP/1.1\r\nHost: h\r\n\r\n", 400, false, NULL},
    {"GET / HTTP/1.0\r\nx-sessioncookie:\r\n\r\n", 400, false, NULL},
    {"GET / HTTP/1.0\r\nx-sessioncookie: a b\r\n\r\n", 400, false, NULL},
    {"GET / HTTP/1.0\r\nx-sessioncookie: a\x7f\r\n\r\n", 400, false, NULL},
    {"GET / HTTP/1.0\r\nx-sessioncookie: a\xc3\xa9\r\n\r\n", 400, false, NULL},
    {"POST / HTTP/1.1\r\nx-sessioncookie: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 501, false,
     NULL},
    {"HEAD / HTTP/1.0\r\nx-sessioncookie: 1\r\n\r\n", 405, false, NULL},
    {"OPTIONS * HTTP/1.1\r\nx-sessioncookie: 1\r\n\r\n", 405, false, NULL},
    {"get / HTTP/1.1\r\nx-sessioncookie: 1\r\n\r\n", 405, false, NULL},
};

Test(http, requests_are_judged)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct http_request got = judge(rows[i].text);
        cr_assert_eq(got.status, rows[i].status, "row %zu: %d", i, got.status);
        if (got.status != 200) {
            cr_assert_not_null(got.why, "row %zu", i);
            continue;
        }
        cr_assert_eq(got.post, rows[i].post, "row %zu", i);
        cr_assert(slice_is(got.cookie, rows[i].cookie), "row %zu", i);
    }
}

static int status_of_cookie(int len)
{
    char buf[512];
    snprintf(buf, sizeof(buf), "GET / HTTP/1.0\r\nx-sessioncookie: %0*d\r\n\r\n", len, 7);
    return judge(buf).status;
}

Test(http, cookie_has_a_limit)
{
    cr_assert_eq(status_of_cookie(HTTP_COOKIE_MAX), 200);
    cr_assert_eq(status_of_cookie(HTTP_COOKIE_MAX + 1), 400);
}

/* Takes the Server line, whose version varies, out of a reply. */
static void drop_server(char *buf)
{
    char *server = strstr(buf, "Server: umbel/");
    cr_assert_not_null(server);
    char *end = strstr(server, "\r\n") + 2;
    memmove(server, end, strlen(end) + 1);
}

Test(http, tunnel_is_answered_in_the_version_that_was_asked)
{
    static const char rest[] = " 200 OK\r\nConnection: close\r\nCache-Control: no-store\r\n"
                               "Pragma: no-cache\r\n"
                               "Content-Type: application/x-rtsp-tunnelled\r\n\r\n";
    static const char *const versions[] = {
        [MSG_HTTP_1_0] = "HTTP/1.0", [MSG_HTTP_1_1] = "HTTP/1.1"};
    for (enum msg_protocol p = MSG_HTTP_1_0; p <= MSG_HTTP_1_1; p++) {
        char buf[512];
        struct text t;
        text_init(&t, buf, sizeof(buf));
        http_write_tunnel(&t, p);
        drop_server(buf);
        cr_assert_eq(strncmp(buf, versions[p], strlen(versions[p])), 0);
        cr_assert_str_eq(buf + strlen(versions[p]), rest);
    }
}

Test(http, refusal_says_why)
{
    char buf[512];
    struct text t;
    text_init(&t, buf, sizeof(buf));
    http_write_refusal(&t, MSG_HTTP_1_1, 405, "not so");
    drop_server(buf);
    cr_assert_str_eq(buf, "HTTP/1.1 405 Method Not Allowed\r\nConnection: close\r\n"
                          "Cache-Control: no-store\r\nAllow: GET, POST\r\n"
                          "Content-Type: text/plain\r\nContent-Length: 7\r\n\r\nnot so\n");
}

Test(http, every_status_in_use_has_its_phrase)
{
    static const int statuses[] = {200, 400, 405, 409, 414, 431, 501, 503, 505};
    for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
        char buf[512];
        struct text t;
        text_init(&t, buf, sizeof(buf));
        http_write_refusal(&t, MSG_HTTP_1_0, statuses[i], "x");
        cr_assert_null(strstr(buf, "Unknown"), "%d", statuses[i]);
    }
}
