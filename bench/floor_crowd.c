/* SPDX-License-Identifier: MIT */
#include "bench/floor_crowd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "bench/floor_rtsp.h"
#include "core/clock.h"
#include "net/listener.h"

enum {
    EVENTS = 256,
    SLICE_CLIENTS = 64, /* served before the next look at requests */
    CLOCK_EVERY = 8,    /* images; reading the clock for each would cost a percent */
    REPLY_MAX = 2048,
    SEND_FLAGS = MSG_DONTWAIT | MSG_NOSIGNAL,
};

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
    return err;
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
    int err = !cr->client || !cr->input ? -ENOMEM : cr->epoll_fd < 0 ? -errno : 0;
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
    free(cr->client);
    free(cr->input);
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

static void remove_client(struct crowd *cr, struct client *c)
{
    cr->playing -= c->state == CLIENT_PLAYING;
    cr->waiting -= c->state == CLIENT_WAITING;
    cr->connected--;
    close(c->fd);
    *c = (struct client){.fd = -1, .next_free = cr->first_free};
    cr->first_free = (uint32_t)(c - cr->client);
}

static void break_client(struct crowd *cr, struct client *c)
{
    cr->tally.broken++;
    remove_client(cr, c);
}

static void accept_all(struct crowd *cr)
{
    int fd;
    while ((fd = listener_accept(cr->listen_fd)) >= 0)
        add_client(cr, fd);
}

/* Sending */

/* The sends of this sweep that the clock has not seen: it has now. */
static void clock_sends(struct crowd *cr)
{
    if (cr->unclocked == 0)
        return;
    int64_t delay_ns = clock_mono_ns() - feed_newest(cr->feed)->planned_ns;
    for (; cr->unclocked > 0; cr->unclocked--)
        hist_add(&cr->tally.delay, (uint64_t)delay_ns);
}

/* The client's socket has taken n bytes more, of several images. */
static void advance(struct crowd *cr, struct client *c, size_t n)
{
    int64_t now_ns = clock_mono_ns();
    cr->tally.bytes += n;
    for (n += c->offset; c->next < cr->feed->head; c->next++) {
        const struct feed_image *img = feed_image(cr->feed, c->next);
        if (n < img->len)
            break;
        n -= img->len;
        cr->tally.client_frames++;
        hist_add(&cr->tally.delay, (uint64_t)(now_ns - img->planned_ns));
    }
    c->offset = (uint32_t)n;
}

/* What a client lacks: the rest of an image and all that follow. */
static size_t gather(const struct feed *f, const struct client *c, struct iovec iov[FEED_IMAGES])
{
    size_t count = 0;
    size_t offset = c->offset;
    for (uint64_t n = c->next; n < f->head; n++) {
        const struct feed_image *img = feed_image(f, n);
        iov[count++] = (struct iovec){img->data + offset, img->len - offset};
        offset = 0;
    }
    return count;
}

static void read_input(struct crowd *cr, struct client *c);

static void catch_up(struct crowd *cr, struct client *c)
{
    struct iovec iov[FEED_IMAGES];
    if (cr->feed->head - c->next > FEED_IMAGES) {
        cr->tally.dropped++;
        remove_client(cr, c);
        return;
    }
    struct msghdr msg = {.msg_iov = iov, .msg_iovlen = gather(cr->feed, c, iov)};
    ssize_t n = sendmsg(c->fd, &msg, SEND_FLAGS);
    if (n < 0 && errno != EAGAIN) {
        break_client(cr, c);
        return;
    }
    advance(cr, c, n > 0 ? (size_t)n : 0);
    c->full = c->next < cr->feed->head;
    if (c->input_waits && c->offset == 0)
        read_input(cr, c);
}

/* The usual case: the client lacks nothing but the newest image. */
static void send_newest(struct crowd *cr, struct client *c, const struct feed_image *img)
{
    ssize_t n = -EAGAIN;
    if (cr->spliced) {
        n = splicer_send(cr->splicer, c->fd);
    } else {
        n = send(c->fd, img->data, img->len, SEND_FLAGS);
        n = n < 0 ? -errno : n;
    }
    if (n == (ssize_t)img->len) {
        c->next++;
        cr->tally.bytes += img->len;
        cr->tally.client_frames++;
        if (++cr->unclocked == CLOCK_EVERY)
            clock_sends(cr);
        return;
    }
    if (n < 0 && n != -EAGAIN) {
        break_client(cr, c);
        return;
    }
    c->full = true;
    advance(cr, c, n > 0 ? (size_t)n : 0);
}

static void serve(struct crowd *cr, struct client *c)
{
    if (c->state != CLIENT_PLAYING)
        return;
    uint64_t lacks = cr->feed->head - c->next;
    if (lacks == 1 && c->offset == 0 && !c->full)
        send_newest(cr, c, feed_newest(cr->feed));
    else if (lacks > FEED_IMAGES || (lacks > 0 && !c->full))
        catch_up(cr, c);
}

void crowd_sweep(struct crowd *cr)
{
    const struct feed_image *img = feed_newest(cr->feed);
    cr->spliced = cr->playing > 0 && img->len >= cr->splice_from &&
                  splicer_load(cr->splicer, slice_of(img->data, img->len));
    for (uint32_t i = 0; i < cr->count; i++) {
        serve(cr, &cr->client[i]);
        if (i % SLICE_CLIENTS == SLICE_CLIENTS - 1) {
            clock_sends(cr);
            crowd_wait(cr, 0);
        }
    }
    clock_sends(cr);
}

void crowd_admit(struct crowd *cr)
{
    if (cr->waiting == 0 || !feed_newest(cr->feed)->key)
        return;
    for (uint32_t i = 0; i < cr->count; i++) {
        struct client *c = &cr->client[i];
        if (c->state != CLIENT_WAITING)
            continue;
        c->state = CLIENT_PLAYING;
        c->next = cr->feed->head - 1;
    }
    cr->playing += cr->waiting;
    cr->waiting = 0;
    if (cr->playing > cr->tally.most_playing)
        cr->tally.most_playing = cr->playing;
}

/* Requests */

/* False when the client is gone. */
static bool answer(struct crowd *cr, struct client *c, struct slice message)
{
    char buf[REPLY_MAX];
    struct text reply;
    text_init(&reply, buf, sizeof buf);
    enum floor_action action = floor_rtsp_answer(message, slice_of(cr->sdp, cr->sdp_len), &reply);
    if (reply.len > 0 && send(c->fd, reply.buf, reply.len, SEND_FLAGS) != (ssize_t)reply.len) {
        break_client(cr, c);
        return false;
    }
    if (action == FLOOR_CLOSE) {
        remove_client(cr, c);
        return false;
    }
    if (action == FLOOR_PLAY && c->state == CLIENT_IDLE) {
        c->state = CLIENT_WAITING;
        cr->waiting++;
    }
    return true;
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
        break_client(cr, c);
        return false;
    }
    if (rest.len > 0)
        memmove(in->data, rest.ptr, rest.len);
    in->len = (uint32_t)rest.len;
    return true;
}

static void read_input(struct crowd *cr, struct client *c)
{
    struct client_input *in = &cr->input[c - cr->client];
    c->input_waits = c->offset > 0;
    while (!c->input_waits) {
        ssize_t n = recv(c->fd, in->data + in->len, sizeof in->data - in->len, MSG_DONTWAIT);
        if (n < 0 && errno == EAGAIN)
            return;
        if (n < 0)
            break_client(cr, c);
        else if (n == 0)
            remove_client(cr, c);
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
            catch_up(cr, c);
    }
    if ((ev->events & ~(uint32_t)EPOLLOUT) && c->fd >= 0)
        read_input(cr, c);
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
