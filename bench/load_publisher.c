/* SPDX-License-Identifier: MIT */
#include "bench/load_publisher.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "bench/load_unit.h"
#include "core/clock.h"
#include "core/random.h"
#include "rtsp/sdp/sdp.h"

enum {
    EVENTS_MAX = 64,
    DESCRIPTION_MAX = 4096,
    DISCARD_BYTES = 1 << 20,
};

struct load_publisher {
    struct load_link link;
    uint64_t stream;
    uint64_t due;  /* units that should be on their way */
    uint64_t next; /* unit to write next */
    uint16_t seq;
    uint32_t ssrc;
    uint32_t first_rtp_time;
    struct load_unit unit;
};

static int64_t planned_ns(const struct load_feed *feed, uint64_t stream, uint64_t unit)
{
    double turns = (double)unit * (double)feed->count + (double)stream;
    return feed->first_ns + (int64_t)(turns * feed->spacing_ns);
}

static void give_up(struct load_feed *feed, struct load_publisher *p, const char *why)
{
    char line[256];
    snprintf(line, sizeof line, "publisher %llu: %s", (unsigned long long)p->stream, why);
    load_stats_note(feed->scene->stats, line);
    if (feed->scene->options->verbose)
        fprintf(stderr, "umbel-load: %s\n", line);
    feed->scene->stats->publishers_lost++;
    load_link_close(&p->link);
}

static void describe(char *buf, size_t cap, struct slice *description)
{
    struct media media = {.track_count = 1};
    const struct sdp_origin origin = {
        .address = "127.0.0.1", .session_id = 1, .session_version = 1, .name = "umbel-load"};
    struct text t;
    text_init(&t, buf, cap);
    units_describe(&media.track[0]);
    sdp_write(&t, &media, &origin);
    *description = text_slice(&t);
}

static int begin(struct load_feed *feed, struct load_publisher *p, uint64_t stream)
{
    static char description_buf[DESCRIPTION_MAX];
    struct slice description;
    char url[LOAD_URL_MAX];
    p->stream = stream;
    p->ssrc = random_u32();
    p->seq = (uint16_t)random_u32();
    p->first_rtp_time = random_u32();
    bool udp = feed->scene->options->publish_transport == LOAD_UDP;
    const struct load_way way = {.to = feed->scene->addr, .udp = udp ? &feed->range : NULL};
    int err = load_unit_init(&p->unit, units_max_bytes(&feed->units), udp);
    if (err == 0)
        err = load_link_open(&p->link, &way);
    if (err != 0)
        return err;
    describe(description_buf, sizeof description_buf, &description);
    load_target_url(&feed->scene->target, stream, feed->count, url);
    load_dialogue_record(&p->link.talk->dialogue, url, description, "trackID=0");
    struct epoll_event event = {.events = EPOLLOUT, .data.ptr = p};
    return epoll_ctl(feed->epoll, EPOLL_CTL_ADD, p->link.fd, &event) == 0 ? 0 : -errno;
}

int load_feed_start(struct load_feed *feed, struct load_scene *scene)
{
    const struct load_options *o = scene->options;
    *feed = (struct load_feed){.scene = scene, .epoll = -1};
    if (!o->publish)
        return 0;
    int err = units_init(&feed->units, o->publish, (uint32_t)o->fps, (uint32_t)o->gop);
    if (err != 0)
        return err;
    feed->epoll = epoll_create1(EPOLL_CLOEXEC);
    feed->count = o->streams;
    feed->spacing_ns = 1e9 / (double)o->fps / (double)o->streams;
    feed->unit_scratch = malloc(units_max_bytes(&feed->units));
    feed->publishers = calloc(o->streams, sizeof *feed->publishers);
    if (feed->epoll < 0 || !feed->unit_scratch || !feed->publishers)
        return -ENOMEM;
    for (uint64_t i = 0; i < feed->count; i++)
        feed->publishers[i].link.fd = -1;
    for (uint64_t i = 0; i < feed->count && err == 0; i++)
        err = begin(feed, &feed->publishers[i], i);
    return err;
}

static void connect_further(struct load_feed *feed, struct load_publisher *p)
{
    struct load_link_result result;
    bool was_connected = p->link.talk->connected;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = p};
    load_link_advance(&p->link, &result);
    if (result.state == LOAD_LINK_FAILED) {
        give_up(feed, p, result.why);
        return;
    }
    if (!was_connected)
        epoll_ctl(feed->epoll, EPOLL_CTL_MOD, p->link.fd, &event);
    if (result.state == LOAD_LINK_UP) {
        load_link_settle(&p->link);
        feed->up++;
    }
}

/* What servers tell a publisher, receiver reports mostly, is of no interest here. */
static void discard(struct load_feed *feed, struct load_publisher *p)
{
    ssize_t got = recv(p->link.fd, NULL, DISCARD_BYTES, MSG_TRUNC | MSG_DONTWAIT);
    if (got == 0)
        give_up(feed, p, "closed by the server");
    else if (got < 0 && errno != EAGAIN && errno != EINTR)
        give_up(feed, p, strerror(errno));
}

static void take_events(struct load_feed *feed)
{
    struct epoll_event events[EVENTS_MAX];
    int count = epoll_wait(feed->epoll, events, EVENTS_MAX, 0);
    for (int i = 0; i < count; i++) {
        struct load_publisher *p = events[i].data.ptr;
        if (p->link.fd < 0)
            continue;
        if (p->link.talk)
            connect_further(feed, p);
        else
            discard(feed, p);
    }
}

static void make_unit(struct load_feed *feed, struct load_publisher *p)
{
    int64_t planned = planned_ns(feed, p->stream, p->next);
    size_t bytes = units_write(feed->unit_scratch, &feed->units, p->next, planned);
    const struct batch_layout layout = {
        .payload_type = SDP_DYNAMIC_PAYLOAD_TYPES,
        .ssrc = p->ssrc,
        .first_seq = p->seq,
        .rtp_time = p->first_rtp_time + (uint32_t)(p->next * 90000 / feed->units.fps),
    };
    uint32_t packets = load_unit_make(&p->unit, slice_of(feed->unit_scratch, bytes), &layout);
    p->seq = (uint16_t)(p->seq + packets);
}

/* True when the server took all of the unit. */
static bool send_unit(struct load_feed *feed, struct load_publisher *p)
{
    struct load_stats *stats = feed->scene->stats;
    int done = load_unit_send(&p->unit, &p->link);
    if (done < 0)
        give_up(feed, p, strerror(-done));
    if (done <= 0)
        return false;
    int64_t late = clock_mono_ns() - planned_ns(feed, p->stream, p->next);
    hist_add(&stats->publish_late, late > 0 ? (uint64_t)late : 0);
    stats->published_units++;
    stats->published_bytes += p->unit.bytes;
    p->unit.bytes = 0;
    p->next++;
    return true;
}

/* Sends what is due, as far as the socket takes it. True when nothing is left. */
static bool publish_due(struct load_feed *feed, struct load_publisher *p)
{
    while (p->link.fd >= 0 && p->next < p->due) {
        if (p->unit.bytes == 0)
            make_unit(feed, p);
        if (!send_unit(feed, p))
            return p->link.fd < 0;
    }
    return true;
}

static void work_off_backlog(struct load_feed *feed)
{
    uint64_t left = 0;
    for (uint64_t i = 0; feed->backlog > 0 && i < feed->count; i++)
        left += !publish_due(feed, &feed->publishers[i]);
    feed->backlog = left;
}

void load_feed_tick(struct load_feed *feed, int64_t now_ns)
{
    if (feed->count == 0)
        return;
    take_events(feed);
    if (!load_feed_is_up(feed))
        return;
    if (feed->first_ns == 0)
        feed->first_ns = now_ns;
    work_off_backlog(feed);
    while (load_feed_next_ns(feed) <= now_ns) {
        struct load_publisher *p = &feed->publishers[feed->next++ % feed->count];
        bool was_idle = p->next == p->due;
        p->due++;
        if (was_idle && !publish_due(feed, p))
            feed->backlog++;
    }
}

bool load_feed_is_up(const struct load_feed *feed)
{
    return feed->up == feed->count;
}

int64_t load_feed_next_ns(const struct load_feed *feed)
{
    if (feed->first_ns == 0)
        return INT64_MAX;
    return feed->first_ns + (int64_t)((double)feed->next * feed->spacing_ns);
}

void load_feed_stop(struct load_feed *feed)
{
    for (uint64_t i = 0; feed->publishers && i < feed->count; i++) {
        load_link_close(&feed->publishers[i].link);
        load_unit_fini(&feed->publishers[i].unit);
    }
    if (feed->epoll >= 0)
        close(feed->epoll);
    free(feed->publishers);
    free(feed->unit_scratch);
    *feed = (struct load_feed){.epoll = -1};
}
