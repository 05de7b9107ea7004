/* SPDX-License-Identifier: MIT */
#include "core/stream.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/random.h"

enum { RETIRE_FRAMES = 32, RETIRE_BYTES = 256 << 10, STEP_BACK_MAX_S = 5 };

/* One version of the description: immutable, replaced as a whole. */
struct media_version {
    struct rcu_node rcu;
    uint64_t number;
    struct media media;
    uint8_t long_configs[];
};

/* The RTP state of a track. The first four are immutable, the rest is the publisher's. */
struct track_clock {
    uint32_t ssrc;
    uint16_t first_seq;
    uint32_t first_rtp_time;
    uint32_t rate;
    uint32_t offset;           /* stream's RTP time minus the source's */
    uint32_t last_rtp_time;    /* of the stream */
    uint32_t highest_rtp_time; /* B-frames step back from it */
    uint16_t next_seq;
    bool started;
    int64_t last_arrival_ns;
    uint32_t packets_sum, octets_sum;
};

struct stream {
    _Atomic uint32_t refs;
    _Atomic int state;      /* enum stream_state */
    _Atomic uint64_t start; /* newest key frame; GOP_NONE */
    _Atomic uint64_t claim; /* odd: somebody publishes; it only grows */
    _Atomic(struct media_version *) media;
    struct ring *ring;
    struct gop gop;      /* publisher's */
    uint64_t bytes_sum;  /* publisher's */
    int64_t wait_end_ns; /* publisher's */
    size_t packet_bytes;
    uint32_t id;
    struct rcu_node rcu;
    struct track_clock track[MEDIA_TRACKS_MAX];
    char name[STREAM_NAME_MAX];
    unsigned watch_slots;
    _Atomic(struct stream_watch *) watch[];
};

static struct media_version *media_version_create(const struct media *media, uint64_t number)
{
    struct media_version *v = calloc(1, sizeof *v + media_long_config_bytes(media));
    if (!v)
        return NULL;
    v->number = number;
    v->media = *media;
    media_keep_long_configs(&v->media, v->long_configs);
    return v;
}

static void free_media_version(struct rcu_node *node)
{
    free(CONTAINER_OF(node, struct media_version, rcu));
}

static void free_stream(struct rcu_node *node)
{
    struct stream *s = CONTAINER_OF(node, struct stream, rcu);
    ring_destroy(s->ring);
    free(atomic_load_explicit(&s->media, memory_order_relaxed));
    free(s);
}

/* RFC 3550 section 5.1: SSRC, first sequence number and first time stamp are random. */
static void track_clock_init(struct track_clock *t, uint32_t rate)
{
    t->rate = rate;
    t->ssrc = random_u32();
    t->highest_rtp_time = t->last_rtp_time = t->first_rtp_time = random_u32();
    t->next_seq = t->first_seq = (uint16_t)random_u32();
}

struct stream *stream_create(const char *name, const struct media *media,
                             const struct stream_options *o)
{
    struct stream *s = calloc(1, sizeof *s + o->watch_slots * sizeof s->watch[0]);
    if (!s)
        return NULL;
    s->ring = ring_create(o->ring_slots ? o->ring_slots : STREAM_RING_SLOTS);
    struct media_version *v = media_version_create(media, 1);
    atomic_init(&s->media, v);
    if (!s->ring || !v) {
        free_stream(&s->rcu);
        return NULL;
    }
    atomic_init(&s->refs, 1);
    atomic_init(&s->state, STREAM_ANNOUNCED);
    atomic_init(&s->start, GOP_NONE);
    atomic_init(&s->claim, 1);
    gop_init(&s->gop, &o->keep, media_key_track(media));
    for (unsigned i = 0; i < media->track_count; i++)
        track_clock_init(&s->track[i], media->track[i].clock_rate);
    s->packet_bytes = o->packet_bytes;
    s->watch_slots = o->watch_slots;
    s->id = random_u32();
    snprintf(s->name, sizeof s->name, "%s", name);
    return s;
}

struct stream *stream_ref(struct stream *s)
{
    /* Relaxed: as for frames, whoever takes one has the stream safely already. */
    atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
    return s;
}

void stream_unref(struct stream **sp)
{
    struct stream *s = *sp;
    *sp = NULL;
    /* S1: everybody's last use before the free (pairs with S1). */
    if (s && atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) == 1)
        rcu_defer(&s->rcu, free_stream);
}

const char *stream_name(const struct stream *s)
{
    return s->name;
}

uint32_t stream_ssrc(const struct stream *s, unsigned track)
{
    return s->track[track].ssrc;
}

uint16_t stream_first_seq(const struct stream *s, unsigned track)
{
    return s->track[track].first_seq;
}

uint32_t stream_first_rtp_time(const struct stream *s, unsigned track)
{
    return s->track[track].first_rtp_time;
}

uint32_t stream_id(const struct stream *s)
{
    return s->id;
}

size_t stream_packet_bytes(const struct stream *s)
{
    return s->packet_bytes;
}

const struct ring *stream_ring(const struct stream *s)
{
    return s->ring;
}

enum stream_state stream_state(const struct stream *s)
{
    /* E2: who sees the end also sees the last frame (pairs with E1). Sequentially consistent, as
     * the head (A4): it may be the last look of a thread that has just begun to watch (W1). */
    return (enum stream_state)atomic_load_explicit(&s->state, memory_order_seq_cst);
}

uint64_t stream_start(const struct stream *s)
{
    return atomic_load_explicit(&s->start, memory_order_acquire); /* K2, pairs with K1 */
}

const struct media *stream_media(const struct stream *s, uint64_t *version)
{
    struct media_version *v = atomic_load_explicit(&s->media, memory_order_acquire); /* M2 */
    if (version)
        *version = v->number;
    return &v->media;
}

int stream_set_media(struct stream *s, const struct media *media)
{
    struct media_version *old = atomic_load_explicit(&s->media, memory_order_relaxed); /* our own */
    struct media_version *v = media_version_create(media, old->number + 1);
    if (!v)
        return -ENOMEM;
    atomic_store_explicit(&s->media, v, memory_order_release); /* M1, pairs with M2 */
    rcu_defer(&old->rcu, free_media_version);
    gop_set_key_track(&s->gop, media_key_track(media)); /* the first may have been left out */
    return 0;
}

/* How much later than the last frame a new time line begins: as much as it came later, and in any
 * case later than all that was published, though the last of it was a B-frame. */
static int64_t ticks_between(const struct track_clock *t, int64_t now_ns)
{
    if (!t->started)
        return 0;
    int64_t ticks = (now_ns - t->last_arrival_ns) / NS_PER_MS * t->rate / 1000;
    int64_t least = (int64_t)(t->highest_rtp_time - t->last_rtp_time) + 1;
    return ticks > least ? ticks : least;
}

static void join_timelines(struct track_clock *t, const struct frame *f, int64_t now_ns)
{
    t->offset = t->last_rtp_time + (uint32_t)ticks_between(t, now_ns) - f->rtp_time;
}

/* Time counts around the clock: whatever is not behind the highest by as much as B-frames may be is
 * later, or a leap, and the highest itself. */
static void note_time(struct track_clock *t, uint32_t rtp_time)
{
    t->last_rtp_time = rtp_time;
    if (t->highest_rtp_time - rtp_time > STEP_BACK_MAX_S * (uint64_t)t->rate)
        t->highest_rtp_time = rtp_time;
}

/* The frame's place in its track: RTP time, sequence numbers, sums. */
static void stamp_rtp(struct track_clock *t, struct frame *f, uint32_t payload_octets,
                      int64_t now_ns)
{
    if (f->new_timeline || !t->started)
        join_timelines(t, f, now_ns);
    t->started = true;
    t->last_arrival_ns = now_ns;
    f->rtp_time += t->offset;
    f->rtp_step = f->rtp_time - t->last_rtp_time;
    f->first_seq = t->next_seq;
    f->octets = payload_octets;
    f->packets_sum = t->packets_sum;
    f->octets_sum = t->octets_sum;
    note_time(t, f->rtp_time);
    t->next_seq = (uint16_t)(t->next_seq + f->packets);
    t->packets_sum += f->packets;
    t->octets_sum += payload_octets;
}

/* Lets go of what retention no longer asks for: at key frames, when a GOP goes, or in batches,
 * since every retirement costs a grace period. */
static void retire_old(struct stream *s, const struct frame *newest)
{
    uint64_t tail = ring_tail(s->ring), upto = tail, missed;
    size_t bytes = 0;
    struct frame *oldest;
    while (ring_read(s->ring, upto, &oldest, &missed) == RING_FRAME &&
           gop_may_retire(&s->gop, oldest, newest)) {
        bytes += oldest->len;
        upto++;
    }
    if (newest->key || upto - tail >= RETIRE_FRAMES || bytes >= RETIRE_BYTES)
        ring_retire(s->ring, upto);
}

static void tell_watches(struct stream *s)
{
    for (unsigned i = 0; i < s->watch_slots; i++) {
        /* W2: after the head (A4) in the single total order; see stream_set_watch. */
        struct stream_watch *w = atomic_load_explicit(&s->watch[i], memory_order_seq_cst);
        if (w)
            w->on_news(w);
    }
}

void stream_publish(struct stream *s, struct frame *f, uint32_t payload_octets, int64_t now_ns)
{
    stamp_rtp(&s->track[f->track], f, payload_octets, now_ns);
    s->bytes_sum += f->len;
    f->bytes_sum = s->bytes_sum;
    f->arrival_ns = now_ns;
    f->pos = ring_head(s->ring);
    s->wait_end_ns = 0;
    gop_add(&s->gop, f);
    ring_publish(s->ring, f);
    gop_cut(&s->gop, ring_tail(s->ring)); /* a full ring gives up its oldest frame by itself */
    atomic_store_explicit(&s->start, s->gop.start, memory_order_release); /* K1, pairs with K2 */
    retire_old(s, f);
    tell_watches(s);
}

uint64_t stream_release(struct stream *s)
{
    /* O1: all that this publisher has done with the stream, before the next one has it. */
    return atomic_fetch_add_explicit(&s->claim, 1, memory_order_release) + 1;
}

bool stream_claim_again(struct stream *s, uint64_t ticket)
{
    return ticket % 2 == 0 &&
           atomic_compare_exchange_strong_explicit(&s->claim, &ticket, ticket + 1,
                                                   memory_order_acquire, /* O2, pairs with O1 */
                                                   memory_order_relaxed);
}

bool stream_claim(struct stream *s)
{
    return stream_claim_again(s, atomic_load_explicit(&s->claim, memory_order_relaxed));
}

uint64_t stream_claim_count(const struct stream *s)
{
    return atomic_load_explicit(&s->claim, memory_order_relaxed); /* a stale one names nobody */
}

void stream_set_wait_end_ns(struct stream *s, int64_t until_ns)
{
    s->wait_end_ns = until_ns;
}

int64_t stream_wait_end_ns(const struct stream *s)
{
    return s->wait_end_ns;
}

void stream_open(struct stream *s)
{
    atomic_store_explicit(&s->state, STREAM_LIVE, memory_order_release);
}

void stream_end(struct stream *s)
{
    /* E1; sequentially consistent for the same reason as the head (A4): who starts to watch now
     * either is told or sees the end. */
    atomic_store_explicit(&s->state, STREAM_ENDED, memory_order_seq_cst);
    tell_watches(s);
}

struct stream_watch *stream_watch(const struct stream *s, unsigned slot)
{
    return atomic_load_explicit(&s->watch[slot], memory_order_relaxed); /* the worker's own */
}

void stream_set_watch(struct stream *s, unsigned slot, struct stream_watch *w)
{
    /* W1: the watch before the caller's next look at the head or the state. Either that look sees
     * the news, or the publisher (A4, then W2) sees the watch: no news is lost. */
    atomic_store_explicit(&s->watch[slot], w, memory_order_seq_cst);
}
