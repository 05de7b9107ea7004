/* SPDX-License-Identifier: MIT */
#include "rtsp/message/msg.h"

#include <stdlib.h>

#include "rtsp/message/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct msg_limits limits = {.uri_bytes = 64, .header_bytes = 512, .body_bytes = 64};

struct result {
    int64_t consumed;
    int status;
    const char *why;
    struct msg msg;
};

static bool within(struct slice part, struct slice whole)
{
    return !part.ptr || (part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len);
}

static void check_slices(const struct msg *msg, struct slice input)
{
    bool ok = within(msg->method, input) && within(msg->uri, input) && within(msg->body, input);
    for (unsigned i = 0; i < msg->header_count; i++)
        ok = ok && within(msg->header[i].name, input) && within(msg->header[i].value, input);
    if (!ok)
        abort();
}

/* A tunnel's cookie is text of a bounded length, within the header. */
static void check_http(const struct msg *msg, struct slice input)
{
    struct http_request rq = http_judge(msg);
    if (msg->body.len > 0 || (rq.status != 200 && !rq.why))
        abort();
    if (rq.status == 200 &&
        (!within(rq.cookie, input) || rq.cookie.len == 0 || rq.cookie.len > HTTP_COOKIE_MAX))
        abort();
}

static void read_once(struct msg_reader *r, struct slice bytes, struct result *result)
{
    result->status = 0;
    result->why = NULL;
    result->consumed = msg_read(r, bytes, &limits, &result->msg, &result->status, &result->why);
}

/* However a request is cut into pieces, the answer is the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = slice_of(data, size);
    struct msg_reader whole_reader = {0};
    struct msg_reader byte_reader = {0};
    struct result whole;
    struct result bytewise = {0};
    read_once(&whole_reader, input, &whole);
    for (size_t len = 0; len <= size && bytewise.consumed == 0; len++)
        read_once(&byte_reader, slice_head(input, len), &bytewise);

    if (whole.consumed != bytewise.consumed || whole.status != bytewise.status ||
        whole.why != bytewise.why)
        abort();
    if (whole.consumed <= 0)
        return 0;
    check_slices(&whole.msg, slice_head(input, (size_t)whole.consumed));
    if (whole.msg.protocol != MSG_RTSP)
        check_http(&whole.msg, input);
    return 0;
}
