/* SPDX-License-Identifier: MIT */
#include "bench/load_link.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/arrival.h"
#include "core/bytes.h"
#include "rtp/batch.h"

const char *load_reason_name(enum load_reason reason)
{
    static const char *const names[LOAD_REASON_COUNT] = {
        [LOAD_REASON_CONNECT] = "no_connection", [LOAD_REASON_TIMEOUT] = "timeout",
        [LOAD_REASON_REFUSED] = "refused",       [LOAD_REASON_CLOSED] = "closed",
        [LOAD_REASON_RESET] = "reset",           [LOAD_REASON_GARBLED] = "garbled",
    };
    return names[reason];
}

/* The port is chosen when connecting, so that each destination has all ports of the address. */
static int bind_source(int fd, unsigned source)
{
    const int late = 1;
    const struct sockaddr_in from = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + source),
    };
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &late, sizeof late);
    return bind(fd, (const struct sockaddr *)&from, sizeof from);
}

/* A socket that connects, or -errno. */
static int begin_connect(const struct load_way *way)
{
    const int at_once = 1;
    const struct addr *to = &way->to;
    int fd = socket(to->ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
    if (way->stamped)
        arrival_ask(fd);
    if ((way->source == 0 || bind_source(fd, way->source) == 0) &&
        (connect(fd, (const struct sockaddr *)&to->ss, to->len) == 0 || errno == EINPROGRESS))
        return fd;
    int err = -errno;
    close(fd);
    return err;
}

int load_link_open(struct load_link *link, const struct load_way *way)
{
    *link = (struct load_link){.fd = begin_connect(way), .range = way->udp};
    if (link->fd < 0)
        return link->fd;
    link->talk = malloc(sizeof *link->talk);
    link->udp = way->udp ? load_udp_create(way->stamped) : NULL;
    if (!link->talk || (way->udp && !link->udp)) {
        load_link_close(link);
        return -ENOMEM;
    }
    link->talk->connected = false;
    link->talk->len = 0;
    return 0;
}

static void fail(struct load_link_result *r, enum load_reason reason, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

static void fail(struct load_link_result *r, enum load_reason reason, const char *fmt, ...)
{
    va_list ap;
    r->state = LOAD_LINK_FAILED;
    r->reason = reason;
    va_start(ap, fmt);
    vsnprintf(r->why, sizeof r->why, fmt, ap);
    va_end(ap);
}

/* Over UDP a track's SETUP names the ports that are open for it. */
static bool open_ports(struct load_link *link, struct load_link_result *r)
{
    struct load_dialogue *d = &link->talk->dialogue;
    if (!link->udp || d->step != LOAD_STEP_SETUP)
        return true;
    int port = load_udp_add(link->udp, link->fd, link->range);
    if (port < 0)
        fail(r, LOAD_REASON_CONNECT, "cannot open two UDP ports: %s%s", strerror(-port),
             port == -EMFILE       ? " (ulimit -n; a player has 1, and 2 for each track)"
             : port == -EADDRINUSE ? " (--sources N has more addresses)"
                                   : "");
    else
        d->tracks[d->track].client_port = (uint16_t)port;
    return port >= 0;
}

/* Requests are small and the socket's buffer is empty: a send that is cut short is a failure. */
static void send_request(struct load_link *link, struct load_link_result *r)
{
    char buf[LOAD_REQUEST_MAX];
    struct text request;
    if (!open_ports(link, r))
        return;
    text_init(&request, buf, sizeof buf);
    load_dialogue_request(&link->talk->dialogue, &request);
    ssize_t sent = send(link->fd, buf, request.len, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent != (ssize_t)request.len)
        fail(r, LOAD_REASON_RESET, "cannot send a request: %s",
             sent < 0 ? strerror(errno) : "the socket is full");
}

static void finish_connect(struct load_link *link, struct load_link_result *r)
{
    int err = 0;
    socklen_t len = sizeof err;
    getsockopt(link->fd, SOL_SOCKET, SO_ERROR, &err, &len);
    if (err != 0) {
        fail(r, LOAD_REASON_CONNECT, "cannot connect: %s", strerror(err));
        return;
    }
    link->talk->connected = true;
    send_request(link, r);
}

static const char *step_name(const struct load_dialogue *d)
{
    static const char *const names[][2] = {
        [LOAD_STEP_DESCRIBE] = {"DESCRIBE", "ANNOUNCE"},
        [LOAD_STEP_SETUP] = {"SETUP", "SETUP"},
        [LOAD_STEP_START] = {"PLAY", "RECORD"},
        [LOAD_STEP_DONE] = {"", ""},
    };
    return names[d->step][d->record];
}

static void settle_ports(struct load_link *link)
{
    for (unsigned i = 0; link->udp && i < link->udp->count; i++)
        link->udp->track[i].theirs = link->talk->dialogue.tracks[i].server;
}

static void take_reply(struct load_link *link, const struct load_reply *reply,
                       struct load_link_result *r)
{
    const char *step = step_name(&link->talk->dialogue);
    switch (load_dialogue_reply(&link->talk->dialogue, reply)) {
    case LOAD_ANSWER_NEXT:
        send_request(link, r);
        break;
    case LOAD_ANSWER_DONE:
        settle_ports(link);
        r->state = LOAD_LINK_UP;
        break;
    case LOAD_ANSWER_REFUSED:
        fail(r, LOAD_REASON_REFUSED, "%s was answered: %d %.*s", step, reply->status,
             (int)size_min(reply->reason.len, 60), (const char *)reply->reason.ptr);
        break;
    case LOAD_ANSWER_USELESS:
        fail(r, LOAD_REASON_REFUSED, "the answer to %s has no usable %s", step,
             strcmp(step, "DESCRIBE") == 0 ? "session description" : "session or transport");
        break;
    }
}

/* Media that comes before the reply to PLAY: some servers do so. 0 when it is not whole yet. */
static size_t interleaved_bytes(struct slice bytes)
{
    if (bytes.len < INTERLEAVED_HEADER_BYTES)
        return 0;
    size_t whole = INTERLEAVED_HEADER_BYTES + get_be16(bytes.ptr + 2);
    return whole <= bytes.len ? whole : 0;
}

/* Takes one thing off the front of the input. Returns the bytes it had, 0 when it is not whole. */
static size_t take_one(struct load_link *link, struct slice in, struct load_link_result *r)
{
    struct load_reply reply;
    if (in.len == 0 || in.ptr[0] == '$')
        return interleaved_bytes(in);
    int64_t used = load_reply_read(in, &reply);
    if (used > 0)
        take_reply(link, &reply, r);
    else if (used < 0)
        fail(r, LOAD_REASON_GARBLED, "what the server sends is not RTSP");
    return used > 0 ? (size_t)used : 0;
}

static void take_input(struct load_link *link, struct load_link_result *r)
{
    struct load_talk *talk = link->talk;
    size_t taken = 0;
    size_t used;
    do {
        used = take_one(link, slice_of(talk->in + taken, talk->len - taken), r);
        taken += used;
    } while (used > 0 && r->state == LOAD_LINK_BUSY);
    talk->len -= taken;
    memmove(talk->in, talk->in + taken, talk->len);
}

void load_link_advance(struct load_link *link, struct load_link_result *r)
{
    struct load_talk *talk = link->talk;
    *r = (struct load_link_result){.state = LOAD_LINK_BUSY};
    if (!talk->connected) {
        finish_connect(link, r);
        return;
    }
    ssize_t got = arrival_recv(link->fd, talk->in + talk->len, sizeof talk->in - talk->len,
                               &talk->arrived_ns);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        fail(r, got == 0 ? LOAD_REASON_CLOSED : LOAD_REASON_RESET,
             "the connection ended before the reply to %s: %s", step_name(&talk->dialogue),
             got == 0 ? "closed by the server" : strerror(errno));
        return;
    }
    talk->len += (size_t)got;
    take_input(link, r);
}

void load_link_settle(struct load_link *link)
{
    free(link->talk);
    link->talk = NULL;
}

void load_link_close(struct load_link *link)
{
    if (link->fd >= 0)
        close(link->fd);
    link->fd = -1;
    load_udp_destroy(&link->udp);
    load_link_settle(link);
}
