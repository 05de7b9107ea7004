/* SPDX-License-Identifier: MIT */
/*
 * A live stream of small frames made by hand, 40 ms apart. The frames of a track are told apart by
 * what they are filled with: the low bits of their position.
 */
#pragma once

#include "core/stream.h"

enum { VIDEO, AUDIO }; /* the tracks of feed_video_and_audio */

#define FEED_STEP_NS (40 * NS_PER_MS)

extern const struct media feed_video_and_audio, feed_audio_only;
extern const struct stream_options feed_options;

struct feed {
    struct stream *stream; /* a reference */
    int64_t now_ns;        /* when the next frame comes */
};

/* A live stream. The thread is registered with RCU. */
void feed_open(struct feed *f, const struct media *media, const struct stream_options *options);
void feed_close(struct feed *f);

/* Publishes a frame of one NAL unit of that many bytes. Returns its position. */
uint64_t feed_video(struct feed *f, bool key, size_t bytes);

/* So many of these, the first one a key frame. Returns the position after the last. */
uint64_t feed_gop(struct feed *f, unsigned frames, size_t bytes);

/* Publishes an audio frame of that many bytes. Returns its position. */
uint64_t feed_audio(struct feed *f, uint8_t track, size_t bytes);

/* The frame at a position, borrowed. It must be there. */
struct frame *feed_frame(const struct feed *f, uint64_t pos);
