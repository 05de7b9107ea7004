/* SPDX-License-Identifier: MIT */
/*
 * What publishers ask for: ANNOUNCE, SETUP, RECORD, PAUSE (RFC 2326
 * sections 10.3, 10.4, 10.11, 10.6), and their media.
 */
#pragma once

#include "rtsp/request.h"

void record_announce(struct request *rq);
void record_setup(struct request *rq);
void record_record(struct request *rq);
void record_pause(struct request *rq);

/* An interleaved packet came. Those of unknown channels are passed over. */
void record_packet(struct conn *c, uint8_t channel, struct slice packet);
