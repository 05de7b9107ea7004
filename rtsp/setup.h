/* SPDX-License-Identifier: MIT */
/*
 * The half of SETUP that players and publishers share: choosing a transport from what the client
 * offers.
 */
#pragma once

#include "rtsp/request.h"

/*
 * Sets the track up on the first transport in the request that umbel serves, on the channels that
 * the client asks for as far as they are free, and answers. ssrc: of the track, for players;
 * ignored for publishers (record). False when the request was refused.
 */
bool setup_transport(struct request *rq, unsigned track, uint32_t ssrc, bool record);
