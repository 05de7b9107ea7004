/* SPDX-License-Identifier: MIT */
#include "rtsp/message/reply.h"

#include <inttypes.h>
#include <stdarg.h>

#ifdef UMBEL_VERSION
#define SERVER_NAME "umbel/" UMBEL_VERSION
#else
#define SERVER_NAME "umbel"
#endif

static const struct {
    int status;
    const char *reason;
} reasons[] = {
    {200, "OK"},
    {302, "Moved Temporarily"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Time-out"},
    {409, "Conflict"},
    {413, "Request Entity Too Large"},
    {414, "Request-URI Too Large"},
    {415, "Unsupported Media Type"},
    {431, "Request Header Fields Too Large"},
    {451, "Parameter Not Understood"},
    {453, "Not Enough Bandwidth"},
    {454, "Session Not Found"},
    {455, "Method Not Valid in This State"},
    {457, "Invalid Range"},
    {459, "Aggregate Operation Not Allowed"},
    {460, "Only Aggregate Operation Allowed"},
    {461, "Unsupported Transport"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {505, "RTSP Version Not Supported"},
    {551, "Option Not Supported"},
};

const char *reply_reason(int status)
{
    for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return "Unknown";
}

void reply_begin(struct text *t, int status, const char *why, int64_t cseq)
{
    text_addf(t, "RTSP/1.0 %d %s", status, reply_reason(status));
    if (why)
        text_addf(t, ": %s", why);
    text_add(t, "\r\n");
    if (cseq >= 0)
        reply_header(t, "CSeq", "%" PRId64, cseq);
    reply_header(t, "Server", "%s", SERVER_NAME);
}

void reply_header(struct text *t, const char *name, const char *fmt, ...)
{
    text_add(t, name);
    text_add(t, ": ");
    va_list ap;
    va_start(ap, fmt);
    text_vaddf(t, fmt, ap);
    va_end(ap);
    text_add(t, "\r\n");
}

void reply_end(struct text *t, const char *content_type, struct slice body)
{
    if (body.len > 0) {
        reply_header(t, "Content-Type", "%s", content_type);
        reply_header(t, "Content-Length", "%zu", body.len);
    }
    text_add(t, "\r\n");
    text_add_slice(t, body);
}
