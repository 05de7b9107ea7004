/* SPDX-License-Identifier: MIT */
#include "bench/load_sequence.h"

enum { MISSED_BITS = 64 };

static void begin(struct load_sequence *s, const struct rtp_packet *pkt)
{
    *s = (struct load_sequence){
        .begun = true,
        .payload_type = pkt->payload_type,
        .next_seq = pkt->seq,
        .ssrc = pkt->ssrc,
    };
}

/* True when the packet that is so far behind the next one was missed. It is not any more. */
static bool fill(struct load_sequence *s, unsigned behind)
{
    uint64_t bit = behind <= MISSED_BITS ? UINT64_C(1) << (behind - 1) : 0;
    bool missed = (s->missed & bit) != 0;
    s->missed &= ~bit;
    return missed;
}

/* Goes past so many that are missing, and one that is there. */
static void advance(struct load_sequence *s, unsigned missing)
{
    s->missed =
        missing < MISSED_BITS ? s->missed << missing | ((UINT64_C(1) << missing) - 1) : UINT64_MAX;
    s->missed <<= 1;
    s->next_seq = (uint16_t)(s->next_seq + missing + 1);
}

enum load_place load_sequence_take(struct load_sequence *s, const struct rtp_packet *pkt, int *lost)
{
    *lost = 0;
    if (!s->begun)
        begin(s, pkt);
    if (pkt->ssrc != s->ssrc || pkt->payload_type != s->payload_type)
        return LOAD_PLACE_NONE;
    int ahead = rtp_seq_diff(s->next_seq, pkt->seq);
    if (ahead < 0) {
        *lost = fill(s, (unsigned)-ahead) ? -1 : 0;
        return LOAD_PLACE_PASSED;
    }
    *lost = ahead;
    advance(s, (unsigned)ahead);
    return ahead == 0 ? LOAD_PLACE_NEXT : LOAD_PLACE_AFTER_GAP;
}
