/* SPDX-License-Identifier: MIT */
#include "rtsp/source_publish.h"

#include <errno.h>
#include <stdlib.h>

#include "core/clock.h"
#include "core/params.h"
#include "core/wallclock.h"
#include "rtp/batch.h"
#include "rtp/rtcp.h"
#include "rtp/unpacker.h"
#include "rtsp/source.h"
#include "rtsp/url.h"

#define CLOCK_JUMP_NS (10 * NS_PER_S)

struct publisher_track {
    struct publisher *publisher;
    unsigned number;
    struct unpacker *unpacker;
    struct wallclock by_arrival;
    struct wallclock by_report; /* known once the publisher has sent a sender report */
    char control[URL_CONTROL_MAX];
};

struct publisher {
    struct registry *registry;
    struct stream *stream;
    struct media media; /* as it stands; the stream has published copies */
    size_t packet_bytes;
    bool started;
    bool awaits_key; /* nothing is published before the first key frame */
    int64_t now_ns;  /* of the packet that is being taken in */
    uint64_t bad_packets;
    struct publisher_track track[MEDIA_TRACKS_MAX];
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

/* The line through the arrival of the first frame, or of the last one after the source (or our own
 * clock) has jumped. */
static int64_t wall_by_arrival(struct wallclock *c, uint32_t rtp_time)
{
    int64_t now_ns = clock_wall_ns();
    int64_t wall_ns = c->known ? wallclock_at(c, rtp_time) : 0;
    if (llabs(wall_ns - now_ns) <= CLOCK_JUMP_NS)
        return wall_ns;
    wallclock_set(c, rtp_time, now_ns);
    return now_ns;
}

/*
 * The publisher's sender reports count only once every track has had one: they may come from
 * another clock than ours, and tracks must not be told apart by two clocks.
 */
static int64_t wall_time(struct publisher *p, struct publisher_track *t, uint32_t rtp_time,
                         bool new_timeline)
{
    if (new_timeline)
        t->by_arrival.known = t->by_report.known = false;
    int64_t by_arrival = wall_by_arrival(&t->by_arrival, rtp_time);
    for (unsigned i = 0; i < p->media.track_count; i++)
        if (!p->media.track[i].inactive && !p->track[i].by_report.known)
            return by_arrival;
    return wallclock_at(&t->by_report, rtp_time);
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

static void on_access_unit(void *arg, const struct access_unit *au)
{
    struct publisher_track *t = arg;
    struct publisher *p = t->publisher;
    struct media_track *track = &p->media.track[t->number];
    note_params(p, track, au->data);
    p->awaits_key &= !au->key;
    if (stream_state(p->stream) != STREAM_LIVE || p->awaits_key)
        return; /* of no use to any player */
    struct frame *f = make_frame(track, au);
    if (!f)
        return;
    struct batch_size size = batch_measure(track->codec, frame_data(f), p->packet_bytes);
    f->track = (uint8_t)t->number;
    f->key = au->key;
    f->new_timeline = au->new_timeline;
    f->rtp_time = au->rtp_time;
    f->wall_ns = wall_time(p, t, au->rtp_time, au->new_timeline);
    f->packets = size.packets;
    stream_publish(p->stream, f, size.payload_octets, p->now_ns);
}

/* One that umbel cannot carry is inactive, so that the others come through. */
static int add_track(struct publisher *p, const struct sdp_track *from)
{
    unsigned number = p->media.track_count++;
    struct publisher_track *t = &p->track[number];
    p->media.track[number] = from->media;
    t->publisher = p;
    t->number = number;
    t->by_arrival = wallclock_make(from->media.clock_rate);
    t->by_report = wallclock_make(from->media.clock_rate);
    struct slice control = slice_head(from->control, sizeof t->control - 1);
    if (control.len > 0)
        memcpy(t->control, control.ptr, control.len);
    p->media.track[number].inactive = !from->supported;
    if (!from->supported)
        return 0;
    t->unpacker = unpacker_create(&from->media, from->fmtp, on_access_unit, t);
    return t->unpacker ? 0 : -errno;
}

struct publisher *publisher_create(struct registry *registry, const struct config *config,
                                   unsigned workers, const char *name, const struct sdp *sdp,
                                   int *err)
{
    struct publisher *p = calloc(1, sizeof *p);
    *err = p ? 0 : -ENOMEM;
    if (!p)
        return NULL;
    p->registry = registry;
    p->packet_bytes = config->packet_bytes;
    for (unsigned i = 0; i < sdp->track_count && *err == 0; i++)
        *err = add_track(p, &sdp->track[i]);
    if (*err == 0)
        *err = source_make_stream(registry, config, workers, name, &p->media, &p->stream);
    if (*err == 0)
        return p;
    publisher_destroy(p);
    return NULL;
}

static void log_end(const struct publisher *p)
{
    struct unpacker_stats sum = {0};
    for (unsigned i = 0; i < p->media.track_count; i++) {
        if (!p->track[i].unpacker)
            continue;
        struct unpacker_stats s = unpacker_stats(p->track[i].unpacker);
        sum.packets += s.packets;
        sum.lost_packets += s.lost_packets;
        sum.dropped_aus += s.dropped_aus;
    }
    LOG_INFO("stream ended", log_str("stream", stream_name(p->stream)),
             log_u64("frames", ring_head(stream_ring(p->stream))), log_u64("packets", sum.packets),
             log_u64("lost", sum.lost_packets), log_u64("dropped_aus", sum.dropped_aus),
             log_u64("bad_packets", p->bad_packets));
}

void publisher_destroy(struct publisher *p)
{
    if (!p)
        return;
    if (p->stream) {
        if (p->started)
            log_end(p);
        stream_end(p->stream);
        registry_remove(p->registry, p->stream);
    }
    for (unsigned i = 0; i < MEDIA_TRACKS_MAX; i++)
        unpacker_destroy(p->track[i].unpacker);
    stream_unref(&p->stream);
    free(p);
}

struct stream *publisher_stream(struct publisher *p)
{
    return p->stream;
}

struct slice publisher_control(const struct publisher *p, unsigned track)
{
    return slice_str(p->track[track].control);
}

unsigned publisher_tracks(const struct publisher *p)
{
    return p->media.track_count;
}

/* Players are not told of tracks that were announced and then not set up. */
static void leave_out_others(struct publisher *p, uint32_t tracks)
{
    bool changed = false;
    for (unsigned i = 0; i < p->media.track_count; i++) {
        bool inactive = !p->track[i].unpacker || !(tracks >> i & 1);
        changed |= inactive != p->media.track[i].inactive;
        p->media.track[i].inactive = inactive;
    }
    if (changed)
        publish_media(p);
}

void publisher_start(struct publisher *p, uint32_t tracks)
{
    p->started = true;
    leave_out_others(p, tracks);
    p->awaits_key = media_key_track(&p->media) >= 0;
    open_if_complete(p);
}

void publisher_rtp(struct publisher *p, unsigned track, struct slice packet, int64_t now_ns)
{
    struct rtp_packet rtp;
    p->now_ns = now_ns;
    if (!p->track[track].unpacker)
        return;
    if (rtp_parse(packet, &rtp) != 0 || unpacker_push(p->track[track].unpacker, &rtp) != 0)
        p->bad_packets++;
}

void publisher_rtcp(struct publisher *p, unsigned track, struct slice packet)
{
    struct rtcp_seen seen;
    if (rtcp_parse(packet, &seen) != 0)
        p->bad_packets++;
    if (seen.has_sr &&
        seen.sr.ntp != 0) /* 0: the publisher does not know the time (RFC 3550 section 6.4.1) */
        wallclock_set(&p->track[track].by_report, seen.sr.rtp_time,
                      rtcp_wall_from_ntp(seen.sr.ntp));
}
