/* SPDX-License-Identifier: MIT */
#include "rtsp/session/play.h"

#include <assert.h>

#include "core/scan.h"
#include "rtp/rtcp.h"
#include "rtsp/fanout/fanout.h"
#include "rtsp/message/reply.h"
#include "rtsp/sdp/sdp.h"
#include "rtsp/session/setup.h"

/* The live stream of that name, borrowed, or NULL. */
static struct stream *find_live(const struct request *rq, const char *name)
{
    struct stream *s = registry_find(rq->conn->worker->registry, name);
    return s && stream_state(s) == STREAM_LIVE ? s : NULL;
}

/* What the URL names. False when the request was refused. */
static bool resolve(struct request *rq, struct stream **s, int *track)
{
    char name[URL_PATH_MAX];
    bool well_formed = url_split_track(&rq->url, name, track);
    *s = well_formed ? find_live(rq, name) : NULL;
    if (!*s)
        request_fail(rq, 404, well_formed ? "no such stream" : "no such track");
    return *s != NULL;
}

/* True when the client takes SDP: it says so, or says nothing (RFC 2326 section 12.1). */
static bool accepts_sdp(const struct msg *msg)
{
    struct slice accept = msg_get(msg, "Accept");
    if (accept.len == 0)
        return true;
    static const char *const fine[] = {"application/sdp", "application/*", "*/*"};
    for (size_t i = 0; i < ARRAY_LEN(fine); i++) {
        size_t len = strlen(fine[i]);
        for (size_t at = 0; at + len <= accept.len; at++)
            if (slice_is_nocase(slice_of(accept.ptr + at, len), fine[i]))
                return true;
    }
    return false;
}

/* Players that take their transport from the description must ask for one with the group in it:
 * others would not try anything else. */
static bool wants_multicast(const struct request *rq)
{
    struct slice query = rq->url.query, key, value;
    while (scan_param(&query, &key, &value))
        if (slice_is_nocase(key, "multicast"))
            return rq->conn->worker->multicast.groups != NULL;
    return false;
}

static void write_description(const struct request *rq, struct stream *s, struct text *sdp)
{
    char address[ADDR_TEXT_MAX], group_address[ADDR_TEXT_MAX];
    struct addr local = addr_local(rq->conn->io.fd);
    struct sdp_group to = {.address = group_address,
                           .ttl = (uint8_t)rq->conn->worker->config->multicast_ttl};
    struct sdp_origin origin = {.ipv6 = addr_format_host(&local, address),
                                .address = address,
                                .session_id = stream_id(s),
                                .name = stream_name(s)};
    struct group *group = NULL;
    if (wants_multicast(rq))
        group = groups_get(rq->conn->worker->multicast.groups, stream_name(s));
    if (group) {
        addr_format_host(&group->addr, group_address);
        to.port = addr_port(&group->addr);
        origin.group = &to;
    }
    const struct media *media = stream_media(s, &origin.session_version);
    sdp_write(sdp, media, &origin);
    group_put(&group);
}

void play_describe(struct request *rq)
{
    struct stream *s;
    int track;
    if (!resolve(rq, &s, &track))
        return;
    if (track >= (int)stream_media(s, NULL)->track_count) {
        request_fail(rq, 404, "no such track");
        return;
    }
    if (!accepts_sdp(rq->msg)) {
        request_fail(rq, 406, "only application/sdp");
        return;
    }
    static_assert(SDP_TEXT_MAX + REQUEST_BASE_MAX + 1024 <= REPLY_SCRATCH_BYTES,
                  "a reply has room for a description and its headers");
    char base_buf[REQUEST_BASE_MAX], sdp_buf[SDP_TEXT_MAX];
    struct text base, sdp;
    text_init(&base, base_buf, sizeof base_buf);
    text_init(&sdp, sdp_buf, sizeof sdp_buf);
    request_base(rq, &base);
    write_description(rq, s, &sdp);

    request_ok(rq);
    reply_header(&rq->reply, "Content-Base", "%s", base.buf);
    request_end(rq, "application/sdp", text_slice(&sdp));
}

/* The only track, or -1. */
static int only_track(const struct media *m)
{
    int found = -1;
    for (unsigned i = 0; i < m->track_count && media_active_tracks(m) == 1; i++)
        if (!m->track[i].inactive)
            found = (int)i;
    return found;
}

/* The track that SETUP means. False when the request was refused. */
static bool choose_track(struct request *rq, const struct stream *s, int *track)
{
    const struct media *m = stream_media(s, NULL);
    if (*track < 0)
        *track = only_track(m);
    if (*track < 0) {
        request_fail(rq, 459, "set up one track at a time");
        return false;
    }
    if (*track >= (int)m->track_count || m->track[*track].inactive) {
        request_fail(rq, 404, "no such track");
        return false;
    }
    return true;
}

/* A session is of one stream, but one that has ended does not bind it. False when the request was
 * refused. */
static bool bind_session(struct request *rq, const struct stream *s)
{
    struct session *session = &rq->conn->session;
    if (session->name && strcmp(session->name, stream_name(s)) != 0) {
        request_fail(rq, 459, "the session belongs to another stream");
        return false;
    }
    if (session->name && session->stream_id == stream_id(s))
        return true;
    session_clear_tracks(session);
    if (session_bind(session, s) == 0)
        return true;
    request_fail(rq, 503, "out of memory");
    return false;
}

void play_setup(struct request *rq)
{
    struct session *session = &rq->conn->session;
    struct stream *s;
    int track;
    if (!resolve(rq, &s, &track) || !choose_track(rq, s, &track) || !bind_session(rq, s))
        return;
    const struct setup setup = {.track = (unsigned)track, .ssrc = stream_ssrc(s, (unsigned)track)};
    if (setup_transport(rq, &setup))
        session->state = SESSION_READY;
    else if (session->state == SESSION_INIT)
        session_reset(session);
}

/* All tracks or none; says where each begins. */
static void add_rtp_info(struct request *rq, struct lane *lane, const struct follower *f)
{
    const struct session *session = &rq->conn->session;
    const struct image *start = lane_start(lane);
    char base_buf[REQUEST_BASE_MAX], buf[MEDIA_TRACKS_MAX * 64 + sizeof base_buf * 2];
    struct text base, info;
    text_init(&base, base_buf, sizeof base_buf);
    text_init(&info, buf, sizeof buf);
    request_base(rq, &base);
    for (unsigned i = 0; i < MEDIA_TRACKS_MAX; i++) {
        struct first_packet first;
        if (!layout_has(&session->layout, i))
            continue;
        if (!follower_first_packet(f, i, start ? start->pos : GOP_NONE, &first))
            return;
        text_addf(&info, "%surl=%strackID=%u;seq=%u;rtptime=%u", info.len > 0 ? "," : "", base.buf,
                  i, first.seq, first.rtp_time);
    }
    if (!info.cut)
        reply_header(&rq->reply, "RTP-Info", "%s", info.buf);
}

static const char *const transport_name[] = {
    [LANE_TCP] = "tcp", [LANE_UDP] = "udp", [LANE_MULTICAST] = "multicast"};

static void answer_play(struct request *rq)
{
    request_ok(rq);
    reply_header(&rq->reply, "Range", "npt=now-");
}

static struct lane_options lane_options(struct rtsp_worker *w)
{
    return (struct lane_options){.max_lag_ns = w->config->max_lag_ns,
                                 .max_lag_bytes = w->config->max_lag_bytes,
                                 .splicer = &w->splicer,
                                 .udp = &w->udp.egress,
                                 .metrics = &w->metrics,
                                 .audio_hold_ns = w->config->audio_hold_ns,
                                 .splice_from = w->config->splice_from_bytes};
}

/* Its lane, to be joined behind the reply. False when the request was refused. */
static bool play_alone(struct request *rq, struct stream *s)
{
    struct conn *c = rq->conn;
    const struct lane_options options = lane_options(c->worker);
    struct fanout *f = fanout_get(&c->worker->base.loop, c->worker->base.id, s);
    struct lane *lane = f ? fanout_lane(f, &c->session.layout, &options) : NULL;
    if (!lane) {
        request_fail(rq, 503, "out of memory");
        return false;
    }
    answer_play(rq);
    add_rtp_info(rq, lane, fanout_follower(f));
    rq->join = lane;
    c->viewer.udp = c->session.udp ? &c->session.udp->target : NULL;
    return true;
}

static void on_multicast_end(struct multicast_member *m)
{
    conn_linger(CONTAINER_OF(m, struct conn, session.member), "the stream has ended");
}

/* The group is under way, wherever it is: there is no RTP-Info. False when it was refused. */
static bool play_in_group(struct request *rq, struct stream *s)
{
    struct conn *c = rq->conn;
    const struct lane_options options = lane_options(c->worker);
    struct addr local = multicast_source(&c->worker->multicast, c->io.fd);
    c->session.member.on_end = on_multicast_end;
    if (multicast_join(&c->worker->multicast, &c->session.member, s, &local, &options) != 0) {
        request_fail(rq, 503, "out of memory");
        return false;
    }
    answer_play(rq);
    return true;
}

void play_play(struct request *rq)
{
    struct conn *c = rq->conn;
    struct session *session = &c->session;
    if (session->state == SESSION_PLAYING) { /* a live stream has nowhere else to go */
        answer_play(rq);
        request_end(rq, NULL, (struct slice){0});
        return;
    }
    if (session_track_count(session) == 0) {
        request_fail(rq, 455, "no track is set up");
        return;
    }
    struct stream *s = find_live(rq, session->name);
    if (!s || stream_id(s) != session->stream_id) {
        request_fail(rq, 404, "the stream has ended");
        return;
    }
    bool by_multicast = session->layout.kind == LANE_MULTICAST;
    if (!(by_multicast ? play_in_group : play_alone)(rq, s))
        return;
    request_end(rq, NULL, (struct slice){0});
    session->state = SESSION_PLAYING;
    LOG_INFO("player joined", log_str("peer", c->peer), log_str("session", session->id),
             log_str("stream", session->name),
             log_str("transport", transport_name[session->layout.kind]));
}

void play_pause(struct request *rq)
{
    struct session *session = &rq->conn->session;
    viewer_leave(&rq->conn->viewer);
    multicast_leave(&session->member);
    session->state = SESSION_READY;
    request_ok(rq);
    request_end(rq, NULL, (struct slice){0});
}

void play_rtcp(struct conn *c, unsigned track, struct slice packet)
{
    struct rtcp_seen seen;
    struct stream *s = registry_find(c->worker->registry, c->session.name);
    if (!s || rtcp_parse(packet, &seen) != 0)
        return;
    const struct rtcp_report_block *block = rtcp_block_about(&seen, stream_ssrc(s, track));
    if (block)
        session_note_quality(&c->session, track, (struct quality){block->lost, block->jitter});
}
