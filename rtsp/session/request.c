/* SPDX-License-Identifier: MIT */
#include "rtsp/session/request.h"

#include "rtsp/message/reply.h"

void request_begin(struct request *rq, int status, const char *why)
{
    struct session *s = &rq->conn->session;
    text_init(&rq->reply, rq->conn->worker->reply_scratch, REPLY_SCRATCH_BYTES);
    reply_begin(&rq->reply, status, why, rq->msg->cseq);
    if (status == 200 && s->id[0] != '\0') {
        int64_t timeout_ns = rq->conn->worker->config->session_timeout_ns;
        reply_header(&rq->reply, "Session", "%s;timeout=%lld", s->id,
                     (long long)(timeout_ns / NS_PER_S));
    }
}

void request_fail(struct request *rq, int status, const char *why)
{
    LOG_DEBUG("request refused", log_str("peer", rq->conn->peer),
              log_u64("cseq", rq->msg->cseq > 0 ? (uint64_t)rq->msg->cseq : 0),
              log_u64("status", (uint64_t)status), log_str("reason", why));
    request_begin(rq, status, why);
    if (status == 405 || status == 501)
        reply_header(&rq->reply, "Allow", METHODS_PUBLIC);
    reply_end(&rq->reply, NULL, (struct slice){0});
}

void request_ok(struct request *rq)
{
    request_begin(rq, 200, NULL);
}

void request_end(struct request *rq, const char *content_type, struct slice body)
{
    reply_end(&rq->reply, content_type, body);
}

/* Without query, trailing slashes and a track's control. */
static struct slice stream_part(struct slice uri)
{
    static const char control[] = "trackID=";
    size_t end = 0;
    while (end < uri.len && uri.ptr[end] != '?')
        end++;
    while (end > 0 && uri.ptr[end - 1] == '/')
        end--;
    size_t last = end;
    while (last > 0 && uri.ptr[last - 1] != '/')
        last--;
    bool is_control =
        end - last > strlen(control) && memcmp(uri.ptr + last, control, strlen(control)) == 0;
    return slice_head(uri, is_control ? last - 1 : end);
}

void request_base(const struct request *rq, struct text *base)
{
    struct slice uri = rq->msg->uri;
    if (uri.len > 0 && uri.ptr[0] == '/') { /* not absolute: our own address will do */
        char host[ADDR_TEXT_MAX];
        struct addr local = addr_local(rq->conn->io.fd);
        addr_format(&local, host);
        text_addf(base, "rtsp://%s", host);
    }
    text_add_slice(base, stream_part(uri));
    text_add(base, "/");
}
