/* SPDX-License-Identifier: MIT */
/*
 * The half of SETUP that players and publishers share: choosing a transport from what the client
 * offers.
 */
#pragma once

#include "rtsp/session/request.h"

/* What is set up. */
struct setup {
    unsigned track;
    bool record;      /* the client sends */
    int payload_type; /* record: of the track's packets */
    uint32_t ssrc;    /* else: of the track */
};

/*
 * Sets the track up by the first transport in the request that umbel serves, and answers. TCP: on
 * the channels that the client asks for, as far as they are free. All tracks of a session have the
 * same kind of transport: a track that is set up again by another kind starts the session anew, as
 * a client does that heard nothing over UDP. False when the request was refused.
 */
bool setup_transport(struct request *rq, const struct setup *setup);
