/* SPDX-License-Identifier: MIT */
#include "rtsp/source/source_pattern.h"

#include <errno.h>
#include <stdlib.h>

#include "core/clock.h"
#include "rtp/batch.h"
#include "rtsp/pattern/pattern.h"

#define FRAME_NS (NS_PER_S / PATTERN_FPS)

struct source_pattern {
    const struct source_worker *worker;
    struct stream *stream;
    size_t packet_bytes;
    struct tmr next;
    int64_t start_ns; /* when frame 0 was due */
    int64_t start_wall_ns;
    uint64_t number;   /* of the next frame */
    uint8_t scratch[]; /* pattern_frame_max() */
};

static struct frame *make_frame(struct source_pattern *s)
{
    int64_t wall_ns = s->start_wall_ns + (int64_t)s->number * FRAME_NS;
    struct slice au = slice_of(s->scratch, pattern_frame(s->scratch, s->number, wall_ns));
    struct frame *f = frame_create(au.len);
    if (!f)
        return NULL;
    memcpy(f->data, au.ptr, au.len);
    f->key = s->number % PATTERN_GOP == 0;
    f->rtp_time = (uint32_t)(s->number * (PATTERN_CLOCK_RATE / PATTERN_FPS));
    f->wall_ns = wall_ns;
    return f;
}

static void publish(struct source_pattern *s, int64_t now_ns)
{
    struct frame *f = make_frame(s);
    if (!f)
        return;
    struct batch_size size = batch_measure(CODEC_H264, frame_data(f), s->packet_bytes);
    f->packets = size.packets;
    stream_publish(s->stream, f, size.payload_octets, now_ns);
}

/* A worker that was away for long leaves out frames up to the next key frame, so that nothing
 * refers to a gap. */
static void skip_missed(struct source_pattern *s, int64_t now_ns)
{
    uint64_t due = (uint64_t)((now_ns - s->start_ns) / FRAME_NS);
    if (due > s->number + PATTERN_FPS)
        s->number = due / PATTERN_GOP * PATTERN_GOP + PATTERN_GOP;
}

static int64_t due_ns(const struct source_pattern *s)
{
    return s->start_ns + (int64_t)s->number * FRAME_NS;
}

static void on_due(struct tmr *t, int64_t now_ns)
{
    struct source_pattern *s = CONTAINER_OF(t, struct source_pattern, next);
    skip_missed(s, now_ns);
    if (due_ns(s) <= now_ns) {
        publish(s, now_ns);
        s->number++;
    }
    if (tmr_arm(&s->worker->loop->timers, t, due_ns(s)) != 0)
        LOG_ERROR("out of memory: the demo stream stops");
}

struct source_pattern *source_pattern_create(const struct source_worker *w, int *err)
{
    struct source_pattern *s = calloc(1, sizeof *s + pattern_frame_max());
    *err = -ENOMEM;
    if (!s)
        return NULL;
    *s = (struct source_pattern){.worker = w};
    s->packet_bytes = w->config->packet_bytes;
    s->next.on_expiry = on_due;
    s->start_ns = clock_mono_ns();
    s->start_wall_ns = clock_wall_ns();
    struct media media = {.track_count = 1};
    pattern_describe(&media.track[0]);
    *err = source_make_stream(w, SOURCE_PATTERN_NAME, &media, &s->stream);
    if (*err == 0)
        *err = tmr_arm(&w->loop->timers, &s->next, s->start_ns);
    if (*err != 0) {
        source_pattern_destroy(s);
        return NULL;
    }
    stream_open(s->stream);
    return s;
}

void source_pattern_destroy(struct source_pattern *s)
{
    if (!s)
        return;
    tmr_disarm(&s->worker->loop->timers, &s->next);
    if (s->stream)
        source_end_stream(s->worker->registry, s->stream);
    stream_unref(&s->stream);
    free(s);
}
