/* SPDX-License-Identifier: MIT */
#include "net/listener.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <unistd.h>

enum { COUNT = 4 };

static struct addr any_port(const char *host)
{
    struct addr a;
    cr_assert_eq(addr_parse(&a, host, 0), 0);
    return a;
}

static void close_all(const int *fd, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        close(fd[i]);
}

static int connect_to(const struct addr *a)
{
    int fd = socket(a->ss.ss_family, SOCK_STREAM, 0);
    cr_assert_geq(fd, 0);
    cr_assert_eq(connect(fd, (const struct sockaddr *)&a->ss, a->len), 0);
    return fd;
}

/* The connection arrives at one of them. */
static int accept_any(const int *fd, unsigned count)
{
    struct pollfd p[COUNT];
    for (unsigned i = 0; i < count; i++)
        p[i] = (struct pollfd){.fd = fd[i], .events = POLLIN};
    cr_assert_gt(poll(p, count, -1), 0);
    for (unsigned i = 0; i < count; i++)
        if (p[i].revents & POLLIN)
            return listener_accept(fd[i]);
    return -1;
}

static int option(int fd, int level, int name)
{
    int value = -1;
    socklen_t len = sizeof value;
    cr_assert_eq(getsockopt(fd, level, name, &value, &len), 0);
    return value;
}

Test(listener, all_sockets_listen_at_the_one_port_that_was_found)
{
    struct addr a = any_port("127.0.0.1");
    int fd[COUNT];
    cr_assert_eq(listener_open(&a, fd, COUNT), 0);
    cr_assert_gt(addr_port(&a), 0);
    for (unsigned i = 0; i < COUNT; i++) {
        struct addr local = addr_local(fd[i]);
        cr_assert_eq(addr_port(&local), addr_port(&a));
        cr_assert_eq(listener_accept(fd[i]), -EAGAIN);
    }
    close_all(fd, COUNT);
}

Test(listener, connection_comes_ready_for_media, .timeout = 10)
{
    struct addr a = any_port("127.0.0.1");
    int fd[COUNT];
    cr_assert_eq(listener_open(&a, fd, COUNT), 0);
    int client = connect_to(&a), server = accept_any(fd, COUNT);
    cr_assert_geq(server, 0);
    cr_assert(fcntl(server, F_GETFL) & O_NONBLOCK);
    cr_assert(fcntl(server, F_GETFD) & FD_CLOEXEC);
    cr_assert_neq(option(server, IPPROTO_TCP, TCP_NODELAY), 0);
    cr_assert_neq(option(server, SOL_SOCKET, SO_KEEPALIVE), 0);
    close(client);
    close(server);
    close_all(fd, COUNT);
}

/* SO_REUSEPORT alone would share it, and take half of the other one's clients. */
Test(listener, port_of_another_server_is_refused)
{
    struct addr a = any_port("127.0.0.1");
    int first[COUNT], second[COUNT];
    cr_assert_eq(listener_open(&a, first, COUNT), 0);
    struct addr same = a;
    cr_assert_eq(listener_open(&same, second, COUNT), -EADDRINUSE);
    close_all(first, COUNT);
    cr_assert_eq(listener_open(&same, second, COUNT), 0, "free again at once");
    close_all(second, COUNT);
}

/* A connection that the server closed first leaves its port in TIME_WAIT. */
Test(listener, port_can_be_taken_again_after_a_restart, .timeout = 10)
{
    struct addr a = any_port("127.0.0.1");
    int fd[1];
    cr_assert_eq(listener_open(&a, fd, 1), 0);
    int client = connect_to(&a), server = accept_any(fd, 1);
    close(server);
    char end;
    cr_assert_eq(read(client, &end, 1), 0);
    close(client);
    close_all(fd, 1);
    cr_assert_eq(listener_open(&a, fd, 1), 0);
    close_all(fd, 1);
}

Test(listener, address_that_is_not_ours_is_refused)
{
    struct addr a = any_port("192.0.2.1"); /* RFC 5737: for documents */
    int fd[COUNT];
    cr_assert_eq(listener_open(&a, fd, COUNT), -EADDRNOTAVAIL);
}

/* ":port": with IPv6 for both, without it for IPv4. */
Test(listener, all_addresses_includes_ipv4, .timeout = 10)
{
    struct addr a = any_port(":0"), v4 = any_port("127.0.0.1");
    int fd[COUNT];
    cr_assert_eq(listener_open(&a, fd, COUNT), 0);
    addr_set_port(&v4, addr_port(&a));
    int client = connect_to(&v4), server = accept_any(fd, COUNT);
    cr_assert_geq(server, 0);
    char host[ADDR_TEXT_MAX];
    struct addr peer = addr_peer(server);
    cr_assert_not(addr_format_host(&peer, host));
    cr_assert_str_eq(host, "127.0.0.1");
    close(client);
    close(server);
    close_all(fd, COUNT);
}
