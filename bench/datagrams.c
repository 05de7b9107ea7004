/* SPDX-License-Identifier: MIT */
#include "bench/datagrams.h"

#include <errno.h>
#include <netinet/udp.h>
#include <stdlib.h>

#include "rtp/rtp.h"

/* A fragment carries so many bytes less of its NAL unit than a packet has; and each NAL unit may
 * end in a packet that is not full. */
enum { FRAGMENT_OVERHEAD_BYTES = RTP_HEADER_BYTES + 2, SPARE_PACKETS = 16 };

int datagrams_init(struct datagrams *d, size_t unit_max, size_t packet_bytes)
{
    size_t packets = unit_max / (packet_bytes - FRAGMENT_OVERHEAD_BYTES) + SPARE_PACKETS;
    *d = (struct datagrams){
        .data = malloc(unit_max + packets * FRAGMENT_OVERHEAD_BYTES),
        .run = malloc(packets * sizeof *d->run),
        .send = malloc(packets * sizeof *d->send),
    };
    return d->data && d->run && d->send ? 0 : -ENOMEM;
}

void datagrams_fini(struct datagrams *d)
{
    free(d->data);
    free(d->run);
    free(d->send);
    *d = (struct datagrams){0};
}

static void set_segment(struct datagram_send *send, size_t bytes)
{
    uint16_t segment = (uint16_t)bytes;
    struct cmsghdr *cmsg = &send->control.align;
    *cmsg = (struct cmsghdr){
        .cmsg_len = CMSG_LEN(sizeof segment), .cmsg_level = SOL_UDP, .cmsg_type = UDP_SEGMENT};
    memcpy(CMSG_DATA(cmsg), &segment, sizeof segment);
}

static void add_send(struct datagrams *d, uint32_t from, uint32_t to, uint32_t packet_bytes)
{
    struct datagram_send *send = &d->send[d->count++];
    *send = (struct datagram_send){
        .bytes = {d->data + from, to - from},
        .packets = (to - from + packet_bytes - 1) / packet_bytes,
    };
    set_segment(send, packet_bytes);
}

/* Long runs take several sends. */
static void add_run(struct datagrams *d, uint32_t from, const struct batch_run *run)
{
    uint32_t fit = DATAGRAM_SEND_BYTES / run->packet_bytes;
    uint32_t packets = fit < DATAGRAM_SEND_SEGMENTS ? fit : DATAGRAM_SEND_SEGMENTS;
    uint32_t most = (packets > 0 ? packets : 1) * run->packet_bytes;
    while (run->end - from > most) {
        add_send(d, from, from + most, run->packet_bytes);
        from += most;
    }
    add_send(d, from, run->end, run->packet_bytes);
}

void datagrams_write(struct datagrams *d, struct slice unit, size_t packet_bytes,
                     const struct batch_layout *layout)
{
    uint32_t from = 0;
    uint32_t runs = batch_write_datagrams(d->data, d->run, CODEC_H264, unit, packet_bytes, layout);
    d->count = 0;
    for (uint32_t i = 0; i < runs; i++) {
        add_run(d, from, &d->run[i]);
        from = d->run[i].end;
    }
    d->len = from;
}

/* One packet needs no cutting. */
struct msghdr datagram_send_message(struct datagram_send *send, void *to, socklen_t to_len)
{
    bool cut = send->packets > 1;
    return (struct msghdr){
        .msg_name = to,
        .msg_namelen = to_len,
        .msg_iov = &send->bytes,
        .msg_iovlen = 1,
        .msg_control = cut ? send->control.bytes : NULL,
        .msg_controllen = cut ? CMSG_SPACE(sizeof(uint16_t)) : 0,
    };
}
