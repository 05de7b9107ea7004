/* SPDX-License-Identifier: MIT */
#include "rtsp/message/reply.h"

#include <criterion/criterion.h>

static const int statuses[] = {200, 302, 400, 401, 403, 404, 405, 406, 408, 409, 413, 414, 415, 431,
                               451, 453, 454, 455, 457, 459, 460, 461, 500, 501, 503, 505, 551};

/* Takes the Server line, whose version varies, out of a reply. */
static void drop_server(char *buf)
{
    char *server = strstr(buf, "Server: umbel");
    cr_assert_not_null(server);
    char *end = strstr(server, "\r\n") + 2;
    memmove(server, end, strlen(end) + 1);
}

Test(reply, every_status_in_use_has_its_own_phrase)
{
    for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
        cr_assert_str_neq(reply_reason(statuses[i]), reply_reason(999), "%d", statuses[i]);
        for (size_t j = 0; j < i; j++)
            cr_assert_str_neq(reply_reason(statuses[i]), reply_reason(statuses[j]));
    }
    cr_assert_str_eq(reply_reason(200), "OK");
    cr_assert_str_eq(reply_reason(454), "Session Not Found");
    cr_assert_str_eq(reply_reason(461), "Unsupported Transport");
}

Test(reply, without_a_body)
{
    char buf[256];
    struct text t;
    text_init(&t, buf, sizeof(buf));
    reply_begin(&t, 404, NULL, 3);
    reply_end(&t, NULL, (struct slice){0});
    drop_server(buf);
    cr_assert_str_eq(buf, "RTSP/1.0 404 Not Found\r\nCSeq: 3\r\n\r\n");
}

Test(reply, the_reason_for_a_person_follows_the_phrase)
{
    char buf[256];
    struct text t;
    text_init(&t, buf, sizeof(buf));
    reply_begin(&t, 461, "interleaved TCP only", 0);
    reply_end(&t, NULL, (struct slice){0});
    drop_server(buf);
    cr_assert_str_eq(buf,
                     "RTSP/1.0 461 Unsupported Transport: interleaved TCP only\r\nCSeq: 0\r\n\r\n");
}

Test(reply, without_a_cseq_none_is_written)
{
    char buf[256];
    struct text t;
    text_init(&t, buf, sizeof(buf));
    reply_begin(&t, 400, NULL, -1);
    reply_end(&t, NULL, (struct slice){0});
    drop_server(buf);
    cr_assert_str_eq(buf, "RTSP/1.0 400 Bad Request\r\n\r\n");
}

Test(reply, with_headers_and_a_body)
{
    char buf[256];
    struct text t;
    text_init(&t, buf, sizeof(buf));
    reply_begin(&t, 200, NULL, INT32_MAX);
    reply_header(&t, "Session", "%s;timeout=%d", "abc", 60);
    reply_end(&t, "application/sdp", SLICE_LIT("v=0\r\n"));
    drop_server(buf);
    cr_assert_str_eq(buf, "RTSP/1.0 200 OK\r\n"
                          "CSeq: 2147483647\r\n"
                          "Session: abc;timeout=60\r\n"
                          "Content-Type: application/sdp\r\n"
                          "Content-Length: 5\r\n"
                          "\r\n"
                          "v=0\r\n");
    cr_assert_not(t.cut);
}

Test(reply, one_that_does_not_fit_says_so)
{
    char buf[40];
    struct text t;
    text_init(&t, buf, sizeof(buf));
    reply_begin(&t, 200, NULL, 1);
    reply_end(&t, "application/sdp", SLICE_LIT("v=0\r\n"));
    cr_assert(t.cut);
}
