/* SPDX-License-Identifier: MIT */
#include "rtsp/udp_port.h"

#include <errno.h>
#include <stdlib.h>

#include "core/bytes.h"
#include "rtp/rtp.h"

enum { RTP_SSRC_AT = 8, RTCP_SSRC_AT = 4, RTCP_HEADER_BYTES = 8 };

/* -- legs -- */

static struct udp_leg *leg_of(struct peer *p, bool is_rtcp)
{
    return is_rtcp ? CONTAINER_OF(p, struct udp_leg, rtcp) : CONTAINER_OF(p, struct udp_leg, rtp);
}

/* Moves one end of a leg to an address. */
static void set_peer(struct peers *table, struct peer *p, const struct udp_addr *addr)
{
    peers_remove(p);
    p->addr = *addr;
    if (udp_addr_port(addr) != 0)
        peers_add(table, p);
}

static void free_leg(struct udp_leg *leg)
{
    if (!leg)
        return;
    peers_remove(&leg->rtp);
    peers_remove(&leg->rtcp);
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
    const struct udp_addr rtp = udp_addr_with_port(&s->host.addr, rtp_port);
    const struct udp_addr rtcp = udp_addr_with_port(&s->host.addr, rtcp_port);
    peer_init(&leg->rtp, &rtp);
    peer_init(&leg->rtcp, &rtcp);
    set_peer(&s->port->rtp_peers, &leg->rtp, &rtp);
    set_peer(&s->port->rtcp_peers, &leg->rtcp, &rtcp);
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
    peers_remove(&s->host);
    free(s);
}

/* -- datagrams -- */

/* Players say what they like; publishers are known by the payload type, and by the SSRC then. */
static bool may_be_from(const struct udp_leg *leg, bool is_rtcp, struct slice bytes)
{
    if (is_rtcp ? leg->rtcp_heard : leg->rtp_heard)
        return false;
    if (leg->payload_type < 0)
        return true;
    if (is_rtcp)
        return leg->rtp_heard && bytes.len >= RTCP_HEADER_BYTES &&
               get_be32(bytes.ptr + RTCP_SSRC_AT) == leg->ssrc;
    return bytes.len >= RTP_HEADER_BYTES && (bytes.ptr[1] & 0x7f) == leg->payload_type;
}

static struct udp_leg *unheard_leg(const struct udp_session *s, bool is_rtcp, struct slice bytes)
{
    for (unsigned i = 0; i < MEDIA_TRACKS_MAX; i++)
        if (s->leg[i] && may_be_from(s->leg[i], is_rtcp, bytes))
            return s->leg[i];
    return NULL;
}

/*
 * The leg that a datagram from an unknown port belongs to. Clients open their NAT in the order of
 * their tracks, so the first that was not heard yet is meant.
 */
static struct udp_leg *find_by_host(struct udp_port *p, const struct udp_addr *from, bool is_rtcp,
                                    struct slice bytes)
{
    const struct udp_addr host = udp_addr_with_port(from, 0);
    for (struct peer *h = peers_find(&p->hosts, &host); h; h = peers_next(&p->hosts, h)) {
        struct udp_session *s = CONTAINER_OF(h, struct udp_session, host);
        struct udp_leg *leg = unheard_leg(s, is_rtcp, bytes);
        if (leg)
            return leg;
    }
    return NULL;
}

static void take(struct udp_port *p, bool is_rtcp, const struct udp_addr *from, struct slice bytes)
{
    struct peers *table = is_rtcp ? &p->rtcp_peers : &p->rtp_peers;
    struct peer *known = peers_find(table, from);
    struct udp_leg *leg = known ? leg_of(known, is_rtcp) : find_by_host(p, from, is_rtcp, bytes);
    if (!leg)
        return;
    if (!known)
        set_peer(table, is_rtcp ? &leg->rtcp : &leg->rtp, from);
    leg->session->moved = !known;
    *(is_rtcp ? &leg->rtcp_heard : &leg->rtp_heard) = true;
    if (!is_rtcp && bytes.len >= RTP_HEADER_BYTES)
        leg->ssrc = get_be32(bytes.ptr + RTP_SSRC_AT);
    leg->session->on_datagram(leg->session, leg->track, is_rtcp, bytes);
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
    p->is_open = false;
}
