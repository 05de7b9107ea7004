/* SPDX-License-Identifier: MIT */
/*
 * RTSP as little as players accept: one canned reply a method. Of a request only its end, method,
 * URL, CSeq and Transport are looked at; a body is not expected. Pure: bytes in, bytes out.
 */
#pragma once

#include "core/text.h"

enum floor_action { FLOOR_GO_ON, FLOOR_PLAY, FLOOR_CLOSE };

/* Bytes of the first whole request or interleaved packet in input; 0 when it needs more. */
size_t floor_rtsp_message(struct slice input);

/* Writes the reply; none to an interleaved packet. */
enum floor_action floor_rtsp_answer(struct slice message, struct slice sdp, struct text *reply);
