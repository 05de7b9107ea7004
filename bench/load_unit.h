/* SPDX-License-Identifier: MIT */
/*
 * An access unit of H.264 on its way to the server: as interleaved packets or as datagrams, and how
 * far it has come.
 */
#pragma once

#include "bench/datagrams.h"
#include "bench/load_link.h"

struct load_unit {
    bool udp;
    size_t bytes;               /* of all packets; 0: there is no unit */
    uint8_t *image;             /* TCP: the packets */
    size_t sent;                /* TCP: bytes that the socket has taken */
    struct datagrams datagrams; /* UDP: the packets */
    uint32_t next;              /* UDP: the next of its sends */
};

/* Room for units of unit_max bytes. 0 or -ENOMEM. */
int load_unit_init(struct load_unit *u, size_t unit_max, bool udp);
void load_unit_fini(struct load_unit *u);

/* Packetizes another unit, in the place of the last. Returns its packets. */
uint32_t load_unit_make(struct load_unit *u, struct slice unit, const struct batch_layout *layout);

/* Goes on sending. 1: all of it is on its way; 0: the socket takes no more now; or -errno. */
int load_unit_send(struct load_unit *u, const struct load_link *link);
