/* SPDX-License-Identifier: MIT */
#include "rtp/receiver.h"

/* Beyond these a sequence number is not a loss or a late packet but a new start (RFC 3550 A.1). */
enum { MAX_DROPOUT = 3000, MAX_MISORDER = 100 };

enum { LOST_MAX = 0x7fffff, FRACTION_MAX = 255 };

void receiver_init(struct receiver *r, uint32_t rate)
{
    *r = (struct receiver){.rate = rate};
}

static uint32_t arrival_ticks(const struct receiver *r, int64_t now_ns)
{
    int64_t s = now_ns / NS_PER_S, ns = now_ns % NS_PER_S;
    return (uint32_t)s * r->rate + (uint32_t)(ns * r->rate / NS_PER_S);
}

static void start(struct receiver *r, const struct rtp_packet *pkt, int64_t now_ns)
{
    *r = (struct receiver){
        .rate = r->rate,
        .started = true,
        .ssrc = pkt->ssrc,
        .highest_seq = pkt->seq,
        .first_seq = pkt->seq,
        .received = 1,
        .transit = arrival_ticks(r, now_ns) - pkt->rtp_time,
        .last_sr = r->last_sr, /* publishers send it before the first packet */
        .last_sr_ns = r->last_sr_ns,
    };
}

/* A.8, with the rounding of its integer version. */
static void note_jitter(struct receiver *r, const struct rtp_packet *pkt, int64_t now_ns)
{
    uint32_t transit = arrival_ticks(r, now_ns) - pkt->rtp_time;
    int64_t change = (int32_t)(transit - r->transit);
    r->transit = transit;
    r->jitter_x16 += (uint64_t)(change < 0 ? -change : change) - ((r->jitter_x16 + 8) >> 4);
}

static bool is_believable(const struct receiver *r, const struct rtp_packet *pkt)
{
    int ahead = rtp_seq_diff(r->highest_seq, pkt->seq);
    return pkt->ssrc == r->ssrc && ahead < MAX_DROPOUT && ahead > -MAX_MISORDER;
}

/* True when it follows the last one that was doubted. */
static bool is_believed_now(struct receiver *r, const struct rtp_packet *pkt)
{
    bool follows =
        r->doubted && pkt->ssrc == r->doubted_ssrc && rtp_seq_diff(r->doubted_seq, pkt->seq) == 1;
    r->doubted = true;
    r->doubted_ssrc = pkt->ssrc;
    r->doubted_seq = pkt->seq;
    return follows;
}

void receiver_on_packet(struct receiver *r, const struct rtp_packet *pkt, int64_t now_ns)
{
    if (!r->started || (!is_believable(r, pkt) && is_believed_now(r, pkt))) {
        start(r, pkt, now_ns);
        return;
    }
    if (!is_believable(r, pkt))
        return;
    r->doubted = false;
    r->received++;
    note_jitter(r, pkt, now_ns);
    if (rtp_seq_diff(r->highest_seq, pkt->seq) <= 0)
        return;
    if (pkt->seq < r->highest_seq)
        r->wraps += UINT32_C(1) << 16;
    r->highest_seq = pkt->seq;
}

void receiver_on_sender_report(struct receiver *r, uint64_t ntp, int64_t now_ns)
{
    r->last_sr = (uint32_t)(ntp >> 16);
    r->last_sr_ns = now_ns;
}

/* A.3. Duplicates count as received, so what is lost may be less than nothing. */
static int32_t lost(uint32_t expected, uint32_t received)
{
    int32_t lost = (int32_t)(expected - received);
    return lost > LOST_MAX ? LOST_MAX : lost < -LOST_MAX - 1 ? -LOST_MAX - 1 : lost;
}

static uint8_t fraction_lost(uint32_t expected, uint32_t received)
{
    if (received >= expected)
        return 0;
    uint64_t fraction = ((uint64_t)(expected - received) << 8) / expected;
    return (uint8_t)(fraction < FRACTION_MAX ? fraction : FRACTION_MAX);
}

static uint32_t since_last_sr(const struct receiver *r, int64_t now_ns)
{
    if (r->last_sr == 0 || now_ns < r->last_sr_ns)
        return 0;
    int64_t s = (now_ns - r->last_sr_ns) / NS_PER_S, ns = (now_ns - r->last_sr_ns) % NS_PER_S;
    return s > UINT16_MAX ? UINT32_MAX : (uint32_t)(s << 16 | (ns << 16) / NS_PER_S);
}

bool receiver_report(struct receiver *r, int64_t now_ns, struct rtcp_report_block *block)
{
    if (!r->started)
        return false;
    uint32_t highest = r->wraps | r->highest_seq;
    uint32_t expected = highest - r->first_seq + 1;
    uint64_t jitter = r->jitter_x16 >> 4;
    *block = (struct rtcp_report_block){
        .ssrc = r->ssrc,
        .fraction_lost =
            fraction_lost(expected - r->expected_before, r->received - r->received_before),
        .lost = lost(expected, r->received),
        .highest_seq = highest,
        .jitter = jitter < UINT32_MAX ? (uint32_t)jitter : UINT32_MAX,
        .last_sr = r->last_sr,
        .since_last_sr = since_last_sr(r, now_ns),
    };
    r->expected_before = expected;
    r->received_before = r->received;
    return true;
}
