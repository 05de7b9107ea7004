/* SPDX-License-Identifier: MIT */
#include "bench/load_udp.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "bench/arrival.h"
#include "core/bytes.h"
#include "core/random.h"

enum {
    /* For the burst of a key frame, a cached GOP, and what comes while others are read. */
    RECEIVE_BUFFER_BYTES = 2 << 20,
    DISCARD_BATCH = 32,
};

struct load_udp *load_udp_create(bool stamped)
{
    struct load_udp *u = calloc(1, sizeof *u);
    if (u)
        *u = (struct load_udp){.ssrc = random_u32(), .stamped = stamped};
    return u;
}

void load_udp_destroy(struct load_udp **u)
{
    for (unsigned i = 0; *u && i < (*u)->count; i++)
        port_pair_close(&(*u)->track[i].ours);
    free(*u);
    *u = NULL;
}

static void prepare_receiving(int fd)
{
    const int bytes = RECEIVE_BUFFER_BYTES;
    const int on = 1;
    /* Each is an improvement, none a condition; load_udp_check_room tells of the first. */
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    setsockopt(fd, SOL_UDP, UDP_GRO, &on, sizeof on);
}

int load_udp_add(struct load_udp *u, int tcp_fd, struct port_range *range)
{
    struct load_udp_track *t = &u->track[u->count];
    struct addr local = addr_local(tcp_fd);
    if (u->count == ARRAY_LEN(u->track))
        return -ENOSPC;
    u->server = addr_peer(tcp_fd);
    *t = (struct load_udp_track){0};
    int err = port_pair_open(&t->ours, &local, range);
    if (err)
        return err;
    u->count++;
    prepare_receiving(t->ours.rtp_fd);
    if (u->stamped)
        arrival_ask(t->ours.rtp_fd);
    return t->ours.rtp_port;
}

bool load_udp_watch(const struct load_udp *u, int epoll, void *owner)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = owner};
    for (unsigned i = 0; i < u->count; i++)
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, u->track[i].ours.rtp_fd, &event) != 0)
            return false;
    return true;
}

/* Receiving */

/* With MSG_TRUNC the kernel tells the size of a datagram that has no room (recv(2)): all of them.
 */
static int discard_batch(int fd, uint64_t *bytes)
{
    struct mmsghdr batch[DISCARD_BATCH] = {0};
    int count = recvmmsg(fd, batch, DISCARD_BATCH, MSG_TRUNC | MSG_DONTWAIT, NULL);
    for (int i = 0; i < count; i++)
        *bytes += batch[i].msg_len;
    return count;
}

uint64_t load_udp_discard(const struct load_udp *u)
{
    uint64_t bytes = 0;
    for (unsigned i = 0; i < u->count; i++)
        discard_batch(u->track[i].ours.rtp_fd, &bytes); /* epoll will speak of what is left */
    return bytes;
}

static size_t segment_size(struct msghdr *msg, size_t otherwise)
{
    int size;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
        if (c->cmsg_level != SOL_UDP || c->cmsg_type != UDP_GRO)
            continue;
        memcpy(&size, CMSG_DATA(c), sizeof size);
        return size > 0 ? (size_t)size : otherwise;
    }
    return otherwise;
}

int load_udp_read(const struct load_udp *u, unsigned track, uint8_t *into, size_t cap,
                  struct load_burst *burst)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int)) + ARRIVAL_CONTROL_BYTES];
    } control;
    struct iovec iov = {into, cap};
    struct msghdr msg = {.msg_iov = &iov,
                         .msg_iovlen = 1,
                         .msg_control = control.bytes,
                         .msg_controllen = sizeof control.bytes};
    ssize_t got = recvmsg(u->track[track].ours.rtp_fd, &msg, MSG_DONTWAIT);
    if (got < 0)
        return -errno;
    *burst = (struct load_burst){
        .bytes = slice_of(into, (size_t)got),
        .segment = segment_size(&msg, (size_t)got),
        .arrived_ns = arrival_of(&msg),
    };
    return 0;
}

/* RTCP */

/*
 * A receiver report without report blocks, and the CNAME that each compound packet must have (RFC
 * 3550 sections 6.4.2 and 6.5).
 */
static size_t write_report(uint8_t dst[32], uint32_t ssrc)
{
    static const uint8_t cname[12] = {1, 10, 'u', 'm', 'b', 'e', 'l', '-', 'l', 'o', 'a', 'd'};
    static const uint8_t report[4] = {0x80, 201, 0, 1};
    static const uint8_t description[4] = {0x81, 202, 0, 5};
    memset(dst, 0, 32);
    memcpy(dst, report, sizeof report);
    put_be32(dst + 4, ssrc);
    memcpy(dst + 8, description, sizeof description);
    put_be32(dst + 12, ssrc);
    memcpy(dst + 16, cname, sizeof cname);
    return 32;
}

static unsigned drain_rtcp(int fd)
{
    uint64_t bytes = 0;
    unsigned packets = 0;
    int count;
    do {
        count = discard_batch(fd, &bytes);
        packets += count > 0 ? (unsigned)count : 0;
    } while (count == DISCARD_BATCH);
    return packets;
}

unsigned load_udp_report(const struct load_udp *u)
{
    uint8_t report[32];
    unsigned packets = 0;
    size_t len = write_report(report, u->ssrc);
    for (unsigned i = 0; i < u->count; i++) {
        const struct load_udp_track *t = &u->track[i];
        struct addr to = u->server;
        packets += drain_rtcp(t->ours.rtcp_fd);
        if (t->theirs.rtcp == 0)
            continue;
        addr_set_port(&to, t->theirs.rtcp);
        (void)!sendto(t->ours.rtcp_fd, report, len, MSG_DONTWAIT, (struct sockaddr *)&to.ss,
                      to.len); /* the next one will do as well */
    }
    return packets;
}

/* Room */

uint64_t load_udp_overflows(const struct load_udp *u)
{
    uint64_t drops = 0;
    for (unsigned i = 0; i < u->count; i++) {
        uint32_t info[SK_MEMINFO_VARS] = {0};
        socklen_t len = sizeof info;
        if (getsockopt(u->track[i].ours.rtp_fd, SOL_SOCKET, SO_MEMINFO, info, &len) == 0)
            drops += info[SK_MEMINFO_DROPS];
    }
    return drops;
}

const char *load_udp_check_room(void)
{
    static char why[160];
    int bytes = 0;
    socklen_t len = sizeof bytes;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return NULL;
    prepare_receiving(fd);
    getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, &len);
    close(fd);
    bytes /= 2; /* socket(7): the kernel doubles the value for its own overhead */
    if (bytes >= RECEIVE_BUFFER_BYTES)
        return NULL;
    snprintf(why, sizeof why,
             "receive buffers have %d KiB instead of %d: bursts may be lost here "
             "(sysctl -w net.core.rmem_max=%d)",
             bytes / 1024, RECEIVE_BUFFER_BYTES / 1024, RECEIVE_BUFFER_BYTES);
    return why;
}
