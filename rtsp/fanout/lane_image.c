/* SPDX-License-Identifier: MIT */
#include "rtsp/fanout/lane_image.h"

#include <stdio.h>

#include "core/bytes.h"
#include "rtp/batch.h"
#include "rtsp/sdp/sdp.h"

static struct image *build_interleaved(const struct frame *f, enum codec codec, size_t packet_bytes,
                                       const struct batch_layout *batch, struct slice report)
{
    const struct batch_size size = {.packets = f->packets, .payload_octets = f->octets};
    struct image *img = image_create(report.len + batch_interleaved_bytes(size));
    if (!img)
        return NULL;
    if (report.len > 0)
        memcpy(img->data, report.ptr, report.len);
    batch_write_interleaved(img->data + report.len, codec, frame_data(f), packet_bytes, batch);
    return img;
}

static struct image *build_datagrams(const struct frame *f, enum codec codec, size_t packet_bytes,
                                     const struct batch_layout *batch)
{
    const struct batch_size size = {.packets = f->packets, .payload_octets = f->octets};
    struct image *img = image_create_runs(batch_datagram_bytes(size), f->packets);
    if (img)
        img->runs =
            batch_write_datagrams(img->data, img->run, codec, frame_data(f), packet_bytes, batch);
    return img;
}

struct image *lane_image_build(const struct stream *s, const struct lane_layout *layout,
                               const struct frame *f, struct slice report)
{
    const struct media *media = stream_media(s, NULL);
    const struct batch_layout batch = {
        .channel = layout->channel[f->track].rtp,
        .payload_type = sdp_payload_type(media, f->track),
        .ssrc = stream_ssrc(s, f->track),
        .first_seq = f->first_seq,
        .rtp_time = f->rtp_time,
    };
    enum codec codec = media->track[f->track].codec;
    size_t packet_bytes = stream_packet_bytes(s);
    struct image *img = layout->kind == LANE_TCP
                            ? build_interleaved(f, codec, packet_bytes, &batch, report)
                            : build_datagrams(f, codec, packet_bytes, &batch);
    if (!img)
        return NULL;
    img->pos = f->pos;
    img->arrival_ns = f->arrival_ns;
    img->track = f->track;
    return img;
}

static void stand_behind(struct image *img, const struct image *after)
{
    img->pos = after ? after->pos : 0;
    img->arrival_ns = after ? after->arrival_ns : 0;
}

struct image *lane_image_wrap(struct slice packets, const struct image *after)
{
    struct image *img = image_create(packets.len);
    if (!img)
        return NULL;
    if (packets.len > 0)
        memcpy(img->data, packets.ptr, packets.len);
    stand_behind(img, after);
    return img;
}

/* The report's instant on the RTP clock, counted on from the newest frame. */
static struct rtcp_sender_info sender_info(const struct stream *s, unsigned track,
                                           const struct frame *last, int64_t now_ns)
{
    struct rtcp_sender_info si = {.ssrc = stream_ssrc(s, track)};
    if (!last)
        return si;
    int64_t rate = stream_media(s, NULL)->track[track].clock_rate;
    int64_t ms_since = (now_ns - last->arrival_ns) / NS_PER_MS;
    si.ntp = rtcp_ntp_from_wall(last->wall_ns + ms_since * NS_PER_MS);
    si.rtp_time = last->rtp_time + (uint32_t)(ms_since * rate / 1000);
    si.packets = last->packets_sum + last->packets;
    si.octets = last->octets_sum + last->octets;
    return si;
}

size_t lane_report(const struct follower *f, unsigned track, int64_t now_ns, bool goodbye,
                   uint8_t dst[LANE_REPORT_MAX])
{
    const struct stream *s = f->stream;
    struct rtcp_sender_info si = sender_info(s, track, f->last[track], now_ns);
    char cname[RTCP_CNAME_MAX];
    snprintf(cname, sizeof cname, "umbel-%08x", stream_id(s));
    return goodbye ? rtcp_write_goodbye(dst, &si, cname) : rtcp_write_report(dst, &si, cname);
}

int lane_image_report(const struct follower *f, const struct lane_layout *layout, int64_t now_ns,
                      bool goodbye, struct buf *out)
{
    for (unsigned i = 0; i < MEDIA_TRACKS_MAX; i++) {
        uint8_t packet[INTERLEAVED_HEADER_BYTES + LANE_REPORT_MAX];
        if (!layout_has(layout, i) || (!goodbye && !f->last[i]))
            continue;
        size_t len = lane_report(f, i, now_ns, goodbye, packet + INTERLEAVED_HEADER_BYTES);
        packet[0] = '$';
        packet[1] = layout->channel[i].rtcp;
        put_be16(packet + 2, (uint16_t)len);
        int err = buf_append(out, slice_of(packet, INTERLEAVED_HEADER_BYTES + len));
        if (err)
            return err;
    }
    return 0;
}

struct image *lane_image_control(const struct follower *f, unsigned track, int64_t now_ns,
                                 bool goodbye, const struct image *after)
{
    uint8_t packet[LANE_REPORT_MAX];
    size_t len = lane_report(f, track, now_ns, goodbye, packet);
    struct image *img = lane_image_wrap(slice_of(packet, len), after);
    if (!img)
        return NULL;
    img->is_control = true;
    img->track = (uint8_t)track;
    return img;
}
