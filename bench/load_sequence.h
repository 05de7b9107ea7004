/* SPDX-License-Identifier: MIT */
/*
 * The sequence numbers of one RTP stream, as they come: what is missing, and what comes late. No
 * socket, no clock.
 */
#pragma once

#include "rtp/rtp.h"

struct load_sequence {
    bool begun; /* a packet came: what follows is known */
    uint8_t payload_type;
    uint16_t next_seq;
    uint32_t ssrc;
    uint64_t missed; /* bit i: number next_seq - 1 - i counts as lost */
};

enum load_place {
    LOAD_PLACE_NEXT,
    LOAD_PLACE_AFTER_GAP, /* packets before it are missing */
    LOAD_PLACE_PASSED,    /* its number was passed already: it was overtaken, or comes twice */
    LOAD_PLACE_NONE,      /* another SSRC or payload type */
};

/*
 * Where a packet stands. *lost: so many more packets than before count as lost; -1 when it fills a
 * gap among the last 64 numbers.
 */
enum load_place load_sequence_take(struct load_sequence *s, const struct rtp_packet *pkt,
                                   int *lost);
