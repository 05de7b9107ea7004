/* SPDX-License-Identifier: MIT */
/*
 * What goes into a lane's images: frames as RTP, sender reports and BYE as RTCP. Pure functions of
 * frames and layout, so that every worker makes the same bytes.
 */
#pragma once

#include "core/buf.h"
#include "rtp/rtcp.h"
#include "rtsp/fanout/follower.h"
#include "rtsp/fanout/image.h"
#include "rtsp/fanout/layout.h"

/*
 * The frame's packets. TCP: behind 'report' (whole interleaved packets, or nothing); UDP: report is
 * empty. NULL when memory is out.
 */
struct image *lane_image_build(const struct stream *s, const struct lane_layout *layout,
                               const struct frame *f, struct slice report);

/* TCP: an image of ready-made interleaved packets that stands right after 'after' (may be NULL). */
struct image *lane_image_wrap(struct slice packets, const struct image *after);

/* The longest compound packet that lane_report writes. */
enum { LANE_REPORT_MAX = RTCP_REPORT_MAX + RTCP_BYE_BYTES };

/*
 * Writes a compound packet with a sender report of a track for the instant now_ns, monotonic (RFC
 * 3550 section 6.4.1); with goodbye, and a BYE (6.6). Returns its length.
 */
size_t lane_report(const struct follower *f, unsigned track, int64_t now_ns, bool goodbye,
                   uint8_t dst[LANE_REPORT_MAX]);

/*
 * TCP: appends to out the reports of the tracks of the layout, each an interleaved packet: of those
 * of which a frame is known, or with goodbye, of all. 0 or -ENOMEM.
 */
int lane_image_report(const struct follower *f, const struct lane_layout *layout, int64_t now_ns,
                      bool goodbye, struct buf *out);

/* UDP: an image of the report of one track, right after 'after' (may be NULL). NULL when memory is
 * out. */
struct image *lane_image_control(const struct follower *f, unsigned track, int64_t now_ns,
                                 bool goodbye, const struct image *after);
