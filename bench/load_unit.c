/* SPDX-License-Identifier: MIT */
#include "bench/load_unit.h"

#include <errno.h>
#include <stdlib.h>

enum { PACKET_BYTES = 1360 }; /* of RTP: fits into a path MTU of 1400 and more */

int load_unit_init(struct load_unit *u, size_t unit_max, bool udp)
{
    *u = (struct load_unit){.udp = udp};
    if (udp)
        return datagrams_init(&u->datagrams, unit_max, PACKET_BYTES);
    /* Room for all packets of the largest unit: each NAL unit fits into one, or is cut. */
    u->image = malloc(2 * unit_max + 64 * (size_t)PACKET_BYTES);
    return u->image ? 0 : -ENOMEM;
}

void load_unit_fini(struct load_unit *u)
{
    datagrams_fini(&u->datagrams);
    free(u->image);
    u->image = NULL;
}

uint32_t load_unit_make(struct load_unit *u, struct slice unit, const struct batch_layout *layout)
{
    struct batch_size size = batch_measure(CODEC_H264, unit, PACKET_BYTES);
    u->sent = 0;
    u->next = 0;
    if (u->udp) {
        datagrams_write(&u->datagrams, unit, PACKET_BYTES, layout);
        u->bytes = u->datagrams.len;
    } else {
        batch_write_interleaved(u->image, CODEC_H264, unit, PACKET_BYTES, layout);
        u->bytes = batch_interleaved_bytes(size);
    }
    return size.packets;
}

static bool would_block(void)
{
    return errno == EAGAIN || errno == EINTR;
}

static int send_datagrams(struct load_unit *u, const struct load_udp *udp)
{
    struct addr to = udp->server;
    addr_set_port(&to, udp->track[0].theirs.rtp);
    for (; u->next < u->datagrams.count; u->next++) {
        struct msghdr msg = datagram_send_message(&u->datagrams.send[u->next], &to.ss, to.len);
        if (sendmsg(udp->track[0].ours.rtp_fd, &msg, MSG_DONTWAIT) < 0)
            return would_block() ? 0 : -errno;
    }
    return 1;
}

int load_unit_send(struct load_unit *u, const struct load_link *link)
{
    if (u->udp)
        return send_datagrams(u, link->udp);
    ssize_t sent =
        send(link->fd, u->image + u->sent, u->bytes - u->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0)
        return would_block() ? 0 : -errno;
    u->sent += (size_t)sent;
    return u->sent == u->bytes;
}
