/* SPDX-License-Identifier: MIT */
#include "tests/support/ear.h"

#include <criterion/criterion.h>
#include <poll.h>
#include <unistd.h>

/* All that may come before it is heard: a large picture in small packets, at their true size. */
enum { RECEIVE_BUFFER_BYTES = 8 << 20 };

void ear_open(struct ear *e, const char *host)
{
    int room = RECEIVE_BUFFER_BYTES;
    cr_assert_eq(addr_parse(&e->addr, host, 0), 0);
    e->fd = socket(e->addr.ss.ss_family, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    cr_assert_geq(e->fd, 0);
    setsockopt(e->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    setsockopt(e->fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
    cr_assert_eq(bind(e->fd, (struct sockaddr *)&e->addr.ss, e->addr.len), 0);
    e->addr = addr_local(e->fd);
}

void ear_close(struct ear *e)
{
    close(e->fd);
    e->fd = -1;
}

bool ear_peek(const struct ear *e, struct slice *bytes, struct addr *from)
{
    static uint8_t room[UDP_DATAGRAM_MAX_BYTES];
    from->len = sizeof from->ss;
    ssize_t n = recvfrom(e->fd, room, sizeof room, 0, (struct sockaddr *)&from->ss, &from->len);
    *bytes = slice_of(room, n > 0 ? (size_t)n : 0);
    return n >= 0;
}

bool ear_has_more(const struct ear *e)
{
    struct pollfd p = {.fd = e->fd, .events = POLLIN};
    return poll(&p, 1, EAR_PATIENCE_MS) == 1;
}

struct slice ear_hear(const struct ear *e, struct addr *from)
{
    struct slice bytes;
    cr_assert(ear_has_more(e), "nothing comes");
    cr_assert(ear_peek(e, &bytes, from));
    return bytes;
}

void ear_say(const struct ear *e, uint16_t port, struct slice bytes)
{
    struct addr to;
    bool v6 = e->addr.ss.ss_family == AF_INET6;
    cr_assert_eq(addr_parse(&to, v6 ? "[::1]" : "127.0.0.1", port), 0);
    ssize_t n = sendto(e->fd, bytes.ptr, bytes.len, 0, (struct sockaddr *)&to.ss, to.len);
    cr_assert_eq(n, (ssize_t)bytes.len);
}
