/* SPDX-License-Identifier: MIT */
#include "core/registry.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>

static struct stream *named(const char *name)
{
    static const struct media media = {.track_count = 1, .track = {{.codec = CODEC_H264}}};
    static const struct stream_options options = {.ring_slots = 4};
    struct stream *s = stream_create(name, &media, &options);
    cr_assert_not_null(s);
    return s;
}

static void finish(struct registry *r)
{
    rcu_leave();
    registry_destroy(r);
    rcu_drain(); /* entries */
    rcu_drain(); /* the streams whose last reference they had */
}

/* Adds, and leaves the registry's reference as the only one. */
static struct stream *put(struct registry *r, const char *name)
{
    struct stream *s = named(name), *borrowed = s;
    cr_assert_eq(registry_add(r, s), 0);
    stream_unref(&s);
    return borrowed;
}

TestSuite(registry, .init = rcu_enter);

Test(registry, finds_what_was_added_by_its_whole_name)
{
    struct registry *r = registry_create();
    struct stream *one = put(r, "live/one"), *two = put(r, "live/two");
    cr_assert_eq(registry_find(r, "live/one"), one);
    cr_assert_eq(registry_find(r, "live/two"), two);
    cr_assert_null(registry_find(r, "live/on"));
    cr_assert_null(registry_find(r, "live/one2"));
    cr_assert_null(registry_find(r, "LIVE/ONE"));
    cr_assert_null(registry_find(r, ""));
    registry_remove(r, one);
    registry_remove(r, two);
    finish(r);
}

Test(registry, refuses_a_name_that_is_taken)
{
    struct registry *r = registry_create();
    struct stream *first = put(r, "live/one"), *second = named("live/one");
    cr_assert_eq(registry_add(r, second), -EEXIST);
    cr_assert_eq(registry_add(r, first), -EEXIST);
    cr_assert_eq(registry_find(r, "live/one"), first);
    cr_assert_str_eq(stream_name(second), "live/one", "the caller's reference is untouched");
    stream_unref(&second);
    registry_remove(r, first);
    finish(r);
}

Test(registry, name_is_free_as_soon_as_it_is_removed)
{
    struct registry *r = registry_create();
    for (unsigned i = 0; i < 100; i++) {
        struct stream *s = put(r, "live/one");
        cr_assert_eq(registry_find(r, "live/one"), s);
        registry_remove(r, s);
        cr_assert_null(registry_find(r, "live/one"));
    }
    finish(r);
}

Test(registry, removes_only_the_stream_that_was_meant)
{
    struct registry *r = registry_create();
    struct stream *old = named("live/one");
    cr_assert_eq(registry_add(r, old), 0);
    registry_remove(r, old);
    struct stream *new = put(r, "live/one");
    registry_remove(r, old); /* late, or twice */
    cr_assert_eq(registry_find(r, "live/one"), new);
    registry_remove(r, new);
    registry_remove(r, new);
    stream_unref(&old);
    finish(r);
}

Test(registry, borrowed_stream_survives_removal_until_quiescent)
{
    struct registry *r = registry_create();
    put(r, "live/one");
    struct stream *borrowed = registry_find(r, "live/one");
    registry_remove(r, borrowed);
    cr_assert_str_eq(stream_name(borrowed), "live/one");
    struct stream *kept = stream_ref(borrowed);
    rcu_offline();
    rcu_drain();
    rcu_drain();
    rcu_online();
    cr_assert_str_eq(stream_name(kept), "live/one", "and for good under a reference");
    stream_unref(&kept);
    finish(r);
}

/* More streams than a bucket a stream would do for. */
Test(registry, holds_many)
{
    enum { MANY = 10000 };
    static struct stream *stream[MANY];
    struct registry *r = registry_create();
    char name[32];
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "live/%u", i);
        stream[i] = put(r, name);
    }
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "live/%u", i);
        cr_assert_eq(registry_find(r, name), stream[i]);
        registry_remove(r, stream[i]);
    }
    cr_assert_null(registry_find(r, "live/0"));
    finish(r);
}

Test(registry, destroying_nothing_is_harmless)
{
    rcu_leave();
    registry_destroy(NULL);
}
