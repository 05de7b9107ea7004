/* SPDX-License-Identifier: MIT */
/*
 * A UDP socket of one worker, not connected to anybody: datagrams in and out by the batch. What
 * goes out may be a run of datagrams of one size, which the kernel cuts (UDP_SEGMENT, udp(7)): by
 * far the cheapest way to send them. Belongs to one thread.
 */
#pragma once

#include <netinet/in.h>

#include "core/list.h"
#include "net/addr.h"
#include "net/loop.h"

enum {
    UDP_BATCH_MAX = 64,            /* messages that one call sends */
    UDP_SEGMENTS_MAX = 46,         /* datagrams that one message is cut into */
    UDP_MESSAGE_MAX_BYTES = 65000, /* of a message that is cut */
    UDP_DATAGRAM_MAX_BYTES = 65535,
};

/* An address as a UDP socket wants it: of the socket's family, IPv4 as mapped IPv6 if need be. */
struct udp_addr {
    union {
        struct sockaddr sa;
        struct sockaddr_in in4;
        struct sockaddr_in6 in6;
    };
};

struct udp_message {
    const struct udp_addr *to;
    const struct udp_addr *from; /* our own address; the port does not matter */
    struct slice bytes;
    size_t segment; /* every datagram has so many bytes, but the last, which may have fewer. With
                     * more bytes than one segment: only if can_segment */
    bool *refuses_segments; /* becomes true when the way there takes none: cut no more for it. May
                             * be NULL */
};

/* Embedded in who waits for room in the socket. */
struct udp_waiter {
    struct list link; /* list_init before the first use; list_remove waits no longer */
    void (*on_room)(struct udp_waiter *w);
};

struct udp {
    struct io io;
    struct loop *loop;
    struct task receive_more; /* there may be more input than one turn takes */
    int family;
    bool can_segment; /* the kernel can cut; some ways out may refuse it all the same */
    bool full;
    struct list waiting; /* while it is full */
    uint8_t *room;       /* for datagrams that come */
    uint64_t refused;    /* datagrams that the kernel did not take, and that are lost */
    void (*on_datagram)(struct udp *u, const struct udp_addr *from, struct slice bytes);
};

/*
 * Opens a socket on all addresses and this port (0: any), and puts it into the loop. on_datagram is
 * set by the caller. 0 or -errno, and then udp_close is fine all the same.
 */
int udp_open(struct udp *u, struct loop *loop, uint16_t port);
void udp_close(struct udp *u);

/* How many routers a multicast datagram may pass (ip(7)). */
void udp_set_multicast_ttl(struct udp *u, uint8_t ttl);

uint16_t udp_port(const struct udp *u);

/*
 * Sends messages (at most UDP_BATCH_MAX) in order. Returns how many are done with: fewer than count
 * when the socket is full. What the kernel refuses for another reason is lost, as on the wire; so
 * may be a message that it has refused to cut, once on each way.
 */
unsigned udp_send(struct udp *u, const struct udp_message *m, unsigned count);

/* Has on_room called once, when the full socket has room again. */
void udp_wait(struct udp *u, struct udp_waiter *w);

/* -- addresses -- */

/* The host of a, with that port, for this socket. */
struct udp_addr udp_addr_of(const struct udp *u, const struct addr *a, uint16_t port);
bool udp_addr_eq(const struct udp_addr *a, const struct udp_addr *b);
bool udp_addr_same_host(const struct udp_addr *a, const struct udp_addr *b);
uint16_t udp_addr_port(const struct udp_addr *a);
struct udp_addr udp_addr_with_port(const struct udp_addr *a, uint16_t port);
