/* SPDX-License-Identifier: MIT */
/*
 * The RTSP session of a connection: what was set up, and where it stands. One a connection, since
 * with interleaved transport a session cannot outlive its connection. Belongs to the connection's
 * worker.
 */
#pragma once

#include "core/stream.h"
#include "rtsp/lane.h"
#include "rtsp/state.h"

struct publisher;

enum { SESSION_ID_CHARS = 16 };

struct session {
    enum session_state state;
    char id[SESSION_ID_CHARS + 1]; /* empty: none yet */
    char *name;                    /* of the stream; NULL before the first SETUP or ANNOUNCE */
    uint32_t stream_id;            /* a later stream of that name is another one */
    struct lane_layout layout;     /* the tracks that were set up, and their channels */
    struct publisher *publisher;   /* ANNOUNCED and beyond */
};

/*
 * Ties the session to a stream, by name and id: a session that does not play holds nothing of it.
 * 0 or -ENOMEM.
 */
int session_bind(struct session *s, const struct stream *stream);

/* Makes an id of letters and digits that nobody can guess, unless there is one (RFC 2326
 * section 3.4). */
void session_name(struct session *s);

/* True when the Session header names this session; parameters behind ";" do not matter. */
bool session_matches(const struct session *s, struct slice header);

/* Notes that a track is set up on these channels. False when one of them belongs to another track.
 */
bool session_set_track(struct session *s, unsigned track, uint8_t rtp, uint8_t rtcp);

/* The lowest pair of channels that no track uses yet. */
uint8_t session_free_channels(const struct session *s);

unsigned session_track_count(const struct session *s);

/* The track whose RTP or RTCP channel this is, or -1. */
int session_track_of_channel(const struct session *s, uint8_t channel, bool *rtcp);

/* Ends everything and goes back to SESSION_INIT: a publisher's stream ends with it. */
void session_reset(struct session *s);
