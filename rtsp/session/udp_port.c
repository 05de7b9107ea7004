/* SPDX-License-Identifier: MIT */
#include "rtsp/session/udp_port.h"

#include <errno.h>
#include <stdlib.h>

#include "core/bytes.h"
#include "rtp/rtp.h"

enum {
    RTP_SSRC_AT = 8,
    RTCP_SSRC_AT = 4,
    RTCP_HEADER_BYTES = 8,
    SESSIONS_LOOKED_AT = 64,
};

/* -- legs -- */

static void init_end(struct udp_end *end, struct udp_leg *leg, struct peers *table, uint16_t port)
{
    end->leg = leg;
    end->addr = udp_addr_with_port(&leg->session->host.addr, port);
    peer_init(&end->announced, &end->addr);
    peer_init(&end->latched, &end->addr);
    end->announced.owner = end->latched.owner = end;
    if (port != 0)
        peers_add(table, &end->announced);
}

static void fini_end(struct udp_end *end, struct peers *table)
{
    peers_remove(table, &end->announced);
    peers_remove(table, &end->latched);
}

static void free_leg(struct udp_leg *leg)
{
    if (!leg)
        return;
    fini_end(&leg->rtp, &leg->session->port->rtp_peers);
    fini_end(&leg->rtcp, &leg->session->port->rtcp_peers);
    free(leg);
}

int udp_session_set_leg(struct udp_session *s, unsigned track, uint16_t rtp_port,
                        uint16_t rtcp_port, int payload_type)
{
    struct udp_leg *leg = calloc(1, sizeof *leg);
    if (!leg)
        return -ENOMEM;
    leg->session = s;
    leg->track = track;
    leg->payload_type = payload_type;
    init_end(&leg->rtp, leg, &s->port->rtp_peers, rtp_port);
    init_end(&leg->rtcp, leg, &s->port->rtcp_peers, rtcp_port);
    free_leg(s->leg[track]);
    s->leg[track] = leg;
    s->target.rtp[track] = &leg->rtp.addr;
    s->target.rtcp[track] = &leg->rtcp.addr;
    return 0;
}

/* -- sessions -- */

struct udp_session *udp_session_create(struct udp_port *port, const struct addr *local,
                                       const struct addr *remote)
{
    struct udp_session *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    const struct udp_addr host = udp_addr_of(&port->rtp, remote, 0);
    s->port = port;
    s->target.from = udp_addr_of(&port->rtp, local, 0);
    peer_init(&s->host, &host);
    peers_add(&port->hosts, &s->host);
    return s;
}

void udp_session_destroy(struct udp_session *s)
{
    if (!s)
        return;
    for (unsigned i = 0; i < MEDIA_TRACKS_MAX; i++)
        free_leg(s->leg[i]);
    peers_remove(&s->port->hosts, &s->host);
    free(s);
}

/* -- datagrams -- */

enum { RTP_VERSION = 2, VERSION_SHIFT = 6 };

/* Players open a NAT with a header alone, or with what is no RTP at all. */
static bool is_media(struct slice bytes)
{
    return bytes.len > RTP_HEADER_BYTES && bytes.ptr[0] >> VERSION_SHIFT == RTP_VERSION;
}

/* Players say what they like, but send no media: that is from a publisher on the same host whose
 * session has ended. Publishers are known by the payload type, and by the SSRC then. */
static bool may_be_from(const struct udp_leg *leg, bool is_rtcp, struct slice bytes)
{
    if (is_rtcp ? leg->rtcp.heard : leg->rtp.heard)
        return false;
    if (leg->payload_type < 0)
        return is_rtcp || !is_media(bytes);
    if (is_rtcp)
        return leg->rtp.heard && bytes.len >= RTCP_HEADER_BYTES &&
               get_be32(bytes.ptr + RTCP_SSRC_AT) == leg->ssrc;
    return bytes.len >= RTP_HEADER_BYTES && (bytes.ptr[1] & 0x7f) == leg->payload_type;
}

static struct udp_end *unheard_end(const struct udp_session *s, bool is_rtcp, struct slice bytes)
{
    for (unsigned i = 0; i < MEDIA_TRACKS_MAX; i++)
        if (s->leg[i] && may_be_from(s->leg[i], is_rtcp, bytes))
            return is_rtcp ? &s->leg[i]->rtcp : &s->leg[i]->rtp;
    return NULL;
}

/*
 * Who a datagram from an unknown port is from. Clients open their NAT in the order of their tracks,
 * so the first that was not heard yet is meant. Of a host with many sessions only some are looked
 * at: who sends nonsense shall not cost more than that.
 */
static struct udp_end *find_by_host(struct udp_port *p, const struct udp_addr *from, bool is_rtcp,
                                    struct slice bytes)
{
    const struct udp_addr host = udp_addr_with_port(from, 0);
    struct peer *h = peers_find(&p->hosts, &host);
    for (unsigned n = 0; h && n < SESSIONS_LOOKED_AT; n++, h = peers_next(&p->hosts, h)) {
        struct udp_session *s = CONTAINER_OF(h, struct udp_session, host);
        struct udp_end *end = unheard_end(s, is_rtcp, bytes);
        if (end)
            return end;
    }
    return NULL;
}

/*
 * From now on it is there. Another session's last words may have been taken for those of this one:
 * what comes from the announced port puts that right.
 */
static void move_end(struct peers *table, struct udp_end *end, const struct udp_addr *to,
                     bool announced)
{
    end->addr = *to;
    peers_remove(table, &end->latched);
    if (announced)
        return;
    end->latched.addr = *to;
    peers_add(table, &end->latched);
}

static void take(struct udp_port *p, bool is_rtcp, const struct udp_addr *from, struct slice bytes)
{
    struct peers *table = is_rtcp ? &p->rtcp_peers : &p->rtp_peers;
    struct peer *known = peers_find(table, from);
    struct udp_end *end = known ? known->owner : find_by_host(p, from, is_rtcp, bytes);
    if (!end)
        return;
    struct udp_session *s = end->leg->session;
    s->moved = !udp_addr_eq(&end->addr, from);
    if (s->moved)
        move_end(table, end, from, known != NULL);
    end->heard = true;
    if (!is_rtcp && bytes.len >= RTP_HEADER_BYTES)
        end->leg->ssrc = get_be32(bytes.ptr + RTP_SSRC_AT);
    s->on_datagram(s, end->leg->track, is_rtcp, bytes);
}

static void on_rtp(struct udp *u, const struct udp_addr *from, struct slice bytes)
{
    take(CONTAINER_OF(u, struct udp_port, rtp), false, from, bytes);
}

static void on_rtcp(struct udp *u, const struct udp_addr *from, struct slice bytes)
{
    take(CONTAINER_OF(u, struct udp_port, rtcp), true, from, bytes);
}

/* -- the pair -- */

int udp_port_open(struct udp_port *p, struct loop *loop, uint16_t rtp_port)
{
    peers_init(&p->rtp_peers);
    peers_init(&p->rtcp_peers);
    peers_init(&p->hosts);
    int err = udp_open(&p->rtp, loop, rtp_port);
    if (!err)
        err = udp_open(&p->rtcp, loop, rtp_port ? (uint16_t)(rtp_port + 1) : 0);
    if (err) {
        udp_port_close(p);
        return err;
    }
    p->rtp.on_datagram = on_rtp;
    p->rtcp.on_datagram = on_rtcp;
    p->is_open = true;
    return 0;
}

void udp_port_close(struct udp_port *p)
{
    udp_close(&p->rtp);
    udp_close(&p->rtcp);
    peers_fini(&p->rtp_peers);
    peers_fini(&p->rtcp_peers);
    peers_fini(&p->hosts);
    p->is_open = false;
}
