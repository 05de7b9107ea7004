/* SPDX-License-Identifier: MIT */
/*
 * Any packets at any time: what comes out rises but at a restart, and what is held is bounded in
 * number, bytes and time. Four bytes of input a packet: what it is, a number, the time since.
 */
#include "core/bytes.h"
#include "rtp/reorder.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLD_NS (50 * NS_PER_MS)

enum { ABSOLUTE = 0x01, OTHER_SOURCE = 0x02, BIG = 0x04, RUN_ONLY = 0x08 };

struct seen {
    bool any;
    uint16_t seq;
    uint32_t ssrc;
    unsigned backwards;
};

static void on_packet(void *arg, const struct rtp_packet *pkt)
{
    struct seen *seen = arg;
    bool rises = seen->ssrc == pkt->ssrc && rtp_seq_diff(seen->seq, pkt->seq) > 0;
    seen->backwards += seen->any && !rises;
    if (pkt->payload.len > 0 && pkt->payload.ptr[pkt->payload.len - 1] != (uint8_t)pkt->seq)
        abort();
    seen->any = true;
    seen->seq = pkt->seq;
    seen->ssrc = pkt->ssrc;
}

static void check(const struct reorder *r, const struct seen *seen, int64_t now_ns)
{
    struct reorder_stats s = reorder_stats(r);
    if (seen->backwards > s.restarts)
        abort();
    int64_t deadline_ns = reorder_next_deadline(r);
    if (s.held >= REORDER_PACKETS || s.held_bytes > REORDER_BYTES_MAX)
        abort();
    if (deadline_ns <= now_ns || (s.held > 0) != (deadline_ns <= now_ns + HOLD_NS))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t payload[1 << 16];
    struct seen seen = {0};
    struct reorder *r = reorder_create(HOLD_NS, on_packet, &seen);
    if (!r)
        return 0;
    uint16_t seq = 0;
    int64_t now_ns = 0;
    for (; size >= 4; data += 4, size -= 4) {
        size_t len = data[0] & BIG ? 60000 : data[0] >> 4;
        now_ns += data[1] * NS_PER_MS / 4;
        uint16_t number = get_be16(data + 2);
        seq = data[0] & ABSOLUTE ? number : (uint16_t)(seq + (int8_t)data[2]);
        if (len > 0)
            payload[len - 1] = (uint8_t)seq;
        struct rtp_packet pkt = {
            .seq = seq, .ssrc = data[0] & OTHER_SOURCE ? 2 : 1, .payload = slice_of(payload, len)};
        if (data[0] & RUN_ONLY)
            reorder_run(r, now_ns);
        else
            reorder_push(r, &pkt, now_ns);
        reorder_run(r, now_ns);
        check(r, &seen, now_ns);
    }
    reorder_destroy(r);
    return 0;
}
