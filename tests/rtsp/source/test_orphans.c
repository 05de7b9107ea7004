/* SPDX-License-Identifier: MIT */
#include "rtsp/source/orphans.h"

#include <criterion/criterion.h>

#include "core/rcu.h"
#include "tests/support/feed.h"

#define GRACE_NS (10 * NS_PER_S)

static struct loop loop;
static struct registry *registry;
static struct orphans orphans;
static struct stream *stream; /* a reference of the test's own */

/* A live stream, in the registry. Gives the publisher's reference. */
static struct stream *publish(void)
{
    struct feed feed;
    feed_open(&feed, &feed_video_and_audio, &feed_options);
    cr_assert_eq(registry_add(registry, feed.stream), 0);
    stream = stream_ref(feed.stream);
    return feed.stream;
}

static void set_up(void)
{
    rcu_enter();
    cr_assert_eq(loop_init(&loop), 0);
    registry = registry_create();
    orphans_init(&orphans, &loop, registry);
}

static void tear_down(void)
{
    registry_remove(registry, stream);
    orphans_end(&orphans);
    stream_unref(&stream);
    loop_fini(&loop);
    rcu_leave();
    rcu_drain();
    rcu_drain(); /* the registry's reference may have been the last */
    registry_destroy(registry);
}

static void leave(struct stream *s)
{
    orphans_add(&orphans, &s, GRACE_NS);
    cr_assert_null(s);
}

static void after(int64_t ns)
{
    tmr_run(&loop.timers, loop.now_ns + ns);
}

static bool is_found(void)
{
    return registry_find(registry, "live/one") == stream;
}

TestSuite(orphans, .init = set_up, .fini = tear_down);

Test(orphans, stream_ends_when_the_grace_is_over_and_not_before)
{
    leave(publish());
    after(GRACE_NS - 1);
    cr_assert_eq(stream_state(stream), STREAM_LIVE);
    cr_assert(is_found());
    after(GRACE_NS);
    cr_assert_eq(stream_state(stream), STREAM_ENDED);
    cr_assert_not(is_found());
    cr_assert(list_empty(&orphans.list));
}

static bool was_found_at_the_end;

static void look(struct stream_watch *w)
{
    (void)w;
    was_found_at_the_end = is_found();
}

Test(orphans, name_is_free_when_players_hear_of_the_end)
{
    struct stream_watch watch = {.on_news = look};
    was_found_at_the_end = true;
    leave(publish());
    stream_set_watch(stream, 0, &watch);
    after(GRACE_NS);
    stream_set_watch(stream, 0, NULL);
    cr_assert_not(was_found_at_the_end);
}

Test(orphans, stream_that_has_ended_is_nobodys)
{
    leave(publish());
    after(GRACE_NS);
    cr_assert_not(stream_claim(stream));
}

Test(orphans, stream_that_was_claimed_does_not_end)
{
    leave(publish());
    cr_assert(stream_claim(stream));
    after(GRACE_NS);
    cr_assert_eq(stream_state(stream), STREAM_LIVE);
    cr_assert(is_found());
    cr_assert(list_empty(&orphans.list), "it is no longer our business");
}

/* The second publisher comes in time and goes: the grace begins anew. */
Test(orphans, grace_counts_from_the_last_publisher)
{
    leave(publish());
    cr_assert(stream_claim(stream));
    loop.now_ns += GRACE_NS / 2;
    leave(stream_ref(stream));
    after(GRACE_NS / 2);
    cr_assert_eq(stream_state(stream), STREAM_LIVE, "the first one's grace");
    after(GRACE_NS);
    cr_assert_eq(stream_state(stream), STREAM_ENDED);
}

Test(orphans, all_are_ended_at_the_end_but_those_that_were_claimed)
{
    leave(publish());
    cr_assert(stream_claim(stream));
    struct feed other;
    feed_open(&other, &feed_audio_only, &feed_options);
    struct stream *s = stream_ref(other.stream);
    orphans_add(&orphans, &s, GRACE_NS);
    orphans_end(&orphans);
    cr_assert(list_empty(&orphans.list));
    cr_assert_eq(stream_state(stream), STREAM_LIVE);
    cr_assert_eq(stream_state(other.stream), STREAM_ENDED);
    cr_assert_eq(tmr_next(&loop.timers), TMR_NEVER);
    feed_close(&other);
}

/* The name may belong to another stream by then. */
Test(orphans, name_that_was_given_to_another_stays_with_it)
{
    struct stream *first = publish();
    registry_remove(registry, first);
    leave(first);
    stream_unref(&stream);
    struct stream *second = publish();
    after(GRACE_NS);
    cr_assert_eq(stream_state(second), STREAM_LIVE);
    cr_assert(is_found());
    stream_unref(&second);
}

static void note_call(struct stream_watch *w)
{
    (void)w;
    cr_assert_eq(stream_state(stream), STREAM_ENDED, "told before it is true");
    loop.stop = true; /* as good a mark as any */
}

Test(orphans, players_are_told_of_the_end)
{
    struct stream_watch watch = {note_call};
    leave(publish());
    stream_set_watch(stream, 0, &watch);
    after(GRACE_NS);
    cr_assert(loop.stop);
    stream_set_watch(stream, 0, NULL);
}
