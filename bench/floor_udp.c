/* SPDX-License-Identifier: MIT */
#include "bench/floor_udp.h"

#include "core/clock.h"

enum { SEND_BUFFER_BYTES = 4 << 20 }; /* the kernel takes net.core.wmem_max if that is less */

int floor_udp_init(struct floor_udp *u, const struct addr *at)
{
    const int bytes = SEND_BUFFER_BYTES;
    struct port_range range = {0};
    *u = (struct floor_udp){0};
    int err = port_pair_open(&u->ports, at, &range);
    if (err)
        return err;
    setsockopt(u->ports.rtp_fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    return 0;
}

void floor_udp_fini(struct floor_udp *u)
{
    port_pair_close(&u->ports);
}

union udp_place floor_udp_place(const struct addr *host, uint16_t port)
{
    union udp_place place;
    struct addr copy = *host;
    addr_set_port(&copy, port);
    memcpy(&place, &copy.ss, sizeof place);
    return place;
}

static socklen_t length_of(const union udp_place *place)
{
    return place->sa.sa_family == AF_INET ? sizeof place->in4 : sizeof place->in6;
}

void floor_udp_send(struct floor_udp *u, union udp_place *to, const struct feed_image *img,
                    struct tally *t)
{
    const struct datagrams *d = &img->datagrams;
    for (uint32_t i = 0; i < d->count; i++) {
        if (u->count == FLOOR_UDP_BATCH)
            floor_udp_flush(u, t);
        u->about[u->count].whole = i == d->count - 1 ? img : NULL;
        u->about[u->count].packets = d->send[i].packets;
        u->message[u->count++].msg_hdr = datagram_send_message(&d->send[i], to, length_of(to));
    }
}

static void count_sent(const struct floor_udp *u, uint32_t from, uint32_t to, struct tally *t)
{
    int64_t now_ns = clock_mono_ns();
    t->udp_sends += to - from;
    for (uint32_t i = from; i < to; i++) {
        const struct feed_image *whole = u->about[i].whole;
        t->bytes += u->message[i].msg_len;
        t->udp_packets += u->about[i].packets;
        if (!whole)
            continue;
        t->client_frames++;
        hist_add(&t->delay, (uint64_t)(now_ns - whole->planned_ns));
    }
}

/* What the socket does not take is gone, as on the wire. */
void floor_udp_flush(struct floor_udp *u, struct tally *t)
{
    uint32_t at = 0;
    while (at < u->count) {
        int sent = sendmmsg(u->ports.rtp_fd, u->message + at, u->count - at, MSG_DONTWAIT);
        if (sent > 0) {
            count_sent(u, at, at + (uint32_t)sent, t);
            at += (uint32_t)sent;
        } else {
            t->udp_packets_dropped += u->about[at++].packets;
        }
    }
    u->count = 0;
}
