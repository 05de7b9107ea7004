/* SPDX-License-Identifier: MIT */
/*
 * The RTSP session of a connection: what was set up, and where it stands. One a connection, since
 * with interleaved transport a session cannot outlive its connection. Belongs to the connection's
 * worker.
 */
#pragma once

#include "core/stream.h"
#include "rtsp/fanout/multicast.h"
#include "rtsp/session/state.h"

struct publisher;
struct reception;
struct takeover;
struct udp_session;

enum { SESSION_ID_CHARS = 16 };

/* What the last receiver report has said (RFC 3550 section 6.4.1). */
struct quality {
    int32_t lost;    /* packets in all */
    uint32_t jitter; /* in ticks of the RTP clock */
};

struct session {
    enum session_state state;
    char id[SESSION_ID_CHARS + 1]; /* empty: none yet */
    char *name;                    /* of the stream; NULL before the first SETUP or ANNOUNCE */
    uint32_t stream_id;            /* a later stream of that name is another one */
    struct lane_layout layout;     /* the tracks that were set up, how, and on which channels */
    struct udp_session *udp;       /* their addresses, when it is over UDP */
    struct group *group;           /* by multicast: a reference */
    struct multicast_member member;
    struct quality *quality;     /* of the tracks, as a player reports it; NULL: not yet */
    struct takeover *takeover;   /* under way: ANNOUNCE waits for it */
    bool has_asked;              /* it is back, whatever the answer was */
    struct publisher *publisher; /* ANNOUNCED and beyond */
    struct list publishing;      /* then: in the worker's publishers */
    int64_t announced_ns;        /* RECORD is awaited since then; 0: it is not */
    struct reception *reception; /* over UDP: RECORDING, or after it */
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

/* Forgets the tracks that were set up. */
void session_clear_tracks(struct session *s);

/* The lowest pair of channels that no track uses yet. */
uint8_t session_free_channels(const struct session *s);

unsigned session_track_count(const struct session *s);

/* The track whose RTP or RTCP channel this is, or -1. */
int session_track_of_channel(const struct session *s, uint8_t channel, bool *rtcp);

/* The player reports on a track. Without memory it goes by. */
void session_note_quality(struct session *s, unsigned track, struct quality quality);

/* Packets that the player has missed, by its receiver reports. */
uint64_t session_reported_lost(const struct session *s);

/* Ends everything and goes back to SESSION_INIT: a publisher's stream ends with it, or
 * waits for another. */
void session_reset(struct session *s);
