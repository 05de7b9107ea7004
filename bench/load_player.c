/* SPDX-License-Identifier: MIT */
#include "bench/load_player.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "core/clock.h"

enum { DISCARD_BYTES = 16 << 20 }; /* more than any receive buffer holds */

static void release(struct load_player *p)
{
    load_link_close(&p->link);
    free(p->url);
    free(p->session);
    free(p->verify);
    free(p->carry);
    p->url = NULL;
    p->session = NULL;
    p->verify = NULL;
    p->carry = NULL;
    p->carry_len = 0;
    p->state = LOAD_PLAYER_IDLE;
}

static void report(const struct load_player *p, struct load_scene *scene, const char *why)
{
    char line[256];
    snprintf(line, sizeof line, "player %llu: %s", (unsigned long long)p->number, why);
    load_stats_note(scene->stats, line);
    if (scene->options->verbose)
        fprintf(stderr, "umbel-load: %s\n", line);
}

static void fail_join(struct load_player *p, struct load_scene *scene, enum load_reason reason,
                      const char *why)
{
    scene->stats->join_failures[reason]++;
    report(p, scene, why);
    release(p);
}

static void lose(struct load_player *p, struct load_scene *scene, enum load_reason reason,
                 const char *why)
{
    struct load_stats *stats = scene->stats;
    stats->playing--;
    if (p->role == LOAD_ROLE_STALLED || p->role == LOAD_ROLE_SLOW) {
        stats->evictions++;
    } else {
        stats->disconnects[reason]++;
        report(p, scene, why);
    }
    release(p);
}

static bool watch(struct load_player *p, int epoll, int op, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = p};
    return epoll_ctl(epoll, op, p->link.fd, &event) == 0;
}

void load_player_join(struct load_player *p, struct load_scene *scene, int64_t planned_ns,
                      int64_t now_ns)
{
    const struct load_options *o = scene->options;
    char url[LOAD_URL_MAX];
    unsigned source = o->sources > 1 ? 1 + (unsigned)(p->number % o->sources) : 0;
    scene->stats->attempts++;
    p->state = LOAD_PLAYER_JOINING;
    p->planned_ns = planned_ns;
    p->deadline_ns = now_ns + LOAD_JOIN_TIMEOUT_NS;
    int err = load_link_open(&p->link, &scene->addr, source);
    if (err != 0 || !watch(p, scene->crowd_epoll, EPOLL_CTL_ADD, EPOLLOUT)) {
        fail_join(p, scene, LOAD_REASON_CONNECT, strerror(err ? -err : errno));
        return;
    }
    load_target_url(&scene->target, p->stream, o->streams, url);
    load_dialogue_play(&p->link.talk->dialogue, url);
}

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

/* From now on the kernel wakes nobody up for players that do not read. */
static bool watch_media(struct load_player *p, const struct load_scene *scene)
{
    if (p->role == LOAD_ROLE_STALLED || p->role == LOAD_ROLE_SLOW)
        return watch(p, scene->crowd_epoll, EPOLL_CTL_MOD, EPOLLRDHUP);
    if (p->role == LOAD_ROLE_DRAINED)
        return true;
    return watch(p, scene->crowd_epoll, EPOLL_CTL_DEL, 0) &&
           watch(p, scene->verified_epoll, EPOLL_CTL_ADD, EPOLLIN);
}

/* Looks at 'len' bytes of scratch; keeps what is not whole for the next time. */
static void verify(struct load_player *p, struct load_scene *scene, size_t len)
{
    struct slice bytes = slice_of(scene->scratch, len);
    int64_t used = load_verify_bytes(p->verify, bytes, clock_mono_ns());
    if (used < 0) {
        lose(p, scene, LOAD_REASON_GARBLED, "neither RTSP nor interleaved packets came");
        return;
    }
    struct slice rest = slice_from(bytes, (size_t)used);
    if (rest.len > p->carry_len) {
        uint8_t *bigger = realloc(p->carry, rest.len);
        if (!bigger) {
            lose(p, scene, LOAD_REASON_RESET, strerror(ENOMEM));
            return;
        }
        p->carry = bigger;
    }
    p->carry_len = rest.len;
    if (rest.len > 0)
        memcpy(p->carry, rest.ptr, rest.len);
}

static void begin_playing(struct load_player *p, struct load_scene *scene)
{
    struct load_talk *talk = p->link.talk;
    int64_t now_ns = clock_mono_ns();
    size_t early = talk->len;
    p->url = strdup(talk->dialogue.base);
    p->session = strdup(talk->dialogue.session);
    p->cseq = talk->dialogue.cseq;
    if (!p->url || !p->session || (p->role == LOAD_ROLE_VERIFIED && !begin_verify(p, scene)) ||
        !watch_media(p, scene)) {
        fail_join(p, scene, LOAD_REASON_CONNECT, "out of memory");
        return;
    }
    scene->stats->joins++;
    scene->stats->playing++;
    scene->stats->bytes += early;
    hist_add(&scene->stats->join, (uint64_t)(now_ns - p->planned_ns));
    p->state = LOAD_PLAYER_PLAYING;
    p->credit_ns = now_ns;
    p->alive_ns = now_ns + scene->options->keepalive_ns;
    memcpy(scene->scratch, talk->in, early);
    load_link_settle(&p->link);
    if (p->verify)
        verify(p, scene, early);
}

static void go_on_joining(struct load_player *p, struct load_scene *scene)
{
    struct load_link_result result;
    struct load_talk *talk = p->link.talk;
    bool was_connected = talk->connected;
    enum load_step before = talk->dialogue.step;
    load_link_advance(&p->link, &result);
    if (result.state == LOAD_LINK_FAILED) {
        fail_join(p, scene, result.reason, result.why);
        return;
    }
    if (before < LOAD_STEP_START && talk->dialogue.step >= LOAD_STEP_START)
        p->play_ns = clock_mono_ns();
    if (!was_connected)
        watch(p, scene->crowd_epoll, EPOLL_CTL_MOD, EPOLLIN);
    if (result.state == LOAD_LINK_UP)
        begin_playing(p, scene);
}

/* What a read that brought nothing means. */
static void judge_end(struct load_player *p, struct load_scene *scene, ssize_t got)
{
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got == 0)
        lose(p, scene, LOAD_REASON_CLOSED, "closed by the server while playing");
    else
        lose(p, scene, LOAD_REASON_RESET, strerror(errno));
}

/* The kernel drops the bytes without copying them (MSG_TRUNC of tcp(7)). */
static void discard(struct load_player *p, struct load_scene *scene, size_t max)
{
    ssize_t got = recv(p->link.fd, NULL, max, MSG_TRUNC | MSG_DONTWAIT);
    if (got > 0)
        scene->stats->bytes += (uint64_t)got;
    else
        judge_end(p, scene, got);
}

static void read_and_verify(struct load_player *p, struct load_scene *scene)
{
    size_t carried = p->carry_len;
    if (carried > 0)
        memcpy(scene->scratch, p->carry, carried);
    ssize_t got =
        recv(p->link.fd, scene->scratch + carried, LOAD_SCRATCH_BYTES - carried, MSG_DONTWAIT);
    if (got <= 0) {
        judge_end(p, scene, got);
        return;
    }
    scene->stats->bytes += (uint64_t)got;
    verify(p, scene, carried + (size_t)got);
}

void load_player_on_event(struct load_player *p, struct load_scene *scene)
{
    if (p->state == LOAD_PLAYER_JOINING)
        go_on_joining(p, scene);
    else if (p->role == LOAD_ROLE_VERIFIED)
        read_and_verify(p, scene);
    else if (p->role == LOAD_ROLE_DRAINED)
        discard(p, scene, DISCARD_BYTES);
    else
        lose(p, scene, LOAD_REASON_CLOSED, "closed by the server");
}

/* What it could not read in a second it may not read later on. */
void load_player_read_slowly(struct load_player *p, struct load_scene *scene, int64_t now_ns)
{
    double ns_per_byte = 8e9 / scene->options->slow_bits;
    if (p->state != LOAD_PLAYER_PLAYING)
        return;
    if (p->credit_ns < now_ns - NS_PER_S)
        p->credit_ns = now_ns - NS_PER_S;
    size_t allowed = (size_t)((double)(now_ns - p->credit_ns) / ns_per_byte);
    uint64_t before = scene->stats->bytes;
    if (allowed == 0)
        return;
    discard(p, scene, allowed);
    p->credit_ns += (int64_t)((double)(scene->stats->bytes - before) * ns_per_byte);
}

/* Best effort: a socket that takes nothing is looked at by who reads it. */
static void send_request(struct load_player *p, const char *method)
{
    char buf[LOAD_REQUEST_MAX];
    struct text request;
    text_init(&request, buf, sizeof buf);
    load_request_write(&request, method, p->url, ++p->cseq, p->session);
    (void)!send(p->link.fd, buf, request.len, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void load_player_on_time(struct load_player *p, struct load_scene *scene, int64_t now_ns)
{
    if (p->state == LOAD_PLAYER_JOINING && now_ns > p->deadline_ns) {
        fail_join(p, scene, LOAD_REASON_TIMEOUT, "the server did not answer in time");
        return;
    }
    int64_t keepalive_ns = scene->options->keepalive_ns;
    if (p->state != LOAD_PLAYER_PLAYING || keepalive_ns == 0 || now_ns < p->alive_ns)
        return;
    send_request(p, "OPTIONS");
    p->alive_ns = now_ns + keepalive_ns;
}

void load_player_leave(struct load_player *p, struct load_scene *scene)
{
    if (p->state == LOAD_PLAYER_PLAYING) {
        send_request(p, "TEARDOWN");
        scene->stats->playing--;
    }
    release(p);
}
