/* SPDX-License-Identifier: MIT */
#include "rtsp/server_worker.h"

#include <errno.h>
#include <stdlib.h>

#include "rtsp/session/conn.h"
#include "rtsp/session/dispatch.h"
#include "rtsp/source/source_pattern.h"

#define DRAIN_NS (3 * NS_PER_S)

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

static void close_acceptors(struct server_worker *sw)
{
    for (unsigned i = 0; i < CONFIG_LISTEN_MAX; i++)
        acceptor_close(&sw->acceptor[i]);
}

static void on_stop(struct message *m)
{
    struct server_worker *sw = CONTAINER_OF(m, struct server_worker, stop);
    struct rtsp_worker *w = &sw->worker;
    close_acceptors(sw);
    server_worker_end_pattern(sw);
    w->draining = true;
    orphans_end(&w->sources.orphans);
    end_conns(w);
    if (list_empty(&w->conns) ||
        tmr_arm(&w->base.loop.timers, &sw->drain, worker_now(w) + DRAIN_NS) != 0)
        w->base.loop.stop = true;
}

/* -- the beginning -- */

static void lend(struct rtsp_worker *w, struct server_shared *shared)
{
    w->config = shared->config;
    w->registry = shared->registry;
    w->pairing = shared->pairing;
    w->handlers = &dispatch_handlers;
    w->workers = shared->workers;
    w->all = shared->all;
    w->clients = &shared->clients;
}

static void init_parts(struct rtsp_worker *w, unsigned id)
{
    struct loop *loop = &w->base.loop;
    list_init(&w->conns);
    list_init(&w->publishers);
    w->multicast = (struct multicast_worker){.loop = loop, .id = id, .metrics = &w->metrics};
    list_init(&w->multicast.streams);
    w->sources = (struct source_worker){
        .loop = loop, .registry = w->registry, .config = w->config, .workers = w->workers};
    orphans_init(&w->sources.orphans, loop, w->registry);
    if (splicer_init(&w->splicer) != 0)
        LOG_WARN("no pipes: large frames go by copy", log_u64("worker", id));
}

struct server_worker *server_worker_create(struct server_shared *shared, unsigned id, int cpu)
{
    struct server_worker *sw = aligned_alloc(_Alignof(struct server_worker), sizeof *sw);
    if (!sw)
        return NULL;
    memset(sw, 0, sizeof *sw);
    sw->stop.on_delivery = on_stop;
    sw->drain.on_expiry = on_drained;
    for (unsigned i = 0; i < CONFIG_LISTEN_MAX; i++)
        acceptor_init(&sw->acceptor[i]);
    lend(&sw->worker, shared);
    init_parts(&sw->worker, id);
    if (worker_init(&sw->worker.base, id, cpu) != 0) {
        server_worker_destroy(sw);
        return NULL;
    }
    shared->all[id] = &sw->worker;
    return sw;
}

void server_worker_destroy(struct server_worker *sw)
{
    if (!sw)
        return;
    close_acceptors(sw);
    udp_port_close(&sw->worker.udp);
    worker_fini(&sw->worker.base);
    splicer_fini(&sw->worker.splicer);
    free(sw);
}

int server_worker_listen(struct server_worker *sw, int fd)
{
    unsigned n = 0;
    while (sw->acceptor[n].io.fd >= 0)
        n++;
    return acceptor_open(&sw->acceptor[n], &sw->worker, fd);
}

/* The ports that were asked for, or any when none were, since clients are told theirs. */
static int open_ports(struct rtsp_worker *w)
{
    uint32_t wanted = w->config->rtp_port + 2 * w->base.id;
    int err = wanted < UINT16_MAX ? udp_port_open(&w->udp, &w->base.loop, (uint16_t)wanted)
                                  : -EADDRNOTAVAIL;
    if (err && !w->config->rtp_port_is_given)
        err = udp_port_open(&w->udp, &w->base.loop, 0);
    if (err)
        LOG_ERROR("cannot open UDP ports", log_u64("rtp_port", wanted),
                  log_str("reason", strerror(-err)));
    return err;
}

int server_worker_open_udp(struct server_worker *sw, struct groups *groups)
{
    struct rtsp_worker *w = &sw->worker;
    const struct config *config = w->config;
    int err = open_ports(w);
    if (err)
        return err;
    egress_udp_init(&w->udp.egress, &w->udp.rtp, &w->udp.rtcp, config->udp_bytes_per_s,
                    config->udp_burst_bytes);
    w->multicast.groups = groups;
    w->multicast.from = config->multicast_from;
    udp_set_multicast_ttl(&w->udp.rtp, (uint8_t)config->multicast_ttl);
    udp_set_multicast_ttl(&w->udp.rtcp, (uint8_t)config->multicast_ttl);
    LOG_INFO("UDP", log_u64("worker", w->base.id), log_u64("rtp_port", udp_port(&w->udp.rtp)),
             log_u64("rtcp_port", udp_port(&w->udp.rtcp)));
    return 0;
}

int server_worker_start_pattern(struct server_worker *sw)
{
    int err;
    sw->pattern = source_pattern_create(&sw->worker.sources, &err);
    return err;
}

void server_worker_end_pattern(struct server_worker *sw)
{
    source_pattern_destroy(sw->pattern);
    sw->pattern = NULL;
}

void server_worker_stop(struct server_worker *sw)
{
    mailbox_post(&sw->worker.base.loop.mailbox, &sw->stop);
}
