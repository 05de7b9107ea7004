/* SPDX-License-Identifier: MIT */
#include "rtsp/source/ingest.h"

#include <errno.h>

#include "core/clock.h"

static void on_access_unit(void *arg, const struct access_unit *au)
{
    struct ingest *t = arg;
    if (au->new_timeline)
        wallclock_on_restart(&t->clock);
    t->on_frame(t, au, wallclock_on_frame(&t->clock, au->rtp_time, clock_wall_ns()));
}

int ingest_init(struct ingest *t, const struct sdp_track *from)
{
    t->payload_type = from->payload_type;
    t->clock_rate = from->media.clock_rate;
    struct slice control = slice_head(from->control, sizeof t->control - 1);
    if (control.len > 0)
        memcpy(t->control, control.ptr, control.len);
    if (!from->supported)
        return 0;
    t->unpacker = unpacker_create(&from->media, from->fmtp, on_access_unit, t);
    return t->unpacker ? 0 : -errno;
}

void ingest_fini(struct ingest *t)
{
    unpacker_destroy(t->unpacker);
    if (t->reorder)
        reorder_destroy(t->reorder);
}

static void on_ordered(void *arg, const struct rtp_packet *pkt)
{
    struct ingest *t = arg;
    if (unpacker_push(t->unpacker, pkt) != 0)
        t->bad_packets++;
}

int ingest_start(struct ingest *t, struct wallclock_source *clock, int64_t reorder_hold_ns)
{
    if (reorder_hold_ns >= 0 && !t->reorder) {
        receiver_init(&t->receiver, t->clock_rate);
        t->reorder = reorder_create(reorder_hold_ns, on_ordered, t);
        if (!t->reorder)
            return -ENOMEM;
    }
    wallclock_track_init(&t->clock, clock, t->clock_rate);
    t->started = true;
    return 0;
}

void ingest_rtp(struct ingest *t, struct slice packet, int64_t now_ns)
{
    struct rtp_packet rtp;
    if (!t->started)
        return;
    if (rtp_parse(packet, &rtp) != 0) {
        t->bad_packets++;
        return;
    }
    t->has_ssrc = true;
    t->ssrc = rtp.ssrc;
    if (t->reorder) {
        receiver_on_packet(&t->receiver, &rtp, now_ns);
        reorder_push(t->reorder, &rtp, now_ns);
    } else {
        on_ordered(t, &rtp);
    }
}

void ingest_rtcp(struct ingest *t, struct slice packet, int64_t now_ns)
{
    struct rtcp_seen seen;
    if (!t->started)
        return;
    if (rtcp_parse(packet, &seen) != 0)
        t->bad_packets++;
    /* An NTP time of 0: the publisher does not know it (RFC 3550 section 6.4.1). */
    if (!seen.has_sr || seen.sr.ntp == 0 || (t->has_ssrc && seen.sr.ssrc != t->ssrc))
        return;
    wallclock_on_report(&t->clock, seen.sr.rtp_time, rtcp_wall_from_ntp(seen.sr.ntp),
                        clock_wall_ns());
    if (t->reorder)
        receiver_on_sender_report(&t->receiver, seen.sr.ntp, now_ns);
}

int64_t ingest_next_deadline(const struct ingest *t)
{
    return t->reorder ? reorder_next_deadline(t->reorder) : INT64_MAX;
}

void ingest_run(struct ingest *t, int64_t now_ns)
{
    if (t->reorder)
        reorder_run(t->reorder, now_ns);
}

void ingest_end(struct ingest *t)
{
    if (t->reorder)
        reorder_flush(t->reorder);
    if (t->started)
        unpacker_end(t->unpacker);
}

size_t ingest_report(struct ingest *t, uint32_t ssrc, const char *cname, int64_t now_ns,
                     uint8_t *dst)
{
    struct rtcp_report_block block;
    if (!t->reorder || !receiver_report(&t->receiver, now_ns, &block))
        return 0;
    return rtcp_write_receiver_report(dst, ssrc, &block, 1, cname);
}

struct unpacker_stats ingest_stats(const struct ingest *t)
{
    return t->unpacker ? unpacker_stats(t->unpacker) : (struct unpacker_stats){0};
}
