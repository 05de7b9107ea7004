/* SPDX-License-Identifier: MIT */
#include "bench/load_media.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "bench/arrival.h"

enum {
    DISCARD_BYTES = 16 << 20, /* more than any receive buffer holds */
    BURSTS_A_TURN = 32,       /* read of a track before others come first */
};

/* Life */

static bool begin_verify(struct load_player *p, struct load_scene *scene)
{
    const struct load_dialogue *d = &p->link.talk->dialogue;
    p->verify = malloc(sizeof *p->verify);
    if (!p->verify)
        return false;
    load_verify_init(p->verify, &scene->stats->tally, p->play_ns);
    for (unsigned i = 0; i < d->track_count; i++)
        load_verify_add_track(p->verify, d->tracks[i].rtp_channel, d->tracks[i].rtcp_channel,
                              d->tracks[i].h264);
    return true;
}

static bool watch(struct load_player *p, int epoll, int op, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = p};
    return epoll_ctl(epoll, op, p->link.fd, &event) == 0;
}

/* From now on the kernel wakes nobody up for players that do not read. */
static bool watch_media(struct load_player *p, const struct load_scene *scene)
{
    bool verifies = p->role == LOAD_ROLE_VERIFIED;
    if (p->link.udp)
        return load_udp_watch(p->link.udp, verifies ? scene->verified_epoll : scene->datagram_epoll,
                              p);
    if (p->role == LOAD_ROLE_STALLED || p->role == LOAD_ROLE_SLOW)
        return watch(p, scene->crowd_epoll, EPOLL_CTL_MOD, EPOLLRDHUP);
    return !verifies || (watch(p, scene->crowd_epoll, EPOLL_CTL_DEL, 0) &&
                         watch(p, scene->verified_epoll, EPOLL_CTL_ADD, EPOLLIN));
}

bool load_media_begin(struct load_player *p, struct load_scene *scene)
{
    return (p->role != LOAD_ROLE_VERIFIED || begin_verify(p, scene)) && watch_media(p, scene);
}

/* On the connection */

/* Looks at 'len' bytes of scratch; keeps what is not whole for the next time. */
static void verify(struct load_player *p, struct load_scene *scene, size_t len, int64_t arrived_ns)
{
    struct slice bytes = slice_of(scene->scratch, len);
    int64_t used = load_verify_bytes(p->verify, bytes, arrived_ns);
    if (used < 0) {
        load_player_lose(p, scene, LOAD_REASON_GARBLED,
                         "neither RTSP nor interleaved packets came");
        return;
    }
    struct slice rest = slice_from(bytes, (size_t)used);
    if (rest.len > p->carry_len) {
        uint8_t *bigger = realloc(p->carry, rest.len);
        if (!bigger) {
            load_player_lose(p, scene, LOAD_REASON_RESET, strerror(ENOMEM));
            return;
        }
        p->carry = bigger;
    }
    p->carry_len = rest.len;
    if (rest.len > 0)
        memcpy(p->carry, rest.ptr, rest.len);
}

void load_media_take(struct load_player *p, struct load_scene *scene, size_t len,
                     int64_t arrived_ns)
{
    if (p->link.udp)
        return;
    scene->stats->bytes += len;
    if (p->verify)
        verify(p, scene, len, arrived_ns);
}

/* What a read that brought nothing means. */
static void judge_end(struct load_player *p, struct load_scene *scene, ssize_t got)
{
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got == 0)
        load_player_lose(p, scene, LOAD_REASON_CLOSED, "closed by the server while playing");
    else
        load_player_lose(p, scene, LOAD_REASON_RESET, strerror(errno));
}

/* The kernel drops the bytes without copying them (MSG_TRUNC of tcp(7)). Returns how many. */
static uint64_t discard(struct load_player *p, struct load_scene *scene, size_t max)
{
    ssize_t got = recv(p->link.fd, NULL, max, MSG_TRUNC | MSG_DONTWAIT);
    if (got <= 0)
        judge_end(p, scene, got);
    return got > 0 ? (uint64_t)got : 0;
}

static void read_and_verify(struct load_player *p, struct load_scene *scene)
{
    size_t carried = p->carry_len;
    if (carried > 0)
        memcpy(scene->scratch, p->carry, carried);
    int64_t arrived_ns;
    ssize_t got = arrival_recv(p->link.fd, scene->scratch + carried, LOAD_SCRATCH_BYTES - carried,
                               &arrived_ns);
    if (got <= 0) {
        judge_end(p, scene, got);
        return;
    }
    scene->stats->bytes += (uint64_t)got;
    verify(p, scene, carried + (size_t)got, arrived_ns);
}

void load_media_on_connection(struct load_player *p, struct load_scene *scene)
{
    if (p->link.udp)
        discard(p, scene, DISCARD_BYTES); /* replies to signs of life */
    else if (p->role == LOAD_ROLE_VERIFIED)
        read_and_verify(p, scene);
    else if (p->role == LOAD_ROLE_DRAINED)
        scene->stats->bytes += discard(p, scene, DISCARD_BYTES);
    else
        load_player_lose(p, scene, LOAD_REASON_CLOSED, "closed by the server");
}

/* What it could not read in a second it may not read later on. */
void load_media_read_slowly(struct load_player *p, struct load_scene *scene, int64_t now_ns)
{
    double ns_per_byte = 8e9 / scene->options->slow_bits;
    if (p->state != LOAD_PLAYER_PLAYING)
        return;
    if (p->credit_ns < now_ns - NS_PER_S)
        p->credit_ns = now_ns - NS_PER_S;
    size_t allowed = (size_t)((double)(now_ns - p->credit_ns) / ns_per_byte);
    if (allowed == 0)
        return;
    uint64_t got = discard(p, scene, allowed);
    scene->stats->bytes += got;
    p->credit_ns += (int64_t)((double)got * ns_per_byte);
}

/* Datagrams */

static void verify_burst(struct load_player *p, unsigned track, const struct load_burst *burst)
{
    for (struct slice rest = burst->bytes; rest.len > 0; rest = slice_from(rest, burst->segment))
        load_verify_datagram(p->verify, track, slice_head(rest, burst->segment), burst->arrived_ns);
}

static void verify_track(struct load_player *p, struct load_scene *scene, unsigned track)
{
    struct load_burst burst;
    for (int i = 0; i < BURSTS_A_TURN; i++) {
        if (load_udp_read(p->link.udp, track, scene->scratch, LOAD_SCRATCH_BYTES, &burst) != 0)
            return;
        scene->stats->bytes += burst.bytes.len;
        verify_burst(p, track, &burst);
    }
}

void load_media_on_datagrams(struct load_player *p, struct load_scene *scene)
{
    if (!p->verify) {
        scene->stats->bytes += load_udp_discard(p->link.udp);
        return;
    }
    for (unsigned i = 0; i < p->link.udp->count; i++)
        verify_track(p, scene, i);
}
