/* SPDX-License-Identifier: MIT */
/*
 * The URL under test: taken apart, resolved, and made into the URLs of streams and tracks.
 */
#pragma once

#include "core/text.h"
#include "net/addr.h"

enum { LOAD_URL_MAX = 512, LOAD_DEFAULT_PORT = 554 };

struct load_target {
    char authority[264]; /* "host:port" or "host", as given */
    char host[256];      /* without port and brackets */
    char port[6];
    char path[LOAD_URL_MAX]; /* "/live/cam%d?query" */
};

/* NULL, or what is wrong with the URL. */
const char *load_target_parse(struct load_target *target, const char *url);

/* Looks the host up: its first address, IPv4 before IPv6, as most cameras listen. NULL, or why
 * there is no address. */
const char *load_target_resolve(const struct load_target *target, struct addr *addr);

/* True for 127.0.0.0/8: then there are many source addresses to choose from. */
bool load_target_is_loopback(const struct addr *addr);

/*
 * The URL of stream number 'stream' of 'streams': the number takes the place of "%d" in the path,
 * or its end when there are several streams and no "%d".
 */
void load_target_url(const struct load_target *target, uint64_t stream, uint64_t streams,
                     char url[LOAD_URL_MAX]);

/*
 * The URL of a track by its control attribute (RFC 2326 appendix C.1.1): absolute, or relative to
 * base, or "*" or empty for base itself.
 */
void load_control_url(struct slice base, struct slice control, char url[LOAD_URL_MAX]);
