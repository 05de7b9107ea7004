/* SPDX-License-Identifier: MIT */
/*
 * A stream fed by an RTSP publisher: its RTP packets become access units, these become frames.
 * Belongs to the worker of the publisher's connection, which is the stream's publishing thread.
 */
#pragma once

#include "rtp/rtcp.h"
#include "rtsp/sdp/sdp.h"
#include "rtsp/source/source.h"

struct publisher;

/*
 * Takes the name. A stream of that name whose publisher has gone (orphans.h) goes on, if the
 * description is compatible. NULL with *err: -EEXIST when the name is taken, -EINVAL for a track
 * that makes no sense, -ENOMEM.
 */
struct publisher *publisher_create(struct source_worker *w, const char *name, const struct sdp *sdp,
                                   int *err);

/* What is whole of the last packets is still published. The stream ends, its name is free at once;
 * or it waits for the next publisher. Accepts NULL. */
void publisher_destroy(struct publisher *p);

/* Another publisher will go on with the stream: it will not end with this one. */
void publisher_hand_over(struct publisher *p);

/* Borrowed: lives as long as the publisher. */
struct stream *publisher_stream(struct publisher *p);

/* The control attribute of a track, as announced. */
struct slice publisher_control(const struct publisher *p, unsigned track);
uint8_t publisher_payload_type(const struct publisher *p, unsigned track);
unsigned publisher_tracks(const struct publisher *p);

/*
 * Media may come now, of the tracks whose bit is set; the stream opens to players as soon as its
 * description is complete. If one of them has key frames, it begins with one, and so does each that
 * has: what comes before is dropped. reorder_hold_ns: see ingest_start; only the first call's
 * counts. 0 or -ENOMEM.
 */
int publisher_start(struct publisher *p, uint32_t tracks, int64_t reorder_hold_ns);

/* One RTP or RTCP packet of a track. Malformed ones are counted and dropped. */
void publisher_rtp(struct publisher *p, unsigned track, struct slice packet, int64_t now_ns);
void publisher_rtcp(struct publisher *p, unsigned track, struct slice packet, int64_t now_ns);

/* When publisher_run is to be called; INT64_MAX: not at all. */
int64_t publisher_next_deadline(const struct publisher *p);
void publisher_run(struct publisher *p, int64_t now_ns);

/* See ingest_report. */
size_t publisher_report(struct publisher *p, unsigned track, int64_t now_ns, uint8_t *dst);
