/* SPDX-License-Identifier: MIT */
/*
 * What a publisher over UDP needs in time: packets that wait for a missing one are let out, and
 * receiver reports go back to it (RFC 3550 section 6.4.2). Belongs to the publisher's worker.
 */
#pragma once

#include "rtsp/session/udp_port.h"
#include "rtsp/source/source_publish.h"

struct reception;

/* Of a publisher whose packets come by udp; both outlive it. NULL when memory is out. */
struct reception *reception_create(struct loop *loop, struct publisher *p, struct udp_session *udp);
/* Accepts NULL. */
void reception_destroy(struct reception *r);

/* A packet came: the publisher may have something to wait for. */
void reception_on_packet(struct reception *r);
