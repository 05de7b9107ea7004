/* SPDX-License-Identifier: MIT */
/*
 * One track of a publisher: RTP packets in, whole access units out, each with the wall-clock
 * instant that it stands for. Over UDP the packets are put in order first, and counted for the
 * reports that the publisher gets. Belongs to the publisher's worker.
 */
#pragma once

#include "core/wallclock.h"
#include "rtp/receiver.h"
#include "rtp/reorder.h"
#include "rtp/unpacker.h"
#include "rtsp/message/url.h"
#include "rtsp/sdp/sdp.h"

struct ingest {
    uint8_t payload_type;
    char control[URL_CONTROL_MAX];
    struct unpacker *unpacker; /* NULL: nothing of this track can be taken in */
    bool started;              /* until then nothing is taken in */
    struct reorder *reorder;   /* NULL: packets come in order */
    struct receiver receiver;  /* with reorder only */
    struct wallclock_track clock;
    uint32_t clock_rate;
    bool has_ssrc;
    uint32_t ssrc; /* of the last packet */
    uint64_t bad_packets;
    /* Whoever takes the access units. */
    void *owner;
    void (*on_frame)(struct ingest *t, const struct access_unit *au, int64_t wall_ns);
};

/* Of a track as it was announced. 0; -EINVAL when its parameters make no sense; -ENOMEM. */
int ingest_init(struct ingest *t, const struct sdp_track *from);
void ingest_fini(struct ingest *t);

/*
 * Media may come, of a track that has an unpacker. reorder_hold_ns: how long to wait for a packet
 * that is missing; negative: packets come in order. 0; -ENOMEM: it may be tried again.
 */
int ingest_start(struct ingest *t, struct wallclock_source *clock, int64_t reorder_hold_ns);

/* Malformed packets are counted and dropped; all are dropped before the start. */
void ingest_rtp(struct ingest *t, struct slice packet, int64_t now_ns);
void ingest_rtcp(struct ingest *t, struct slice packet, int64_t now_ns);

/* When ingest_run is to be called; INT64_MAX: not at all. */
int64_t ingest_next_deadline(const struct ingest *t);
void ingest_run(struct ingest *t, int64_t now_ns);

/* No packet will come any more: what is whole of it comes out. */
void ingest_end(struct ingest *t);

/* A receiver report (RFC 3550 section 6.4.2). ssrc: our own. Returns its length; 0: nothing to
 * report on. dst: RTCP_RECEIVER_REPORT_MAX. */
size_t ingest_report(struct ingest *t, uint32_t ssrc, const char *cname, int64_t now_ns,
                     uint8_t *dst);

struct unpacker_stats ingest_stats(const struct ingest *t);
