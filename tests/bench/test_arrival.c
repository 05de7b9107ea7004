/* SPDX-License-Identifier: MIT */
#include "bench/arrival.h"

#include "core/base.h"
#include "core/clock.h"
#include "net/listener.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <unistd.h>

/* TRIES: more than the packets that may come before the kernel begins to stamp. */
enum { NOISE_NS = 100000, TRIES = 100000 };

/* The two ends of a connection. */
struct ends {
    int near, far;
};

static struct ends connect_tcp(void)
{
    struct addr at;
    int listener;
    struct ends e = {.near = socket(AF_INET, SOCK_STREAM, 0)};
    cr_assert_eq(addr_parse(&at, "127.0.0.1:0", 0), 0);
    cr_assert_eq(listener_open(&at, &listener, 1), 0);
    cr_assert_eq(connect(e.near, (struct sockaddr *)&at.ss, at.len), 0);
    struct pollfd p = {.fd = listener, .events = POLLIN};
    cr_assert_eq(poll(&p, 1, 5000), 1);
    e.far = accept(listener, NULL, NULL);
    cr_assert_geq(e.far, 0);
    close(listener);
    return e;
}

static struct ends connect_udp(void)
{
    struct addr at;
    struct ends e = {socket(AF_INET, SOCK_DGRAM, 0), socket(AF_INET, SOCK_DGRAM, 0)};
    cr_assert_eq(addr_parse(&at, "127.0.0.1:0", 0), 0);
    cr_assert_eq(bind(e.near, (struct sockaddr *)&at.ss, at.len), 0);
    at = addr_local(e.near);
    cr_assert_eq(connect(e.far, (struct sockaddr *)&at.ss, at.len), 0);
    return e;
}

static void close_ends(struct ends e)
{
    close(e.near);
    close(e.far);
}

/* One passage. True when the bytes arrived before they were read, so that somebody stamped them. */
static bool is_stamped(struct ends e)
{
    char bytes[8];
    int64_t arrived_ns;
    int64_t sent_ns = clock_mono_ns();
    cr_assert_eq(send(e.far, "hello", 5, 0), 5);
    struct pollfd p = {.fd = e.near, .events = POLLIN};
    cr_assert_eq(poll(&p, 1, 5000), 1);
    int64_t read_ns = clock_mono_ns();
    cr_assert_eq(arrival_recv(e.near, bytes, sizeof bytes, &arrived_ns), 5);
    cr_assert_geq(arrived_ns, sent_ns - NOISE_NS);
    cr_assert_leq(arrived_ns, clock_mono_ns());
    return arrived_ns < read_ns;
}

static struct ends (*const kinds[])(void) = {connect_tcp, connect_udp};

Test(arrival, is_when_bytes_came_and_not_when_they_are_read)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        struct ends e = kinds[i]();
        int tries = 0;
        arrival_ask(e.near);
        while (!is_stamped(e))
            cr_assert_lt(++tries, TRIES, "kind %zu", i);
        close_ends(e);
    }
}

Test(arrival, is_when_they_are_read_if_nobody_asked)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        struct ends e = kinds[i]();
        cr_assert_not(is_stamped(e), "kind %zu", i);
        close_ends(e);
    }
}

Test(arrival, nothing_and_the_end_are_told_apart)
{
    char bytes[8];
    int64_t arrived_ns;
    struct ends e = connect_tcp();
    cr_assert_eq(arrival_recv(e.near, bytes, sizeof bytes, &arrived_ns), -1);
    cr_assert_eq(errno, EAGAIN);
    close(e.far);
    struct pollfd p = {.fd = e.near, .events = POLLIN};
    cr_assert_eq(poll(&p, 1, 5000), 1);
    cr_assert_eq(arrival_recv(e.near, bytes, sizeof bytes, &arrived_ns), 0);
    close(e.near);
}

/* A message with another control message in front of a stamp of this age. */
static int64_t arrival_at_age(int64_t age_ns)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int)) + ARRIVAL_CONTROL_BYTES];
    } control = {0};
    struct msghdr msg = {.msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    int64_t wall_ns = clock_wall_ns() - age_ns;
    struct timespec stamp = {(time_t)(wall_ns / NS_PER_S), (long)(wall_ns % NS_PER_S)};
    struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
    *c = (struct cmsghdr){
        .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SO_RXQ_OVFL};
    c = CMSG_NXTHDR(&msg, c);
    *c = (struct cmsghdr){
        .cmsg_len = CMSG_LEN(sizeof stamp), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_TIMESTAMPNS};
    memcpy(CMSG_DATA(c), &stamp, sizeof stamp);
    return arrival_of(&msg);
}

Test(arrival, stamp_is_told_by_the_monotonic_clock)
{
    int64_t before_ns = clock_mono_ns();
    int64_t arrived_ns = arrival_at_age(NS_PER_S);
    cr_assert_geq(arrived_ns, before_ns - NS_PER_S - NOISE_NS);
    cr_assert_leq(arrived_ns, clock_mono_ns() - NS_PER_S + NOISE_NS);
}

Test(arrival, is_never_in_the_future)
{
    int64_t arrived_ns = arrival_at_age(-NS_PER_S);
    cr_assert_leq(arrived_ns, clock_mono_ns());
}
