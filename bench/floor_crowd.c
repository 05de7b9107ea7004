/* SPDX-License-Identifier: MIT */
#include "bench/floor_crowd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "bench/floor_rtsp.h"
#include "bench/floor_sweep.h"
#include "core/clock.h"
#include "net/listener.h"

enum { EVENTS = 256, REPLY_MAX = 2048 };

#define LISTENER UINT32_MAX

/* Life */

static int watch(struct crowd *cr, int fd, uint32_t place, uint32_t events)
{
    struct epoll_event ev = {.events = events | EPOLLET, .data.u32 = place};
    return epoll_ctl(cr->epoll_fd, EPOLL_CTL_ADD, fd, &ev) == 0 ? 0 : -errno;
}

static int open_listener(struct crowd *cr, const char *where)
{
    struct addr addr;
    int err = addr_parse(&addr, where, 8600);
    if (!err)
        err = listener_open(&addr, &cr->listen_fd, 1);
    if (!err)
        err = watch(cr, cr->listen_fd, LISTENER, EPOLLIN);
    return err ? err : floor_udp_init(&cr->udp, &addr);
}

int crowd_init(struct crowd *cr, const struct floor_config *config, const struct feed *feed,
               struct splicer *splicer)
{
    *cr = (struct crowd){
        .feed = feed,
        .splicer = splicer,
        .splice_from = config->splice_from > 0 ? (size_t)config->splice_from : SIZE_MAX,
        .epoll_fd = epoll_create1(EPOLL_CLOEXEC),
        .max = (uint32_t)config->max_clients,
        .first_free = UINT32_MAX,
    };
    struct text sdp;
    text_init(&sdp, cr->sdp, sizeof cr->sdp);
    feed_write_sdp(&sdp);
    cr->sdp_len = sdp.len;
    cr->client = calloc(cr->max, sizeof *cr->client);
    cr->input = calloc(cr->max, sizeof *cr->input);
    cr->place = calloc(cr->max, sizeof *cr->place);
    int err = !cr->client || !cr->input || !cr->place ? -ENOMEM : cr->epoll_fd < 0 ? -errno : 0;
    if (!err)
        err = open_listener(cr, config->listen);
    if (err)
        fprintf(stderr, "umbel-floor: cannot listen at %s: %s\n", config->listen, strerror(-err));
    return err;
}

void crowd_fini(struct crowd *cr)
{
    for (uint32_t i = 0; i < cr->count; i++)
        if (cr->client[i].fd >= 0)
            close(cr->client[i].fd);
    close(cr->listen_fd);
    close(cr->epoll_fd);
    floor_udp_fini(&cr->udp);
    free(cr->client);
    free(cr->input);
    free(cr->place);
}

static void add_client(struct crowd *cr, int fd)
{
    bool reuses = cr->first_free < cr->count;
    uint32_t place = reuses ? cr->first_free : cr->count;
    if (place == cr->max || watch(cr, fd, place, EPOLLIN | EPOLLOUT | EPOLLRDHUP) != 0) {
        close(fd);
        return;
    }
    if (reuses)
        cr->first_free = cr->client[place].next_free;
    else
        cr->count++;
    cr->client[place] = (struct client){.fd = fd};
    cr->input[place].len = 0;
    cr->connected++;
}

void crowd_remove(struct crowd *cr, struct client *c)
{
    cr->playing -= c->state == CLIENT_PLAYING;
    cr->waiting -= c->state == CLIENT_WAITING;
    cr->playing_udp -= c->state == CLIENT_PLAYING && c->udp;
    cr->waiting_udp -= c->state == CLIENT_WAITING && c->udp;
    cr->connected--;
    close(c->fd);
    *c = (struct client){.fd = -1, .next_free = cr->first_free};
    cr->first_free = (uint32_t)(c - cr->client);
}

void crowd_break(struct crowd *cr, struct client *c)
{
    cr->tally.broken++;
    crowd_remove(cr, c);
}

static void accept_all(struct crowd *cr)
{
    int fd;
    while ((fd = listener_accept(cr->listen_fd)) >= 0)
        add_client(cr, fd);
}

/* Requests */

static void set_up(struct crowd *cr, struct client *c, uint16_t client_port)
{
    struct addr peer = addr_peer(c->fd);
    if (c->state != CLIENT_IDLE)
        return;
    c->udp = client_port != 0;
    cr->place[c - cr->client] = floor_udp_place(&peer, client_port);
}

static void play(struct crowd *cr, struct client *c)
{
    if (c->state != CLIENT_IDLE)
        return;
    c->state = CLIENT_WAITING;
    cr->waiting++;
    cr->waiting_udp += c->udp;
}

/* False when the client is gone. */
static bool act(struct crowd *cr, struct client *c, enum floor_action action, uint16_t client_port)
{
    if (action == FLOOR_SETUP)
        set_up(cr, c, client_port);
    else if (action == FLOOR_PLAY)
        play(cr, c);
    else if (action == FLOOR_CLOSE)
        crowd_remove(cr, c);
    return action != FLOOR_CLOSE;
}

/* False when the client is gone. */
static bool answer(struct crowd *cr, struct client *c, struct slice message)
{
    char buf[REPLY_MAX];
    char source[ADDR_TEXT_MAX];
    struct addr reached = addr_local(c->fd);
    struct floor_facts facts = {.sdp = slice_of(cr->sdp, cr->sdp_len),
                                .rtp_port = cr->udp.ports.rtp_port,
                                .ssrc = FEED_SSRC};
    uint16_t client_port = 0;
    struct text reply;
    text_init(&reply, buf, sizeof buf);
    addr_format_host(&reached, source);
    facts.source = slice_str(source);
    enum floor_action action = floor_rtsp_answer(message, &facts, &reply, &client_port);
    if (reply.len > 0 &&
        send(c->fd, reply.buf, reply.len, CROWD_SEND_FLAGS) != (ssize_t)reply.len) {
        crowd_break(cr, c);
        return false;
    }
    return act(cr, c, action, client_port);
}

/* False when the client is gone. */
static bool answer_all(struct crowd *cr, struct client *c, struct client_input *in)
{
    size_t len;
    struct slice rest = slice_of(in->data, in->len);
    while ((len = floor_rtsp_message(rest)) > 0) {
        if (!answer(cr, c, slice_head(rest, len)))
            return false;
        rest = slice_from(rest, len);
    }
    if (rest.len == sizeof in->data) {
        crowd_break(cr, c);
        return false;
    }
    if (rest.len > 0)
        memmove(in->data, rest.ptr, rest.len);
    in->len = (uint32_t)rest.len;
    return true;
}

void crowd_read_input(struct crowd *cr, struct client *c)
{
    struct client_input *in = &cr->input[c - cr->client];
    c->input_waits = c->offset > 0;
    while (!c->input_waits) {
        ssize_t n = recv(c->fd, in->data + in->len, sizeof in->data - in->len, MSG_DONTWAIT);
        if (n < 0 && errno == EAGAIN)
            return;
        if (n < 0)
            crowd_break(cr, c);
        else if (n == 0)
            crowd_remove(cr, c);
        if (n <= 0)
            return;
        in->len += (uint32_t)n;
        if (!answer_all(cr, c, in))
            return;
    }
}

/* Events */

static void serve_event(struct crowd *cr, const struct epoll_event *ev)
{
    struct client *c = &cr->client[ev->data.u32];
    if ((ev->events & EPOLLOUT) && c->full) {
        c->full = false;
        if (c->next < cr->feed->head)
            crowd_catch_up(cr, c);
    }
    if ((ev->events & ~(uint32_t)EPOLLOUT) && c->fd >= 0)
        crowd_read_input(cr, c);
}

/*
 * New connections come last, so that none of them takes the place of a client that the same events
 * speak of.
 */
void crowd_wait(struct crowd *cr, int64_t timeout_ns)
{
    struct epoll_event events[EVENTS];
    struct timespec timeout = {.tv_sec = (time_t)(timeout_ns / NS_PER_S),
                               .tv_nsec = (long)(timeout_ns % NS_PER_S)};
    int count = epoll_pwait2(cr->epoll_fd, events, EVENTS, &timeout, NULL);
    bool accepts = false;
    for (int i = 0; i < count; i++) {
        if (events[i].data.u32 == LISTENER)
            accepts = true;
        else
            serve_event(cr, &events[i]);
    }
    if (accepts)
        accept_all(cr);
}
