/* SPDX-License-Identifier: MIT */
#include "net/udp.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "core/rcu.h"
#include "tests/support/ear.h"
#include "tests/support/sending.h"
#include "tests/support/turn.h"

enum { SEGMENT = 1000, HEARD_MAX = 400 };

static struct loop loop;
static struct udp udp;
static struct ear ear;
static struct udp_addr to, from;
static uint8_t bytes[UDP_MESSAGE_MAX_BYTES];
static bool refuses;

static struct addr addr_of(const char *text)
{
    struct addr a;
    cr_assert_eq(addr_parse(&a, text, 0), 0);
    return a;
}

static void set_up(void)
{
    rcu_enter();
    sending_reset();
    cr_assert_eq(loop_init(&loop), 0);
    cr_assert_eq(udp_open(&udp, &loop, 0), 0);
    ear_open(&ear, "127.0.0.2");
    to = udp_addr_of(&udp, &ear.addr, addr_port(&ear.addr));
    const struct addr local = addr_of("127.0.0.3");
    from = udp_addr_of(&udp, &local, 0);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7 + i / 256);
}

static void tear_down(void)
{
    ear_close(&ear);
    udp_close(&udp);
    turn(&loop);
    loop_fini(&loop);
    rcu_leave();
}

static struct udp_message message(size_t len, size_t segment)
{
    return (struct udp_message){.to = &to,
                                .from = &from,
                                .bytes = slice_of(bytes, len),
                                .segment = segment,
                                .refuses_segments = &refuses};
}

static unsigned send_one(size_t len, size_t segment)
{
    const struct udp_message m = message(len, segment);
    return udp_send(&udp, &m, 1);
}

/* What comes next is bytes[at..at + len), in datagrams of 'segment' bytes, the last smaller. */
static void expect(size_t len, size_t segment)
{
    struct addr sender;
    for (size_t at = 0; at < len; at += segment) {
        struct slice got = ear_hear(&ear, &sender);
        cr_assert(slice_eq(got, slice_of(bytes + at, size_min(segment, len - at))), "at %zu", at);
    }
}

static void expect_no_more(void)
{
    struct slice got;
    struct addr sender;
    cr_assert_not(ear_peek(&ear, &got, &sender), "%zu bytes too many", got.len);
}

TestSuite(udp, .init = set_up, .fini = tear_down);

/* -- addresses -- */

Test(udp, addresses_are_of_the_family_of_the_socket)
{
    static const struct {
        int family;
        const char *text;
        const char *is; /* as addr_format says it */
        int becomes;
    } rows[] = {
        {AF_INET6, "10.1.2.3", "10.1.2.3:99", AF_INET6},
        {AF_INET6, "[::ffff:10.1.2.3]", "10.1.2.3:99", AF_INET6},
        {AF_INET6, "[2001:db8::5]", "[2001:db8::5]:99", AF_INET6},
        {AF_INET, "10.1.2.3", "10.1.2.3:99", AF_INET},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct udp u = {.family = rows[i].family};
        const struct addr host = addr_of(rows[i].text);
        const struct udp_addr got = udp_addr_of(&u, &host, 99);
        struct addr shown = {.len = sizeof got};
        char text[ADDR_TEXT_MAX];
        memcpy(&shown.ss, &got, sizeof got);
        addr_format(&shown, text);
        cr_assert_eq(got.sa.sa_family, rows[i].becomes, "row %zu", i);
        cr_assert_str_eq(text, rows[i].is);
        cr_assert_eq(udp_addr_port(&got), 99);
    }
}

Test(udp, addresses_are_equal_by_host_and_port)
{
    const struct udp u4 = {.family = AF_INET}, u6 = {.family = AF_INET6};
    const struct addr one = addr_of("10.1.2.3"), two = addr_of("10.1.2.4");
    const struct udp_addr a = udp_addr_of(&u6, &one, 5), b = udp_addr_of(&u6, &one, 6);
    const struct udp_addr c = udp_addr_of(&u6, &two, 5), d = udp_addr_of(&u4, &one, 5);
    const struct udp_addr e = udp_addr_with_port(&b, 5);
    cr_assert(udp_addr_eq(&a, &e));
    cr_assert(udp_addr_same_host(&a, &b));
    cr_assert_not(udp_addr_eq(&a, &b));
    cr_assert_not(udp_addr_same_host(&a, &c));
    cr_assert_not(udp_addr_same_host(&a, &d), "another family");
}

/* -- the socket -- */

Test(udp, port_is_the_one_that_was_asked_for_or_free)
{
    struct udp other = {0};
    uint16_t port = udp_port(&udp);
    cr_assert_neq(port, 0);
    cr_assert_eq(udp_open(&other, &loop, port), -EADDRINUSE);
    udp_close(&other);
    udp_close(&udp);
    cr_assert_eq(udp_open(&other, &loop, port), 0);
    cr_assert_eq(udp_port(&other), port);
    udp_close(&other);
}

Test(udp, close_is_harmless_for_one_that_was_never_open_or_is_closed)
{
    struct udp never = {0};
    udp_close(&never);
    udp_close(&udp);
    udp_close(&udp);
}

Test(udp, multicast_reach_counts_for_both_families)
{
    int v4 = 0, v6 = 0;
    socklen_t len = sizeof v4;
    udp_set_multicast_ttl(&udp, 7);
    cr_assert_eq(getsockopt(udp.io.fd, IPPROTO_IP, IP_MULTICAST_TTL, &v4, &len), 0);
    cr_assert_eq(v4, 7);
    if (udp.family != AF_INET6)
        return;
    cr_assert_eq(getsockopt(udp.io.fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &v6, &len), 0);
    cr_assert_eq(v6, 7);
}

/* -- out -- */

static void send_runs(void)
{
    static const struct {
        size_t len, segment;
    } rows[] = {
        {1, 1},
        {SEGMENT, SEGMENT},
        {SEGMENT + 1, SEGMENT},
        {3 * SEGMENT, SEGMENT},
        {3 * SEGMENT - 1, SEGMENT},
        {UDP_SEGMENTS_MAX * SEGMENT, SEGMENT},
        {UDP_SEGMENTS_MAX * 20 - 19, 20},
        {UDP_MESSAGE_MAX_BYTES, 1413},
        {60000, 30000},
        {UDP_MESSAGE_MAX_BYTES, UDP_MESSAGE_MAX_BYTES},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        cr_assert_eq(send_one(rows[i].len, rows[i].segment), 1);
        expect(rows[i].len, rows[i].segment);
        expect_no_more();
    }
    cr_assert_eq(udp.refused, 0);
}

Test(udp, runs_are_cut_into_datagrams)
{
    if (!udp.can_segment)
        cr_skip("this kernel cuts nothing");
    send_runs();
    cr_assert_gt(sending.cut, 0);
    cr_assert_not(refuses);
}

/* The path takes smaller packets only, or checksums are not offloaded. */
Test(udp, runs_that_the_kernel_refuses_to_cut_go_out_one_by_one)
{
    static const int reasons[] = {EINVAL, EMSGSIZE, EIO};
    udp.can_segment = true;
    for (size_t i = 0; i < ARRAY_LEN(reasons); i++) {
        refuses = false;
        sending.refuses_cut = reasons[i];
        send_runs();
        cr_assert(refuses);
        cr_assert(udp.can_segment, "another way out may take them");
    }
}

/* Port 0 is as good as none: the kernel says EINVAL to whatever goes there. */
Test(udp, cutting_is_not_to_blame_for_an_address_that_takes_nothing)
{
    if (!udp.can_segment)
        cr_skip("this kernel cuts nothing");
    to = udp_addr_with_port(&to, 0);
    cr_assert_eq(send_one(5 * SEGMENT - 1, SEGMENT), 1);
    cr_assert_eq(udp.refused, 5);
    cr_assert_not(refuses);
}

Test(udp, comes_from_the_address_that_it_is_told_and_its_own_port)
{
    struct addr sender;
    char text[ADDR_TEXT_MAX];
    for (size_t segment = 1; segment <= 2; segment++) {
        cr_assert_eq(send_one(2, segment), 1);
        ear_hear(&ear, &sender);
        addr_format_host(&sender, text);
        cr_assert_str_eq(text, "127.0.0.3");
        cr_assert_eq(addr_port(&sender), udp_port(&udp));
    }
    const struct udp_message m = {.to = &to, .bytes = slice_of(bytes, 1), .segment = 1};
    cr_assert_eq(udp_send(&udp, &m, 1), 1, "any address of ours");
}

Test(udp, reaches_ipv6_as_well)
{
    if (udp.family != AF_INET6)
        cr_skip("no IPv6 here");
    struct ear six;
    struct addr sender;
    ear_open(&six, "[::1]");
    const struct udp_addr there = udp_addr_of(&udp, &six.addr, addr_port(&six.addr));
    const struct addr local = addr_of("[::1]");
    const struct udp_addr here = udp_addr_of(&udp, &local, 0);
    const struct udp_message m = {&there, &here, slice_of(bytes, 30), 20};
    cr_assert_eq(udp_send(&udp, &m, 1), 1);
    cr_assert_eq(ear_hear(&six, &sender).len, 20);
    cr_assert_eq(ear_hear(&six, &sender).len, 10);
    ear_close(&six);
}

Test(udp, a_batch_goes_out_in_order_by_one_call)
{
    struct udp_message m[UDP_BATCH_MAX];
    struct addr sender;
    for (unsigned i = 0; i < UDP_BATCH_MAX; i++) {
        m[i] = message(1, 1);
        m[i].bytes.ptr += i;
    }
    cr_assert_eq(udp_send(&udp, m, UDP_BATCH_MAX), UDP_BATCH_MAX);
    cr_assert_eq(sending.calls, 1);
    for (unsigned i = 0; i < UDP_BATCH_MAX; i++)
        cr_assert_eq(ear_hear(&ear, &sender).ptr[0], bytes[i]);
    cr_assert_eq(udp_send(&udp, m, 0), 0);
}

/* A datagram that no network can carry takes nobody else's with it. */
Test(udp, what_cannot_be_sent_is_lost_alone)
{
    static uint8_t huge[UDP_DATAGRAM_MAX_BYTES];
    struct udp_message m[3] = {message(1, 1), message(1, 1), message(2, 2)};
    m[1].bytes = slice_of(huge, sizeof huge);
    m[1].segment = sizeof huge;
    cr_assert_eq(udp_send(&udp, m, 3), 3);
    cr_assert_eq(udp.refused, 1);
    cr_assert_not(udp.full);
    expect(1, 1);
    expect(2, 2);
    expect_no_more();
}

static unsigned rooms;

static void on_room(struct udp_waiter *w)
{
    (void)w;
    cr_assert_not(udp.full);
    rooms++;
}

Test(udp, a_full_socket_says_how_far_it_came_and_when_to_go_on)
{
    struct udp_message m[4];
    for (unsigned i = 0; i < ARRAY_LEN(m); i++)
        m[i] = message(2 * i + 2, udp.can_segment ? i + 1 : 2 * i + 2);
    struct udp_waiter w = {.on_room = on_room};
    list_init(&w.link);
    sending.room = 3;
    cr_assert_eq(udp_send(&udp, m, 4), 3);
    cr_assert(udp.full);
    udp_wait(&udp, &w);
    cr_assert_eq(udp.refused, 0);
    sending.room = UINT_MAX;
    turn(&loop);
    cr_assert_eq(rooms, 1);
    cr_assert_eq(udp_send(&udp, m + 3, 1), 1);
    for (unsigned i = 0; i < ARRAY_LEN(m); i++)
        expect(m[i].bytes.len, m[i].segment);
    expect_no_more();
    turn(&loop);
    cr_assert_eq(rooms, 1);
}

/* Every datagram that has left makes room: a worker that sleeps is not to be woken by each. */
Test(udp, room_is_no_news_unless_it_was_missing)
{
    struct epoll_event ev;
    turn(&loop);
    cr_assert_eq(send_one(1, 1), 1);
    expect(1, 1);
    cr_assert_eq(epoll_wait(loop.epoll_fd, &ev, 1, 0), 0);
    sending.room = 0;
    cr_assert_eq(send_one(1, 1), 0);
    cr_assert_eq(epoll_wait(loop.epoll_fd, &ev, 1, 0), 1);
    cr_assert(ev.events & EPOLLOUT);
}

enum { WAITERS = 3 };

struct one {
    struct udp_waiter waiter;
    unsigned called;
    bool waits_again;
    struct one *takes_away;
};

static void on_room_for_one(struct udp_waiter *w)
{
    struct one *o = CONTAINER_OF(w, struct one, waiter);
    o->called++;
    if (o->waits_again)
        udp_wait(&udp, w);
    if (o->takes_away)
        list_remove(&o->takes_away->waiter.link);
}

static void fill_and_empty(void)
{
    sending.room = 0;
    cr_assert_eq(send_one(1, 1), 0);
    sending.room = UINT_MAX;
    turn(&loop);
}

Test(udp, who_waits_is_called_once_when_there_is_room)
{
    struct one one[WAITERS] = {{.waits_again = true}, {.called = 0}, {.called = 0}};
    for (unsigned i = 0; i < WAITERS; i++) {
        one[i].waiter.on_room = on_room_for_one;
        list_init(&one[i].waiter.link);
        udp_wait(&udp, &one[i].waiter);
        udp_wait(&udp, &one[i].waiter);
    }
    one[1].takes_away = &one[2];
    fill_and_empty();
    cr_assert_eq(one[0].called, 1);
    cr_assert_eq(one[1].called, 1);
    cr_assert_eq(one[2].called, 0, "it was taken away before its turn");
    fill_and_empty();
    cr_assert_eq(one[0].called, 2, "it had waited again");
    cr_assert_eq(one[1].called, 1);
}

/* -- in -- */

static unsigned heard;
static struct addr heard_from;
static uint8_t heard_byte[HEARD_MAX];
static unsigned close_after;

static void on_datagram(struct udp *u, const struct udp_addr *sender, struct slice datagram)
{
    cr_assert_lt(heard, HEARD_MAX);
    heard_byte[heard++] = datagram.len > 0 ? datagram.ptr[0] : 0;
    memcpy(&heard_from.ss, sender, sizeof *sender);
    if (heard == close_after)
        udp_close(u);
}

Test(udp, datagrams_come_with_their_sender)
{
    char text[ADDR_TEXT_MAX];
    udp.on_datagram = on_datagram;
    ear_say(&ear, udp_port(&udp), SLICE_LIT("x"));
    ear_say(&ear, udp_port(&udp), (struct slice){0});
    while (heard < 2)
        turn(&loop);
    addr_format_host(&heard_from, text);
    cr_assert_str_eq(text, "127.0.0.2");
    cr_assert_eq(addr_port(&heard_from), addr_port(&ear.addr));
    cr_assert_eq(heard_byte[0], 'x');
    cr_assert_eq(heard_byte[1], 0, "an empty one");
}

Test(udp, largest_datagram_is_whole)
{
    static uint8_t large[65507];
    udp.on_datagram = on_datagram;
    large[0] = 'L';
    ear_say(&ear, udp_port(&udp), slice_of(large, sizeof large));
    while (heard < 1)
        turn(&loop);
    cr_assert_eq(heard_byte[0], 'L');
}

/* Others have their turn between two helpings; nothing is left over. */
Test(udp, a_flood_is_taken_in_several_turns)
{
    udp.on_datagram = on_datagram;
    for (unsigned i = 0; i < 300; i++) {
        const uint8_t byte = (uint8_t)i;
        ear_say(&ear, udp_port(&udp), slice_of(&byte, 1));
    }
    turn(&loop);
    cr_assert_lt(heard, 300);
    while (heard < 300)
        turn(&loop);
    for (unsigned i = 0; i < 300; i++)
        cr_assert_eq(heard_byte[i], (uint8_t)i);
}

Test(udp, may_be_closed_while_datagrams_are_taken)
{
    udp.on_datagram = on_datagram;
    close_after = 5;
    for (unsigned i = 0; i < 40; i++)
        ear_say(&ear, udp_port(&udp), SLICE_LIT("x"));
    while (heard < 5)
        turn(&loop);
    turn(&loop);
    cr_assert_eq(heard, 5);
    cr_assert(list_empty(&loop.tasks));
}
