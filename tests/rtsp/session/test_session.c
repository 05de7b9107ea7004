/* SPDX-License-Identifier: MIT */
#include "rtsp/session/session.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>

#include "core/rcu.h"
#include "tests/support/feed.h"

Test(session, name_is_made_once_and_is_letters_and_digits)
{
    struct session a = {0}, b = {0};
    session_name(&a);
    session_name(&b);
    cr_assert_eq(strlen(a.id), SESSION_ID_CHARS);
    for (const char *c = a.id; *c; c++)
        cr_assert(isalnum((unsigned char)*c), "%s", a.id);
    cr_assert_str_neq(a.id, b.id);
    struct session again = a;
    session_name(&again);
    cr_assert_str_eq(again.id, a.id);
}

Test(session, header_names_it_with_or_without_parameters)
{
    static const struct {
        const char *header;
        bool matches;
    } rows[] = {
        {"ABCDEFGH12345678", true},
        {"ABCDEFGH12345678;timeout=60", true},
        {"ABCDEFGH12345678 ; timeout=60", true},
        {"ABCDEFGH12345678;", true},
        {"ABCDEFGH1234567", false},
        {"ABCDEFGH123456789", false},
        {"abcdefgh12345678", false},
        {";ABCDEFGH12345678", false},
        {"", false},
    };
    struct session s = {.id = "ABCDEFGH12345678"};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        cr_assert_eq(session_matches(&s, slice_str(rows[i].header)), rows[i].matches, "%s",
                     rows[i].header);
}

Test(session, without_a_name_nothing_names_it)
{
    struct session s = {0};
    cr_assert_not(session_matches(&s, (struct slice){0}));
    cr_assert_not(session_matches(&s, SLICE_LIT("")));
    cr_assert_not(session_matches(&s, SLICE_LIT(";timeout=60")));
}

static void expect_channel(const struct session *s, uint8_t channel, int track, bool rtcp)
{
    bool is_rtcp = !rtcp;
    cr_assert_eq(session_track_of_channel(s, channel, &is_rtcp), track, "channel %u", channel);
    if (track >= 0)
        cr_assert_eq(is_rtcp, rtcp, "channel %u", channel);
}

Test(session, channels_lead_back_to_their_track)
{
    struct session s = {0};
    cr_assert_eq(session_track_count(&s), 0);
    expect_channel(&s, 0, -1, false);
    cr_assert(session_set_track(&s, 2, 0, 1));
    cr_assert(session_set_track(&s, 5, 255, 7));
    cr_assert_eq(session_track_count(&s), 2);
    cr_assert_eq(s.layout.tracks, 1u << 2 | 1u << 5);
    expect_channel(&s, 0, 2, false);
    expect_channel(&s, 1, 2, true);
    expect_channel(&s, 255, 5, false);
    expect_channel(&s, 7, 5, true);
    expect_channel(&s, 6, -1, false);
}

Test(session, channel_of_another_track_is_refused)
{
    static const struct {
        uint8_t rtp, rtcp;
        bool set;
    } rows[] = {{4, 6, false}, {6, 5, false}, {5, 4, false}, {5, 6, false}, {6, 7, true}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct session s = {0};
        cr_assert(session_set_track(&s, 0, 4, 5));
        cr_assert_eq(session_set_track(&s, 1, rows[i].rtp, rows[i].rtcp), rows[i].set, "row %zu",
                     i);
        cr_assert_eq(session_track_count(&s), rows[i].set ? 2 : 1);
    }
}

Test(session, track_can_be_set_up_again)
{
    struct session s = {0};
    cr_assert(session_set_track(&s, 0, 4, 5));
    cr_assert(session_set_track(&s, 0, 4, 6));
    cr_assert_eq(session_track_count(&s), 1);
    expect_channel(&s, 5, -1, false);
    expect_channel(&s, 6, 0, true);
}

Test(session, free_channels_are_the_lowest_pair)
{
    struct session s = {0};
    cr_assert_eq(session_free_channels(&s), 0);
    session_set_track(&s, 0, 1, 2); /* touches two pairs */
    cr_assert_eq(session_free_channels(&s), 4);
    session_set_track(&s, 1, 4, 5);
    session_set_track(&s, 2, 9, 200);
    cr_assert_eq(session_free_channels(&s), 6);
    for (unsigned track = 3; track < MEDIA_TRACKS_MAX; track++) {
        uint8_t channel = session_free_channels(&s);
        cr_assert(session_set_track(&s, track, channel, (uint8_t)(channel + 1)));
    }
    cr_assert_eq(session_track_count(&s), MEDIA_TRACKS_MAX);
}

/* Lanes are found by comparing layouts byte by byte. */
Test(session, same_tracks_and_channels_are_the_same_layout)
{
    struct session a = {0}, b = {0};
    session_set_track(&a, 0, 0, 1);
    session_set_track(&a, 1, 2, 3);
    session_set_track(&b, 1, 2, 3);
    session_set_track(&b, 0, 0, 9);
    cr_assert_neq(memcmp(&a.layout, &b.layout, sizeof a.layout), 0);
    session_set_track(&b, 0, 0, 1);
    cr_assert_eq(memcmp(&a.layout, &b.layout, sizeof a.layout), 0);
}

Test(session, is_bound_to_a_stream_by_name_and_id_and_reset_lets_go)
{
    struct feed feed;
    rcu_enter();
    feed_open(&feed, &feed_audio_only, &feed_options);
    struct session s = {.state = SESSION_READY};
    cr_assert_eq(session_bind(&s, feed.stream), 0);
    cr_assert_str_eq(s.name, "live/one");
    cr_assert_eq(s.stream_id, stream_id(feed.stream));
    session_name(&s);
    session_set_track(&s, 0, 0, 1);
    session_reset(&s);
    cr_assert_eq(s.state, SESSION_INIT);
    cr_assert_null(s.name);
    cr_assert_str_empty(s.id);
    cr_assert_eq(session_track_count(&s), 0);
    session_reset(&s);
    feed_close(&feed);
    rcu_leave();
    rcu_drain();
}
