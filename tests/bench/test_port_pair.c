/* SPDX-License-Identifier: MIT */
#include "bench/port_pair.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <sys/resource.h>

static struct addr loopback(const char *text)
{
    struct addr a;
    cr_assert_eq(addr_parse(&a, text, 0), 0);
    return a;
}

static uint16_t port_of(int fd)
{
    struct addr a = addr_local(fd);
    return addr_port(&a);
}

Test(port_pair, rtp_is_even_and_rtcp_follows)
{
    struct addr at = loopback("127.0.0.3");
    struct port_range range = {0};
    struct port_pair pair[3];
    for (size_t i = 0; i < ARRAY_LEN(pair); i++) {
        cr_assert_eq(port_pair_open(&pair[i], &at, &range), 0);
        cr_assert_eq(pair[i].rtp_port % 2, 0);
        cr_assert_eq(port_of(pair[i].rtp_fd), pair[i].rtp_port);
        cr_assert_eq(port_of(pair[i].rtcp_fd), pair[i].rtp_port + 1);
    }
    cr_assert_neq(pair[0].rtp_port, pair[1].rtp_port);
    for (size_t i = 0; i < ARRAY_LEN(pair); i++)
        port_pair_close(&pair[i]);
    cr_assert_eq(pair[0].rtp_fd, -1);
}

/* One of the two is enough to make a pair useless. */
Test(port_pair, ports_that_are_in_use_are_passed_over)
{
    struct addr at = loopback("127.0.0.4");
    struct port_range range = {0};
    struct port_pair first, second;
    cr_assert_eq(port_pair_open(&first, &at, &range), 0);
    range.next = first.rtp_port;
    cr_assert_eq(port_pair_open(&second, &at, &range), 0);
    cr_assert_neq(second.rtp_port, first.rtp_port);
    port_pair_close(&second);
    port_pair_close(&first);
}

Test(port_pair, range_goes_round)
{
    struct addr at = loopback("127.0.0.5");
    struct port_range range = {.next = 65534};
    struct port_pair last, first;
    cr_assert_eq(port_pair_open(&last, &at, &range), 0);
    cr_assert_eq(port_pair_open(&first, &at, &range), 0);
    cr_assert_eq(last.rtp_port, 65534);
    cr_assert_eq(first.rtp_port, 16384);
    port_pair_close(&last);
    port_pair_close(&first);
}

Test(port_pair, lack_of_descriptors_is_told)
{
    struct addr at = loopback("127.0.0.1");
    struct port_range range = {0};
    struct port_pair pair;
    struct rlimit limit;
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = 0;
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    cr_assert_eq(port_pair_open(&pair, &at, &range), -EMFILE);
    cr_assert_eq(pair.rtp_fd, -1);
    limit.rlim_cur = limit.rlim_max;
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}
