/* SPDX-License-Identifier: MIT */
#include "rtsp/source/source_publish.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/params.h"
#include "rtp/batch.h"
#include "rtsp/source/ingest.h"
#include "rtsp/source/succession.h"

struct publisher {
    struct source_worker *worker;
    struct stream *stream;
    struct media media;    /* as it stands; the stream has published copies */
    uint8_t *long_configs; /* of media */
    size_t packet_bytes;
    bool started;
    bool hands_over;      /* somebody else is about to go on with the stream */
    uint32_t awaits_keys; /* tracks of which nothing is published before a key frame */
    uint32_t rejoins;     /* tracks whose next frame continues nothing that was published */
    int64_t now_ns;       /* of the packet that is being taken in, or was the last */
    struct wallclock_source clock;
    struct ingest track[MEDIA_TRACKS_MAX];
};

static void open_if_complete(struct publisher *p)
{
    if (!p->started || stream_state(p->stream) != STREAM_ANNOUNCED || !media_is_complete(&p->media))
        return;
    stream_open(p->stream);
    LOG_INFO("stream is live", log_str("stream", stream_name(p->stream)),
             log_u64("tracks", p->media.track_count));
}

static void publish_media(struct publisher *p)
{
    if (stream_set_media(p->stream, &p->media) != 0)
        LOG_ERROR("out of memory: description not updated",
                  log_str("stream", stream_name(p->stream)));
}

static void note_params(struct publisher *p, struct media_track *track, struct slice au)
{
    if (!params_merge(track, au))
        return;
    publish_media(p);
    open_if_complete(p);
}

/* The frame of an access unit, with parameter sets in front of a key frame that lacks them. */
static struct frame *make_frame(const struct media_track *track, const struct access_unit *au)
{
    bool insert = au->key && !params_are_in(track, au->data);
    struct frame *f = frame_create(insert ? params_insert_max(track, au->data) : au->data.len);
    if (!f)
        return NULL;
    if (insert)
        f->len = (uint32_t)params_insert(f->data, track, au->data);
    else
        memcpy(f->data, au->data.ptr, au->data.len);
    return f;
}

/* The number of a track. */
static unsigned number_of(const struct publisher *p, const struct ingest *t)
{
    return (unsigned)(t - p->track);
}

/* Every track begins with a key frame, and the key track, at which players begin, before all
 * others. False for what comes too early. */
static bool may_begin(struct publisher *p, unsigned number, bool key)
{
    int first = media_key_track(&p->media);
    if (first >= 0 && (unsigned)first != number && (p->awaits_keys >> first & 1))
        return false;
    if (key)
        p->awaits_keys &= ~(1u << number);
    return !(p->awaits_keys >> number & 1);
}

static void on_frame(struct ingest *t, const struct access_unit *au, int64_t wall_ns)
{
    struct publisher *p = t->owner;
    unsigned number = number_of(p, t);
    struct media_track *track = &p->media.track[number];
    note_params(p, track, au->data);
    if (au->new_timeline)
        p->rejoins |= 1u << number; /* whatever becomes of this one */
    if (stream_state(p->stream) != STREAM_LIVE || !may_begin(p, number, au->key))
        return; /* of no use to any player */
    struct frame *f = make_frame(track, au);
    if (!f)
        return;
    struct batch_size size = batch_measure(track->codec, frame_data(f), p->packet_bytes);
    if (size.packets == 0) { /* nothing that its payload format can say in packets of that size */
        frame_unref(&f);
        return;
    }
    f->track = (uint8_t)number;
    f->key = au->key;
    f->new_timeline = p->rejoins >> number & 1;
    p->rejoins &= ~(1u << number);
    f->rtp_time = au->rtp_time;
    f->wall_ns = wall_ns;
    f->packets = size.packets;
    stream_publish(p->stream, f, size.payload_octets, p->now_ns);
}

/* -- from the announcement to the stream -- */

/*
 * A track that umbel cannot carry is inactive, so that the others come through. One whose
 * parameters umbel does not understand goes through packet by packet.
 */
static int add_track(struct publisher *p, const struct sdp_track *from)
{
    unsigned number = p->media.track_count++;
    struct ingest *t = &p->track[number];
    struct sdp_track track = *from;
    t->owner = p;
    t->on_frame = on_frame;
    int err = ingest_init(t, &track);
    if (err == -EINVAL && media_track_pass_through(&track.media, from->fmtp))
        err = ingest_init(t, &track);
    p->media.track[number] = track.media;
    p->media.track[number].inactive = !track.supported;
    return err;
}

/* The announcement, where they stand, will be gone. */
static int keep_long_configs(struct publisher *p)
{
    size_t bytes = media_long_config_bytes(&p->media);
    if (bytes == 0)
        return 0;
    p->long_configs = malloc(bytes);
    if (!p->long_configs)
        return -ENOMEM;
    media_keep_long_configs(&p->media, p->long_configs);
    return 0;
}

struct publisher *publisher_create(struct source_worker *w, const char *name, const struct sdp *sdp,
                                   int *err)
{
    struct publisher *p = calloc(1, sizeof *p);
    *err = p ? 0 : -ENOMEM;
    if (!p)
        return NULL;
    p->worker = w;
    p->packet_bytes = w->config->packet_bytes;
    for (unsigned i = 0; i < sdp->track_count && *err == 0; i++)
        *err = add_track(p, &sdp->track[i]);
    if (*err == 0)
        *err = keep_long_configs(p);
    bool goes_on = false;
    if (*err == 0)
        *err = succession_take(w, name, &p->media, &p->stream, &goes_on);
    p->rejoins = goes_on ? UINT32_MAX : 0;
    if (*err == 0)
        return p;
    publisher_destroy(p);
    return NULL;
}

/* -- the end -- */

static void log_end(const struct publisher *p)
{
    struct unpacker_stats sum = {0};
    uint64_t bad_packets = 0;
    for (unsigned i = 0; i < p->media.track_count; i++) {
        struct unpacker_stats s = ingest_stats(&p->track[i]);
        sum.packets += s.packets;
        sum.lost_packets += s.lost_packets;
        sum.dropped_aus += s.dropped_aus;
        bad_packets += p->track[i].bad_packets;
    }
    LOG_INFO("publisher ended", log_str("stream", stream_name(p->stream)),
             log_u64("frames", ring_head(stream_ring(p->stream))), log_u64("packets", sum.packets),
             log_u64("lost", sum.lost_packets), log_u64("dropped_aus", sum.dropped_aus),
             log_u64("bad_packets", bad_packets));
}

void publisher_destroy(struct publisher *p)
{
    if (!p)
        return;
    if (p->stream) {
        for (unsigned i = 0; i < MEDIA_TRACKS_MAX; i++)
            ingest_end(&p->track[i]);
        if (p->started)
            log_end(p);
        succession_leave(p->worker, &p->stream, p->hands_over);
    }
    for (unsigned i = 0; i < MEDIA_TRACKS_MAX; i++)
        ingest_fini(&p->track[i]);
    free(p->long_configs);
    free(p);
}

void publisher_hand_over(struct publisher *p)
{
    p->hands_over = true;
}

/* -- what it is -- */

struct stream *publisher_stream(struct publisher *p)
{
    return p->stream;
}

struct slice publisher_control(const struct publisher *p, unsigned track)
{
    return slice_str(p->track[track].control);
}

uint8_t publisher_payload_type(const struct publisher *p, unsigned track)
{
    return p->track[track].payload_type;
}

unsigned publisher_tracks(const struct publisher *p)
{
    return p->media.track_count;
}

/* -- media -- */

/* Players are not told of tracks that were announced and then not set up. */
static void leave_out_others(struct publisher *p, uint32_t tracks)
{
    for (unsigned i = 0; i < p->media.track_count; i++)
        p->media.track[i].inactive = !p->track[i].unpacker || !(tracks >> i & 1);
    publish_media(p);
}

static int start_tracks(struct publisher *p, int64_t reorder_hold_ns)
{
    int err = 0;
    wallclock_source_init(&p->clock);
    for (unsigned i = 0; i < p->media.track_count && !err; i++)
        if (!p->media.track[i].inactive)
            err = ingest_start(&p->track[i], &p->clock, reorder_hold_ns);
    return err;
}

static void await_keys(struct publisher *p)
{
    for (unsigned i = 0; i < p->media.track_count; i++) {
        const struct media_track *t = &p->media.track[i];
        if (!t->inactive && media_track_kind(t) == MEDIA_VIDEO)
            p->awaits_keys |= 1u << i;
    }
}

int publisher_start(struct publisher *p, uint32_t tracks, int64_t reorder_hold_ns)
{
    if (!p->started) {
        leave_out_others(p, tracks);
        int err = start_tracks(p, reorder_hold_ns);
        if (err)
            return err;
    }
    p->started = true;
    await_keys(p);
    open_if_complete(p);
    return 0;
}

void publisher_rtp(struct publisher *p, unsigned track, struct slice packet, int64_t now_ns)
{
    p->now_ns = now_ns;
    ingest_rtp(&p->track[track], packet, now_ns);
}

void publisher_rtcp(struct publisher *p, unsigned track, struct slice packet, int64_t now_ns)
{
    ingest_rtcp(&p->track[track], packet, now_ns);
}

int64_t publisher_next_deadline(const struct publisher *p)
{
    int64_t next = INT64_MAX;
    for (unsigned i = 0; i < p->media.track_count; i++) {
        int64_t deadline = ingest_next_deadline(&p->track[i]);
        next = deadline < next ? deadline : next;
    }
    return next;
}

void publisher_run(struct publisher *p, int64_t now_ns)
{
    p->now_ns = now_ns;
    for (unsigned i = 0; i < p->media.track_count; i++)
        ingest_run(&p->track[i], now_ns);
}

size_t publisher_report(struct publisher *p, unsigned track, int64_t now_ns, uint8_t *dst)
{
    char cname[RTCP_CNAME_MAX];
    snprintf(cname, sizeof cname, "umbel-%08x", stream_id(p->stream));
    return ingest_report(&p->track[track], stream_id(p->stream), cname, now_ns, dst);
}
