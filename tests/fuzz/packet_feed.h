/* SPDX-License-Identifier: MIT */
/*
 * A run of RTP packets out of fuzzer input. Each is two bytes of control and the payload: the
 * marker, a new time stamp, what happens to the sequence number and the source, and the length.
 */
#pragma once

#include "rtp/rtp.h"

#include <stdlib.h>

enum { FEED_NEW_TIME = 0x40, FEED_NEW_SOURCE = 0x20, FEED_LOSS = 0x10, FEED_LATE = 0x08 };

static inline bool feed_next(struct slice *input, struct rtp_packet *pkt)
{
    if (input->len < 2)
        return false;
    uint8_t control = input->ptr[0];
    size_t len = (size_t)(control & 0x07) << 8 | input->ptr[1];
    *input = slice_from(*input, 2);
    pkt->marker = (control & 0x80) != 0;
    pkt->rtp_time += control & FEED_NEW_TIME ? 3000 : 0;
    pkt->ssrc += control & FEED_NEW_SOURCE ? 1 : 0;
    pkt->seq = (uint16_t)(pkt->seq + (control & FEED_LOSS ? 2 : 1) - (control & FEED_LATE ? 5 : 0));
    pkt->payload = slice_head(*input, len);
    *input = slice_from(*input, len);
    return true;
}
