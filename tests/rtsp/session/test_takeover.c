/* SPDX-License-Identifier: MIT */
#include "rtsp/session/takeover.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/rcu.h"
#include "rtsp/session/conn.h"
#include "rtsp/session/dispatch.h"
#include "rtsp/source/source_publish.h"
#include "tests/support/feed.h"

enum { WORKERS = 3 };

#define SILENCE_NS (5 * NS_PER_S)

static struct config config;
static struct registry *registry;
static struct rtsp_worker *all[WORKERS];
static _Atomic uint64_t clients;
static unsigned returns;

static struct rtsp_worker *make_worker(void)
{
    struct rtsp_worker *w = aligned_alloc(_Alignof(struct rtsp_worker), sizeof *w);
    cr_assert_not_null(w);
    memset(w, 0, sizeof *w);
    cr_assert_eq(loop_init(&w->base.loop), 0);
    list_init(&w->conns);
    list_init(&w->publishers);
    w->config = &config;
    w->registry = registry;
    w->handlers = &dispatch_handlers;
    w->workers = WORKERS;
    w->all = all;
    w->clients = &clients;
    w->sources = (struct source_worker){
        .loop = &w->base.loop, .registry = registry, .config = &config, .workers = WORKERS};
    orphans_init(&w->sources.orphans, &w->base.loop, registry);
    return w;
}

static void set_up(void)
{
    rcu_enter();
    config = (struct config){.gop_cache_bytes = 1 << 20,
                             .max_lag_bytes = 1 << 20,
                             .max_lag_ns = 10 * NS_PER_S,
                             .packet_bytes = 200,
                             .publisher_grace_ns = 10 * NS_PER_S,
                             .publisher_silence_ns = SILENCE_NS,
                             .write_timeout_ns = 3600 * NS_PER_S,
                             .session_timeout_ns = 3600 * NS_PER_S,
                             .request_timeout_ns = 3600 * NS_PER_S,
                             .max_streams = 10,
                             .max_header_bytes = 1 << 14,
                             .max_body_bytes = 1 << 14};
    registry = registry_create();
    for (unsigned i = 0; i < WORKERS; i++)
        all[i] = make_worker();
}

static void tear_down(void)
{
    for (unsigned i = 0; i < WORKERS; i++) {
        struct rtsp_worker *w = all[i];
        while (!list_empty(&w->conns))
            conn_close(CONTAINER_OF(w->conns.next, struct conn, link), "done");
        orphans_end(&w->sources.orphans);
        loop_fini(&w->base.loop);
        free(w);
    }
    rcu_leave();
    rcu_drain();
    rcu_drain(); /* the registry's reference may have been the last */
    registry_destroy(registry);
}

static bool has_mail(unsigned worker)
{
    return atomic_load(&all[worker]->base.loop.mailbox.newest) != NULL;
}

static void deliver(unsigned worker)
{
    cr_assert(has_mail(worker));
    mailbox_deliver(&all[worker]->base.loop.mailbox);
}

static void deliver_all(void)
{
    for (unsigned i = 0; i < WORKERS; i = has_mail(i) ? 0 : i + 1)
        if (has_mail(i))
            deliver(i);
}

static void after(int64_t ns)
{
    for (unsigned i = 0; i < WORKERS; i++)
        all[i]->base.loop.now_ns += ns;
}

/* -- letters to nobody -- */

static void on_return(void *arg)
{
    cr_assert_eq(arg, &returns);
    returns++;
}

static struct takeover *ask(unsigned worker)
{
    struct feed feed;
    feed_open(&feed, &feed_audio_only, &feed_options);
    struct takeover *t = takeover_ask(all[worker], feed.stream, on_return, &returns);
    cr_assert_not_null(t);
    feed_close(&feed);
    return t;
}

TestSuite(takeover, .init = set_up, .fini = tear_down);

Test(takeover, letter_goes_round_all_and_comes_home)
{
    ask(1);
    for (unsigned i = 0; i < WORKERS; i++) {
        cr_assert_eq(returns, 0);
        deliver(i);
    }
    cr_assert_eq(returns, 0, "it is on its way home");
    deliver(1);
    cr_assert_eq(returns, 1);
    for (unsigned i = 0; i < WORKERS; i++)
        cr_assert_not(has_mail(i));
}

Test(takeover, who_has_gone_is_not_called)
{
    struct takeover *t = ask(2);
    deliver(0);
    takeover_forget(t);
    deliver(1);
    deliver(2);
    deliver(2);
    cr_assert_eq(returns, 0);
    takeover_forget(NULL);
}

Test(takeover, letters_of_several_do_not_meet)
{
    for (unsigned i = 0; i < WORKERS; i++)
        ask(i);
    deliver_all();
    cr_assert_eq(returns, WORKERS);
}

/* -- letters to publishers -- */

static struct conn *encoder[WORKERS]; /* one on each worker */
static int encoder_fd[WORKERS];

/* The status of the reply that has come; 0: none yet; -1: the connection is over. */
static int reply(unsigned n)
{
    char text[1024];
    ssize_t len = recv(encoder_fd[n], text, sizeof text - 1, MSG_DONTWAIT);
    if (len <= 0)
        return len < 0 ? 0 : -1;
    text[len] = '\0';
    int status = 0;
    cr_assert_eq(sscanf(text, "RTSP/1.0 %d", &status), 1, "%s", text);
    return status;
}

/* An encoder comes to worker n and announces. */
static void announce(unsigned n)
{
    static const char sdp[] = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\n"
                              "m=audio 0 RTP/AVP 0\r\na=control:streamid=0\r\n";
    int fd[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
    cr_assert_eq(conn_open(all[n], fd[0]), 0);
    encoder[n] = CONTAINER_OF(all[n]->conns.prev, struct conn, link);
    encoder_fd[n] = fd[1];
    dprintf(fd[1],
            "ANNOUNCE rtsp://h/live/cam RTSP/1.0\r\nCSeq: 1\r\nContent-Length: %zu\r\n\r\n%s",
            strlen(sdp), sdp);
    conn_read(encoder[n]);
}

/* One that has the name, and a stream that is live. */
static void publish(unsigned n)
{
    announce(n);
    deliver_all();
    cr_assert_eq(reply(n), 200);
    cr_assert_eq(publisher_start(encoder[n]->session.publisher, 1, -1), 0);
}

static bool publishes(unsigned n)
{
    return encoder[n]->session.publisher != NULL;
}

/* From a reply to the announcement that was refused or not. */
static void expect(unsigned n, int status)
{
    deliver_all();
    cr_assert_eq(reply(n), status);
}

Test(takeover, who_was_heard_keeps_the_name)
{
    publish(0);
    after(SILENCE_NS);
    announce(1);
    cr_assert_eq(reply(1), 0, "the letter is under way");
    expect(1, 409);
    cr_assert(publishes(0));
}

Test(takeover, who_is_silent_lets_go_and_the_stream_goes_on)
{
    publish(0);
    struct stream *s = registry_find(registry, "live/cam");
    after(SILENCE_NS + 1);
    announce(1);
    expect(1, 200);
    cr_assert_eq(reply(0), -1);
    cr_assert_eq(registry_find(registry, "live/cam"), s);
    cr_assert_eq(stream_state(s), STREAM_LIVE);
    cr_assert(publishes(1));
}

Test(takeover, anything_that_is_said_counts)
{
    publish(0);
    after(SILENCE_NS);
    dprintf(encoder_fd[0], "$%c%c%c", 9, 0, 0); /* even a packet of no track */
    conn_read(encoder[0]);
    after(SILENCE_NS);
    announce(1);
    expect(1, 409);
    cr_assert(publishes(0));
}

Test(takeover, letter_that_has_found_its_reader_goes_home)
{
    config.second_publisher = SECOND_PUBLISHER_REPLACE;
    publish(0);
    announce(2);
    deliver(0);
    cr_assert_not(has_mail(1));
    deliver(2);
    cr_assert_eq(reply(2), 200);
}

/* The first has gone and another has come, before the letter to the first arrives. */
Test(takeover, who_came_in_between_is_not_meant)
{
    config.second_publisher = SECOND_PUBLISHER_REPLACE;
    publish(0);
    struct stream *s = registry_find(registry, "live/cam");
    announce(2);
    conn_close(encoder[0], "gone");
    announce(1);
    cr_assert_eq(reply(1), 200);
    cr_assert_eq(registry_find(registry, "live/cam"), s, "it is the same stream");
    expect(2, 409);
    cr_assert(publishes(1));
}

/* Nobody is asked, but the name is free by the time that the letter is back. */
Test(takeover, who_leaves_meanwhile_leaves_the_name)
{
    publish(0);
    announce(2);
    conn_close(encoder[0], "gone");
    expect(2, 200);
}
