/* SPDX-License-Identifier: MIT */
#include "bench/arrival.h"

#include "core/base.h"
#include "core/clock.h"
#include "net/sockopt.h"

enum { CLOSE_NS = 1000, TRIES = 5 };

void arrival_ask(int fd)
{
    sockopt_set(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
}

/*
 * The wall clock, which stamps are of, less the monotonic one: read between two readings of that,
 * and again when this thread lost its processor meanwhile. Anew for each stamp, as somebody may set
 * the wall clock.
 */
static int64_t wall_ahead_ns(void)
{
    int64_t ahead_ns = 0;
    int64_t closest_ns = INT64_MAX;
    for (int i = 0; i < TRIES && closest_ns > CLOSE_NS; i++) {
        int64_t before_ns = clock_mono_ns();
        int64_t wall_ns = clock_wall_ns();
        int64_t took_ns = clock_mono_ns() - before_ns;
        if (took_ns < closest_ns) {
            closest_ns = took_ns;
            ahead_ns = wall_ns - before_ns - took_ns / 2;
        }
    }
    return ahead_ns;
}

int64_t arrival_of(struct msghdr *msg)
{
    int64_t now_ns = clock_mono_ns();
    struct timespec stamp;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS)
            continue;
        memcpy(&stamp, CMSG_DATA(c), sizeof stamp);
        int64_t arrived_ns = (int64_t)stamp.tv_sec * NS_PER_S + stamp.tv_nsec - wall_ahead_ns();
        return arrived_ns < now_ns ? arrived_ns : now_ns;
    }
    return now_ns;
}

ssize_t arrival_recv(int fd, void *into, size_t cap, int64_t *arrived_ns)
{
    union {
        struct cmsghdr align;
        char bytes[ARRIVAL_CONTROL_BYTES];
    } control;
    struct iovec iov = {into, cap};
    struct msghdr msg = {.msg_iov = &iov,
                         .msg_iovlen = 1,
                         .msg_control = control.bytes,
                         .msg_controllen = sizeof control.bytes};
    ssize_t got = recvmsg(fd, &msg, MSG_DONTWAIT);
    *arrived_ns = got > 0 ? arrival_of(&msg) : 0;
    return got;
}
