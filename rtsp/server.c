/* SPDX-License-Identifier: MIT */
#include "rtsp/server.h"

#include <errno.h>
#include <stdlib.h>

#include "core/rcu.h"
#include "net/limits.h"
#include "net/listener.h"
#include "rtsp/server_worker.h"
#include "rtsp/session/pairing.h"

struct server {
    struct server_shared shared;
    unsigned started;        /* threads */
    uint64_t reported_bytes; /* sent at the last report */
    struct server_worker *worker[CONFIG_WORKERS_MAX];
};

/* -- the beginning -- */

static void raise_descriptor_limit(void)
{
    int err = limits_raise_descriptors();
    if (err)
        LOG_WARN("file descriptor limit not raised", log_str("error", strerror(-err)));
}

static int make_shared(struct server_shared *shared, const struct config *config)
{
    shared->config = config;
    shared->registry = registry_create();
    shared->pairing = pairing_create();
    if (config->multicast)
        shared->groups = groups_create(config->multicast, (uint16_t)config->multicast_port);
    if (shared->registry && shared->pairing && (shared->groups || !config->multicast))
        return 0;
    LOG_ERROR("cannot start: out of memory");
    return -ENOMEM;
}

static int make_workers(struct server *s)
{
    const struct config *config = s->shared.config;
    int cpu[CONFIG_WORKERS_MAX];
    unsigned cpus = worker_cpus(cpu, CONFIG_WORKERS_MAX);
    bool pin = !config->no_pin && cpus > 0;
    unsigned wanted = config->workers ? (unsigned)config->workers : cpus;
    s->shared.workers = wanted > 0 ? wanted : 1;
    for (unsigned i = 0; i < s->shared.workers; i++) {
        s->worker[i] = server_worker_create(&s->shared, i, pin ? cpu[i % cpus] : -1);
        if (!s->worker[i]) {
            LOG_ERROR("cannot make a worker", log_u64("worker", i));
            return -ENOMEM;
        }
    }
    return 0;
}

/* One listener a worker at that address. */
static int open_listeners(struct server *s, const char *where)
{
    struct addr a;
    char text[ADDR_TEXT_MAX];
    int fd[CONFIG_WORKERS_MAX];
    int err = addr_parse(&a, where, CONFIG_DEFAULT_PORT);
    if (!err)
        err = listener_open(&a, fd, s->shared.workers);
    if (err) {
        LOG_ERROR("cannot listen", log_str("addr", where), log_str("reason", strerror(-err)));
        return err;
    }
    for (unsigned i = 0; i < s->shared.workers; i++) {
        int added = server_worker_listen(s->worker[i], fd[i]);
        err = err ? err : added;
    }
    if (err) {
        LOG_ERROR("cannot listen", log_str("addr", where), log_str("reason", strerror(-err)));
        return err;
    }
    addr_format(&a, text);
    LOG_INFO("listening", log_str("addr", text), log_u64("workers", s->shared.workers));
    return 0;
}

static int open_all_listeners(struct server *s)
{
    const struct config *config = s->shared.config;
    int err = 0;
    for (unsigned i = 0; i < config->listen_count && !err; i++)
        err = open_listeners(s, config->listen[i]);
    return err;
}

static int open_udp_ports(struct server *s)
{
    int err = 0;
    if (s->shared.config->rtp_port == 0)
        return 0;
    for (unsigned i = 0; i < s->shared.workers && !err; i++)
        err = server_worker_open_udp(s->worker[i], s->shared.groups);
    return err;
}

static int start_demo(struct server *s)
{
    if (!s->shared.config->demo)
        return 0;
    int err = server_worker_start_pattern(s->worker[0]);
    if (err)
        LOG_ERROR("cannot start the demo stream", log_str("reason", strerror(-err)));
    return err;
}

static int start_threads(struct server *s)
{
    for (; s->started < s->shared.workers; s->started++) {
        int err = worker_start(&s->shared.all[s->started]->base);
        if (err) {
            LOG_ERROR("cannot start a thread", log_str("reason", strerror(-err)));
            return err;
        }
    }
    return 0;
}

static int start(struct server *s, const struct config *config)
{
    int err = make_shared(&s->shared, config);
    if (!err)
        err = make_workers(s);
    if (!err)
        err = open_all_listeners(s);
    if (!err)
        err = open_udp_ports(s);
    if (!err)
        err = start_demo(s);
    return err;
}

struct server *server_start(const struct config *config)
{
    struct server *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    raise_descriptor_limit();
    rcu_enter(); /* the demo stream goes into the registry from here */
    int err = start(s, config);
    rcu_leave();
    if (!err)
        err = start_threads(s);
    if (!err)
        return s;
    server_stop(s);
    return NULL;
}

/* -- the day -- */

static uint64_t sum(const struct server *s, enum metric metric)
{
    uint64_t n = 0;
    for (unsigned i = 0; i < s->shared.workers; i++)
        n += metrics_get(&s->shared.all[i]->metrics, metric);
    return n;
}

void server_report(struct server *s, int64_t interval_ns)
{
    uint64_t sent = sum(s, METRIC_SENT_BYTES);
    uint64_t bits = (sent - s->reported_bytes) * 8;
    s->reported_bytes = sent;
    LOG_INFO("status", log_u64("streams", registry_count(s->shared.registry)),
             log_u64("connections",
                     sum(s, METRIC_CONNECTIONS_OPENED) - sum(s, METRIC_CONNECTIONS_CLOSED)),
             log_u64("players", sum(s, METRIC_PLAYERS_JOINED) - sum(s, METRIC_PLAYERS_LEFT)),
             log_u64("joined", sum(s, METRIC_PLAYERS_JOINED)),
             log_u64("jumps", sum(s, METRIC_PLAYER_JUMPS)),
             log_u64("refused_datagrams", sum(s, METRIC_DATAGRAMS_REFUSED)),
             log_u64("kbps", (uint64_t)((double)bits * 1e6 / (double)interval_ns)));
}

/* -- the end -- */

/* No worker runs any more: what other threads still had to hand back arrives here. */
static void take_last_mail(struct server *s)
{
    for (int round = 0; round < 2; round++) { /* burying a fan-out may retire its stream */
        rcu_drain();
        rcu_enter();
        for (unsigned i = 0; i < s->shared.workers; i++)
            if (s->worker[i])
                mailbox_deliver(&s->shared.all[i]->base.loop.mailbox);
        rcu_leave();
    }
    rcu_drain();
}

/* Before its thread has run, the demo stream ends here and not by a message. */
static void end_unstarted_demo(struct server *s)
{
    if (s->started > 0 || !s->worker[0])
        return;
    rcu_enter();
    server_worker_end_pattern(s->worker[0]);
    rcu_leave();
}

void server_stop(struct server *s)
{
    for (unsigned i = 0; i < s->started; i++)
        server_worker_stop(s->worker[i]);
    for (unsigned i = 0; i < s->started; i++)
        worker_join(&s->shared.all[i]->base);
    end_unstarted_demo(s);
    take_last_mail(s);
    for (unsigned i = 0; i < s->shared.workers; i++)
        server_worker_destroy(s->worker[i]);
    pairing_destroy(s->shared.pairing);
    groups_destroy(s->shared.groups);
    registry_destroy(s->shared.registry);
    free(s);
}
