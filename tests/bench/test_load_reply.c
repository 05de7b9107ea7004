/* SPDX-License-Identifier: MIT */
#include "bench/load_reply.h"

#include "tests/support/guard.h"

#include <criterion/criterion.h>

static int64_t read_guarded(struct slice bytes, struct load_reply *reply)
{
    struct slice copy = guard_copy(bytes);
    int64_t used = load_reply_read(copy, reply);
    guard_free(copy);
    return used;
}

/* Replies as servers write them. */
static const struct {
    const char *text;
    int status;
    const char *session;
    const char *base;
    const char *body;
} good[] = {
    {"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n", 200, "", "", ""},
    {"RTSP/1.0 200 OK\r\nCSeq: 3\r\nSession: 12345678;timeout=60\r\n\r\n", 200, "12345678", "", ""},
    {"RTSP/1.0 200 OK\r\nsession:  ab \r\ncontent-base: rtsp://h/a/\r\nCONTENT-LENGTH: "
     "3\r\n\r\nv=0",
     200, "ab", "rtsp://h/a/", "v=0"},
    {"RTSP/1.0 200 OK\nContent-Location: rtsp://h/b\n\n", 200, "", "rtsp://h/b", ""},
    {"RTSP/1.0 200 OK\r\nContent-Base: rtsp://h/a/\r\nContent-Location: rtsp://h/b\r\n\r\n", 200,
     "", "rtsp://h/a/", ""},
    {"RTSP/1.0 404 Stream Not Found\r\nCSeq: 2\r\n\r\n", 404, "", "", ""},
    {"RTSP/1.0 454\r\n\r\n", 454, "", "", ""},
};

Test(load_reply, fields_are_read_and_every_prefix_needs_more)
{
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        struct load_reply reply;
        struct slice text = slice_str(good[i].text);
        for (size_t len = 0; len < text.len; len++)
            cr_assert_eq(read_guarded(slice_head(text, len), &reply), 0, "row %zu, %zu", i, len);
        cr_assert_eq(load_reply_read(text, &reply), (int64_t)text.len, "row %zu", i);
        cr_assert_eq(reply.status, good[i].status);
        cr_assert(slice_is(reply.session, good[i].session), "row %zu", i);
        cr_assert(slice_is(reply.content_base, good[i].base), "row %zu", i);
        cr_assert(slice_is(reply.body, good[i].body), "row %zu", i);
    }
}

Test(load_reply, what_follows_is_left_alone)
{
    struct load_reply reply;
    cr_assert_eq(load_reply_read(SLICE_LIT("RTSP/1.0 200 OK\r\n\r\n$\0\0\1x"), &reply), 19);
}

Test(load_reply, what_is_no_reply_is_refused)
{
    static const char *const rows[] = {
        "HTTP/1.1 400 Bad Request\r\n\r\n",
        "OPTIONS * RTSP/1.0\r\n\r\n",
        "RTSP/1.0 abc\r\n\r\n",
        "RTSP/1.0 99\r\n\r\n",
        "RTSP/1.0 1000 Much\r\n\r\n",
        "RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n",
        "RTSP/1.0 200 OK\r\nContent-Length: 999999999\r\n\r\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct load_reply reply;
        cr_assert_eq(read_guarded(slice_str(rows[i]), &reply), -1, "%s", rows[i]);
    }
}

Test(load_reply, header_without_an_end_is_refused_at_its_bound)
{
    static uint8_t bytes[LOAD_REPLY_HEADER_MAX];
    struct load_reply reply;
    memset(bytes, 'x', sizeof bytes);
    memcpy(bytes, "RTSP/1.0 200 OK\r\nA: ", 20);
    cr_assert_eq(load_reply_read(slice_of(bytes, sizeof bytes - 1), &reply), 0);
    cr_assert_eq(load_reply_read(slice_of(bytes, sizeof bytes), &reply), -1);
}
