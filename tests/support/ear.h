/* SPDX-License-Identifier: MIT */
/*
 * A UDP socket of somebody far away, on one of the addresses 127.0.0.0/8: hears datagrams, and
 * sends some.
 */
#pragma once

#include "core/buf.h"
#include "net/udp.h"

enum { EAR_PATIENCE_MS = 5000 }; /* for what must come */

struct ear {
    int fd;
    struct addr addr; /* where it is */
};

/* host: "127.0.0.2", or "[::1]"; any free port. */
void ear_open(struct ear *e, const char *host);
void ear_close(struct ear *e);

/* The next datagram, which is there or will come; valid until the next call. */
struct slice ear_hear(const struct ear *e, struct addr *from);

/* Waits for a datagram; false when none comes. */
bool ear_has_more(const struct ear *e);

/* The next datagram if there is one; false when there is none. */
bool ear_peek(const struct ear *e, struct slice *bytes, struct addr *from);

/* Sends a datagram to a port of 127.0.0.1 (or ::1). */
void ear_say(const struct ear *e, uint16_t port, struct slice bytes);
