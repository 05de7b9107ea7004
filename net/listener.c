/* SPDX-License-Identifier: MIT */
#include "net/listener.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "net/sockopt.h"

enum { BACKLOG = 4096 };

/* A bound socket, or -errno. */
static int bind_at(const struct addr *a, bool reuse_port)
{
    int fd = socket(a->ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    sockopt_set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (reuse_port)
        sockopt_set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    if (a->ss.ss_family == AF_INET6)
        sockopt_set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    if (bind(fd, (const struct sockaddr *)&a->ss, a->len) == 0)
        return fd;
    int err = -errno;
    close(fd);
    return err;
}

/* SO_REUSEPORT lets two servers share a port by mistake: look first, without it. */
static int check_unused(const struct addr *a)
{
    int fd = bind_at(a, false);
    if (fd < 0)
        return fd;
    int err = listen(fd, 1) == 0 ? 0 : -errno;
    close(fd);
    return err;
}

static int listen_at(struct addr *a)
{
    int fd = bind_at(a, true);
    if (fd < 0)
        return fd;
    if (listen(fd, BACKLOG) != 0) {
        int err = -errno;
        close(fd);
        return err;
    }
    *a = addr_local(fd);
    return fd;
}

static int open_all(struct addr *a, int *fd, unsigned count)
{
    if (addr_port(a) != 0) {
        int err = check_unused(a);
        if (err)
            return err;
    }
    for (unsigned i = 0; i < count; i++) {
        fd[i] = listen_at(a);
        if (fd[i] >= 0)
            continue;
        int err = fd[i];
        while (i-- > 0)
            close(fd[i]);
        return err;
    }
    return 0;
}

static bool is_any6(const struct addr *a)
{
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)&a->ss;
    return a->ss.ss_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&in6->sin6_addr);
}

int listener_open(struct addr *a, int *fd, unsigned count)
{
    int err = open_all(a, fd, count);
    if ((err != -EAFNOSUPPORT && err != -EADDRNOTAVAIL) || !is_any6(a))
        return err;
    uint16_t port = addr_port(a);
    addr_parse(a, "0.0.0.0", port);
    return open_all(a, fd, count);
}

int listener_accept(int listen_fd)
{
    int fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return -errno;
    sockopt_set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    sockopt_set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    return fd;
}
