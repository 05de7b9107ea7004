/* SPDX-License-Identifier: MIT */
/*
 * The chain of images of one lane, and where on it a player may start. Live frames are appended as
 * they come; the cached ones, back to the newest key frame, are woven in when somebody joins.
 * Sender reports travel at the front of the images. Belongs to one worker.
 */
#pragma once

#include "core/buf.h"
#include "rtsp/fanout/follower.h"
#include "rtsp/fanout/image.h"
#include "rtsp/fanout/layout.h"

struct frame;

struct chain {
    const struct follower *follower;
    struct lane_layout layout;
    int key_track; /* whose key frames are the places to start; -1: any frame is one */
    bool broken;   /* frames were missed: nothing is appended before the next place to start */
    bool finished;
    bool wanted;           /* somebody waits for a place to start */
    uint64_t sum;          /* bytes of all images so far */
    uint32_t largest;      /* bytes of the largest image so far */
    struct image *newest;  /* a reference */
    struct image *start;   /* a reference: the newest place to start, from the first joiner on */
    struct image *goodbye; /* a reference, once finished: the first that is BYE */
    int64_t next_report_ns;
    uint32_t owed_reports; /* tracks whose report goes out with the next frame */
};

void chain_init(struct chain *c, const struct follower *f, const struct lane_layout *layout,
                int64_t now_ns);
void chain_fini(struct chain *c);

/* A frame came, in the stream's order. True when there is a new image. */
bool chain_push(struct chain *c, const struct frame *f, int64_t now_ns);

/* Frames were missed: go on at the next place to start. */
void chain_break(struct chain *c);

/* The stream is over: the last images are BYE. */
void chain_finish(struct chain *c, int64_t now_ns);

/* The ring position of the newest place to start, or GOP_NONE. */
uint64_t chain_start_pos(const struct chain *c);

/* The image there, borrowed; NULL when who joins now must wait for one. Stays so until the next
 * frame. */
struct image *chain_start(struct chain *c);

/* The tracks of which who joins should be sent a report now; those of the others follow with the
 * track's first frame. */
uint32_t chain_report_now(struct chain *c);

/* TCP: appends these reports to out. 0 or -ENOMEM. */
int chain_add_report(struct chain *c, int64_t now_ns, struct buf *out);
