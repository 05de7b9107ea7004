/* SPDX-License-Identifier: MIT */
/*
 * A stream: what lives at /app/name. Its description, its ring of frames, and the RTP clock and
 * sequence numbers of its tracks, which belong to the stream and not to a session, so that every
 * player of it can be sent the same bytes.
 *
 * One thread at a time publishes ("the publisher" below: the worker that owns the source),
 * registered and online (core/rcu.h): the watches that it calls are borrowed. All others read: the
 * media and the ring under RCU, the rest is immutable or atomic.
 *
 * Life: the creator has the first reference; the registry and every worker that plays it hold more.
 *
 *   announced --stream_open--> live --stream_end--> ended
 *
 * The right to publish belongs to whoever made the stream, until it lets go (stream_release); then
 * another, on another thread perhaps, may take it (stream_claim) and go on where it stopped.
 */
#pragma once

#include "core/gop.h"
#include "core/media.h"
#include "core/ring.h"

enum { STREAM_NAME_MAX = 256, STREAM_RING_SLOTS = 4096 };

enum stream_state { STREAM_ANNOUNCED, STREAM_LIVE, STREAM_ENDED };

struct stream;

/* How a worker hears of news in a stream: a new frame, or the end. Embedded in whoever watches. */
struct stream_watch {
    /* On the publishing thread, after every frame: must not block. */
    void (*on_news)(struct stream_watch *w);
};

struct stream_options {
    struct retention keep;
    size_t packet_bytes;  /* RTP packet at the most, header included */
    unsigned watch_slots; /* workers */
    uint32_t ring_slots;  /* a power of two; 0: STREAM_RING_SLOTS */
};

/* NULL when memory is out. media is copied. */
struct stream *stream_create(const char *name, const struct media *media,
                             const struct stream_options *options);
struct stream *stream_ref(struct stream *s);
/* Gives *s back and sets it to NULL; the last one frees, after a grace period. *s may be NULL. */
void stream_unref(struct stream **s);

/* Immutable: any thread. */
const char *stream_name(const struct stream *s);
uint32_t stream_ssrc(const struct stream *s, unsigned track);
/* What the first frame of a track will be, or was, numbered. */
uint16_t stream_first_seq(const struct stream *s, unsigned track);
uint32_t stream_first_rtp_time(const struct stream *s, unsigned track);
uint32_t stream_id(const struct stream *s); /* differs between streams of the same name */
size_t stream_packet_bytes(const struct stream *s);
const struct ring *stream_ring(const struct stream *s);

/* Any thread. */
enum stream_state stream_state(const struct stream *s);
/* Where who joins now should start: the newest key frame, or GOP_NONE. The ring may have left it
 * behind by the time it is read. */
uint64_t stream_start(const struct stream *s);
/* Borrowed (core/rcu.h). *version counts the changes; may be NULL. */
const struct media *stream_media(const struct stream *s, uint64_t *version);

/*
 * Publisher: hands over a frame with track, key, rtp_time (of the source), wall_ns, packets and
 * data set, and new_timeline where rtp_time does not continue; the rest is set here, rtp_time
 * becomes the stream's. payload_octets: as a sender report counts.
 */
void stream_publish(struct stream *s, struct frame *f, uint32_t payload_octets, int64_t now_ns);

/* Publisher: changes the description, but not the number and the kinds of the tracks. 0 or -ENOMEM.
 */
int stream_set_media(struct stream *s, const struct media *media);

/*
 * Publisher: lets go of the stream, which stays as it is: another may take it. Returns a ticket for
 * stream_claim_again.
 */
uint64_t stream_release(struct stream *s);

/* Any registered thread: takes the right to publish, if nobody has it. */
bool stream_claim(struct stream *s);

/* The same, but only if nobody else has had it since the ticket was given. */
bool stream_claim_again(struct stream *s, uint64_t ticket);

/* Any thread: tells who publishes now from all others that have done or will. By the time it is
 * looked at they may have gone; only the publisher itself knows that it is still its own. */
uint64_t stream_claim_count(const struct stream *s);

/*
 * Publisher: a note for those who follow: who leaves without having published a frame lets players
 * wait until then, and no longer. stream_publish takes it off. 0: there is none.
 */
void stream_set_wait_end_ns(struct stream *s, int64_t until_ns);
int64_t stream_wait_end_ns(const struct stream *s);

/* Publisher: from now on players are welcome. */
void stream_open(struct stream *s);

/* Publisher: no frame will follow; tells every watch. */
void stream_end(struct stream *s);

/*
 * Worker 'slot' wants to hear of news, or (NULL) no longer. After taking it off, a call that is
 * under way may still arrive until a grace period has passed.
 */
void stream_set_watch(struct stream *s, unsigned slot, struct stream_watch *w);

/* Worker 'slot': the watch that it has set, or NULL. */
struct stream_watch *stream_watch(const struct stream *s, unsigned slot);
