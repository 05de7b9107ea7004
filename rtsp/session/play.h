/* SPDX-License-Identifier: MIT */
/*
 * What players ask for: DESCRIBE, SETUP, PLAY, PAUSE (RFC 2326 sections 10.2, 10.4 to 10.6).
 */
#pragma once

#include "rtsp/session/request.h"

void play_describe(struct request *rq);
void play_setup(struct request *rq);
void play_play(struct request *rq);
void play_pause(struct request *rq);

/* A player's RTCP packet about a track came. */
void play_rtcp(struct conn *c, unsigned track, struct slice packet);
