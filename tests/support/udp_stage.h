/* SPDX-License-Identifier: MIT */
/*
 * The stage with the sockets that a worker sends from: players over UDP come to its stream. The
 * clock goes on when the test says so.
 */
#pragma once

#include "tests/support/stage.h"
#include "tests/support/udp_viewer.h"

enum { LARGE_BYTES = 9000, BURST = 64 << 10 };

extern struct udp rtp, rtcp;
extern const struct lane_layout udp_tracks;   /* both */
extern const struct lane_options udp_patient; /* no pace, until it is limited */

/* Sends by tests/support/sending.h. */
void udp_stage_set_up(void);

/* Everybody has left. */
void udp_stage_tear_down(void);

/* From now on the lanes have a pace. */
void udp_stage_limit(uint64_t rate, size_t burst);

/* Another stream, of which all stays, so that it can be compared. */
void udp_stage_use_packets_of(size_t packet_bytes);

/* Another stream, whose players start at the next key frame. */
void udp_stage_keep_no_gop(void);

/* A player at an address of its own. */
void udp_stage_open(struct udp_viewer *s, unsigned number);
void udp_stage_join(struct udp_viewer *s, const struct lane_options *options);

/* Opens a patient player, and joins. */
void udp_stage_enter(struct udp_viewer *s, unsigned number);

/* A key frame and others, and audio behind each third; returns the position after the last. */
uint64_t udp_stage_feed(unsigned frames, size_t bytes);

/* Turns the loop (turn_at), now or so much later. */
void turn_now(void);
void turn_later(int64_t ns);
