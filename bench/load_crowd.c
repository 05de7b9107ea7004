/* SPDX-License-Identifier: MIT */
#include "bench/load_crowd.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "bench/load_media.h"
#include "core/clock.h"
#include "core/random.h"

enum { VERIFIED_EVENTS = 256, CROWD_EVENTS = 128, EVENTS_MAX = VERIFIED_EVENTS };

#define SLOW_INTERVAL_NS (10 * NS_PER_MS)
#define TIME_INTERVAL_NS (100 * NS_PER_MS)

/* True for 'part' of 'whole' numbers, evenly spread. */
static bool is_chosen(uint64_t number, uint64_t part, uint64_t whole)
{
    return whole > 0 && (number + 1) * part / whole != number * part / whole;
}

static uint64_t share_of(uint64_t count, double percent)
{
    return (uint64_t)((double)count * percent / 100 + 0.5);
}

/*
 * All streams get as many players. Each round begins at another stream, without a pattern (Knuth's
 * multiplicative hash), so that no stream gets all players of a kind.
 */
static uint64_t stream_of(uint64_t number, uint64_t streams)
{
    uint64_t turn = number / streams * UINT64_C(0x9e3779b97f4a7c15) >> 32;
    return (number + turn) % streams;
}

void load_crowd_cast(struct load_player *players, const struct load_options *o)
{
    uint64_t stalled = share_of(o->clients, o->stall_percent);
    uint64_t slow = share_of(o->clients, o->slow_percent);
    uint64_t others = o->clients - stalled;
    slow = slow < others ? slow : others;
    uint64_t healthy = others - slow;
    uint64_t verified = o->verify < healthy ? o->verify : healthy;
    uint64_t other = 0;
    uint64_t well = 0;
    for (uint64_t i = 0; i < o->clients; i++) {
        struct load_player *p = &players[i];
        p->number = i;
        p->stream = stream_of(i, o->streams);
        if (is_chosen(i, stalled, o->clients))
            p->role = LOAD_ROLE_STALLED;
        else if (is_chosen(other++, slow, others))
            p->role = LOAD_ROLE_SLOW;
        else
            p->role = is_chosen(well++, verified, healthy) ? LOAD_ROLE_VERIFIED : LOAD_ROLE_DRAINED;
    }
}

int load_crowd_init(struct load_crowd *crowd, const struct load_options *options,
                    const struct load_target *target, const struct addr *addr,
                    struct load_stats *stats)
{
    *crowd = (struct load_crowd){
        .scene = {.options = options,
                  .target = *target,
                  .addr = *addr,
                  .stats = stats,
                  .verified_epoll = epoll_create1(EPOLL_CLOEXEC),
                  .datagram_epoll = epoll_create1(EPOLL_CLOEXEC),
                  .crowd_epoll = epoll_create1(EPOLL_CLOEXEC),
                  .scratch = malloc(LOAD_SCRATCH_BYTES)},
        .players = calloc(options->clients, sizeof(struct load_player)),
        .count = options->clients,
    };
    struct load_scene *scene = &crowd->scene;
    if (scene->verified_epoll < 0 || scene->datagram_epoll < 0 || scene->crowd_epoll < 0 ||
        !scene->scratch || !crowd->players)
        return -ENOMEM;
    if (options->transport == LOAD_UDP)
        scene->udp = &crowd->range;
    load_crowd_cast(crowd->players, options);
    for (uint64_t i = 0; i < crowd->count; i++)
        crowd->players[i].link.fd = -1;
    return 0;
}

static void close_epoll(int fd)
{
    if (fd >= 0)
        close(fd);
}

void load_crowd_fini(struct load_crowd *crowd)
{
    for (uint64_t i = 0; crowd->players && i < crowd->begun; i++)
        load_player_leave(&crowd->players[i], &crowd->scene);
    free(crowd->players);
    free(crowd->scene.scratch);
    close_epoll(crowd->scene.verified_epoll);
    close_epoll(crowd->scene.datagram_epoll);
    close_epoll(crowd->scene.crowd_epoll);
    *crowd = (struct load_crowd){0};
}

void load_crowd_join(struct load_crowd *crowd, int64_t now_ns)
{
    double interval_ns = 1e9 / crowd->scene.options->join_rate;
    if (crowd->first_join_ns == 0)
        crowd->first_join_ns = now_ns;
    while (crowd->begun < crowd->count) {
        int64_t planned = crowd->first_join_ns + (int64_t)((double)crowd->begun * interval_ns);
        if (planned > now_ns)
            return;
        load_player_join(&crowd->players[crowd->begun++], &crowd->scene, planned, now_ns);
    }
}

bool load_crowd_has_joined(const struct load_crowd *crowd)
{
    const struct load_stats *s = crowd->scene.stats;
    return crowd->begun == crowd->count && s->attempts == s->joins + load_sum(s->join_failures);
}

/* A player that plays and reads, from a random place on; NULL when there is none. */
static struct load_player *find_healthy(struct load_crowd *crowd)
{
    uint64_t from = random_u32() % crowd->count;
    for (uint64_t i = 0; i < crowd->count; i++) {
        struct load_player *p = &crowd->players[(from + i) % crowd->count];
        bool reads = p->role == LOAD_ROLE_VERIFIED || p->role == LOAD_ROLE_DRAINED;
        if (p->state == LOAD_PLAYER_PLAYING && reads)
            return p;
    }
    return NULL;
}

void load_crowd_churn(struct load_crowd *crowd, int64_t now_ns)
{
    double rate = crowd->scene.options->churn_rate;
    if (rate <= 0)
        return;
    if (crowd->next_churn_ns == 0)
        crowd->next_churn_ns = now_ns;
    while (crowd->next_churn_ns <= now_ns) {
        struct load_player *p = find_healthy(crowd);
        int64_t planned = crowd->next_churn_ns;
        crowd->next_churn_ns += (int64_t)(1e9 / rate);
        if (!p)
            continue;
        crowd->scene.stats->leaves++;
        load_player_leave(p, &crowd->scene);
        load_player_join(p, &crowd->scene, planned, now_ns);
    }
}

typedef void serve_player(struct load_player *p, struct load_scene *scene);

/*
 * One batch: level-triggered epoll puts those that are still ready at the end of its list. True
 * when there may be more. A player that was lost while an earlier event was served may be named
 * once more.
 */
static bool read_batch(struct load_crowd *crowd, int epoll, serve_player *serve, int most)
{
    struct epoll_event events[EVENTS_MAX];
    int count = epoll_wait(epoll, events, most, 0);
    for (int i = 0; i < count; i++) {
        struct load_player *p = events[i].data.ptr;
        if (p->state != LOAD_PLAYER_IDLE)
            serve(p, &crowd->scene);
    }
    return count == most;
}

static bool read_ready(struct load_crowd *crowd)
{
    const struct load_scene *s = &crowd->scene;
    serve_player *on_media = s->udp ? load_media_on_datagrams : load_player_on_event;
    read_batch(crowd, s->verified_epoll, on_media, VERIFIED_EVENTS);
    bool more = read_batch(crowd, s->crowd_epoll, load_player_on_event, CROWD_EVENTS);
    more |= read_batch(crowd, s->datagram_epoll, load_media_on_datagrams, CROWD_EVENTS);
    return more;
}

static void read_slow(struct load_crowd *crowd, int64_t now_ns)
{
    if (crowd->scene.options->slow_percent <= 0 || now_ns < crowd->next_slow_ns)
        return;
    crowd->next_slow_ns = now_ns + SLOW_INTERVAL_NS;
    for (uint64_t i = 0; i < crowd->begun; i++)
        if (crowd->players[i].role == LOAD_ROLE_SLOW)
            load_media_read_slowly(&crowd->players[i], &crowd->scene, now_ns);
}

static void see_to_time(struct load_crowd *crowd, int64_t now_ns)
{
    if (now_ns < crowd->next_time_ns)
        return;
    crowd->next_time_ns = now_ns + TIME_INTERVAL_NS;
    for (uint64_t i = 0; i < crowd->begun; i++)
        load_player_on_time(&crowd->players[i], &crowd->scene, now_ns);
}

bool load_crowd_read(struct load_crowd *crowd, int64_t now_ns)
{
    bool more = read_ready(crowd);
    read_slow(crowd, now_ns);
    see_to_time(crowd, now_ns);
    return more;
}
