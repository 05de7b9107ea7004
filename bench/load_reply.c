/* SPDX-License-Identifier: MIT */
#include "bench/load_reply.h"

#include "core/scan.h"

static const char version[] = "RTSP/1.0 ";

/* The length of the header with the empty line at its end; 0 when that is not there yet. */
static size_t header_bytes(struct slice bytes)
{
    size_t line = 0; /* bytes in this line so far, CR not counted */
    for (size_t i = 0; i < bytes.len; i++) {
        if (bytes.ptr[i] == '\n') {
            if (line == 0 && i > 1)
                return i + 1;
            line = 0;
        } else if (bytes.ptr[i] != '\r') {
            line++;
        }
    }
    return 0;
}

static bool read_status_line(struct slice line, struct load_reply *reply)
{
    struct slice code;
    uint64_t status;
    line = scan_trim(line);
    if (!scan_prefix_nocase(&line, version) || !scan_word(&line, &code) ||
        !scan_number(code, 999, &status) || status < 100)
        return false;
    reply->status = (int)status;
    reply->reason = scan_trim(line);
    return true;
}

static bool read_header(struct load_reply *reply, struct slice line, uint64_t *body_bytes)
{
    struct slice name;
    if (!scan_until(&line, ':', &name))
        return true;
    name = scan_trim(name);
    struct slice value = scan_trim(line);
    if (slice_is_nocase(name, "Content-Length"))
        return scan_number(value, LOAD_REPLY_BODY_MAX, body_bytes);
    if (slice_is_nocase(name, "Session")) {
        if (scan_until(&value, ';', &reply->session))
            reply->session = scan_trim(reply->session);
    } else if (slice_is_nocase(name, "Transport")) {
        reply->transport = value;
    } else if (slice_is_nocase(name, "Content-Base")) {
        reply->content_base = value;
    } else if (slice_is_nocase(name, "Content-Location") && reply->content_base.len == 0) {
        reply->content_base = value;
    }
    return true;
}

static bool read_head(struct slice head, struct load_reply *reply, uint64_t *body_bytes)
{
    struct slice line;
    *reply = (struct load_reply){0};
    *body_bytes = 0;
    if (!scan_until(&head, '\n', &line) || !read_status_line(line, reply))
        return false;
    while (scan_until(&head, '\n', &line))
        if (!read_header(reply, line, body_bytes))
            return false;
    return true;
}

int64_t load_reply_read(struct slice bytes, struct load_reply *reply)
{
    uint64_t body_bytes;
    if (bytes.len == 0)
        return 0;
    size_t known = size_min(bytes.len, strlen(version));
    if (strncasecmp((const char *)bytes.ptr, version, known) != 0)
        return -1;
    size_t head = header_bytes(slice_head(bytes, LOAD_REPLY_HEADER_MAX));
    if (head == 0)
        return bytes.len < LOAD_REPLY_HEADER_MAX ? 0 : -1;
    if (!read_head(slice_head(bytes, head), reply, &body_bytes))
        return -1;
    if (bytes.len - head < body_bytes)
        return 0;
    reply->body = slice_of(bytes.ptr + head, body_bytes);
    return (int64_t)(head + body_bytes);
}
