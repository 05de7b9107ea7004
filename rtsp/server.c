/* SPDX-License-Identifier: MIT */
#include "rtsp/server.h"

#include <errno.h>
#include <stdlib.h>

#include "core/rcu.h"
#include "net/limits.h"
#include "net/listener.h"
#include "rtsp/session/acceptor.h"
#include "rtsp/session/conn.h"
#include "rtsp/session/dispatch.h"
#include "rtsp/session/pairing.h"
#include "rtsp/source/source_pattern.h"

#define DRAIN_NS (3 * NS_PER_S)

/* A worker with what only the server knows of it. */
struct server_worker {
    struct rtsp_worker worker;
    struct server *server;
    struct acceptor acceptor[CONFIG_LISTEN_MAX];
    struct source_pattern *pattern; /* worker 0, with --demo */
    struct message stop;
    struct tmr drain; /* since the stop */
};

struct server {
    const struct config *config;
    struct registry *registry;
    struct pairing *pairing;
    struct groups *groups; /* NULL: no multicast */
    unsigned worker_count;
    unsigned started;
    _Atomic uint64_t clients;
    uint64_t reported_bytes; /* the main thread's: sent at the last report */
    struct server_worker *worker[CONFIG_WORKERS_MAX];
    struct rtsp_worker *rtsp_worker[CONFIG_WORKERS_MAX]; /* the same */
};

/* -- the end, on the worker's thread -- */

static struct conn *conn_of(struct list *link)
{
    return CONTAINER_OF(link, struct conn, link);
}

/*
 * Whatever does not play ends now. Publishers take their streams with them, wherever they are
 * played: the players get BYE, and end as at any end of a stream.
 */
static void end_conns(struct rtsp_worker *w)
{
    struct list *next;
    for (struct list *l = w->conns.next; l != &w->conns; l = next) {
        next = l->next;
        if (conn_of(l)->session.state != SESSION_PLAYING)
            conn_linger(conn_of(l), "the server stops");
    }
}

static void on_drained(struct tmr *t, int64_t now_ns)
{
    (void)now_ns;
    struct server_worker *sw = CONTAINER_OF(t, struct server_worker, drain);
    while (!list_empty(&sw->worker.conns))
        conn_close(conn_of(sw->worker.conns.next), "the server stops");
    sw->worker.base.loop.stop = true;
}

static void on_stop(struct message *m)
{
    struct server_worker *sw = CONTAINER_OF(m, struct server_worker, stop);
    struct rtsp_worker *w = &sw->worker;
    for (unsigned i = 0; i < CONFIG_LISTEN_MAX; i++)
        acceptor_close(&sw->acceptor[i]);
    source_pattern_destroy(sw->pattern);
    sw->pattern = NULL;
    w->draining = true;
    orphans_end(&w->sources.orphans);
    end_conns(w);
    sw->drain.on_expiry = on_drained;
    if (list_empty(&w->conns) ||
        tmr_arm(&w->base.loop.timers, &sw->drain, worker_now(w) + DRAIN_NS) != 0)
        w->base.loop.stop = true;
}

/* -- the beginning -- */

static void raise_descriptor_limit(void)
{
    int err = limits_raise_descriptors();
    if (err)
        LOG_WARN("file descriptor limit not raised", log_str("error", strerror(-err)));
}

static struct acceptor *free_acceptor(struct server_worker *sw)
{
    unsigned n = 0;
    while (sw->acceptor[n].io.fd >= 0)
        n++;
    return &sw->acceptor[n];
}

static int open_listeners(struct server *s, const char *where)
{
    struct addr a;
    char text[ADDR_TEXT_MAX];
    int fd[CONFIG_WORKERS_MAX];
    int err = addr_parse(&a, where, CONFIG_DEFAULT_PORT);
    if (!err)
        err = listener_open(&a, fd, s->worker_count);
    if (err) {
        LOG_ERROR("cannot listen", log_str("addr", where), log_str("reason", strerror(-err)));
        return err;
    }
    for (unsigned i = 0; i < s->worker_count; i++) {
        int added = acceptor_open(free_acceptor(s->worker[i]), &s->worker[i]->worker, fd[i]);
        err = err ? err : added;
    }
    addr_format(&a, text);
    LOG_INFO("listening", log_str("addr", text), log_u64("workers", s->worker_count));
    return err;
}

static int open_all_listeners(struct server *s)
{
    int err = 0;
    for (unsigned i = 0; i < s->config->listen_count && !err; i++)
        err = open_listeners(s, s->config->listen[i]);
    return err;
}

static struct server_worker *make_worker(struct server *s, unsigned id, int cpu)
{
    struct server_worker *sw = aligned_alloc(_Alignof(struct server_worker), sizeof *sw);
    if (!sw)
        return NULL;
    memset(sw, 0, sizeof *sw);
    sw->server = s;
    sw->stop.on_delivery = on_stop;
    for (unsigned i = 0; i < CONFIG_LISTEN_MAX; i++)
        acceptor_init(&sw->acceptor[i]);
    struct rtsp_worker *w = &sw->worker;
    w->config = s->config;
    w->registry = s->registry;
    w->pairing = s->pairing;
    w->handlers = &dispatch_handlers;
    w->workers = s->worker_count;
    w->all = s->rtsp_worker;
    s->rtsp_worker[id] = w;
    w->clients = &s->clients;
    list_init(&w->conns);
    w->multicast =
        (struct multicast_worker){.loop = &w->base.loop, .id = id, .metrics = &w->metrics};
    list_init(&w->multicast.streams);
    w->sources = (struct source_worker){.loop = &w->base.loop,
                                        .registry = s->registry,
                                        .config = s->config,
                                        .workers = s->worker_count};
    orphans_init(&w->sources.orphans, &w->base.loop, s->registry);
    if (splicer_init(&w->splicer) != 0)
        LOG_WARN("no pipes: large frames go by copy", log_u64("worker", id));
    if (worker_init(&w->base, id, cpu) == 0)
        return sw;
    worker_fini(&w->base);
    splicer_fini(&w->splicer);
    free(sw);
    return NULL;
}

static int make_workers(struct server *s)
{
    int cpu[CONFIG_WORKERS_MAX];
    unsigned cpus = worker_cpus(cpu, CONFIG_WORKERS_MAX);
    bool pin = !s->config->no_pin && cpus > 0;
    unsigned wanted = s->config->workers ? (unsigned)s->config->workers : cpus;
    wanted = wanted > 0 ? wanted : 1;
    s->worker_count = wanted;
    for (unsigned i = 0; i < wanted; i++) {
        s->worker[i] = make_worker(s, i, pin ? cpu[i % cpus] : -1);
        if (!s->worker[i]) {
            LOG_ERROR("cannot make a worker", log_u64("worker", i));
            return -ENOMEM;
        }
    }
    return 0;
}

/* The ports that were asked for, or any when none were, since clients are told theirs. */
static int open_udp_port(struct server *s, struct rtsp_worker *w)
{
    const struct config *config = s->config;
    uint32_t wanted = config->rtp_port + 2 * w->base.id;
    int err = wanted < UINT16_MAX ? udp_port_open(&w->udp, &w->base.loop, (uint16_t)wanted)
                                  : -EADDRNOTAVAIL;
    if (err && !config->rtp_port_is_given)
        err = udp_port_open(&w->udp, &w->base.loop, 0);
    if (err) {
        LOG_ERROR("cannot open UDP ports", log_u64("rtp_port", wanted),
                  log_str("reason", strerror(-err)));
        return err;
    }
    egress_udp_init(&w->udp.egress, &w->udp.rtp, &w->udp.rtcp, config->udp_bytes_per_s,
                    config->udp_burst_bytes);
    LOG_INFO("UDP", log_u64("worker", w->base.id), log_u64("rtp_port", udp_port(&w->udp.rtp)),
             log_u64("rtcp_port", udp_port(&w->udp.rtcp)));
    return 0;
}

static int open_udp_ports(struct server *s)
{
    int err = 0;
    for (unsigned i = 0; i < s->worker_count && s->config->rtp_port != 0 && !err; i++)
        err = open_udp_port(s, &s->worker[i]->worker);
    return err;
}

static int start_multicast(struct server *s)
{
    const struct config *config = s->config;
    if (!config->multicast)
        return 0;
    s->groups = groups_create(config->multicast, (uint16_t)config->multicast_port);
    for (unsigned i = 0; i < s->worker_count; i++) {
        struct rtsp_worker *w = &s->worker[i]->worker;
        w->multicast.groups = s->groups;
        w->multicast.from = config->multicast_from;
        if (w->udp.is_open) {
            udp_set_multicast_ttl(&w->udp.rtp, (uint8_t)config->multicast_ttl);
            udp_set_multicast_ttl(&w->udp.rtcp, (uint8_t)config->multicast_ttl);
        }
    }
    return s->groups ? 0 : -ENOMEM;
}

static int start_demo(struct server *s)
{
    int err = 0;
    struct server_worker *first = s->worker[0];
    if (!s->config->demo)
        return 0;
    first->pattern = source_pattern_create(&first->worker.sources, &err);
    if (err)
        LOG_ERROR("cannot start the demo stream", log_str("reason", strerror(-err)));
    return err;
}

static int start_threads(struct server *s)
{
    for (; s->started < s->worker_count; s->started++) {
        int err = worker_start(&s->worker[s->started]->worker.base);
        if (err) {
            LOG_ERROR("cannot start a thread", log_str("reason", strerror(-err)));
            return err;
        }
    }
    return 0;
}

struct server *server_start(const struct config *config)
{
    struct server *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->config = config;
    raise_descriptor_limit();
    s->registry = registry_create();
    s->pairing = pairing_create();
    rcu_enter(); /* the demo stream goes into the registry from here */
    int err = s->registry && s->pairing ? make_workers(s) : -ENOMEM;
    if (!err)
        err = open_all_listeners(s);
    if (!err)
        err = open_udp_ports(s);
    if (!err)
        err = start_multicast(s);
    if (!err)
        err = start_demo(s);
    rcu_leave();
    if (!err)
        err = start_threads(s);
    if (!err)
        return s;
    server_stop(s);
    return NULL;
}

static uint64_t sum(const struct server *s, enum metric metric)
{
    uint64_t n = 0;
    for (unsigned i = 0; i < s->worker_count; i++)
        n += metrics_get(&s->worker[i]->worker.metrics, metric);
    return n;
}

void server_report(struct server *s, int64_t interval_ns)
{
    uint64_t sent = sum(s, METRIC_SENT_BYTES);
    uint64_t bits = (sent - s->reported_bytes) * 8;
    s->reported_bytes = sent;
    LOG_INFO("status", log_u64("streams", registry_count(s->registry)),
             log_u64("connections",
                     sum(s, METRIC_CONNECTIONS_OPENED) - sum(s, METRIC_CONNECTIONS_CLOSED)),
             log_u64("players", sum(s, METRIC_PLAYERS_JOINED) - sum(s, METRIC_PLAYERS_LEFT)),
             log_u64("joined", sum(s, METRIC_PLAYERS_JOINED)),
             log_u64("jumps", sum(s, METRIC_PLAYER_JUMPS)),
             log_u64("refused_datagrams", sum(s, METRIC_DATAGRAMS_REFUSED)),
             log_u64("kbps", (uint64_t)((double)bits * 1e6 / (double)interval_ns)));
}

/* -- the end, on the main thread -- */

/* No worker runs any more: what other threads still had to hand back arrives here. */
static void take_last_mail(struct server *s)
{
    for (int round = 0; round < 2; round++) { /* burying a fan-out may retire its stream */
        rcu_drain();
        rcu_enter();
        for (unsigned i = 0; i < s->worker_count; i++)
            if (s->worker[i])
                mailbox_deliver(&s->worker[i]->worker.base.loop.mailbox);
        rcu_leave();
    }
    rcu_drain();
}

static void free_worker(struct server_worker *sw)
{
    if (!sw)
        return;
    for (unsigned i = 0; i < CONFIG_LISTEN_MAX; i++)
        acceptor_close(&sw->acceptor[i]);
    udp_port_close(&sw->worker.udp);
    worker_fini(&sw->worker.base);
    splicer_fini(&sw->worker.splicer);
    free(sw);
}

/* Before its thread has run, the demo stream ends here and not by a message. */
static void end_unstarted_demo(struct server *s)
{
    if (s->started > 0 || !s->worker[0])
        return;
    rcu_enter();
    source_pattern_destroy(s->worker[0]->pattern);
    rcu_leave();
}

void server_stop(struct server *s)
{
    for (unsigned i = 0; i < s->started; i++)
        mailbox_post(&s->worker[i]->worker.base.loop.mailbox, &s->worker[i]->stop);
    for (unsigned i = 0; i < s->started; i++)
        worker_join(&s->worker[i]->worker.base);
    end_unstarted_demo(s);
    take_last_mail(s);
    for (unsigned i = 0; i < s->worker_count; i++)
        free_worker(s->worker[i]);
    pairing_destroy(s->pairing);
    groups_destroy(s->groups);
    registry_destroy(s->registry);
    free(s);
}
