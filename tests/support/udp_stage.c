/* SPDX-License-Identifier: MIT */
#include "tests/support/udp_stage.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/support/sending.h"

#define BEGIN_NS (2000 * NS_PER_S)

struct udp rtp, rtcp;
static struct egress_udp egress;
const struct lane_layout udp_tracks = {.tracks = 3, .kind = LANE_UDP};
const struct lane_options udp_patient = {
    .max_lag_ns = 3600 * NS_PER_S, .max_lag_bytes = 1 << 30, .udp = &egress};

void udp_stage_set_up(void)
{
    stage_set_up();
    sending_reset();
    cr_assert_eq(udp_open(&rtp, &loop, 0), 0);
    cr_assert_eq(udp_open(&rtcp, &loop, 0), 0);
    udp_stage_limit(0, BURST);
    loop.now_ns = BEGIN_NS;
}

void udp_stage_tear_down(void)
{
    turn(&loop);
    udp_close(&rtp);
    udp_close(&rtcp);
    stage_tear_down();
}

void udp_stage_limit(uint64_t rate, size_t burst)
{
    egress_udp_init(&egress, &rtp, &rtcp, rate, burst);
}

void udp_stage_use_packets_of(size_t packet_bytes)
{
    struct stream_options options = feed_options;
    options.packet_bytes = packet_bytes;
    options.keep.max_lag_bytes = 1 << 30;
    stage_use_stream(&feed_video_and_audio, &options);
}

void udp_stage_keep_no_gop(void)
{
    struct stream_options options = feed_options;
    options.keep.gop_cache_bytes = 1;
    stage_use_stream(&feed_video_and_audio, &options);
}

void udp_stage_open(struct udp_viewer *s, unsigned number)
{
    char host[ADDR_TEXT_MAX];
    snprintf(host, sizeof host, "127.0.0.%u", 2 + number % 250);
    udp_viewer_open(s, &rtp, host, "127.0.0.1");
}

void udp_stage_join(struct udp_viewer *s, const struct lane_options *options)
{
    cr_assert_eq(lane_join(stage_lane(&udp_tracks, options), &s->viewer), 0);
}

void udp_stage_enter(struct udp_viewer *s, unsigned number)
{
    udp_stage_open(s, number);
    udp_stage_join(s, &udp_patient);
}

uint64_t udp_stage_feed(unsigned frames, size_t bytes)
{
    uint64_t pos = 0;
    for (unsigned i = 0; i < frames; i++) {
        pos = feed_video(&feed, i == 0, bytes);
        if (i % 3 == 2)
            pos = feed_audio(&feed, AUDIO, 90);
    }
    return pos + 1;
}

void turn_now(void)
{
    turn_at(&loop, loop.now_ns);
}

void turn_later(int64_t ns)
{
    turn_at(&loop, loop.now_ns + ns);
}
