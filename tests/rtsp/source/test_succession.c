/* SPDX-License-Identifier: MIT */
#include "rtsp/source/succession.h"

#include <criterion/criterion.h>

#include "core/rcu.h"
#include "tests/support/feed.h"

#define GRACE_NS (10 * NS_PER_S)

static struct config config;
static struct loop loop;
static struct source_worker worker;
static struct stream *stream; /* a reference of the test's own */

static void set_up(void)
{
    rcu_enter();
    config = (struct config){.gop_cache_bytes = 1 << 20,
                             .max_lag_bytes = 1 << 20,
                             .max_lag_ns = 10 * NS_PER_S,
                             .packet_bytes = 200,
                             .publisher_grace_ns = GRACE_NS};
    cr_assert_eq(loop_init(&loop), 0);
    worker = (struct source_worker){
        .loop = &loop, .registry = registry_create(), .config = &config, .workers = 1};
    orphans_init(&worker.orphans, &loop, worker.registry);
}

static void tear_down(void)
{
    orphans_end(&worker.orphans);
    cr_assert_eq(registry_count(worker.registry), 0, "a name is taken still");
    stream_unref(&stream);
    loop_fini(&loop);
    rcu_leave();
    rcu_drain();
    rcu_drain(); /* the registry's reference may have been the last */
    registry_destroy(worker.registry);
}

/* Gives the publisher's reference. */
static struct stream *take(bool goes_on_expected)
{
    struct media media = feed_audio_only;
    struct stream *s;
    bool goes_on;
    cr_assert_eq(succession_take(&worker, "live/one", &media, &s, &goes_on), 0);
    cr_assert_eq(goes_on, goes_on_expected);
    return s;
}

/* The first publisher of a stream that players have begun to play. */
static struct stream *publish(void)
{
    struct stream *s = take(false);
    stream_open(s);
    stream = stream_ref(s);
    return s;
}

static void leave(struct stream *s)
{
    succession_leave(&worker, &s, false);
    cr_assert_null(s);
}

static void hand_over(struct stream *s)
{
    succession_leave(&worker, &s, true);
}

static void send_frame(struct stream *s)
{
    struct feed feed = {.stream = s, .now_ns = loop.now_ns};
    feed_audio(&feed, 0, 10);
}

static void after(int64_t ns)
{
    loop.now_ns += ns;
    tmr_run(&loop.timers, loop.now_ns);
}

static bool is_live(void)
{
    return stream_state(stream) == STREAM_LIVE;
}

TestSuite(succession, .init = set_up, .fini = tear_down);

Test(succession, who_comes_and_sends_nothing_does_not_make_the_grace_longer)
{
    leave(publish());
    for (unsigned i = 0; i < 9; i++) {
        after(GRACE_NS / 10);
        leave(take(true));
    }
    cr_assert(is_live());
    after(GRACE_NS / 10);
    cr_assert_not(is_live());
}

Test(succession, who_sends_a_frame_leaves_a_whole_grace)
{
    leave(publish());
    after(GRACE_NS / 2);
    struct stream *s = take(true);
    send_frame(s);
    leave(s);
    after(GRACE_NS - 1);
    cr_assert(is_live());
    after(1);
    cr_assert_not(is_live());
}

/* What it has may be what the next one sends at once: it is ended only when it goes. */
Test(succession, who_stays_past_the_grace_may_still_send)
{
    leave(publish());
    struct stream *s = take(true);
    after(2 * GRACE_NS);
    cr_assert(is_live());
    send_frame(s);
    leave(s);
    cr_assert(is_live());
}

Test(succession, who_goes_past_the_grace_without_a_frame_ends_the_stream)
{
    leave(publish());
    struct stream *s = take(true);
    after(2 * GRACE_NS);
    leave(s);
    cr_assert_not(is_live());
    leave(take(false));
}

Test(succession, those_who_replace_one_another_without_a_frame_do_not_make_it_longer)
{
    config.publisher_grace_ns = 0;
    hand_over(publish());
    for (unsigned i = 0; i < 5; i++) {
        after(NS_PER_S - 1);
        cr_assert(is_live());
        hand_over(take(true));
    }
    after(NS_PER_S);
    cr_assert_not(is_live());
}
