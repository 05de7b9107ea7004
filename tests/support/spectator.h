/* SPDX-License-Identifier: MIT */
/*
 * A player as a lane sees one, and the far end of its connection: what was sent, and taking it
 * apart again.
 */
#pragma once

#include "core/buf.h"
#include "rtsp/fanout/lane.h"
#include "tests/support/feed.h"

enum { SPECTATOR_ROOMY, SPECTATOR_TIGHT }; /* the socket holds much, or a few packets only */

/* Tracks 0 and 1 on the channels 0-1 and 2-3; track 1 on 2-3. */
extern const struct lane_layout both_tracks, audio_alone;

struct spectator {
    struct viewer viewer;
    int far_fd;
    struct buf got; /* all that came */
    unsigned fulls; /* calls of on_full */
    unsigned ends;  /* calls of on_end */
    enum viewer_end why;
};

/* Two ends of a connection that do not block. */
void socket_pair(int fd[2], int room);

void spectator_open(struct spectator *s, int room);
void spectator_close(struct spectator *s);

/* Takes what has come by now. Returns the bytes. */
size_t spectator_read(struct spectator *s);

/* Reads, and lets the viewer go on, until nothing comes any more. */
void spectator_read_all(struct spectator *s);

/* Forgets what came. */
void spectator_clear(struct spectator *s);

struct wire_packet {
    uint8_t channel;
    struct slice bytes;
};

/* Takes the next interleaved packet off *rest; false at the end. The test fails when there is
 * anything else. */
bool wire_next(struct slice *rest, struct wire_packet *packet);

/* What a player is sent for the frames from position 'from' up to and without 'upto'. */
struct buf wire_frames(const struct feed *f, const struct lane_layout *layout, uint64_t from,
                       uint64_t upto);

/* The test fails unless all that came is these frames. */
void spectator_expect(const struct spectator *s, const struct feed *f,
                      const struct lane_layout *layout, uint64_t from, uint64_t upto);

/* The same, but other packets may follow. */
void spectator_expect_first(const struct spectator *s, const struct feed *f,
                            const struct lane_layout *layout, uint64_t from, uint64_t upto);

/* With how many bytes 'got' begins that are whole packets, the first ones of 'frames'. */
size_t wire_whole_packets(struct slice got, struct slice frames);
