/* SPDX-License-Identifier: MIT */
#include "rtsp/record.h"

#include <errno.h>

#include "rtsp/reply.h"
#include "rtsp/setup.h"
#include "rtsp/source_publish.h"

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

void record_announce(struct request *rq)
{
    struct conn *c = rq->conn;
    struct sdp sdp;
    const char *why = "the URL names no stream that can be played";
    int status = is_playable(&rq->url) ? check_media(rq->msg, &sdp, &why) : 400;
    if (status != 200) {
        request_fail(rq, status, why);
        return;
    }
    if (registry_count(c->worker->registry) >= c->worker->config->max_streams) {
        request_fail(rq, 503, "too many streams");
        return;
    }
    int err;
    struct publisher *p = publisher_create(c->worker->registry, c->worker->config,
                                           c->worker->workers, rq->url.path, &sdp, &err);
    if (!p) {
        refuse_publisher(rq, err);
        return;
    }
    if (session_bind(&c->session, publisher_stream(p)) != 0) {
        publisher_destroy(p);
        refuse_publisher(rq, -ENOMEM);
        return;
    }
    c->session.publisher = p;
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
    if (setup_transport(rq, (unsigned)track, 0, true))
        s->state = SESSION_ARMED;
}

void record_record(struct request *rq)
{
    struct conn *c = rq->conn;
    if (c->session.state != SESSION_RECORDING) {
        LOG_INFO("publisher started", log_str("peer", c->peer), log_str("session", c->session.id),
                 log_str("stream", c->session.name));
        publisher_start(c->session.publisher, c->session.layout.tracks);
    }
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

void record_packet(struct conn *c, uint8_t channel, struct slice packet)
{
    bool rtcp;
    if (c->session.state != SESSION_RECORDING)
        return;
    int track = session_track_of_channel(&c->session, channel, &rtcp);
    if (track < 0)
        return;
    if (rtcp)
        publisher_rtcp(c->session.publisher, (unsigned)track, packet);
    else
        publisher_rtp(c->session.publisher, (unsigned)track, packet, worker_now(c->worker));
}
