/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <sys/epoll.h>

#include "core/bytes.h"
#include "core/rcu.h"
#include "rtp/rtcp.h"
#include "rtp/rtp.h"
#include "rtsp/fanout/fanout.h"
#include "tests/support/sending.h"
#include "tests/support/turn.h"
#include "tests/support/udp_viewer.h"

enum { FRAME_BYTES = 500, LARGE_BYTES = 9000, BURST = 64 << 10, RATE = 1000000 };

#define BEGIN_NS (2000 * NS_PER_S)

static const struct lane_layout both = {.tracks = 3, .kind = LANE_UDP};
static const struct lane_layout video_alone = {.tracks = 1, .kind = LANE_UDP};

static struct loop loop;
static struct feed feed;
static struct udp rtp, rtcp;
static struct egress_udp egress;
static struct lane_options patient = {
    .max_lag_ns = 3600 * NS_PER_S, .max_lag_bytes = 1 << 30, .udp = &egress};

static void set_up(void)
{
    rcu_enter();
    sending_reset();
    cr_assert_eq(loop_init(&loop), 0);
    cr_assert_eq(udp_open(&rtp, &loop, 0), 0);
    cr_assert_eq(udp_open(&rtcp, &loop, 0), 0);
    egress_udp_init(&egress, &rtp, &rtcp, 0, BURST);
    feed_open(&feed, &feed_video_and_audio, &feed_options);
    loop.now_ns = BEGIN_NS;
}

/* Everybody has left. */
static void tear_down(void)
{
    turn(&loop);
    feed_close(&feed);
    rcu_offline();
    rcu_drain();
    rcu_online();
    udp_close(&rtp);
    udp_close(&rtcp);
    turn(&loop);
    loop_fini(&loop);
    rcu_leave();
    rcu_drain();
}

/* Another stream takes the place of the one that nobody plays yet. */
static void use_stream(const struct stream_options *options)
{
    feed_close(&feed);
    feed_open(&feed, &feed_video_and_audio, options);
}

/* All of it stays, so that it can be compared. */
static void use_packets_of(size_t packet_bytes)
{
    struct stream_options options = feed_options;
    options.packet_bytes = packet_bytes;
    options.keep.max_lag_bytes = 1 << 30;
    use_stream(&options);
}

static void keep_no_gop(void)
{
    struct stream_options options = feed_options;
    options.keep.gop_cache_bytes = 1;
    use_stream(&options);
}

static struct lane *lane_of(const struct lane_layout *layout, const struct lane_options *options)
{
    struct fanout *f = fanout_get(&loop, 0, feed.stream);
    cr_assert_not_null(f);
    struct lane *l = fanout_lane(f, layout, options);
    cr_assert_not_null(l);
    return l;
}

static void open_listener(struct udp_viewer *s, unsigned number)
{
    char host[ADDR_TEXT_MAX];
    snprintf(host, sizeof host, "127.0.0.%u", 2 + number % 250);
    udp_viewer_open(s, &rtp, host, "127.0.0.1");
}

static void join(struct udp_viewer *s, const struct lane_options *options)
{
    cr_assert_eq(lane_join(lane_of(&both, options), &s->viewer), 0);
}

static void open_and_join(struct udp_viewer *s, unsigned number)
{
    open_listener(s, number);
    join(s, &patient);
}

static void greet_and_join(struct udp_viewer *s)
{
    cr_assert_eq(lane_greet(lane_of(&both, &patient), &s->viewer), 0);
    join(s, &patient);
}

/* A key frame and others, and audio between them; returns the position after the last. */
static uint64_t feed_gop(unsigned frames, size_t bytes)
{
    uint64_t pos = 0;
    for (unsigned i = 0; i < frames; i++) {
        pos = feed_video(&feed, i == 0, bytes);
        if (i % 3 == 2)
            pos = feed_audio(&feed, AUDIO, 90);
    }
    return pos + 1;
}

static void turn_now(void)
{
    turn_at(&loop, loop.now_ns);
}

static void turn_later(int64_t ns)
{
    turn_at(&loop, loop.now_ns + ns);
}

static void has_room_again(struct udp *u)
{
    u->io.on_events(&u->io, EPOLLOUT);
}

TestSuite(player_udp, .init = set_up, .fini = tear_down);

/* -- the same bytes -- */

enum { SOME = 5 };

/* From the cache and live, small frames and large: everybody gets what a player on TCP gets. */
static void expect_the_same_as_over_tcp(void)
{
    struct udp_viewer s[SOME];
    struct spectator tcp;
    uint64_t from = ring_head(stream_ring(feed.stream));
    feed_gop(4, FRAME_BYTES);
    for (unsigned i = 0; i < SOME; i++)
        open_and_join(&s[i], i);
    spectator_open(&tcp, SPECTATOR_ROOMY);
    cr_assert_eq(lane_join(lane_of(&udp_viewer_as_tcp, &patient), &tcp.viewer), 0);
    feed_video(&feed, false, LARGE_BYTES);
    turn_now();
    feed_gop(3, 190);
    feed_video(&feed, false, 1);
    uint64_t upto = feed_gop(2, LARGE_BYTES);
    turn_now();
    spectator_read(&tcp);
    for (unsigned i = 0; i < SOME; i++) {
        udp_viewer_expect(&s[i], &feed, from, upto);
        cr_assert(slice_eq(buf_slice(&s[i].got), buf_slice(&tcp.got)));
        cr_assert_eq(buf_len(&s[i].reports), 0);
        udp_viewer_close(&s[i]);
    }
    spectator_close(&tcp);
    turn_now();
}

Test(player_udp, packets_are_those_of_tcp)
{
    expect_the_same_as_over_tcp();
    if (rtp.can_segment)
        cr_assert_gt(sending.cut, 0);
    rtp.can_segment = false;
    sending.cut = 0;
    expect_the_same_as_over_tcp();
    cr_assert_eq(sending.cut, 0);
}

/* As on a path that takes smaller packets, and on one that cuts nothing. */
Test(player_udp, packets_are_whole_when_the_kernel_refuses_to_cut)
{
    sending.refuses_cut = EMSGSIZE;
    expect_the_same_as_over_tcp();
    sending.refuses_cut = EINVAL;
    expect_the_same_as_over_tcp();
    sending.refuses_cut = EIO;
    expect_the_same_as_over_tcp();
}

Test(player_udp, packets_of_one_size_go_as_one_message)
{
    if (!rtp.can_segment)
        cr_skip("this kernel cuts nothing");
    struct udp_viewer s;
    open_and_join(&s, 0);
    feed_video(&feed, true, LARGE_BYTES);
    turn_now();
    cr_assert_eq(sending.taken, 2, "49 packets are more than one message takes");
    cr_assert_eq(sending.calls, 1);
    udp_viewer_expect(&s, &feed, 0, 1);
    udp_viewer_close(&s);
}

Test(player_udp, a_slice_of_players_is_served_by_one_call)
{
    enum { CROWD = 60 };
    static struct udp_viewer s[CROWD];
    for (unsigned i = 0; i < CROWD; i++)
        open_and_join(&s[i], i);
    feed_video(&feed, true, FRAME_BYTES);
    turn_now();
    cr_assert_eq(sending.calls, rtp.can_segment ? 1 : 4);
    for (unsigned i = 0; i < CROWD; i++) {
        udp_viewer_expect(&s[i], &feed, 0, 1);
        udp_viewer_close(&s[i]);
    }
}

Test(player_udp, packets_come_from_the_address_that_the_player_knows)
{
    struct udp_viewer s;
    char text[ADDR_TEXT_MAX];
    udp_viewer_open(&s, &rtp, "127.0.0.2", "127.0.0.77");
    join(&s, &patient);
    feed_gop(1, FRAME_BYTES);
    turn_now();
    udp_viewer_expect(&s, &feed, 0, 1);
    addr_format_host(&s.from, text);
    cr_assert_str_eq(text, "127.0.0.77");
    cr_assert_eq(addr_port(&s.from), udp_port(&rtp));
    udp_viewer_close(&s);
}

/* An access unit that its payload format cannot express. */
Test(player_udp, frames_without_packets_are_passed_over)
{
    struct udp_viewer s;
    open_and_join(&s, 0);
    feed_gop(1, FRAME_BYTES);
    for (unsigned i = 0; i < 3; i++)
        feed_audio(&feed, AUDIO, 9000);
    turn_now();
    feed_audio(&feed, AUDIO, 9000);
    turn_now();
    feed_video(&feed, false, FRAME_BYTES);
    turn_now();
    udp_viewer_expect(&s, &feed, 0, 6);
    stream_end(feed.stream);
    turn_now();
    cr_assert_eq(s.ends, 1);
    udp_viewer_close(&s);
}

Test(player_udp, an_address_that_takes_nothing_harms_nobody)
{
    struct udp_viewer s[3];
    for (unsigned i = 0; i < ARRAY_LEN(s); i++)
        open_listener(&s[i], i);
    s[1].rtp_addr = udp_addr_with_port(&s[1].rtp_addr, 0);
    for (unsigned i = 0; i < ARRAY_LEN(s); i++)
        join(&s[i], &patient);
    feed_gop(2, LARGE_BYTES);
    turn_now();
    cr_assert_gt(rtp.refused, 0);
    udp_viewer_expect(&s[0], &feed, 0, 2);
    udp_viewer_expect(&s[2], &feed, 0, 2);
    for (unsigned i = 0; i < ARRAY_LEN(s); i++)
        udp_viewer_close(&s[i]);
}

/* -- a full socket -- */

static void fill_up(unsigned room, bool can_segment)
{
    struct udp_viewer s[SOME];
    rtp.can_segment = can_segment;
    sending.room = UINT_MAX;
    uint64_t from = feed_video(&feed, true, FRAME_BYTES);
    for (unsigned i = 0; i < SOME; i++)
        open_and_join(&s[i], i);
    sending.room = room;
    feed_gop(4, FRAME_BYTES);
    turn_now();
    uint64_t upto = feed_gop(2, LARGE_BYTES);
    turn_now();
    cr_assert(rtp.full);
    while (rtp.full) {
        cr_assert_eq(rtp.refused, 0);
        sending.room = room;
        has_room_again(&rtp);
        turn_now();
    }
    for (unsigned i = 0; i < SOME; i++) {
        udp_viewer_expect(&s[i], &feed, from, upto);
        cr_assert_eq(s[i].viewer.jumps, 0);
        udp_viewer_close(&s[i]);
    }
    turn_now();
}

Test(player_udp, a_full_socket_goes_on_where_it_stopped)
{
    static const unsigned rooms[] = {1, 2, 3, 5, 8, 13, 21};
    for (size_t i = 0; i < ARRAY_LEN(rooms); i++) {
        fill_up(rooms[i], rtp.can_segment);
        fill_up(rooms[i], false);
    }
}

Test(player_udp, all_lanes_go_on_when_there_is_room)
{
    struct udp_viewer s[2];
    for (unsigned i = 0; i < 2; i++)
        open_listener(&s[i], i);
    join(&s[0], &patient);
    cr_assert_eq(lane_join(lane_of(&video_alone, &patient), &s[1].viewer), 0);
    sending.room = 0;
    feed_video(&feed, true, FRAME_BYTES);
    turn_now();
    udp_viewer_hear(&s[0], &feed);
    udp_viewer_hear(&s[1], &feed);
    cr_assert_eq(buf_len(&s[0].got) + buf_len(&s[1].got), 0);
    sending.room = UINT_MAX;
    has_room_again(&rtp);
    turn_now();
    for (unsigned i = 0; i < 2; i++) {
        udp_viewer_expect(&s[i], &feed, 0, 1);
        udp_viewer_close(&s[i]);
    }
}

Test(player_udp, a_lane_that_waits_for_room_may_go)
{
    struct udp_viewer s;
    open_and_join(&s, 0);
    sending.room = 0;
    feed_gop(1, FRAME_BYTES);
    turn_now();
    cr_assert(rtp.full);
    udp_viewer_close(&s);
    turn(&loop);
    has_room_again(&rtp);
    turn(&loop);
}

/* -- pace -- */

static void limit(uint64_t rate, size_t burst)
{
    egress_udp_init(&egress, &rtp, &rtcp, rate, burst);
}

/* Everything goes out, no faster than allowed and, but for a packet and a turn, no slower. */
static void catch_up(struct udp_viewer *s, uint64_t upto, size_t burst, size_t packet)
{
    struct buf frames = wire_frames(&feed, &udp_viewer_as_tcp, 0, upto);
    struct slice rest = buf_slice(&frames);
    struct wire_packet at;
    uint64_t bytes = 0;
    while (wire_next(&rest, &at))
        bytes += at.bytes.len;
    for (uint64_t ms = 0; viewer_sent_bytes(&s->viewer) < bytes; ms++) {
        uint64_t sent = viewer_sent_bytes(&s->viewer), allowed = burst + ms * (RATE / 1000);
        cr_assert_leq(sent, allowed, "%lu of %lu bytes after %lu ms", sent, allowed, ms);
        cr_assert_geq(sent + packet + 2 * (RATE / 1000), allowed, "%lu of %lu bytes after %lu ms",
                      sent, allowed, ms);
        turn_later(NS_PER_MS);
        udp_viewer_hear(s, &feed);
    }
    udp_viewer_expect(s, &feed, 0, upto);
    buf_reset(&frames);
}

Test(player_udp, who_joins_catches_up_at_the_pace)
{
    struct udp_viewer s;
    limit(RATE, BURST);
    use_packets_of(1360);
    feed_video(&feed, true, 150000);
    uint64_t upto = 0;
    for (unsigned i = 0; i < 24; i++)
        upto = feed_video(&feed, false, 15000) + 1;
    open_and_join(&s, 0);
    cr_assert_leq(viewer_sent_bytes(&s.viewer), BURST);
    cr_assert_gt(viewer_sent_bytes(&s.viewer), BURST - 1360);
    catch_up(&s, upto, BURST, 1360);
    cr_assert_eq(s.viewer.jumps, 0);
    udp_viewer_close(&s);
}

Test(player_udp, without_a_limit_who_joins_gets_all_at_once)
{
    struct udp_viewer s;
    use_packets_of(1360);
    feed_video(&feed, true, 3 * BURST);
    open_and_join(&s, 0);
    udp_viewer_expect(&s, &feed, 0, 1);
    udp_viewer_close(&s);
}

/* 750 KB in a second, but 30 KB every 40 ms. */
Test(player_udp, live_frames_within_the_burst_are_not_held_back)
{
    struct udp_viewer s;
    limit(RATE, BURST);
    use_packets_of(1360);
    open_and_join(&s, 0);
    for (uint64_t i = 0; i < 50; i++) {
        feed_video(&feed, i == 0, 30000);
        turn_later(FEED_STEP_NS);
        udp_viewer_expect(&s, &feed, i, i + 1);
        udp_viewer_clear(&s);
    }
    udp_viewer_close(&s);
}

Test(player_udp, packets_larger_than_the_burst_go_one_at_a_time)
{
    enum { PACKET = 8000, SMALL_BURST = 2048, PATIENCE_MS = 100 };
    struct udp_viewer s;
    limit(RATE, SMALL_BURST);
    use_packets_of(PACKET);
    feed_video(&feed, true, 40000);
    open_and_join(&s, 0);
    cr_assert_eq(viewer_sent_bytes(&s.viewer), PACKET);
    for (unsigned ms = 1; ms < PATIENCE_MS; ms++) {
        turn_later(NS_PER_MS);
        cr_assert_leq(viewer_sent_bytes(&s.viewer), PACKET + ms * (RATE / 1000));
    }
    udp_viewer_expect(&s, &feed, 0, 1);
    udp_viewer_close(&s);
}

/* Each has a pace of its own, and others do not wait. */
Test(player_udp, who_catches_up_holds_nobody_up)
{
    struct udp_viewer late, early;
    limit(RATE, BURST);
    use_packets_of(1360);
    feed_video(&feed, true, 60000);
    open_and_join(&early, 0);
    for (unsigned i = 0; i < 10; i++) {
        feed_video(&feed, false, 20000);
        turn_later(FEED_STEP_NS);
        udp_viewer_hear(&early, &feed);
    }
    open_and_join(&late, 1);
    feed_video(&feed, false, 20000);
    turn_now();
    udp_viewer_expect(&early, &feed, 0, 12);
    cr_assert_leq(viewer_sent_bytes(&late.viewer), BURST);
    for (unsigned i = 0; i < 300; i++) {
        turn_later(NS_PER_MS);
        udp_viewer_hear(&late, &feed);
    }
    udp_viewer_expect(&late, &feed, 0, 12);
    udp_viewer_close(&early);
    udp_viewer_close(&late);
}

/* -- who lags -- */

static bool is_first_of_key_frame(uint16_t seq, uint64_t upto)
{
    for (uint64_t pos = 0; pos < upto; pos++) {
        const struct frame *f = feed_frame(&feed, pos);
        if (f->track == VIDEO && f->key && f->first_seq == seq)
            return true;
    }
    return false;
}

/* Until all has come that was sent. */
static void hear_all(struct udp_viewer *s)
{
    size_t bytes;
    do {
        struct slice rest = buf_slice(&s->got);
        struct wire_packet packet;
        for (bytes = 0; wire_next(&rest, &packet); bytes += packet.bytes.len)
            ;
        udp_viewer_hear(s, &feed);
    } while (bytes < viewer_sent_bytes(&s->viewer));
}

/* The packets of the video follow each other, but where the player jumped. Returns the jumps. */
static unsigned count_jumps(const struct udp_viewer *s, uint64_t upto)
{
    struct slice rest = buf_slice(&s->got);
    struct wire_packet packet;
    uint16_t next = stream_first_seq(feed.stream, VIDEO);
    unsigned jumps = 0;
    while (wire_next(&rest, &packet)) {
        struct rtp_packet p;
        cr_assert_eq(rtp_parse(packet.bytes, &p), 0);
        if (p.seq != next)
            cr_assert(is_first_of_key_frame(p.seq, upto), "%u, not %u", p.seq, next);
        jumps += p.seq != next;
        next = (uint16_t)(p.seq + 1);
    }
    return jumps;
}

Test(player_udp, who_lags_jumps_to_key_frames)
{
    struct lane_options hasty = patient;
    struct udp_viewer s;
    uint64_t upto = 0;
    hasty.max_lag_bytes = 100000;
    limit(RATE / 4, 20000);
    use_packets_of(1360);
    open_listener(&s, 0);
    join(&s, &hasty);
    for (unsigned i = 0; i < 100; i++) { /* twice of what it may be sent */
        upto = feed_video(&feed, i % 10 == 0, 20000) + 1;
        for (unsigned ms = 0; ms < 40; ms++)
            turn_later(NS_PER_MS);
        udp_viewer_hear(&s, &feed);
    }
    hear_all(&s);
    cr_assert_gt(s.viewer.jumps, 2);
    cr_assert_eq(count_jumps(&s, upto), s.viewer.jumps);
    udp_viewer_close(&s);
}

/* The reports after the pause are due before the frame is, and not late either. */
Test(player_udp, pause_of_the_publisher_makes_nobody_lag)
{
    struct lane_options hasty = patient;
    struct udp_viewer s;
    hasty.max_lag_ns = 2 * NS_PER_S;
    keep_no_gop();
    open_listener(&s, 0);
    join(&s, &hasty);
    feed_gop(4, FRAME_BYTES);
    turn_now();
    udp_viewer_expect(&s, &feed, 0, 5);
    udp_viewer_clear(&s);
    feed.now_ns += 60 * NS_PER_S;
    loop.now_ns += 60 * NS_PER_S;
    feed_video(&feed, false, FRAME_BYTES);
    turn_now();
    feed_video(&feed, true, FRAME_BYTES);
    turn_now();
    cr_assert_eq(s.viewer.jumps, 0);
    udp_viewer_expect(&s, &feed, 5, 7);
    udp_viewer_close(&s);
}

/* A connection that takes nothing at the moment has nothing to do with where the datagrams go. */
Test(player_udp, starts_when_the_key_frame_comes_whatever_its_connection_does)
{
    struct udp_viewer s;
    keep_no_gop();
    feed_gop(2, FRAME_BYTES);
    open_listener(&s, 0);
    s.viewer.full = true;
    join(&s, &patient);
    feed_video(&feed, true, FRAME_BYTES);
    feed_video(&feed, false, FRAME_BYTES);
    turn_now();
    udp_viewer_expect(&s, &feed, 2, 4);
    udp_viewer_close(&s);
}

/* -- reports -- */

/* What came with the RTP, a letter each: v, a: RTP; V, A: sender report; W, B: with BYE. */
static const char *story(struct udp_viewer *s)
{
    static char text[1024];
    static const char letters[2][3] = {{'v', 'V', 'W'}, {'a', 'A', 'B'}};
    struct slice rest = buf_slice(&s->got);
    struct wire_packet packet;
    size_t len = 0;
    while (wire_next(&rest, &packet) && len < sizeof text - 1) {
        struct rtcp_seen seen = {0};
        unsigned kind = packet.channel % 2;
        if (kind == 1) {
            cr_assert_eq(rtcp_parse(packet.bytes, &seen), 0);
            cr_assert(seen.has_sr);
            kind += seen.has_bye;
        }
        text[len++] = letters[packet.channel / 2][kind];
    }
    text[len] = '\0';
    return text;
}

static void expect_story(struct udp_viewer *s, const char *want)
{
    udp_viewer_hear(s, &feed);
    while (strlen(story(s)) < strlen(want) && ear_has_more(&s->rtp))
        udp_viewer_hear(s, &feed);
    cr_assert_str_eq(story(s), want);
    udp_viewer_clear(s);
}

/* Loopback keeps the order of what is sent, whichever socket it is sent from. */
Test(player_udp, reports_come_before_the_first_packets)
{
    struct udp_viewer s;
    feed_video(&feed, true, 10);
    feed_audio(&feed, AUDIO, 10);
    open_listener(&s, 0);
    udp_viewer_mux(&s);
    greet_and_join(&s);
    expect_story(&s, "VAva");
    udp_viewer_close(&s);
}

Test(player_udp, reports_of_tracks_without_frames_come_with_their_first_frame)
{
    struct udp_viewer s;
    open_listener(&s, 0);
    udp_viewer_mux(&s);
    greet_and_join(&s);
    expect_story(&s, "");
    feed_video(&feed, true, 10);
    turn_now();
    expect_story(&s, "Vv");
    feed_audio(&feed, AUDIO, 10);
    feed_video(&feed, false, 10);
    turn_now();
    expect_story(&s, "Aav");
    udp_viewer_close(&s);
}

Test(player_udp, reports_come_every_five_seconds_right_before_a_frame)
{
    struct udp_viewer s[2];
    feed_video(&feed, true, 10);
    feed_audio(&feed, AUDIO, 10);
    for (unsigned i = 0; i < 2; i++) {
        open_listener(&s[i], i);
        udp_viewer_mux(&s[i]);
        join(&s[i], &patient);
    }
    for (unsigned second = 0; second < 16; second++) {
        feed_video(&feed, false, 10);
        turn_later(NS_PER_S);
    }
    expect_story(&s[0], "vavvvvVAvvvvvVAvvvvvVAvv");
    expect_story(&s[1], "vavvvvVAvvvvvVAvvvvvVAvv");
    udp_viewer_close(&s[0]);
    udp_viewer_close(&s[1]);
}

/* Who is behind gets them behind what it lacks, not at once. */
Test(player_udp, reports_keep_their_place_for_who_is_behind)
{
    struct udp_viewer s;
    limit(RATE, 2000);
    use_packets_of(1000);
    feed_video(&feed, true, 2900);
    open_listener(&s, 0);
    udp_viewer_mux(&s);
    join(&s, &patient);
    expect_story(&s, "vv");
    loop.now_ns += 1;
    lane_of(&both, &patient); /* keeps the fan-out */
    feed_video(&feed, false, 900);
    turn_now();
    expect_story(&s, "");
    for (unsigned ms = 0; ms < 10; ms++)
        turn_later(NS_PER_MS);
    expect_story(&s, "vv");
    feed_video(&feed, false, 2900);
    turn_later(5 * NS_PER_S);
    expect_story(&s, "Vvv");
    for (unsigned ms = 0; ms < 10; ms++)
        turn_later(NS_PER_MS);
    expect_story(&s, "v");
    udp_viewer_close(&s);
}

Test(player_udp, reports_go_to_the_rtcp_address_from_the_rtcp_port)
{
    struct udp_viewer s;
    feed_video(&feed, true, 10);
    open_listener(&s, 0);
    cr_assert_eq(lane_greet(lane_of(&both, &patient), &s.viewer), 0);
    cr_assert(ear_has_more(&s.rtcp));
    udp_viewer_hear(&s, &feed);
    cr_assert_eq(buf_len(&s.got), 0);
    cr_assert_gt(buf_len(&s.reports), 0);
    cr_assert_eq(addr_port(&s.from), udp_port(&rtcp));
    udp_viewer_close(&s);
}

/* -- the end -- */

Test(player_udp, end_of_stream_is_bye_and_then_on_end)
{
    struct udp_viewer s;
    feed_video(&feed, true, 10);
    open_listener(&s, 0);
    udp_viewer_mux(&s);
    join(&s, &patient);
    stream_end(feed.stream);
    turn_now();
    expect_story(&s, "vWB");
    cr_assert_eq(s.ends, 1);
    cr_assert_eq(s.why, VIEWER_STREAM_ENDED);
    cr_assert_null(s.viewer.lane);
    udp_viewer_close(&s);
}

Test(player_udp, who_catches_up_gets_the_rest_and_then_bye)
{
    struct udp_viewer s;
    limit(RATE, 2000);
    use_packets_of(1000);
    feed_video(&feed, true, 9800);
    open_listener(&s, 0);
    udp_viewer_mux(&s);
    join(&s, &patient);
    stream_end(feed.stream);
    turn_now();
    expect_story(&s, "vv");
    cr_assert_eq(s.ends, 0);
    for (unsigned ms = 0; ms < 30; ms++)
        turn_later(NS_PER_MS);
    expect_story(&s, "vvvvvvvvWB");
    cr_assert_eq(s.ends, 1);
    udp_viewer_close(&s);
}

Test(player_udp, who_waits_for_a_key_frame_hears_of_the_end)
{
    struct udp_viewer s;
    keep_no_gop();
    feed_gop(2, 10);
    open_listener(&s, 0);
    udp_viewer_mux(&s);
    join(&s, &patient);
    stream_end(feed.stream);
    turn_now();
    expect_story(&s, "WB");
    cr_assert_eq(s.ends, 1);
    udp_viewer_close(&s);
}

Test(player_udp, end_waits_for_room_in_the_socket)
{
    struct udp_viewer s[SOME];
    for (unsigned i = 0; i < SOME; i++)
        open_and_join(&s[i], i);
    sending.room = 0;
    feed_gop(2, FRAME_BYTES);
    turn_now();
    stream_end(feed.stream);
    turn_now();
    for (unsigned i = 0; i < SOME; i++)
        cr_assert_eq(s[i].ends, 0);
    sending.room = UINT_MAX;
    has_room_again(&rtp);
    turn_now();
    for (unsigned i = 0; i < SOME; i++) {
        cr_assert_eq(s[i].ends, 1);
        udp_viewer_expect(&s[i], &feed, 0, 2);
        udp_viewer_close(&s[i]);
    }
}

/* -- the sweep -- */

enum { CROWD = 150 };

static struct udp_viewer crowd[CROWD];

static void open_crowd(void)
{
    for (unsigned i = 0; i < CROWD; i++)
        open_and_join(&crowd[i], i);
}

static void turn_until_idle(void)
{
    do
        turn(&loop);
    while (!list_empty(&loop.tasks));
}

Test(player_udp, leaving_and_joining_during_a_sweep_makes_nobody_miss_it)
{
    struct udp_viewer late;
    open_crowd();
    feed_gop(1, FRAME_BYTES);
    turn(&loop);
    cr_assert_not(list_empty(&loop.tasks), "more are to be served");
    for (unsigned i = 0; i < CROWD; i += 7)
        udp_viewer_close(&crowd[i]);
    open_and_join(&late, CROWD);
    feed_video(&feed, false, LARGE_BYTES);
    turn_until_idle();
    for (unsigned i = 0; i < CROWD; i++) {
        if (i % 7 == 0)
            continue;
        udp_viewer_expect(&crowd[i], &feed, 0, 2);
        udp_viewer_close(&crowd[i]);
    }
    udp_viewer_expect(&late, &feed, 0, 2);
    udp_viewer_close(&late);
}

/* Those around it leave as well. */
static void take_others_along(struct viewer *v, enum viewer_end why)
{
    struct udp_viewer *s = CONTAINER_OF(v, struct udp_viewer, viewer);
    size_t place = (size_t)(s - crowd);
    s->ends++;
    s->why = why;
    viewer_leave(&crowd[(place + 1) % CROWD].viewer);
    viewer_leave(&crowd[(place + CROWD - 1) % CROWD].viewer);
}

Test(player_udp, players_may_leave_when_another_one_ends)
{
    unsigned ends = 0;
    open_crowd();
    for (unsigned i = 0; i < CROWD; i++)
        crowd[i].viewer.on_end = take_others_along;
    feed_gop(2, FRAME_BYTES);
    stream_end(feed.stream);
    turn_until_idle();
    for (unsigned i = 0; i < CROWD; i++) {
        ends += crowd[i].ends;
        cr_assert_null(crowd[i].viewer.lane);
        if (crowd[i].ends > 0)
            udp_viewer_expect(&crowd[i], &feed, 0, 2);
        udp_viewer_close(&crowd[i]);
    }
    cr_assert_geq(ends, CROWD / 3);
}
