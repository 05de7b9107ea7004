/* SPDX-License-Identifier: MIT */
/*
 * Access units as UDP datagrams: the RTP packets of one, packetized once, one right behind the
 * other, and the sends that they take, however many they are for. The kernel cuts what a send takes
 * into datagrams of one size, of which only the last may be smaller (UDP_SEGMENT of udp(7)). So a
 * send ends behind a packet that is smaller than its first one, and before one that is larger.
 *
 *   | SEI, SPS, PPS | FU-A      FU-A      FU-A      FU-A | FU-A      FU-A  FU-A (smaller) |
 *   '----send 0-----'-----------------send 1-------------'---------send 2-----------------'
 */
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include "rtp/batch.h"

/* Both as the kernel has them, less a margin: 64 segments, and 65,507 bytes for IPv4 alone. */
enum { DATAGRAM_SEND_SEGMENTS = 46, DATAGRAM_SEND_BYTES = 65000 };

struct datagram_send {
    struct iovec bytes;
    uint32_t packets;
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(uint16_t))];
    } control; /* the size to cut at */
};

struct datagrams {
    uint8_t *data;
    size_t len;
    struct batch_run *run; /* while it is written */
    struct datagram_send *send;
    uint32_t count; /* of sends */
};

/* Room for access units of unit_max bytes, of a few NAL units each. 0 or -ENOMEM. */
int datagrams_init(struct datagrams *d, size_t unit_max, size_t packet_bytes);
void datagrams_fini(struct datagrams *d);

/* Puts another access unit of H.264 in the place of the last. layout->channel is not looked at. */
void datagrams_write(struct datagrams *d, struct slice unit, size_t packet_bytes,
                     const struct batch_layout *layout);

/* The message that makes one of the sends to an address; both are borrowed. */
struct msghdr datagram_send_message(struct datagram_send *send, void *to, socklen_t to_len);
