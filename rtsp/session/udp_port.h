/* SPDX-License-Identifier: MIT */
/*
 * A worker's pair of UDP sockets, RTP and RTCP (RFC 3550 section 11), for all its sessions; and the
 * sessions that datagrams may come from. Belongs to the worker.
 *
 * A datagram counts only if it comes from an address that a session announced. Behind a NAT it may
 * come from another port: then it counts for a session of the same host that has not been heard
 * yet, and what goes to that session goes there from then on. Nothing else is ever looked at, and
 * nothing is ever sent to a host that did not ask.
 */
#pragma once

#include "net/peers.h"
#include "rtsp/fanout/egress_udp.h"

struct udp_port {
    bool is_open;
    struct udp rtp, rtcp;
    struct peers rtp_peers, rtcp_peers;
    struct peers hosts; /* sessions, by host, with port 0 */
    struct egress_udp egress;
};

/* rtp_port 0: any two. 0 or -errno, and then nothing is open. */
int udp_port_open(struct udp_port *p, struct loop *loop, uint16_t rtp_port);
void udp_port_close(struct udp_port *p);

/* Where a client sends and receives the RTP, or the RTCP, of one track. */
struct udp_end {
    struct udp_addr addr;  /* port 0: not known yet */
    struct peer announced; /* where it said that it is: when it speaks from there, that is true */
    struct peer latched;   /* where it has spoken from instead */
    bool heard;
    struct udp_leg *leg;
};

struct udp_leg {
    struct udp_end rtp, rtcp;
    struct udp_session *session;
    unsigned track;
    int payload_type; /* of what is received; -1: any */
    uint32_t ssrc;    /* of the last RTP that was heard */
};

struct udp_session {
    struct udp_port *port;
    struct udp_target target;
    struct peer host; /* the only one that this session has to do with; port 0 */
    struct udp_leg *leg[MEDIA_TRACKS_MAX];
    /*
     * A datagram of this session came. May destroy the session. "moved" is set for the time of the
     * call when it came from another port than was announced: nothing that was sent to that one can
     * have arrived.
     */
    bool moved;
    void (*on_datagram)(struct udp_session *s, unsigned track, bool is_rtcp, struct slice bytes);
    void *owner;
};

/* Between this host and that one. NULL when memory is out. */
struct udp_session *udp_session_create(struct udp_port *port, const struct addr *local,
                                       const struct addr *remote);
/* Accepts NULL. */
void udp_session_destroy(struct udp_session *s);

/* (Re)makes the leg of a track, with the ports that the client announced; 0: not known. 0 or
 * -ENOMEM. */
int udp_session_set_leg(struct udp_session *s, unsigned track, uint16_t rtp_port,
                        uint16_t rtcp_port, int payload_type);
