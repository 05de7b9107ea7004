/* SPDX-License-Identifier: MIT */
#include "bench/floor_feed.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/trace.h"
#include "core/base64.h"
#include "core/nal.h"
#include "rtp/batch.h"

enum { PAYLOAD_TYPE = 96, CLOCK_RATE = 90000 };

static int plan_units(struct feed *f, const struct floor_config *config)
{
    int err = units_init(&f->units, config->rate, (uint32_t)config->fps, (uint32_t)config->gop);
    if (err || !config->trace)
        return err;
    err = trace_read(config->trace, &f->trace, &f->units.trace_count);
    if (err)
        fprintf(stderr, "umbel-floor: %s: %s\n", config->trace,
                err == -EINVAL ? "not lines of 'bytes key' with a key frame" : strerror(-err));
    f->units.trace = f->trace;
    return err;
}

int feed_init(struct feed *f, const struct floor_config *config)
{
    *f = (struct feed){.packet_bytes = (size_t)config->packet_bytes};
    int err = plan_units(f, config);
    if (err)
        return err;
    /* The headers of the smallest packets are less than a quarter of what they carry. */
    size_t unit_max = units_max_bytes(&f->units);
    f->image_cap = unit_max + unit_max / 4 + 1024;
    f->unit = malloc(unit_max);
    f->images = malloc(FEED_IMAGES * f->image_cap);
    bool room = f->unit && f->images;
    for (int i = 0; i < FEED_IMAGES && room; i++)
        room = datagrams_init(&f->image[i].datagrams, unit_max, f->packet_bytes) == 0;
    if (room)
        return 0;
    fputs("umbel-floor: no memory for the images\n", stderr);
    return -ENOMEM;
}

void feed_fini(struct feed *f)
{
    for (int i = 0; i < FEED_IMAGES; i++)
        datagrams_fini(&f->image[i].datagrams);
    free(f->trace);
    free(f->unit);
    free(f->images);
}

void feed_start(struct feed *f, int64_t now_ns)
{
    f->start_ns = now_ns;
}

int64_t feed_due_ns(const struct feed *f)
{
    return f->start_ns + (int64_t)(f->head * (uint64_t)NS_PER_S / f->units.fps);
}

static void write_tcp(const struct feed *f, struct feed_image *img, struct slice unit,
                      const struct batch_layout *layout)
{
    img->data = f->images + f->head % FEED_IMAGES * f->image_cap;
    uint8_t *end = batch_write_interleaved(img->data, CODEC_H264, unit, f->packet_bytes, layout);
    img->len = (size_t)(end - img->data);
}

const struct feed_image *feed_publish(struct feed *f, struct feed_needs needs)
{
    struct feed_image *img = &f->image[f->head % FEED_IMAGES];
    struct batch_layout layout = {
        .payload_type = PAYLOAD_TYPE,
        .ssrc = FEED_SSRC,
        .first_seq = f->next_seq,
        .rtp_time = (uint32_t)(f->head * CLOCK_RATE / f->units.fps),
    };
    img->planned_ns = feed_due_ns(f);
    units_bytes(&f->units, f->head, &img->key);
    struct slice unit =
        slice_of(f->unit, units_write(f->unit, &f->units, f->head, img->planned_ns));
    f->next_seq =
        (uint16_t)(f->next_seq + batch_measure(CODEC_H264, unit, f->packet_bytes).packets);
    if (needs.tcp)
        write_tcp(f, img, unit, &layout);
    if (needs.udp)
        datagrams_write(&img->datagrams, unit, f->packet_bytes, &layout);
    f->head++;
    return img;
}

void feed_write_sdp(struct text *sdp)
{
    struct media_track track;
    struct slice nal;
    char base64[MEDIA_CONFIG_MAX * 2];
    units_describe(&track);
    text_addf(sdp,
              "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=umbel-floor\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
              "a=control:*\r\nm=video 0 RTP/AVP %d\r\na=rtpmap:%d H264/%" PRIu32
              "\r\na=fmtp:%d packetization-mode=1",
              PAYLOAD_TYPE, PAYLOAD_TYPE, track.clock_rate, PAYLOAD_TYPE);
    const char *separator = "; sprop-parameter-sets=";
    for (struct slice rest = media_track_config(&track); nal_next(&rest, &nal); separator = ",") {
        base64_encode(base64, nal);
        text_add(sdp, separator);
        text_add_slice(sdp, slice_of(base64, base64_encoded_bytes(nal.len)));
    }
    text_add(sdp, "\r\na=control:trackID=0\r\n");
}
