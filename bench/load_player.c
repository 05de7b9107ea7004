/* SPDX-License-Identifier: MIT */
#include "bench/load_player.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "bench/load_media.h"
#include "core/clock.h"
#include "core/random.h"

/* RFC 3550 section 6.2: 5 seconds, from half to one and a half of it by chance (6.3.1), so that
 * reports of all players do not come together. */
#define REPORT_INTERVAL_NS (5 * NS_PER_S)

static void release(struct load_player *p, struct load_scene *scene)
{
    if (p->link.udp)
        scene->stats->overflows += load_udp_overflows(p->link.udp);
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
    release(p, scene);
}

void load_player_lose(struct load_player *p, struct load_scene *scene, enum load_reason reason,
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
    release(p, scene);
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
    const struct load_way way = {
        .to = scene->addr,
        .source = o->sources > 1 ? 1 + (unsigned)(p->number % o->sources) : 0,
        .udp = scene->udp,
        .stamped = o->arrival == LOAD_ARRIVAL_KERNEL,
    };
    scene->stats->attempts++;
    p->state = LOAD_PLAYER_JOINING;
    p->planned_ns = planned_ns;
    p->deadline_ns = now_ns + LOAD_JOIN_TIMEOUT_NS;
    int err = load_link_open(&p->link, &way);
    if (err != 0 || !watch(p, scene->crowd_epoll, EPOLL_CTL_ADD, EPOLLOUT)) {
        fail_join(p, scene, LOAD_REASON_CONNECT, strerror(err ? -err : errno));
        return;
    }
    load_target_url(&scene->target, p->stream, o->streams, url);
    load_dialogue_play(&p->link.talk->dialogue, url);
}

static int64_t next_report_ns(int64_t now_ns)
{
    return now_ns + REPORT_INTERVAL_NS / 2 + REPORT_INTERVAL_NS / 1000 * (random_u32() % 1000);
}

static void begin_playing(struct load_player *p, struct load_scene *scene)
{
    struct load_talk *talk = p->link.talk;
    int64_t now_ns = clock_mono_ns();
    p->url = strdup(talk->dialogue.base);
    p->session = strdup(talk->dialogue.session);
    p->cseq = talk->dialogue.cseq;
    if (!p->url || !p->session || !load_media_begin(p, scene)) {
        fail_join(p, scene, LOAD_REASON_CONNECT, "out of memory");
        return;
    }
    scene->stats->joins++;
    scene->stats->playing++;
    hist_add(&scene->stats->join, (uint64_t)(now_ns - p->planned_ns));
    p->state = LOAD_PLAYER_PLAYING;
    p->credit_ns = now_ns;
    p->alive_ns = now_ns + scene->options->keepalive_ns;
    p->report_ns = next_report_ns(now_ns);
    size_t early = talk->len;
    int64_t arrived_ns = talk->arrived_ns;
    memcpy(scene->scratch, talk->in, early);
    load_link_settle(&p->link);
    load_media_take(p, scene, early, arrived_ns);
}

static void go_on_joining(struct load_player *p, struct load_scene *scene)
{
    struct load_link_result result;
    struct load_talk *talk = p->link.talk;
    bool was_connected = talk->connected;
    enum load_step before = talk->dialogue.step;
    int64_t now_ns = clock_mono_ns();
    load_link_advance(&p->link, &result);
    if (result.state == LOAD_LINK_FAILED) {
        fail_join(p, scene, result.reason, result.why);
        return;
    }
    if (before < LOAD_STEP_START && talk->dialogue.step >= LOAD_STEP_START)
        p->play_ns = now_ns; /* the reply may be there before the send returns */
    if (!was_connected)
        watch(p, scene->crowd_epoll, EPOLL_CTL_MOD, EPOLLIN);
    if (result.state == LOAD_LINK_UP)
        begin_playing(p, scene);
}

void load_player_on_event(struct load_player *p, struct load_scene *scene)
{
    if (p->state == LOAD_PLAYER_JOINING)
        go_on_joining(p, scene);
    else
        load_media_on_connection(p, scene);
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
    if (p->state != LOAD_PLAYER_PLAYING)
        return;
    if (p->link.udp && now_ns >= p->report_ns) {
        scene->stats->tally.rtcp_packets += load_udp_report(p->link.udp);
        p->report_ns = next_report_ns(now_ns);
    }
    int64_t keepalive_ns = scene->options->keepalive_ns;
    if (keepalive_ns > 0 && now_ns >= p->alive_ns) {
        send_request(p, "OPTIONS");
        p->alive_ns = now_ns + keepalive_ns;
    }
}

void load_player_leave(struct load_player *p, struct load_scene *scene)
{
    if (p->state == LOAD_PLAYER_PLAYING) {
        send_request(p, "TEARDOWN");
        scene->stats->playing--;
    }
    release(p, scene);
}
