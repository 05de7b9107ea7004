/* SPDX-License-Identifier: MIT */
#include "bench/floor_sweep.h"

#include <errno.h>
#include <sys/uio.h>

#include "core/clock.h"

enum {
    SLICE_CLIENTS = 64, /* served before the next look at requests */
    CLOCK_EVERY = 8,    /* images; reading the clock for each would cost a percent */
};

struct feed_needs crowd_needs(const struct crowd *cr)
{
    uint32_t all = cr->playing + cr->waiting;
    uint32_t udp = cr->playing_udp + cr->waiting_udp;
    return (struct feed_needs){.tcp = all > udp, .udp = udp > 0};
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
        cr->playing_udp += c->udp;
    }
    cr->playing += cr->waiting;
    cr->waiting = 0;
    cr->waiting_udp = 0;
    if (cr->playing > cr->tally.most_playing)
        cr->tally.most_playing = cr->playing;
}

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

void crowd_catch_up(struct crowd *cr, struct client *c)
{
    struct iovec iov[FEED_IMAGES];
    if (cr->feed->head - c->next > FEED_IMAGES) {
        cr->tally.dropped++;
        crowd_remove(cr, c);
        return;
    }
    struct msghdr msg = {.msg_iov = iov, .msg_iovlen = gather(cr->feed, c, iov)};
    ssize_t n = sendmsg(c->fd, &msg, CROWD_SEND_FLAGS);
    if (n < 0 && errno != EAGAIN) {
        crowd_break(cr, c);
        return;
    }
    advance(cr, c, n > 0 ? (size_t)n : 0);
    c->full = c->next < cr->feed->head;
    if (c->input_waits && c->offset == 0)
        crowd_read_input(cr, c);
}

/* The usual case: the client lacks nothing but the newest image. */
static void send_newest(struct crowd *cr, struct client *c, const struct feed_image *img)
{
    ssize_t n = -EAGAIN;
    if (cr->spliced) {
        n = splicer_send(cr->splicer, c->fd);
    } else {
        n = send(c->fd, img->data, img->len, CROWD_SEND_FLAGS);
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
        crowd_break(cr, c);
        return;
    }
    c->full = true;
    advance(cr, c, n > 0 ? (size_t)n : 0);
}

/* Nobody is behind here: what the kernel did not take is gone. */
static void send_datagrams(struct crowd *cr, struct client *c)
{
    union udp_place *to = &cr->place[c - cr->client];
    for (; c->next < cr->feed->head; c->next++)
        floor_udp_send(&cr->udp, to, feed_image(cr->feed, c->next), &cr->tally);
}

static void serve(struct crowd *cr, struct client *c)
{
    if (c->state != CLIENT_PLAYING)
        return;
    uint64_t lacks = cr->feed->head - c->next;
    if (c->udp && lacks <= FEED_IMAGES)
        send_datagrams(cr, c);
    else if (lacks == 1 && c->offset == 0 && !c->full)
        send_newest(cr, c, feed_newest(cr->feed));
    else if (lacks > FEED_IMAGES || (lacks > 0 && !c->full))
        crowd_catch_up(cr, c);
}

/* Requests come next, and a client that leaves takes its address along. */
static void finish_slice(struct crowd *cr)
{
    clock_sends(cr);
    floor_udp_flush(&cr->udp, &cr->tally);
}

void crowd_sweep(struct crowd *cr)
{
    const struct feed_image *img = feed_newest(cr->feed);
    cr->spliced = cr->playing > cr->playing_udp && img->len >= cr->splice_from &&
                  splicer_load(cr->splicer, slice_of(img->data, img->len));
    for (uint32_t i = 0; i < cr->count; i++) {
        serve(cr, &cr->client[i]);
        if (i % SLICE_CLIENTS == SLICE_CLIENTS - 1) {
            finish_slice(cr);
            crowd_wait(cr, 0);
        }
    }
    finish_slice(cr);
}
