/* SPDX-License-Identifier: MIT */
/*
 * Socket addresses, from and to text.
 */
#pragma once

#include <sys/socket.h>

#include "core/base.h"

enum { ADDR_TEXT_MAX = 64 };

struct addr {
    struct sockaddr_storage ss;
    socklen_t len;
};

/*
 * "127.0.0.1:8554", "[::1]:8554", ":8554" (all addresses, IPv6 and IPv4), "127.0.0.1" or "[::1]"
 * (port default_port). Numeric only. 0 or -EINVAL.
 */
int addr_parse(struct addr *a, const char *text, uint16_t default_port);

/* "127.0.0.1:8554" or "[::1]:8554"; IPv4-mapped IPv6 is shown as IPv4. */
void addr_format(const struct addr *a, char text[ADDR_TEXT_MAX]);

/* The host alone, without brackets. Returns true when it is IPv6. */
bool addr_format_host(const struct addr *a, char text[ADDR_TEXT_MAX]);

uint16_t addr_port(const struct addr *a);
void addr_set_port(struct addr *a, uint16_t port);

/* This end and the other end of a socket; length 0 when unknown. */
struct addr addr_local(int fd);
struct addr addr_peer(int fd);
