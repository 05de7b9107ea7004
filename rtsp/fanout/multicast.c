/* SPDX-License-Identifier: MIT */
#include "rtsp/fanout/multicast.h"

#include <errno.h>
#include <stdlib.h>

#include "rtsp/fanout/fanout.h"

struct multicast {
    struct list link; /* in the worker's streams */
    struct multicast_worker *worker;
    struct group *group; /* a reference */
    uint32_t stream_id;
    struct viewer viewer; /* the group, as a player */
    struct udp_target target;
    struct udp_addr rtp[MEDIA_TRACKS_MAX], rtcp[MEDIA_TRACKS_MAX];
    struct list members;
    bool ending; /* the members are being told */
};

static bool may_send(struct udp_target *t)
{
    struct multicast *m = CONTAINER_OF(t, struct multicast, target);
    return group_claim(m->group, (int)m->worker->id);
}

static void destroy(struct multicast *m)
{
    viewer_fini(&m->viewer);
    if (m->group)
        group_release(m->group, (int)m->worker->id);
    group_put(&m->group);
    list_remove(&m->link);
    free(m);
}

static void forget(struct multicast_member *member)
{
    metrics_add(member->stream->worker->metrics, METRIC_PLAYERS_LEFT, 1);
    member->stream = NULL;
    list_remove(&member->link);
}

static void on_end(struct viewer *v, enum viewer_end why)
{
    struct multicast *m = CONTAINER_OF(v, struct multicast, viewer);
    (void)why; /* the stream has ended: no connection is there to break */
    m->ending = true;
    while (!list_empty(&m->members)) {
        struct multicast_member *member =
            CONTAINER_OF(m->members.next, struct multicast_member, link);
        forget(member);
        member->on_end(member);
    }
    destroy(m);
}

struct addr multicast_source(const struct multicast_worker *w, int fd)
{
    struct addr a;
    return w->from && addr_parse(&a, w->from, 0) == 0 ? a : addr_local(fd);
}

static struct multicast *find(const struct multicast_worker *w, const struct stream *s)
{
    for (struct list *l = w->streams.next; l != &w->streams; l = l->next) {
        struct multicast *m = CONTAINER_OF(l, struct multicast, link);
        if (m->stream_id == stream_id(s))
            return m;
    }
    return NULL;
}

/* Our address; any, if it is of another family than the group, for the kernel sends nothing then.
 */
static struct udp_addr source_of(const struct udp *u, const struct addr *local,
                                 const struct addr *group)
{
    char text[ADDR_TEXT_MAX];
    struct addr any;
    bool v6 = addr_format_host(group, text);
    if (addr_format_host(local, text) == v6)
        return udp_addr_of(u, local, 0);
    addr_parse(&any, v6 ? "[::]" : "0.0.0.0", 0);
    return udp_addr_of(u, &any, 0);
}

static void set_target(struct multicast *m, const struct egress_udp *udp, const struct addr *local)
{
    m->viewer.udp = &m->target;
    m->target.may_send = may_send;
    m->target.from = source_of(udp->rtp, local, &m->group->addr);
    uint16_t port = addr_port(&m->group->addr);
    for (unsigned i = 0; i < MEDIA_TRACKS_MAX; i++) {
        m->rtp[i] = udp_addr_of(udp->rtp, &m->group->addr, (uint16_t)(port + 2 * i));
        m->rtcp[i] = udp_addr_of(udp->rtp, &m->group->addr, (uint16_t)(port + 2 * i + 1));
        m->target.rtp[i] = &m->rtp[i];
        m->target.rtcp[i] = &m->rtcp[i];
    }
}

static struct lane *lane_of_group(struct multicast_worker *w, struct stream *s,
                                  const struct lane_options *options)
{
    struct lane_layout layout = {.kind = LANE_MULTICAST};
    const struct media *media = stream_media(s, NULL);
    for (unsigned i = 0; i < media->track_count; i++)
        if (!media->track[i].inactive)
            layout.tracks |= 1u << i;
    struct fanout *f = fanout_get(w->loop, w->id, s);
    return f ? fanout_lane(f, &layout, options) : NULL;
}

static struct multicast *create(struct multicast_worker *w, struct stream *s,
                                const struct addr *local, const struct lane_options *options)
{
    struct multicast *m = calloc(1, sizeof *m);
    if (!m)
        return NULL;
    m->worker = w;
    m->stream_id = stream_id(s);
    m->viewer = (struct viewer){.fd = -1, .on_end = on_end};
    list_init(&m->members);
    list_append(&w->streams, &m->link);
    m->group = groups_get(w->groups, stream_name(s));
    struct lane *lane = m->group ? lane_of_group(w, s, options) : NULL;
    if (lane) {
        set_target(m, options->udp, local);
        if (lane_greet(lane, &m->viewer) == 0 && lane_join(lane, &m->viewer) == 0)
            return m;
    }
    destroy(m);
    return NULL;
}

int multicast_join(struct multicast_worker *w, struct multicast_member *member, struct stream *s,
                   const struct addr *local, const struct lane_options *options)
{
    struct multicast *m = find(w, s);
    if (!m)
        m = create(w, s, local, options);
    if (!m)
        return -ENOMEM;
    member->stream = m;
    list_append(&m->members, &member->link);
    metrics_add(w->metrics, METRIC_PLAYERS_JOINED, 1);
    return 0;
}

void multicast_leave(struct multicast_member *member)
{
    struct multicast *m = member->stream;
    if (!m)
        return;
    forget(member);
    if (list_empty(&m->members) && !m->ending)
        destroy(m);
}
