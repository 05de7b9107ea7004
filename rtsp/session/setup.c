/* SPDX-License-Identifier: MIT */
#include "rtsp/session/setup.h"

#include <errno.h>
#include <stdio.h>

#include "rtsp/message/reply.h"
#include "rtsp/message/transport.h"
#include "rtsp/session/udp_port.h"

enum { WHERE_MAX = 256 };

/* -- which transport -- */

/* An address other than the client's own would let anybody aim media at anybody. */
static bool is_own_address(const struct conn *c, struct slice destination)
{
    char host[ADDR_TEXT_MAX];
    struct addr peer = addr_peer(c->io.fd);
    addr_format_host(&peer, host);
    return destination.len == 0 || slice_is(destination, host);
}

static const char *object_to_udp(const struct conn *c, const struct setup *setup,
                                 const struct transport_spec *spec)
{
    if (!c->worker->udp.is_open)
        return "no UDP here (--rtp-port 0): RTP/AVP/TCP";
    if (conn_is_tunnelled(c))
        return "interleaved only in an HTTP tunnel: RTP/AVP/TCP";
    if (!is_own_address(c, spec->destination))
        return "destination is not your own address";
    if (!setup->record && (spec->rtp_port == 0 || spec->rtcp_port == 0))
        return "client_port is missing";
    return NULL;
}

static const char *object_to_multicast(const struct conn *c, const struct setup *setup)
{
    if (!c->worker->udp.is_open || !c->worker->multicast.groups)
        return "no multicast here (--multicast)";
    if (conn_is_tunnelled(c))
        return "interleaved only in an HTTP tunnel: RTP/AVP/TCP";
    return setup->record ? "no multicast for publishers" : NULL;
}

static enum lane_kind kind_of(const struct transport_spec *spec)
{
    if (spec->kind == TRANSPORT_MULTICAST)
        return LANE_MULTICAST;
    return spec->kind == TRANSPORT_TCP ? LANE_TCP : LANE_UDP;
}

/* Another kind of transport than the session's other tracks have. */
static bool is_mixed(const struct session *s, const struct setup *setup,
                     const struct transport_spec *spec)
{
    return s->layout.tracks != 0 && !layout_has(&s->layout, setup->track) &&
           s->layout.kind != kind_of(spec);
}

/* Why the offer is not served; NULL: it is. */
static const char *object(const struct conn *c, const struct setup *setup,
                          const struct transport_spec *spec)
{
    const char *objection = NULL;
    switch (spec->kind) {
    case TRANSPORT_TCP:
        break;
    case TRANSPORT_UDP:
        objection = object_to_udp(c, setup, spec);
        break;
    case TRANSPORT_MULTICAST:
        objection = object_to_multicast(c, setup);
        break;
    case TRANSPORT_UNKNOWN:
        return "only RTP/AVP over UDP or TCP";
    }
    if (!objection && is_mixed(&c->session, setup, spec))
        return "all tracks of a session take the same transport";
    return objection;
}

/* The first offer that is served. 200, or the status to refuse with, and why: what is wrong with
 * the first. */
static int choose(const struct request *rq, const struct setup *setup, struct transport_spec *spec,
                  const char **why)
{
    const struct conn *c = rq->conn;
    struct slice offers = msg_get(rq->msg, "Transport");
    *why = "the Transport header is missing";
    if (!offers.ptr)
        return 400;
    *why = NULL;
    while (transport_next(&offers, spec)) {
        const char *objection = object(c, setup, spec);
        if (!objection) {
            *why = "ANNOUNCE comes before SETUP for recording";
            return spec->record && !setup->record ? 455 : 200;
        }
        *why = *why ? *why : objection;
    }
    *why = *why ? *why : "no transport is offered";
    return 461;
}

/* The reply: the protocol as the client calls it, and 'where', which is the transport's own. */
static void answer(struct request *rq, const struct setup *setup, const struct transport_spec *spec,
                   const char *where)
{
    request_ok(rq);
    if (setup->record)
        reply_header(&rq->reply, "Transport", "%s;%s;mode=record", spec->protocol, where);
    else
        reply_header(&rq->reply, "Transport", "%s;%s;ssrc=%08X;mode=\"PLAY\"", spec->protocol,
                     where, (unsigned)setup->ssrc);
    request_end(rq, NULL, (struct slice){0});
}

/* -- TCP -- */

/* The client's channels, or free ones when it names none or those of another track. */
static void assign_channels(struct session *s, unsigned track, const struct transport_spec *spec)
{
    if (spec->has_interleaved && session_set_track(s, track, spec->rtp_channel, spec->rtcp_channel))
        return;
    uint8_t channel = session_free_channels(s);
    session_set_track(s, track, channel, (uint8_t)(channel + 1));
}

static bool set_up_tcp(struct request *rq, const struct setup *setup,
                       const struct transport_spec *spec)
{
    struct session *s = &rq->conn->session;
    char where[WHERE_MAX];
    assign_channels(s, setup->track, spec);
    snprintf(where, sizeof where, "unicast;interleaved=%u-%u", s->layout.channel[setup->track].rtp,
             s->layout.channel[setup->track].rtcp);
    answer(rq, setup, spec, where);
    return true;
}

/* -- UDP -- */

static int set_udp_track(struct conn *c, const struct setup *setup,
                         const struct transport_spec *spec)
{
    struct session *s = &c->session;
    if (!s->udp) {
        struct addr local = addr_local(c->io.fd), remote = addr_peer(c->io.fd);
        s->udp = udp_session_create(&c->worker->udp, &local, &remote);
        if (!s->udp)
            return -ENOMEM;
        s->udp->owner = c;
        s->udp->on_datagram = c->worker->handlers->on_datagram;
    }
    int err = udp_session_set_leg(s->udp, setup->track, spec->rtp_port, spec->rtcp_port,
                                  setup->record ? setup->payload_type : -1);
    if (err)
        return err;
    s->layout.kind = LANE_UDP;
    s->layout.tracks |= 1u << setup->track;
    return 0;
}

static bool set_up_udp(struct request *rq, const struct setup *setup,
                       const struct transport_spec *spec)
{
    struct conn *c = rq->conn;
    if (set_udp_track(c, setup, spec) != 0) {
        request_fail(rq, 503, "out of memory");
        return false;
    }
    char source[ADDR_TEXT_MAX], where[WHERE_MAX];
    struct addr local = addr_local(c->io.fd);
    addr_format_host(&local, source);
    snprintf(where, sizeof where, "unicast;client_port=%u-%u;server_port=%u-%u;source=%s",
             spec->rtp_port, spec->rtcp_port, udp_port(&c->worker->udp.rtp),
             udp_port(&c->worker->udp.rtcp), source);
    answer(rq, setup, spec, where);
    return true;
}

/* -- multicast -- */

/* The group, its ports and its reach are the server's to choose (RFC 2326 section 12.39). */
static bool set_up_multicast(struct request *rq, const struct setup *setup,
                             const struct transport_spec *spec)
{
    struct conn *c = rq->conn;
    struct session *s = &c->session;
    if (!s->group)
        s->group = groups_get(c->worker->multicast.groups, s->name);
    if (!s->group) {
        request_fail(rq, 503, "no multicast group is free");
        return false;
    }
    s->layout.kind = LANE_MULTICAST;
    s->layout.tracks |= 1u << setup->track;
    char group[ADDR_TEXT_MAX], source[ADDR_TEXT_MAX], where[WHERE_MAX];
    struct addr local = multicast_source(&c->worker->multicast, c->io.fd);
    addr_format_host(&s->group->addr, group);
    addr_format_host(&local, source);
    unsigned port = addr_port(&s->group->addr) + 2 * setup->track;
    snprintf(where, sizeof where, "multicast;destination=%s;source=%s;port=%u-%u;ttl=%u", group,
             source, port, port + 1, (unsigned)c->worker->config->multicast_ttl);
    answer(rq, setup, spec, where);
    return true;
}

static bool (*const set_up[])(struct request *, const struct setup *,
                              const struct transport_spec *) = {
    [LANE_TCP] = set_up_tcp, [LANE_UDP] = set_up_udp, [LANE_MULTICAST] = set_up_multicast};

bool setup_transport(struct request *rq, const struct setup *setup)
{
    struct session *s = &rq->conn->session;
    struct transport_spec spec;
    const char *why;
    int status = choose(rq, setup, &spec, &why);
    if (status != 200) {
        request_fail(rq, status, why);
        return false;
    }
    if (s->layout.tracks != 0 && s->layout.kind != kind_of(&spec))
        session_clear_tracks(s);
    session_name(s);
    return set_up[kind_of(&spec)](rq, setup, &spec);
}
