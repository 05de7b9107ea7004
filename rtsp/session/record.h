/* SPDX-License-Identifier: MIT */
/*
 * What publishers ask for: ANNOUNCE, SETUP, RECORD, PAUSE (RFC 2326
 * sections 10.3, 10.4, 10.11, 10.6), and their media.
 */
#pragma once

#include "rtsp/session/request.h"

void record_announce(struct request *rq);
void record_setup(struct request *rq);
void record_record(struct request *rq);
void record_pause(struct request *rq);

/* A packet of a track came, while recording. */
void record_packet(struct conn *c, unsigned track, bool is_rtcp, struct slice packet);
