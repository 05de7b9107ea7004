/* SPDX-License-Identifier: MIT */
#include "rtsp/source/ingest.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>

#include "core/clock.h"
#include "rtp/rtcp.h"

/* One access unit a packet, of one byte: what it holds is the low byte of its sequence number. */
enum { RATE = 8000, TICKS = 160, IN_ORDER = -1, UNITS_MAX = 32, SSRC = 7, OWN_SSRC = 9 };

#define HOLD_NS (50 * NS_PER_MS)

static struct ingest track;
static struct wallclock_source clock_source;
static uint8_t unit[UNITS_MAX];
static int64_t unit_wall_ns[UNITS_MAX];
static bool unit_is_new[UNITS_MAX];
static unsigned units;

static void on_frame(struct ingest *t, const struct access_unit *au, int64_t wall_ns)
{
    cr_assert_eq(t->owner, &units);
    cr_assert_lt(units, UNITS_MAX);
    unit[units] = au->data.ptr[au->data.len - 1];
    unit_wall_ns[units] = wall_ns;
    unit_is_new[units] = au->new_timeline;
    units++;
}

static int init(const struct sdp_track *from)
{
    track = (struct ingest){.owner = &units, .on_frame = on_frame};
    return ingest_init(&track, from);
}

static void announce(void)
{
    const struct sdp_track pcmu = {.supported = true,
                                   .media = {.codec = CODEC_PCMU, .clock_rate = RATE},
                                   .control = SLICE_LIT("streamid=0")};
    cr_assert_eq(init(&pcmu), 0);
    wallclock_source_init(&clock_source);
}

static void tear_down(void)
{
    ingest_fini(&track);
}

static void start(int64_t reorder_hold_ns)
{
    announce();
    cr_assert_eq(ingest_start(&track, &clock_source, reorder_hold_ns), 0);
}

static void send_from(uint32_t ssrc, uint16_t seq, int64_t now_ns)
{
    uint8_t bytes[RTP_HEADER_BYTES + 1];
    rtp_write_header(bytes,
                     &(struct rtp_packet){.seq = seq, .rtp_time = seq * TICKS, .ssrc = ssrc});
    bytes[RTP_HEADER_BYTES] = (uint8_t)seq;
    ingest_rtp(&track, slice_of(bytes, sizeof bytes), now_ns);
}

static void send(uint16_t seq, int64_t now_ns)
{
    send_from(SSRC, seq, now_ns);
}

static void report(uint32_t rtp_time, uint64_t ntp, int64_t now_ns)
{
    uint8_t bytes[RTCP_REPORT_MAX];
    const struct rtcp_sender_info si = {.ssrc = SSRC, .ntp = ntp, .rtp_time = rtp_time};
    ingest_rtcp(&track, slice_of(bytes, rtcp_write_report(bytes, &si, "x")), now_ns);
}

static void expect(const char *wanted)
{
    cr_assert_eq(units, strlen(wanted), "%u units, not %zu", units, strlen(wanted));
    for (unsigned i = 0; i < units; i++)
        cr_assert_eq(unit[i], wanted[i] - '0', "unit %u is %u", i, unit[i]);
}

TestSuite(ingest, .fini = tear_down);

Test(ingest, keeps_what_was_announced)
{
    const struct sdp_track from = {.supported = true,
                                   .payload_type = 97,
                                   .media = {.codec = CODEC_PCMU, .clock_rate = RATE},
                                   .control = SLICE_LIT("streamid=5")};
    cr_assert_eq(init(&from), 0);
    cr_assert_eq(track.payload_type, 97);
    cr_assert_str_eq(track.control, "streamid=5");
}

Test(ingest, control_that_is_too_long_is_cut)
{
    char control[2 * URL_CONTROL_MAX];
    memset(control, 'x', sizeof control);
    const struct sdp_track from = {.control = slice_of((const uint8_t *)control, sizeof control)};
    cr_assert_eq(init(&from), 0);
    cr_assert_eq(strlen(track.control), URL_CONTROL_MAX - 1);
}

Test(ingest, parameters_that_make_no_sense_are_refused)
{
    const struct sdp_track aac = {.supported = true,
                                  .media = {.codec = CODEC_AAC, .clock_rate = 48000},
                                  .fmtp = SLICE_LIT("sizelength=99")};
    cr_assert_eq(init(&aac), -EINVAL);
}

/* A publisher may set up a track when the others have long begun: nothing is ready for it. */
Test(ingest, takes_in_nothing_before_the_start)
{
    announce();
    for (uint16_t seq = 0; seq < 5; seq++)
        send(seq, 0);
    report(0, rtcp_ntp_from_wall(clock_wall_ns()), 0);
    ingest_run(&track, NS_PER_S);
    expect("");
    cr_assert_eq(ingest_stats(&track).packets, 0);
}

Test(ingest, takes_in_nothing_of_a_track_that_it_can_not_carry)
{
    const struct sdp_track from = {.supported = false};
    uint8_t dst[RTCP_RECEIVER_REPORT_MAX];
    cr_assert_eq(init(&from), 0);
    send(1, 0);
    report(0, 1, 0);
    cr_assert_eq(ingest_stats(&track).packets, 0);
    cr_assert_eq(ingest_report(&track, OWN_SSRC, "x", 0, dst), 0);
    cr_assert_eq(ingest_next_deadline(&track), INT64_MAX);
}

Test(ingest, passes_on_what_comes_in_order)
{
    start(IN_ORDER);
    for (uint16_t seq = 1; seq <= 5; seq++)
        send(seq, 0);
    expect("12345");
    cr_assert_eq(ingest_next_deadline(&track), INT64_MAX, "it waits for nothing");
    cr_assert_eq(ingest_stats(&track).packets, 5);
}

Test(ingest, over_tcp_there_is_nothing_to_report)
{
    uint8_t dst[RTCP_RECEIVER_REPORT_MAX];
    start(IN_ORDER);
    send(1, 0);
    report(TICKS, rtcp_ntp_from_wall(clock_wall_ns()), 0);
    cr_assert_eq(ingest_report(&track, OWN_SSRC, "x", 0, dst), 0);
}

Test(ingest, puts_in_order_what_comes_by_udp)
{
    start(HOLD_NS);
    send(1, 0);
    send(3, 1);
    send(2, 2);
    send(4, 3);
    expect("1234");
}

Test(ingest, gives_up_waiting_when_the_time_has_come)
{
    start(HOLD_NS);
    send(1, 0);
    send(3, 10);
    expect("1");
    cr_assert_eq(ingest_next_deadline(&track), 10 + HOLD_NS);
    ingest_run(&track, 10 + HOLD_NS - 1);
    expect("1");
    ingest_run(&track, 10 + HOLD_NS);
    expect("13");
    cr_assert_eq(ingest_next_deadline(&track), INT64_MAX);
    cr_assert_eq(ingest_stats(&track).lost_packets, 1);
}

Test(ingest, the_end_waits_for_no_packet)
{
    start(HOLD_NS);
    send(1, 0);
    send(3, 10);
    send(5, 20);
    expect("1");
    ingest_end(&track);
    expect("135");
    cr_assert_eq(ingest_next_deadline(&track), INT64_MAX);
}

Test(ingest, reports_what_was_lost_and_the_last_sender_report)
{
    uint8_t dst[RTCP_RECEIVER_REPORT_MAX];
    struct rtcp_seen seen;
    start(0);
    cr_assert_eq(ingest_report(&track, OWN_SSRC, "x", 0, dst), 0, "nothing has come");
    report(TICKS, UINT64_C(0x1122334455667788), 0);
    send(1, 0);
    send(3, 1);
    size_t len = ingest_report(&track, OWN_SSRC, "x", NS_PER_S, dst);
    cr_assert_eq(rtcp_parse(slice_of(dst, len), &seen), 0);
    const struct rtcp_report_block *block = rtcp_block_about(&seen, SSRC);
    cr_assert_not_null(block);
    cr_assert_eq(block->lost, 1);
    cr_assert_eq(block->highest_seq, 3);
    cr_assert_eq(block->last_sr, 0x33445566);
    cr_assert_eq(block->since_last_sr, 65536);
}

Test(ingest, malformed_packets_are_counted_and_do_no_harm)
{
    static const uint8_t junk[] = {0x80, 0x60, 1, 2, 3};
    start(HOLD_NS);
    send(1, 0);
    for (size_t len = 0; len <= sizeof junk; len++) {
        ingest_rtp(&track, slice_of(junk, len), 0);
        ingest_rtcp(&track, slice_of(junk, len), 0);
    }
    send(2, 0);
    expect("12");
    cr_assert_geq(track.bad_packets, 6);
}

Test(ingest, sender_reports_tell_the_time)
{
    const int64_t wall_ns = 1700000000 * NS_PER_S;
    start(IN_ORDER);
    report(1 * TICKS, rtcp_ntp_from_wall(wall_ns), 0);
    send(1, 0);
    send(2, 0);
    expect("12");
    cr_assert_lt(llabs(unit_wall_ns[0] - wall_ns), 10);
    cr_assert_lt(llabs(unit_wall_ns[1] - wall_ns - 20 * NS_PER_MS), 10);
}

/* RFC 3550 section 6.4.1: who does not know the time says 0. */
Test(ingest, sender_reports_without_time_tell_nothing)
{
    start(IN_ORDER);
    report(1 * TICKS, 0, 0);
    send(1, 0);
    expect("1");
    cr_assert_lt(llabs(unit_wall_ns[0] - clock_wall_ns()), NS_PER_S);
}

/* Over UDP one packet of another source is not believed, over TCP there is no reason not to. */
Test(ingest, another_source_begins_a_new_timeline)
{
    start(IN_ORDER);
    send(1, 0);
    send_from(SSRC + 1, 5, 0);
    expect("15");
    cr_assert(!unit_is_new[0] && unit_is_new[1]);
}

Test(ingest, starts_again_after_a_start_that_failed)
{
    start(HOLD_NS); /* as far as the track goes; of another one, memory was out */
    wallclock_source_init(&clock_source);
    cr_assert_eq(ingest_start(&track, &clock_source, HOLD_NS), 0);
    send(1, 0);
    expect("1");
}
