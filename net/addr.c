/* SPDX-License-Identifier: MIT */
#include "net/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

static struct sockaddr_in *in4(struct addr *a)
{
    return (struct sockaddr_in *)(void *)&a->ss;
}

static struct sockaddr_in6 *in6(struct addr *a)
{
    return (struct sockaddr_in6 *)(void *)&a->ss;
}

static int parse_port(const char *text, uint16_t *port)
{
    char *end;
    if (*text < '0' || *text > '9')
        return -EINVAL;
    unsigned long v = strtoul(text, &end, 10);
    if (*end != '\0' || v > UINT16_MAX)
        return -EINVAL;
    *port = (uint16_t)v;
    return 0;
}

static int parse_host(struct addr *a, const char *host, bool bracketed)
{
    *a = (struct addr){0};
    if (bracketed || *host == '\0') {
        in6(a)->sin6_family = AF_INET6;
        in6(a)->sin6_addr = in6addr_any;
        a->len = sizeof(struct sockaddr_in6);
        return *host == '\0' || inet_pton(AF_INET6, host, &in6(a)->sin6_addr) == 1 ? 0 : -EINVAL;
    }
    in4(a)->sin_family = AF_INET;
    a->len = sizeof(struct sockaddr_in);
    return inet_pton(AF_INET, host, &in4(a)->sin_addr) == 1 ? 0 : -EINVAL;
}

int addr_parse(struct addr *a, const char *text, uint16_t default_port)
{
    char host[ADDR_TEXT_MAX];
    bool bracketed = text[0] == '[';
    const char *begin = text + bracketed;
    size_t len = strcspn(begin, bracketed ? "]" : ":");
    const char *rest = begin + len;
    if (bracketed && *rest++ != ']')
        return -EINVAL;
    if (len >= sizeof host || (bracketed && len == 0) || (*text == '\0'))
        return -EINVAL;
    memcpy(host, begin, len);
    host[len] = '\0';

    uint16_t port = default_port;
    if (*rest != '\0' && (*rest != ':' || parse_port(rest + 1, &port) != 0))
        return -EINVAL;
    int err = parse_host(a, host, bracketed);
    if (!err)
        addr_set_port(a, port);
    return err;
}

bool addr_format_host(const struct addr *a, char text[ADDR_TEXT_MAX])
{
    struct addr copy = *a;
    if (copy.ss.ss_family == AF_INET) {
        inet_ntop(AF_INET, &in4(&copy)->sin_addr, text, ADDR_TEXT_MAX);
        return false;
    }
    if (copy.ss.ss_family != AF_INET6) {
        snprintf(text, ADDR_TEXT_MAX, "unknown");
        return false;
    }
    const struct in6_addr *v6 = &in6(&copy)->sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(v6)) {
        inet_ntop(AF_INET, v6->s6_addr + 12, text, ADDR_TEXT_MAX);
        return false;
    }
    inet_ntop(AF_INET6, v6, text, ADDR_TEXT_MAX);
    return true;
}

void addr_format(const struct addr *a, char text[ADDR_TEXT_MAX])
{
    char host[ADDR_TEXT_MAX];
    bool v6 = addr_format_host(a, host);
    snprintf(text, ADDR_TEXT_MAX, v6 ? "[%.46s]:%u" : "%.46s:%u", host, addr_port(a));
}

uint16_t addr_port(const struct addr *a)
{
    struct addr copy = *a;
    if (copy.ss.ss_family == AF_INET)
        return ntohs(in4(&copy)->sin_port);
    return copy.ss.ss_family == AF_INET6 ? ntohs(in6(&copy)->sin6_port) : 0;
}

void addr_set_port(struct addr *a, uint16_t port)
{
    if (a->ss.ss_family == AF_INET)
        in4(a)->sin_port = htons(port);
    else
        in6(a)->sin6_port = htons(port);
}

struct addr addr_local(int fd)
{
    struct addr a = {.len = sizeof a.ss};
    if (getsockname(fd, (struct sockaddr *)&a.ss, &a.len) != 0)
        a = (struct addr){0};
    return a;
}

struct addr addr_peer(int fd)
{
    struct addr a = {.len = sizeof a.ss};
    if (getpeername(fd, (struct sockaddr *)&a.ss, &a.len) != 0)
        a = (struct addr){0};
    return a;
}
