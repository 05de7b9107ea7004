/* SPDX-License-Identifier: MIT */
/*
 * A stream fed by an RTSP publisher: its RTP packets become access units, these become frames.
 * Belongs to the worker of the publisher's connection, which is the stream's publishing thread.
 */
#pragma once

#include "core/config.h"
#include "core/registry.h"
#include "rtsp/sdp.h"

struct publisher;

/* Takes the name. NULL with *err: -EEXIST when it is taken, -EINVAL for a track that makes no
 * sense, -ENOMEM. */
struct publisher *publisher_create(struct registry *registry, const struct config *config,
                                   unsigned workers, const char *name, const struct sdp *sdp,
                                   int *err);

/* The stream ends, its name is free at once. Accepts NULL. */
void publisher_destroy(struct publisher *p);

/* Borrowed: lives as long as the publisher. */
struct stream *publisher_stream(struct publisher *p);

/* The control attribute of a track, as announced. */
struct slice publisher_control(const struct publisher *p, unsigned track);
unsigned publisher_tracks(const struct publisher *p);

/*
 * Media may come now, of the tracks whose bit is set; the stream opens to players as soon as its
 * description is complete. If one of them is video, the stream begins with a key frame: what comes
 * before is dropped.
 */
void publisher_start(struct publisher *p, uint32_t tracks);

/* One RTP or RTCP packet of a track. Malformed ones are counted and dropped. */
void publisher_rtp(struct publisher *p, unsigned track, struct slice packet, int64_t now_ns);
void publisher_rtcp(struct publisher *p, unsigned track, struct slice packet);
