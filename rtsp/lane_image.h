/* SPDX-License-Identifier: MIT */
/*
 * What goes into a lane's images: frames as RTP, sender reports and BYE as RTCP. Pure functions of
 * frames and layout, so that every worker makes the same bytes.
 */
#pragma once

#include "core/buf.h"
#include "rtsp/follower.h"
#include "rtsp/image.h"
#include "rtsp/layout.h"

/* The frame's packets, behind 'report' (whole interleaved packets, or nothing). NULL when memory is
 * out. */
struct image *lane_image_build(const struct stream *s, const struct lane_layout *layout,
                               const struct frame *f, struct slice report);

/* An image of ready-made interleaved packets that stands right after 'after' (may be NULL). */
struct image *lane_image_wrap(struct slice packets, const struct image *after);

/*
 * Appends to out, for each track of the layout of which a frame is known, an interleaved compound
 * packet with a sender report for the instant now_ns, monotonic (RFC 3550 section 6.4.1); with
 * goodbye, for every track, and with a BYE (6.6). 0 or -ENOMEM.
 */
int lane_image_report(const struct follower *f, const struct lane_layout *layout, int64_t now_ns,
                      bool goodbye, struct buf *out);
