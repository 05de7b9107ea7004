/* SPDX-License-Identifier: MIT */
#include "rtsp/session/dispatch.h"

#include <errno.h>

#include "rtsp/message/reply.h"
#include "rtsp/session/play.h"
#include "rtsp/session/record.h"
#include "rtsp/session/request.h"

enum { UNSUPPORTED_MAX = 256 };

/* -- the methods that are the same for everybody -- */

static void options(struct request *rq)
{
    request_ok(rq);
    reply_header(&rq->reply, "Public", METHODS_PUBLIC);
    request_end(rq, NULL, (struct slice){0});
}

/* umbel has no parameters: both are keep-alives, also from clients that put something into the
 * body. */
static void parameters(struct request *rq)
{
    request_ok(rq);
    request_end(rq, NULL, (struct slice){0});
}

static void teardown(struct request *rq)
{
    struct conn *c = rq->conn;
    conn_end_session(c, "TEARDOWN");
    request_ok(rq); /* without Session: it is gone */
    request_end(rq, NULL, (struct slice){0});
}

static void setup(struct request *rq)
{
    bool record = rq->conn->session.publisher != NULL;
    (record ? record_setup : play_setup)(rq);
}

static void pause_session(struct request *rq)
{
    bool record = rq->conn->session.publisher != NULL;
    (record ? record_pause : play_pause)(rq);
}

static void (*const handlers[METHODS])(struct request *) = {
    [METHOD_OPTIONS] = options,          [METHOD_DESCRIBE] = play_describe,
    [METHOD_ANNOUNCE] = record_announce, [METHOD_SETUP] = setup,
    [METHOD_PLAY] = play_play,           [METHOD_PAUSE] = pause_session,
    [METHOD_RECORD] = record_record,     [METHOD_TEARDOWN] = teardown,
    [METHOD_GET_PARAMETER] = parameters, [METHOD_SET_PARAMETER] = parameters,
};

/* -- what every request must fulfil -- */

static int check_url(struct request *rq, const char **why)
{
    switch (url_parse(rq->msg->uri, &rq->url)) {
    case 0:
        break;
    case -ENAMETOOLONG:
        *why = "the path is too long";
        return 414;
    default:
        *why = "not an RTSP URL";
        return 400;
    }
    bool server_wide = rq->method == METHOD_OPTIONS || rq->method == METHOD_GET_PARAMETER ||
                       rq->method == METHOD_SET_PARAMETER;
    *why = "this method needs the URL of a stream";
    return rq->url.asterisk && !server_wide ? 400 : 200;
}

static bool controls_session(enum method m)
{
    return m == METHOD_PLAY || m == METHOD_PAUSE || m == METHOD_RECORD || m == METHOD_TEARDOWN;
}

/* RFC 2326 section 12.37: who sends a Session header means that session and no other. */
static int check_session(struct request *rq, const char **why)
{
    const struct session *s = &rq->conn->session;
    struct slice header = msg_get(rq->msg, "Session");
    if (header.ptr) {
        *why = "no such session";
        return session_matches(s, header) ? 200 : 454;
    }
    *why = "the Session header is missing";
    return controls_session(rq->method) ? 454 : 200;
}

/* What a publisher's URL may stand behind the stream's name is its own choice of control. */
static bool is_below(const char *path, const char *name)
{
    size_t len = strlen(name);
    return strncmp(path, name, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

/* Aggregate control: a session of several tracks is played as a whole (RFC 2326 section 11.3.9
 * to 11.3.11). */
static int check_aggregate(struct request *rq, const char **why)
{
    const struct session *s = &rq->conn->session;
    char name[URL_PATH_MAX];
    int track;
    if (!controls_session(rq->method))
        return 200;
    *why = "not the stream of this session";
    if (s->publisher)
        return is_below(rq->url.path, s->name) ? 200 : 404;
    if (!url_split_track(&rq->url, name, &track) || strcmp(name, s->name) != 0)
        return 404;
    *why = "the session has several tracks";
    return track >= 0 && session_track_count(s) > 1 ? 460 : 200;
}

/* The option that the client insists on, which is one too many; ptr NULL when there is none. */
static struct slice required_option(const struct msg *msg)
{
    struct slice option = msg_get(msg, "Require");
    if (option.len == 0)
        option = msg_get(msg, "Proxy-Require");
    return option;
}

static int check(struct request *rq, const char **why)
{
    static int (*const checks[])(struct request *, const char **) = {check_url, check_session};
    *why = NULL;
    if (rq->msg->cseq < 0) {
        *why = "CSeq is missing or no number";
        return 400;
    }
    if (rq->method == METHOD_UNKNOWN)
        return 501;
    if (required_option(rq->msg).len > 0)
        return 551;
    for (size_t i = 0; i < ARRAY_LEN(checks); i++) {
        int status = checks[i](rq, why);
        if (status != 200)
            return status;
    }
    *why = NULL;
    int status = state_verdict(rq->conn->session.state, rq->method);
    return status == 200 ? check_aggregate(rq, why) : status;
}

static void refuse_option(struct request *rq)
{
    struct slice option = required_option(rq->msg);
    size_t len = 0; /* one line, whatever a folded header may hold */
    while (len < option.len && option.ptr[len] >= ' ' && len < UNSUPPORTED_MAX)
        len++;
    request_begin(rq, 551, NULL);
    reply_header(&rq->reply, "Unsupported", "%.*s", (int)len, (const char *)option.ptr);
    reply_end(&rq->reply, NULL, (struct slice){0});
}

static void answer(struct request *rq)
{
    const char *why;
    int status = check(rq, &why);
    if (status == 200)
        handlers[rq->method](rq);
    else if (status == 551)
        refuse_option(rq);
    else
        request_fail(rq, status, why);
}

/* The reply, a first sender report and the first pictures go out in one write. */
static int send_and_join(struct request *rq)
{
    struct viewer *v = &rq->conn->viewer;
    int err = buf_append(&v->out, text_slice(&rq->reply));
    if (!err)
        err = lane_greet(rq->join, v);
    return err ? err : lane_join(rq->join, v);
}

static void take_media(struct conn *c, unsigned track, bool is_rtcp, struct slice packet)
{
    if (c->session.state == SESSION_RECORDING)
        record_packet(c, track, is_rtcp, packet);
    else if (is_rtcp && c->session.state == SESSION_PLAYING)
        play_rtcp(c, track, packet);
}

static bool serve(struct conn *c, const struct msg *msg)
{
    struct request rq = {.conn = c, .msg = msg, .method = method_parse(msg->method)};
    answer(&rq);
    if (rq.later)
        return false;
    int err = rq.join ? send_and_join(&rq) : viewer_send(&c->viewer, text_slice(&rq.reply));
    if (err)
        conn_close(c, "out of memory");
    return true;
}

/* What can't be read can't be followed either: the connection ends behind the reply. */
static void refuse(struct conn *c, const struct msg *msg, int status, const char *why)
{
    struct request rq = {.conn = c, .msg = msg, .method = METHOD_UNKNOWN};
    request_fail(&rq, status, why);
    if (viewer_send(&c->viewer, text_slice(&rq.reply)) != 0)
        conn_close(c, "out of memory");
    else
        conn_linger(c, why);
}

static void take_packet(struct conn *c, uint8_t channel, struct slice packet)
{
    bool is_rtcp;
    int track = session_track_of_channel(&c->session, channel, &is_rtcp);
    if (track >= 0)
        take_media(c, (unsigned)track, is_rtcp, packet);
}

static void take_datagram(struct udp_session *s, unsigned track, bool is_rtcp, struct slice bytes)
{
    struct conn *c = s->owner;
    c->heard_ns = worker_now(c->worker);
    bool has_missed_all = s->moved && !is_rtcp && c->session.state == SESSION_PLAYING;
    take_media(c, track, is_rtcp, bytes);
    if (has_missed_all)
        viewer_restart(&c->viewer);
}

const struct conn_handlers dispatch_handlers = {
    .on_request = serve,
    .on_bad_request = refuse,
    .on_packet = take_packet,
    .on_datagram = take_datagram,
};
