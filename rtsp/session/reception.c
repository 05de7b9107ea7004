/* SPDX-License-Identifier: MIT */
#include "rtsp/session/reception.h"

#include <stdlib.h>

#define FIRST_REPORT_NS    NS_PER_S
#define REPORT_INTERVAL_NS (5 * NS_PER_S) /* RFC 3550 section 6.2 */

struct reception {
    struct loop *loop;
    struct publisher *publisher;
    struct udp_session *udp;
    struct tmr next;
    int64_t report_ns;
};

static void send_reports(struct reception *r, int64_t now_ns)
{
    uint8_t packet[RTCP_RECEIVER_REPORT_MAX];
    for (unsigned i = 0; i < MEDIA_TRACKS_MAX; i++) {
        if (!r->udp->leg[i] || udp_addr_port(&r->udp->leg[i]->rtcp.addr) == 0)
            continue;
        size_t len = publisher_report(r->publisher, i, now_ns, packet);
        if (len > 0)
            egress_udp_control(&r->udp->port->egress, &r->udp->target, i, slice_of(packet, len));
    }
}

static void schedule(struct reception *r)
{
    int64_t next = publisher_next_deadline(r->publisher);
    next = next < r->report_ns ? next : r->report_ns;
    if (r->next.place != 0 && r->next.deadline_ns == next)
        return;
    tmr_arm(&r->loop->timers, &r->next, next); /* without memory, the next packet tries again */
}

static void on_due(struct tmr *t, int64_t now_ns)
{
    struct reception *r = CONTAINER_OF(t, struct reception, next);
    publisher_run(r->publisher, now_ns);
    if (r->report_ns <= now_ns) {
        send_reports(r, now_ns);
        r->report_ns = now_ns + REPORT_INTERVAL_NS;
    }
    schedule(r);
}

struct reception *reception_create(struct loop *loop, struct publisher *p, struct udp_session *udp)
{
    struct reception *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    *r = (struct reception){.loop = loop, .publisher = p, .udp = udp};
    r->next.on_expiry = on_due;
    r->report_ns = loop->now_ns + FIRST_REPORT_NS;
    schedule(r);
    return r;
}

void reception_destroy(struct reception *r)
{
    if (!r)
        return;
    tmr_disarm(&r->loop->timers, &r->next);
    free(r);
}

void reception_on_packet(struct reception *r)
{
    schedule(r);
}
