/* SPDX-License-Identifier: MIT */
#include "bench/load_target.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/scan.h"
#include "rtsp/message/url.h"

static const char number_mark[] = "%d";

/* "host:port", "host", "[v6]:port" or "[v6]" into host and port. */
static bool split_authority(struct load_target *t)
{
    const char *text = t->authority;
    bool bracketed = *text == '[';
    text += bracketed;
    size_t len = strcspn(text, bracketed ? "]" : ":");
    if (len == 0 || len >= sizeof t->host)
        return false;
    memcpy(t->host, text, len);
    t->host[len] = '\0';

    const char *rest = text + len + bracketed;
    uint64_t port = LOAD_DEFAULT_PORT;
    if (*rest == ':' && rest[1] != '\0' && !scan_number(slice_str(rest + 1), UINT16_MAX, &port))
        return false;
    snprintf(t->port, sizeof t->port, "%u", (unsigned)(uint16_t)port);
    return port > 0;
}

const char *load_target_parse(struct load_target *target, const char *url)
{
    static const char scheme[] = "rtsp://";
    struct rtsp_url checked;
    char first[LOAD_URL_MAX];
    if (strncasecmp(url, "rtsps://", strlen("rtsps://")) == 0)
        return "asks for TLS, which umbel-load does not speak";
    if (strncasecmp(url, scheme, strlen(scheme)) != 0)
        return "is not an URL like rtsp://HOST:PORT/PATH";
    const char *authority = url + strlen(scheme);
    size_t len = strcspn(authority, "/?");
    if (memchr(authority, '@', len))
        return "has a user and a password, which umbel-load does not use";
    /* What is appended to the path, stream and track, must fit as well. */
    if (len >= sizeof target->authority || strlen(url) > LOAD_URL_MAX / 2)
        return "is too long";
    memcpy(target->authority, authority, len);
    target->authority[len] = '\0';
    snprintf(target->path, sizeof target->path, "%s", authority + len);

    load_target_url(target, 0, 1, first);
    bool valid = url_parse(slice_str(first), &checked) == 0 && split_authority(target);
    return valid ? NULL : "is not an URL like rtsp://HOST:PORT/PATH";
}

const char *load_target_resolve(const struct load_target *target, struct addr *addr)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *found;
    int err = getaddrinfo(target->host, target->port, &hints, &found);
    if (err != 0)
        return gai_strerror(err);
    const struct addrinfo *chosen = found;
    for (const struct addrinfo *a = found; a; a = a->ai_next)
        if (a->ai_family == AF_INET && chosen->ai_family != AF_INET)
            chosen = a;
    *addr = (struct addr){.len = chosen->ai_addrlen};
    memcpy(&addr->ss, chosen->ai_addr, chosen->ai_addrlen);
    freeaddrinfo(found);
    return NULL;
}

bool load_target_is_loopback(const struct addr *addr)
{
    struct sockaddr_in in;
    if (addr->ss.ss_family != AF_INET)
        return false;
    memcpy(&in, &addr->ss, sizeof in);
    return ntohl(in.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
}

void load_target_url(const struct load_target *target, uint64_t stream, uint64_t streams,
                     char url[LOAD_URL_MAX])
{
    struct text t;
    text_init(&t, url, LOAD_URL_MAX);
    text_addf(&t, "rtsp://%s", target->authority);
    const char *mark = strstr(target->path, number_mark);
    const char *query = strchr(target->path, '?');
    size_t head = mark    ? (size_t)(mark - target->path)
                  : query ? (size_t)(query - target->path)
                          : strlen(target->path);
    text_add_slice(&t, slice_of(target->path, head));
    if (mark || streams > 1)
        text_addf(&t, "%llu", (unsigned long long)stream);
    text_add(&t, target->path + head + (mark ? strlen(number_mark) : 0));
}

void load_control_url(struct slice base, struct slice control, char url[LOAD_URL_MAX])
{
    struct text t;
    struct slice rest = control;
    text_init(&t, url, LOAD_URL_MAX);
    if (scan_prefix_nocase(&rest, "rtsp://")) {
        text_add_slice(&t, control);
        return;
    }
    text_add_slice(&t, base);
    if (control.len == 0 || slice_is(control, "*"))
        return;
    if (base.len > 0 && base.ptr[base.len - 1] != '/')
        text_add(&t, "/");
    text_add_slice(&t, control);
}
