/* SPDX-License-Identifier: MIT */
#include "tests/support/udp_viewer.h"

#include <criterion/criterion.h>

#include "core/bytes.h"
#include "rtp/batch.h"

enum { RTCP_TYPE_FIRST = 200, RTCP_TYPE_LAST = 204, RTCP_SSRC_AT = 4, RTP_SSRC_AT = 8 };

static void on_end(struct viewer *v, enum viewer_end why)
{
    struct udp_viewer *s = CONTAINER_OF(v, struct udp_viewer, viewer);
    s->ends++;
    s->why = why;
}

static void aim(struct udp_viewer *s, const struct udp_addr *rtcp)
{
    for (unsigned i = 0; i < MEDIA_TRACKS_MAX; i++) {
        s->target.rtp[i] = &s->rtp_addr;
        s->target.rtcp[i] = rtcp;
    }
}

void udp_viewer_open(struct udp_viewer *s, const struct udp *udp, const char *host,
                     const char *ours)
{
    struct addr local;
    *s = (struct udp_viewer){.viewer = {.fd = -1, .on_end = on_end}};
    cr_assert_eq(addr_parse(&local, ours, 0), 0);
    ear_open(&s->rtp, host);
    ear_open(&s->rtcp, host);
    s->rtp_addr = udp_addr_of(udp, &s->rtp.addr, addr_port(&s->rtp.addr));
    s->rtcp_addr = udp_addr_of(udp, &s->rtcp.addr, addr_port(&s->rtcp.addr));
    s->target.from = udp_addr_of(udp, &local, 0);
    s->viewer.udp = &s->target;
    aim(s, &s->rtcp_addr);
}

void udp_viewer_close(struct udp_viewer *s)
{
    viewer_fini(&s->viewer);
    ear_close(&s->rtp);
    ear_close(&s->rtcp);
    udp_viewer_clear(s);
}

void udp_viewer_mux(struct udp_viewer *s)
{
    aim(s, &s->rtp_addr);
}

/* The channel that a packet would have come on. */
static uint8_t channel_of(const struct feed *f, struct slice packet)
{
    cr_assert_geq(packet.len, RTP_SSRC_AT + 4);
    bool is_rtcp = packet.ptr[1] >= RTCP_TYPE_FIRST && packet.ptr[1] <= RTCP_TYPE_LAST;
    uint32_t ssrc = get_be32(packet.ptr + (is_rtcp ? RTCP_SSRC_AT : RTP_SSRC_AT));
    unsigned track = stream_ssrc(f->stream, 0) == ssrc ? 0 : 1;
    cr_assert_eq(stream_ssrc(f->stream, track), ssrc, "a packet of no track");
    return (uint8_t)(2 * track + is_rtcp);
}

static void hear(struct udp_viewer *s, const struct ear *ear, const struct feed *f, struct buf *got)
{
    struct slice packet;
    while (ear_peek(ear, &packet, &s->from)) {
        uint8_t header[INTERLEAVED_HEADER_BYTES] = {'$', channel_of(f, packet)};
        put_be16(header + 2, (uint16_t)packet.len);
        cr_assert_eq(buf_append(got, slice_of(header, sizeof header)), 0);
        cr_assert_eq(buf_append(got, packet), 0);
    }
}

void udp_viewer_hear(struct udp_viewer *s, const struct feed *f)
{
    hear(s, &s->rtcp, f, &s->reports);
    hear(s, &s->rtp, f, &s->got);
}

void udp_viewer_clear(struct udp_viewer *s)
{
    buf_reset(&s->got);
    buf_reset(&s->reports);
}

/* Until so many bytes have come. */
static void wait_for(struct udp_viewer *s, const struct feed *f, size_t bytes)
{
    udp_viewer_hear(s, f);
    while (buf_len(&s->got) < bytes) {
        cr_assert(ear_has_more(&s->rtp), "%zu bytes are missing", bytes - buf_len(&s->got));
        udp_viewer_hear(s, f);
    }
}

void udp_viewer_expect(struct udp_viewer *s, const struct feed *f, uint64_t from, uint64_t upto)
{
    struct buf frames = wire_frames(f, &both_tracks, from, upto);
    wait_for(s, f, buf_len(&frames));
    cr_assert_eq(buf_len(&s->got), buf_len(&frames),
                 "%zu bytes came, not the %zu of frames %lu..%lu", buf_len(&s->got),
                 buf_len(&frames), from, upto);
    cr_assert(slice_eq(buf_slice(&s->got), buf_slice(&frames)));
    buf_reset(&frames);
}
