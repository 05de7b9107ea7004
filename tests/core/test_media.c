/* SPDX-License-Identifier: MIT */
#include "core/media.h"

#include <criterion/criterion.h>

static const struct media_track video = {.codec = CODEC_H264, .config_len = 1};
static const struct media_track bare_video = {.codec = CODEC_H264};
static const struct media_track audio = {.codec = CODEC_AAC, .config_len = 2};

Test(media, codecs_know_their_name_and_kind)
{
    cr_assert_str_eq(codec_name(CODEC_H264), "H264");
    cr_assert_eq(media_track_kind(&(struct media_track){.codec = CODEC_H264}), MEDIA_VIDEO);
    cr_assert_str_eq(codec_name(CODEC_AAC), "mpeg4-generic");
    cr_assert_eq(media_track_kind(&(struct media_track){.codec = CODEC_AAC}), MEDIA_AUDIO);
}

Test(media, configuration_is_replaced)
{
    struct media_track t = {0};
    cr_assert(media_track_set_config(&t, SLICE_LIT("abc")));
    cr_assert(slice_is(media_track_config(&t), "abc"));
    cr_assert(media_track_set_config(&t, SLICE_LIT("d")));
    cr_assert(slice_is(media_track_config(&t), "d"));
    cr_assert(media_track_set_config(&t, (struct slice){0}));
    cr_assert_eq(media_track_config(&t).len, 0);
}

Test(media, configuration_that_is_too_long_changes_nothing)
{
    static const uint8_t bytes[MEDIA_CONFIG_MAX + 1] = {1};
    struct media_track t = {0};
    cr_assert(media_track_set_config(&t, slice_of(bytes, MEDIA_CONFIG_MAX)));
    cr_assert_eq(t.config_len, MEDIA_CONFIG_MAX);
    cr_assert(media_track_set_config(&t, SLICE_LIT("abc")));
    cr_assert_not(media_track_set_config(&t, slice_of(bytes, sizeof(bytes))));
    cr_assert(slice_is(media_track_config(&t), "abc"));
}

Test(media, complete_when_every_track_has_its_configuration)
{
    cr_assert_not(media_is_complete(&(struct media){0}));
    cr_assert(media_is_complete(&(struct media){.track_count = 1, .track = {video}}));
    cr_assert(media_is_complete(&(struct media){.track_count = 2, .track = {audio, video}}));
    cr_assert_not(
        media_is_complete(&(struct media){.track_count = 2, .track = {audio, bare_video}}));
}

Test(media, video_track_is_the_first_one_wherever_it_stands)
{
    cr_assert_eq(media_key_track(&(struct media){0}), -1);
    cr_assert_eq(media_key_track(&(struct media){.track_count = 1, .track = {audio}}), -1);
    cr_assert_eq(media_key_track(&(struct media){.track_count = 2, .track = {audio, video}}), 1);
    cr_assert_eq(media_key_track(&(struct media){.track_count = 2, .track = {video, video}}), 0);
}
