/* SPDX-License-Identifier: MIT */
/*
 * RTSP as little as players accept: one canned reply a method. Of a request only its end, method,
 * URL, CSeq and Transport are looked at; a body is not expected. Pure: bytes in, bytes out.
 */
#pragma once

#include "core/text.h"

enum floor_action { FLOOR_GO_ON, FLOOR_SETUP, FLOOR_PLAY, FLOOR_CLOSE };

/* What replies tell of the server. */
struct floor_facts {
    struct slice sdp;
    struct slice source; /* the address that the client reached, without port */
    uint16_t rtp_port;   /* that UDP players hear from */
    uint32_t ssrc;
};

/* Bytes of the first whole request or interleaved packet in input; 0 when it needs more. */
size_t floor_rtsp_message(struct slice input);

/*
 * Writes the reply; none to an interleaved packet. After FLOOR_SETUP *client_port is the port that
 * wants the stream over UDP, 0: over TCP.
 */
enum floor_action floor_rtsp_answer(struct slice message, const struct floor_facts *facts,
                                    struct text *reply, uint16_t *client_port);
