/* SPDX-License-Identifier: MIT */
#include "rtsp/session/record.h"

#include <errno.h>

#include "rtsp/message/reply.h"
#include "rtsp/session/reception.h"
#include "rtsp/session/setup.h"
#include "rtsp/session/takeover.h"

/* 200, or the status to refuse the announced media with. */
static int check_media(const struct msg *msg, struct sdp *sdp, const char **why)
{
    struct slice type = msg_get(msg, "Content-Type");
    *why = "the description must be application/sdp";
    if (type.ptr &&
        !slice_is_nocase(slice_head(type, strlen("application/sdp")), "application/sdp"))
        return 415;
    *why = "the description is not SDP with media";
    if (sdp_parse(msg->body, sdp) != 0)
        return 400;
    *why = "no track is plain RTP with a readable rtpmap";
    for (unsigned i = 0; i < sdp->track_count; i++)
        if (sdp->track[i].supported)
            return 200;
    return 415;
}

/* False for names that would mean a track of another stream to players. */
static bool is_playable(const struct rtsp_url *url)
{
    char name[URL_PATH_MAX];
    int track;
    return url->path[0] != '\0' && url_split_track(url, name, &track) && track < 0;
}

static void refuse_publisher(struct request *rq, int err)
{
    switch (err) {
    case -EEXIST:
        LOG_WARN("publisher refused: the name is taken", log_str("peer", rq->conn->peer),
                 log_str("stream", rq->url.path));
        request_fail(rq, 409, "this stream has a publisher");
        return;
    case -EINVAL:
        request_fail(rq, 400, "a track's format parameters make no sense");
        return;
    default:
        request_fail(rq, 503, "out of memory");
        return;
    }
}

static void on_takeover_back(void *arg)
{
    struct conn *c = arg;
    c->session.takeover = NULL;
    c->session.has_asked = true; /* and now tries again */
    conn_resume(c);
}

/* Asks the one who has the name to let go, once. True when the answer is awaited. */
static bool ask_for_name(struct request *rq)
{
    struct conn *c = rq->conn;
    struct stream *s = registry_find(c->worker->registry, rq->url.path);
    if (!s)
        return false;
    c->session.takeover = takeover_ask(c->worker, s, on_takeover_back, c);
    return c->session.takeover != NULL;
}

/* The stream that is announced, or NULL: then the request was refused, or waits. */
static struct publisher *make_publisher(struct request *rq, const struct sdp *sdp, bool may_ask)
{
    int err;
    struct publisher *p = publisher_create(&rq->conn->worker->sources, rq->url.path, sdp, &err);
    if (!p && err == -EEXIST && may_ask && ask_for_name(rq)) {
        rq->later = true;
        return NULL;
    }
    if (!p)
        refuse_publisher(rq, err);
    return p;
}

/* Who goes on with a stream, or wants to replace its publisher, makes no new one. */
static bool is_one_too_many(const struct request *rq)
{
    const struct rtsp_worker *w = rq->conn->worker;
    return registry_count(w->registry) >= w->config->max_streams &&
           !registry_find(w->registry, rq->url.path);
}

void record_announce(struct request *rq)
{
    struct conn *c = rq->conn;
    struct sdp sdp;
    bool has_asked = c->session.has_asked;
    c->session.has_asked = false;
    const char *why = "the URL names no stream that can be played";
    int status = is_playable(&rq->url) ? check_media(rq->msg, &sdp, &why) : 400;
    if (status != 200) {
        request_fail(rq, status, why);
        return;
    }
    if (is_one_too_many(rq)) {
        request_fail(rq, 503, "too many streams");
        return;
    }
    struct publisher *p = make_publisher(rq, &sdp, !has_asked);
    if (!p)
        return;
    if (session_bind(&c->session, publisher_stream(p)) != 0) {
        publisher_destroy(p);
        refuse_publisher(rq, -ENOMEM);
        return;
    }
    c->session.publisher = p;
    list_append(&c->worker->publishers, &c->session.publishing);
    c->session.announced_ns = worker_now(c->worker);
    c->session.state = SESSION_ANNOUNCED;
    request_ok(rq);
    request_end(rq, NULL, (struct slice){0});
}

/* The announced track that a SETUP URL means, or -1. */
static int find_track(const struct request *rq)
{
    const struct session *s = &rq->conn->session;
    unsigned count = publisher_tracks(s->publisher);
    const char *name = s->name;
    for (unsigned i = 0; i < count; i++) {
        struct slice control = publisher_control(s->publisher, i);
        if (control.len > 0 && url_is_control(&rq->url, name, control))
            return (int)i;
    }
    return count == 1 && strcmp(rq->url.path, name) == 0 ? 0 : -1;
}

void record_setup(struct request *rq)
{
    struct session *s = &rq->conn->session;
    int track = find_track(rq);
    if (track < 0) {
        request_fail(rq, 404, "no such track was announced");
        return;
    }
    const struct setup setup = {.track = (unsigned)track,
                                .record = true,
                                .payload_type =
                                    publisher_payload_type(s->publisher, (unsigned)track)};
    if (setup_transport(rq, &setup))
        s->state = SESSION_ARMED;
}

/* 0 or -ENOMEM. */
static int start(struct conn *c)
{
    struct session *s = &c->session;
    bool by_udp = s->layout.kind == LANE_UDP;
    int64_t hold_ns = by_udp ? c->worker->config->reorder_hold_ns : -1;
    int err = publisher_start(s->publisher, s->layout.tracks, hold_ns);
    if (err || !by_udp || s->reception)
        return err;
    s->reception = reception_create(&c->worker->base.loop, s->publisher, s->udp);
    return s->reception ? 0 : -ENOMEM;
}

void record_record(struct request *rq)
{
    struct conn *c = rq->conn;
    if (c->session.state != SESSION_RECORDING) {
        LOG_INFO("publisher started", log_str("peer", c->peer), log_str("session", c->session.id),
                 log_str("stream", c->session.name));
        if (start(c) != 0) {
            request_fail(rq, 503, "out of memory");
            return;
        }
    }
    c->session.announced_ns = 0;
    c->session.state = SESSION_RECORDING;
    request_ok(rq);
    request_end(rq, NULL, (struct slice){0});
}

/* The stream stays, and stands still. */
void record_pause(struct request *rq)
{
    rq->conn->session.state = SESSION_ARMED;
    request_ok(rq);
    request_end(rq, NULL, (struct slice){0});
}

void record_packet(struct conn *c, unsigned track, bool is_rtcp, struct slice packet)
{
    struct publisher *p = c->session.publisher;
    if (is_rtcp)
        publisher_rtcp(p, track, packet, worker_now(c->worker));
    else
        publisher_rtp(p, track, packet, worker_now(c->worker));
    if (c->session.reception)
        reception_on_packet(c->session.reception);
}
