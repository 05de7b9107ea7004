/* SPDX-License-Identifier: MIT */
#include "rtsp/source_publish.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/params.h"
#include "rtp/batch.h"
#include "rtsp/ingest.h"
#include "rtsp/source.h"

/* Whoever asked for the stream comes at once, if at all. */
#define HAND_OVER_NS (5 * NS_PER_S)

struct publisher {
    struct rtsp_worker *worker;
    struct stream *stream;
    struct media media; /* as it stands; the stream has published copies */
    size_t packet_bytes;
    bool started;
    bool awaits_key;  /* nothing is published before the first key frame */
    bool hands_over;  /* somebody else is about to go on with the stream */
    uint32_t rejoins; /* tracks whose next frame continues nothing that was published */
    int64_t now_ns;   /* of the packet that is being taken in */
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

/* The frame of an access unit, with parameter sets in front of an IDR picture that lacks them. */
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

static void on_frame(struct ingest *t, const struct access_unit *au, int64_t wall_ns)
{
    struct publisher *p = t->owner;
    unsigned number = number_of(p, t);
    struct media_track *track = &p->media.track[number];
    note_params(p, track, au->data);
    p->awaits_key &= !au->key;
    if (au->new_timeline)
        p->rejoins |= 1u << number; /* whatever becomes of this one */
    if (stream_state(p->stream) != STREAM_LIVE || p->awaits_key)
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

/* What the last publisher has said in-band is still true if this one does not say otherwise. */
static void inherit_config(struct publisher *p)
{
    const struct media *before = stream_media(p->stream, NULL);
    for (unsigned i = 0; i < p->media.track_count; i++)
        if (p->media.track[i].config_len == 0)
            media_track_set_config(&p->media.track[i], media_track_config(&before->track[i]));
}

/* A track that the last publisher announced, and then did not set up, this one may announce too. */
static bool continues(const struct publisher *p, const struct media *before)
{
    struct media now = p->media;
    for (unsigned i = 0; i < now.track_count; i++)
        now.track[i].inactive |= before->track[i].inactive;
    return media_is_compatible(before, &now);
}

/*
 * A stream of that name whose publisher has gone: this one goes on with it when its players need no
 * new description; else they are sent away to ask for one. False when there is none to go on with.
 */
static bool adopt(struct publisher *p, const char *name)
{
    struct stream *s = registry_find(p->worker->registry, name);
    if (!s || !stream_claim(s))
        return false;
    if (stream_state(s) == STREAM_LIVE && continues(p, stream_media(s, NULL))) {
        p->stream = stream_ref(s);
        p->rejoins = UINT32_MAX;
        inherit_config(p);
        return true;
    }
    LOG_INFO("another description: stream ended", log_str("stream", name));
    stream_end(s);
    registry_remove(p->worker->registry, s);
    return false;
}

static int find_stream(struct publisher *p, const char *name)
{
    struct rtsp_worker *w = p->worker;
    if (adopt(p, name))
        return 0;
    return source_make_stream(w->registry, w->config, w->workers, name, &p->media, &p->stream);
}

struct publisher *publisher_create(struct rtsp_worker *w, const char *name, const struct sdp *sdp,
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
        *err = find_stream(p, name);
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

/* How long the stream may wait for another publisher. */
static int64_t grace_ns(const struct publisher *p)
{
    int64_t grace = p->worker->config->publisher_grace_ns;
    if (p->worker->draining || stream_state(p->stream) != STREAM_LIVE)
        return 0;
    return p->hands_over && grace < HAND_OVER_NS ? HAND_OVER_NS : grace;
}

static void leave_stream(struct publisher *p)
{
    if (p->started)
        log_end(p);
    int64_t grace = grace_ns(p);
    if (grace > 0) {
        orphans_add(&p->worker->orphans, &p->stream, grace);
        return;
    }
    stream_end(p->stream);
    registry_remove(p->worker->registry, p->stream);
    stream_unref(&p->stream);
}

void publisher_destroy(struct publisher *p)
{
    if (!p)
        return;
    if (p->stream)
        leave_stream(p);
    for (unsigned i = 0; i < MEDIA_TRACKS_MAX; i++)
        ingest_fini(&p->track[i]);
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

int publisher_start(struct publisher *p, uint32_t tracks, int64_t reorder_hold_ns)
{
    if (!p->started) {
        leave_out_others(p, tracks);
        int err = start_tracks(p, reorder_hold_ns);
        if (err)
            return err;
    }
    p->started = true;
    p->awaits_key = media_key_track(&p->media) >= 0;
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
