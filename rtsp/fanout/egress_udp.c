/* SPDX-License-Identifier: MIT */
#include "rtsp/fanout/egress_udp.h"

void egress_udp_init(struct egress_udp *e, struct udp *rtp, struct udp *rtcp, uint64_t bytes_per_s,
                     size_t burst_bytes)
{
    *e = (struct egress_udp){.rtp = rtp, .rtcp = rtcp, .burst_bytes = burst_bytes};
    e->ns_per_kib = bytes_per_s ? 1024 * NS_PER_S / (int64_t)bytes_per_s : 0;
}

/* -- pace -- */

static int64_t cost_ns(const struct egress_udp *e, size_t bytes)
{
    int64_t whole = (int64_t)(bytes / 1024), part = (int64_t)(bytes % 1024);
    return whole * e->ns_per_kib + part * e->ns_per_kib / 1024;
}

size_t egress_udp_allowance(const struct egress_udp *e, const struct udp_target *t, int64_t now_ns)
{
    if (e->ns_per_kib == 0 || t->paid_until_ns <= now_ns)
        return e->ns_per_kib == 0 ? SIZE_MAX : e->burst_bytes;
    int64_t left_ns = now_ns + cost_ns(e, e->burst_bytes) - t->paid_until_ns;
    if (left_ns <= 0)
        return 0;
    int64_t part_ns = left_ns % e->ns_per_kib;
    return (size_t)(left_ns / e->ns_per_kib * 1024 + part_ns * 1024 / e->ns_per_kib);
}

int64_t egress_udp_allowed_at(const struct egress_udp *e, const struct udp_target *t, size_t bytes)
{
    return t->paid_until_ns + cost_ns(e, bytes) - cost_ns(e, e->burst_bytes);
}

void egress_udp_pay(const struct egress_udp *e, struct udp_target *t, size_t bytes, int64_t now_ns)
{
    if (t->paid_until_ns < now_ns)
        t->paid_until_ns = now_ns;
    t->paid_until_ns += cost_ns(e, bytes);
}

/* -- the batch -- */

size_t egress_udp_message_max(const struct egress_udp *e, const struct udp_target *t,
                              size_t packet_bytes)
{
    if (!e->rtp->can_segment || t->refuses_segments)
        return packet_bytes;
    size_t packets = size_min(UDP_SEGMENTS_MAX, UDP_MESSAGE_MAX_BYTES / packet_bytes);
    return packets > 0 ? packets * packet_bytes : packet_bytes;
}

bool egress_udp_add(struct egress_udp *e, const struct udp_message *m, uint32_t owner)
{
    e->message[e->count] = *m;
    e->owner[e->count++] = owner;
    return e->count == UDP_BATCH_MAX;
}

unsigned egress_udp_flush(struct egress_udp *e)
{
    unsigned count = e->count;
    e->count = 0;
    return count > 0 ? udp_send(e->rtp, e->message, count) : 0;
}

void egress_udp_control(struct egress_udp *e, const struct udp_target *t, unsigned track,
                        struct slice packet)
{
    const struct udp_message m = {
        .to = t->rtcp[track], .from = &t->from, .bytes = packet, .segment = packet.len};
    udp_send(e->rtcp, &m, 1);
}
