/* SPDX-License-Identifier: MIT */
#include "rtsp/message/http.h"

#include "core/version.h"
#include "rtsp/message/reply.h"

static const struct {
    int status;
    const char *reason;
} reasons[] = {
    {200, "OK"},
    {400, "Bad Request"},
    {405, "Method Not Allowed"},
    {409, "Conflict"},
    {414, "URI Too Long"},
    {431, "Request Header Fields Too Large"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {505, "HTTP Version Not Supported"},
};

static const char *reason_of(int status)
{
    for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return "Unknown";
}

static bool is_cookie(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] <= ' ' || s.ptr[i] >= 0x7f)
            return false;
    return s.len > 0 && s.len <= HTTP_COOKIE_MAX;
}

static struct http_request refuse(int status, const char *why)
{
    return (struct http_request){.status = status, .why = why};
}

struct http_request http_judge(const struct msg *msg)
{
    bool post = slice_is(msg->method, "POST");
    if (!post && !slice_is(msg->method, "GET"))
        return refuse(405, "this port speaks RTSP, and of HTTP only the GET and POST of a tunnel");
    struct slice cookie = msg_get(msg, "x-sessioncookie");
    if (!cookie.ptr)
        return refuse(400, "this port speaks RTSP; a tunnel through HTTP has an x-sessioncookie");
    if (!is_cookie(cookie))
        return refuse(400, "the x-sessioncookie must be 1 to 128 printable characters");
    /* Chunk sizes would pass for base64. */
    if (post && msg_get(msg, "Transfer-Encoding").ptr)
        return refuse(501, "no transfer coding is supported");
    return (struct http_request){.post = post, .cookie = cookie, .status = 200};
}

/* RFC 9112 section 4 and 9.6. */
static void begin(struct text *t, enum msg_protocol protocol, int status)
{
    text_addf(t, "HTTP/1.%d %d %s\r\n", protocol == MSG_HTTP_1_0 ? 0 : 1, status,
              reason_of(status));
    reply_header(t, "Server", "umbel/%s", UMBEL_VERSION);
    reply_header(t, "Connection", "close");
    reply_header(t, "Cache-Control", "no-store");
}

void http_write_tunnel(struct text *t, enum msg_protocol protocol)
{
    begin(t, protocol, 200);
    reply_header(t, "Pragma", "no-cache");
    reply_header(t, "Content-Type", "application/x-rtsp-tunnelled");
    text_add(t, "\r\n");
}

void http_write_refusal(struct text *t, enum msg_protocol protocol, int status, const char *why)
{
    begin(t, protocol, status);
    if (status == 405)
        reply_header(t, "Allow", "GET, POST");
    reply_header(t, "Content-Type", "text/plain");
    reply_header(t, "Content-Length", "%zu", strlen(why) + 1);
    text_addf(t, "\r\n%s\n", why);
}
