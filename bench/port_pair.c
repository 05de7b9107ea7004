/* SPDX-License-Identifier: MIT */
#include "bench/port_pair.h"

#include <errno.h>
#include <unistd.h>

#include "core/random.h"

/* Even both. Beyond what is registered for services. */
enum { FIRST_PORT = 16384, END_PORT = 65536, PAIRS = (END_PORT - FIRST_PORT) / 2 };

/* A socket at this port of the address, or -errno. */
static int open_at(const struct addr *at, uint16_t port)
{
    struct addr place = *at;
    addr_set_port(&place, port);
    int fd = socket(place.ss.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (bind(fd, (const struct sockaddr *)&place.ss, place.len) == 0)
        return fd;
    int err = -errno;
    close(fd);
    return err;
}

static int open_pair(struct port_pair *pair, const struct addr *at, uint16_t port)
{
    int rtp_fd = open_at(at, port);
    if (rtp_fd < 0)
        return rtp_fd;
    int rtcp_fd = open_at(at, (uint16_t)(port + 1));
    if (rtcp_fd < 0) {
        close(rtp_fd);
        return rtcp_fd;
    }
    *pair = (struct port_pair){.rtp_fd = rtp_fd, .rtcp_fd = rtcp_fd, .rtp_port = port};
    return 0;
}

/* Several programs at a time begin at different places. */
static uint16_t take_port(struct port_range *range)
{
    if (range->next == 0)
        range->next = (uint16_t)(FIRST_PORT + random_u32() % PAIRS * 2);
    uint16_t port = range->next;
    range->next = (uint16_t)(port + 2 < END_PORT ? port + 2 : FIRST_PORT);
    return port;
}

int port_pair_open(struct port_pair *pair, const struct addr *at, struct port_range *range)
{
    int err = -EADDRINUSE;
    *pair = (struct port_pair){.rtp_fd = -1, .rtcp_fd = -1};
    for (int tries = 0; tries < PAIRS && err == -EADDRINUSE; tries++)
        err = open_pair(pair, at, take_port(range));
    return err;
}

void port_pair_close(struct port_pair *pair)
{
    if (pair->rtp_fd >= 0)
        close(pair->rtp_fd);
    if (pair->rtcp_fd >= 0)
        close(pair->rtcp_fd);
    *pair = (struct port_pair){.rtp_fd = -1, .rtcp_fd = -1};
}
