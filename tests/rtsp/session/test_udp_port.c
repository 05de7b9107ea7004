/* SPDX-License-Identifier: MIT */
#include "rtsp/session/udp_port.h"

#include <criterion/criterion.h>
#include <errno.h>

#include "core/bytes.h"
#include "core/rcu.h"
#include "rtp/rtp.h"
#include "tests/support/ear.h"
#include "tests/support/turn.h"

enum { ANY = -1, VIDEO_TYPE = 96, AUDIO_TYPE = 97, VIDEO_SSRC = 0x1111, AUDIO_SSRC = 0x2222 };
enum { HEARD_MAX = 8 };

static struct loop loop;
static struct udp_port port;
static struct ear home[4], abroad; /* ports of one host, and another host */

/* What came. */
static struct {
    const struct udp_session *session;
    unsigned track;
    bool is_rtcp;
    size_t len;
} heard[HEARD_MAX];
static unsigned count;

static void on_datagram(struct udp_session *s, unsigned track, bool is_rtcp, struct slice bytes)
{
    cr_assert_lt(count, HEARD_MAX);
    heard[count].session = s;
    heard[count].track = track;
    heard[count].is_rtcp = is_rtcp;
    heard[count++].len = bytes.len;
}

static void set_up(void)
{
    rcu_enter();
    cr_assert_eq(loop_init(&loop), 0);
    cr_assert_eq(udp_port_open(&port, &loop, 0), 0);
    for (size_t i = 0; i < ARRAY_LEN(home); i++)
        ear_open(&home[i], "127.0.0.2");
    ear_open(&abroad, "127.0.0.3");
}

/* Nobody is known any more. */
static void tear_down(void)
{
    cr_assert_eq(port.rtp_peers.count, 0);
    cr_assert_eq(port.rtcp_peers.count, 0);
    cr_assert_eq(port.hosts.count, 0);
    for (size_t i = 0; i < ARRAY_LEN(home); i++)
        ear_close(&home[i]);
    ear_close(&abroad);
    udp_port_close(&port);
    turn(&loop);
    loop_fini(&loop);
    rcu_leave();
}

/* Of the host that 'who' is on. */
static struct udp_session *session_of(const struct ear *who)
{
    struct addr local;
    cr_assert_eq(addr_parse(&local, "127.0.0.1", 8554), 0);
    struct udp_session *s = udp_session_create(&port, &local, &who->addr);
    cr_assert_not_null(s);
    s->on_datagram = on_datagram;
    return s;
}

static void set_leg(struct udp_session *s, unsigned track, uint16_t rtp_port, int payload_type)
{
    uint16_t rtcp_port = rtp_port ? (uint16_t)(rtp_port + 1) : 0;
    cr_assert_eq(udp_session_set_leg(s, track, rtp_port, rtcp_port, payload_type), 0);
}

static uint16_t port_of(const struct ear *e)
{
    return addr_port(&e->addr);
}

static void say(const struct ear *from, bool is_rtcp, struct slice bytes)
{
    ear_say(from, udp_port(is_rtcp ? &port.rtcp : &port.rtp), bytes);
    turn(&loop);
}

static void say_rtp(const struct ear *from, uint8_t payload_type, uint32_t ssrc)
{
    uint8_t packet[RTP_HEADER_BYTES];
    const struct rtp_packet header = {.payload_type = payload_type, .marker = true, .ssrc = ssrc};
    rtp_write_header(packet, &header);
    say(from, false, slice_of(packet, sizeof packet));
}

static void say_report(const struct ear *from, uint32_t ssrc)
{
    uint8_t packet[8] = {0x80, 200, 0, 1};
    put_be32(packet + 4, ssrc);
    say(from, true, slice_of(packet, sizeof packet));
}

static void expect(const struct udp_session *s, unsigned track, bool is_rtcp)
{
    while (count == 0)
        turn(&loop);
    cr_assert_eq(count, 1, "%u datagrams", count);
    cr_assert_eq(heard[0].session, s);
    cr_assert_eq(heard[0].track, track);
    cr_assert_eq(heard[0].is_rtcp, is_rtcp);
    count = 0;
}

static void expect_nothing(void)
{
    cr_assert_eq(count, 0);
}

static uint16_t goes_to(const struct udp_session *s, unsigned track)
{
    return udp_addr_port(s->target.rtp[track]);
}

TestSuite(udp_port, .init = set_up, .fini = tear_down);

/* -- the pair -- */

Test(udp_port, is_two_ports_in_a_row_when_one_is_asked_for)
{
    struct udp_port other = {0};
    uint16_t at = 0;
    while (udp_port_open(&other, &loop, (uint16_t)(20000 + at)) != 0)
        at += 2;
    cr_assert(other.is_open);
    cr_assert_eq(udp_port(&other.rtp), 20000 + at);
    cr_assert_eq(udp_port(&other.rtcp), 20001 + at);

    struct udp_port third = {0};
    cr_assert_eq(udp_port_open(&third, &loop, (uint16_t)(20000 + at)), -EADDRINUSE);
    cr_assert_not(third.is_open);
    cr_assert_eq(udp_port_open(&third, &loop, 0), 0, "it may try again elsewhere");
    udp_port_close(&third);
    udp_port_close(&other);
    cr_assert_not(other.is_open);
}

Test(udp_port, a_port_that_is_taken_half_leaves_nothing_open)
{
    struct udp_port half = {0};
    struct udp free_one = {0};
    cr_assert_eq(udp_port_open(&half, &loop, (uint16_t)(udp_port(&port.rtp) - 1)), -EADDRINUSE);
    cr_assert_eq(udp_open(&free_one, &loop, (uint16_t)(udp_port(&port.rtp) - 1)), 0);
    udp_close(&free_one);
}

/* -- who a datagram is from -- */

Test(udp_port, announced_addresses_are_known)
{
    struct udp_session *s = session_of(&home[0]);
    set_leg(s, 0, port_of(&home[0]), ANY);
    set_leg(s, 3, port_of(&home[1]), ANY);
    cr_assert_eq(udp_session_set_leg(s, 3, port_of(&home[1]), port_of(&home[2]), ANY), 0);
    cr_assert_eq(goes_to(s, 0), port_of(&home[0]));
    say(&home[1], false, SLICE_LIT("punch"));
    expect(s, 3, false);
    say(&home[0], false, SLICE_LIT(""));
    expect(s, 0, false);
    say(&home[2], true, SLICE_LIT("report"));
    expect(s, 3, true);
    udp_session_destroy(s);
}

Test(udp_port, exact_address_wins_over_who_was_not_heard_yet)
{
    struct udp_session *other = session_of(&home[0]), *s = session_of(&home[0]);
    set_leg(other, 0, 1, ANY);
    set_leg(s, 0, 2, ANY);
    set_leg(s, 1, port_of(&home[0]), ANY);
    say(&home[0], false, SLICE_LIT("x"));
    expect(s, 1, false);
    cr_assert_eq(goes_to(other, 0), 1);
    cr_assert_eq(goes_to(s, 0), 2);
    udp_session_destroy(other);
    udp_session_destroy(s);
}

Test(udp_port, unknown_ports_are_taken_for_the_tracks_in_their_order)
{
    struct udp_session *s = session_of(&home[0]);
    set_leg(s, 0, 1, ANY);
    set_leg(s, 1, 3, ANY);
    for (unsigned i = 0; i < 2; i++) {
        say(&home[i], false, SLICE_LIT("punch"));
        expect(s, i, false);
        cr_assert_eq(goes_to(s, i), port_of(&home[i]));
        cr_assert_eq(udp_addr_port(s->target.rtcp[i]), 2 * i + 2, "RTCP is another matter");
    }
    say(&home[0], false, SLICE_LIT("again"));
    expect(s, 0, false);
    say(&home[2], false, SLICE_LIT("one too many"));
    expect_nothing();
    say(&home[2], true, SLICE_LIT("report"));
    expect(s, 0, true);
    udp_session_destroy(s);
}

/* As of a publisher that was replaced, and goes on. */
Test(udp_port, media_is_nobody_who_opens_a_nat)
{
    struct udp_session *s = session_of(&home[0]);
    set_leg(s, 0, 1, ANY);
    uint8_t packet[RTP_HEADER_BYTES + 1];
    rtp_write_header(packet, &(struct rtp_packet){.payload_type = 96});
    say(&home[1], false, slice_of(packet, sizeof packet));
    expect_nothing();
    cr_assert_eq(goes_to(s, 0), 1);
    say(&home[0], false, slice_of(packet, RTP_HEADER_BYTES));
    expect(s, 0, false);
    cr_assert_eq(goes_to(s, 0), port_of(&home[0]));
    udp_session_destroy(s);
}

Test(udp_port, who_was_heard_does_not_move)
{
    struct udp_session *s = session_of(&home[0]);
    set_leg(s, 0, port_of(&home[0]), ANY);
    say(&home[0], false, SLICE_LIT("x"));
    expect(s, 0, false);
    say(&home[1], false, SLICE_LIT("y"));
    expect_nothing();
    cr_assert_eq(goes_to(s, 0), port_of(&home[0]));
    udp_session_destroy(s);
}

Test(udp_port, other_hosts_are_nobody)
{
    struct udp_session *s = session_of(&home[0]);
    set_leg(s, 0, port_of(&abroad), ANY);
    set_leg(s, 1, 0, VIDEO_TYPE);
    say(&abroad, false, SLICE_LIT("the port alone is not enough"));
    say(&abroad, true, SLICE_LIT("x"));
    say_rtp(&abroad, VIDEO_TYPE, VIDEO_SSRC);
    expect_nothing();
    udp_session_destroy(s);
}

Test(udp_port, two_sessions_of_one_host_are_told_apart)
{
    struct udp_session *a = session_of(&home[0]), *b = session_of(&home[0]);
    set_leg(a, 0, 1, ANY);
    set_leg(b, 0, 1, ANY);
    say(&home[0], false, SLICE_LIT("x"));
    expect(a, 0, false);
    say(&home[1], false, SLICE_LIT("x"));
    expect(b, 0, false);
    say(&home[0], false, SLICE_LIT("x"));
    expect(a, 0, false);
    udp_session_destroy(a);
    say(&home[0], false, SLICE_LIT("too late"));
    expect_nothing();
    say(&home[1], false, SLICE_LIT("x"));
    expect(b, 0, false);
    udp_session_destroy(b);
}

Test(udp_port, track_that_is_set_up_again_begins_anew)
{
    struct udp_session *s = session_of(&home[0]);
    set_leg(s, 0, port_of(&home[0]), ANY);
    say(&home[0], false, SLICE_LIT("x"));
    expect(s, 0, false);
    set_leg(s, 0, port_of(&home[1]), ANY);
    cr_assert_eq(goes_to(s, 0), port_of(&home[1]));
    say(&home[1], false, SLICE_LIT("x"));
    expect(s, 0, false);
    say(&home[0], false, SLICE_LIT("forgotten"));
    expect_nothing();
    udp_session_destroy(s);
}

Test(udp_port, hosts_on_ipv6_are_known_as_well)
{
    struct ear six;
    if (port.rtp.family != AF_INET6)
        cr_skip("no IPv6 here");
    ear_open(&six, "[::1]");
    struct udp_session *s = session_of(&six);
    set_leg(s, 0, 1, ANY);
    say(&six, false, SLICE_LIT("x"));
    expect(s, 0, false);
    cr_assert_eq(goes_to(s, 0), port_of(&six));
    udp_session_destroy(s);
    ear_close(&six);
}

/* -- publishers -- */

/* rtspclientsink announces no ports. */
Test(udp_port, publishers_are_known_by_payload_type)
{
    struct udp_session *s = session_of(&home[0]);
    set_leg(s, 0, 0, VIDEO_TYPE);
    set_leg(s, 1, 0, AUDIO_TYPE);
    say_rtp(&home[2], 98, 7);
    say(&home[2], false, SLICE_LIT("\x80\x60 cut off"));
    say(&home[2], false, SLICE_LIT(""));
    expect_nothing();
    say_rtp(&home[1], AUDIO_TYPE, AUDIO_SSRC);
    expect(s, 1, false);
    say_rtp(&home[0], VIDEO_TYPE, VIDEO_SSRC);
    expect(s, 0, false);
    say_rtp(&home[2], VIDEO_TYPE, VIDEO_SSRC);
    expect_nothing();
    cr_assert_eq(goes_to(s, 0), port_of(&home[0]));
    cr_assert_eq(goes_to(s, 1), port_of(&home[1]));
    udp_session_destroy(s);
}

/* Sender reports come when they like, not in the order of the tracks. */
Test(udp_port, reports_of_publishers_are_known_by_their_ssrc)
{
    struct udp_session *s = session_of(&home[0]);
    set_leg(s, 0, 0, VIDEO_TYPE);
    set_leg(s, 1, 0, AUDIO_TYPE);
    say_report(&home[2], 0);
    expect_nothing();
    say_rtp(&home[0], VIDEO_TYPE, VIDEO_SSRC);
    expect(s, 0, false);
    say_rtp(&home[1], AUDIO_TYPE, AUDIO_SSRC);
    expect(s, 1, false);
    say(&home[2], true, SLICE_LIT("\x80\xc8\0\1\0\0\x22"));
    say_report(&home[2], 0x3333);
    expect_nothing();
    say_report(&home[3], AUDIO_SSRC);
    expect(s, 1, true);
    say_report(&home[2], VIDEO_SSRC);
    expect(s, 0, true);
    cr_assert_eq(udp_addr_port(s->target.rtcp[0]), port_of(&home[2]));
    cr_assert_eq(udp_addr_port(s->target.rtcp[1]), port_of(&home[3]));
    udp_session_destroy(s);
}

/* -- the end -- */

static void on_last_datagram(struct udp_session *s, unsigned track, bool is_rtcp,
                             struct slice bytes)
{
    on_datagram(s, track, is_rtcp, bytes);
    udp_session_destroy(s);
}

/* What it says may be what ends its connection; more of it is on the way. */
Test(udp_port, a_session_may_end_by_its_own_datagram)
{
    struct udp_session *s = session_of(&home[0]);
    set_leg(s, 0, 0, VIDEO_TYPE);
    set_leg(s, 1, port_of(&home[0]), ANY);
    s->on_datagram = on_last_datagram;
    for (unsigned i = 0; i < 3; i++)
        ear_say(&home[0], udp_port(&port.rtp), SLICE_LIT("x"));
    while (count == 0)
        turn(&loop);
    cr_assert_eq(count, 1);
    udp_session_destroy(NULL);
}
