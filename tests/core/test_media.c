/* SPDX-License-Identifier: MIT */
#include "core/media.h"

#include <criterion/criterion.h>
#include <stdio.h>

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

Test(media, video_that_is_not_understood_decides_when_there_is_no_other)
{
    struct media_track foreign = {.codec = CODEC_OTHER, .other_kind = MEDIA_VIDEO};
    struct media_track meta = {.codec = CODEC_OTHER, .other_kind = MEDIA_DATA};
    cr_assert_eq(media_key_track(&(struct media){.track_count = 2, .track = {foreign, video}}), 1);
    cr_assert_eq(media_key_track(&(struct media){.track_count = 2, .track = {meta, audio}}), -1);
    struct media m = {.track_count = 3, .track = {meta, foreign, foreign}};
    cr_assert_eq(media_key_track(&m), 1);
    m.track[1].inactive = true;
    cr_assert_eq(media_key_track(&m), 2);
}

Test(media, long_configurations_move_to_memory_of_ones_own)
{
    uint8_t from[6] = "abcdef", to[6];
    struct media m = {.track_count = 3};
    m.track[0].long_config = slice_of(from, 4);
    m.track[2].long_config = slice_of(from + 4, 2);
    cr_assert(media_track_set_config(&m.track[1], SLICE_LIT("short")));
    cr_assert_eq(media_long_config_bytes(&m), sizeof from);
    media_keep_long_configs(&m, to);
    memset(from, 0, sizeof from);
    cr_assert(slice_is(media_track_config(&m.track[0]), "abcd"));
    cr_assert(slice_is(media_track_config(&m.track[1]), "short"));
    cr_assert(slice_is(media_track_config(&m.track[2]), "ef"));
    cr_assert(media_track_set_config(&m.track[0], SLICE_LIT("new")));
    cr_assert(slice_is(media_track_config(&m.track[0]), "new"));
}

/* -- going on with another description -- */

static const struct media_track h264 = {
    .codec = CODEC_H264, .clock_rate = 90000, .config_len = 3, .config = "sps"};
static const struct media_track aac = {.codec = CODEC_AAC,
                                       .clock_rate = 48000,
                                       .channels = 2,
                                       .config_len = 2,
                                       .config = {0x11, 0x90}};
static const struct media_track opaque = {.codec = CODEC_OTHER,
                                          .clock_rate = 90000,
                                          .other_kind = MEDIA_DATA,
                                          .other_encoding = "vnd.onvif.metadata",
                                          .config_len = 3,
                                          .config = "a=1"};

static bool goes_on(struct media_track before, struct media_track after)
{
    return media_is_compatible(&(struct media){.track_count = 1, .track = {before}},
                               &(struct media){.track_count = 1, .track = {after}});
}

static struct media_track with_config(struct media_track t, struct slice config)
{
    cr_assert(media_track_set_config(&t, config));
    return t;
}

Test(media, goes_on_with_itself)
{
    cr_assert(goes_on(h264, h264));
    cr_assert(goes_on(aac, aac));
    cr_assert(goes_on(opaque, opaque));
    cr_assert(media_is_compatible(&(struct media){0}, &(struct media){0}));
}

/* Each codec, with a configuration and then with another one, and with none. */
Test(media, only_what_comes_in_band_may_differ)
{
    static const bool in_band[CODECS] = {
        [CODEC_H264] = true, [CODEC_H265] = true, [CODEC_AV1] = true};
    for (unsigned c = 0; c < CODECS; c++) {
        struct media_track t = {.codec = (enum codec)c, .clock_rate = 90000};
        struct media_track one = with_config(t, SLICE_LIT("one"));
        struct media_track two = with_config(t, SLICE_LIT("two"));
        cr_assert_eq(goes_on(one, two), in_band[c], "codec %u", c);
        cr_assert_eq(goes_on(one, t), in_band[c], "codec %u", c);
        cr_assert_eq(goes_on(t, one), in_band[c], "codec %u", c);
        cr_assert(goes_on(one, one) && goes_on(t, t), "codec %u", c);
    }
}

Test(media, does_not_go_on_as_something_else)
{
    struct media_track t = h264;
    t.codec = CODEC_H265;
    cr_assert_not(goes_on(h264, t));
    t = h264;
    t.inactive = true;
    cr_assert_not(goes_on(h264, t));
    cr_assert_not(goes_on(t, h264));
    t = aac;
    t.clock_rate = 44100;
    cr_assert_not(goes_on(aac, t));
    t = aac;
    t.channels = 1;
    cr_assert_not(goes_on(aac, t));
    t = opaque;
    snprintf(t.other_encoding, sizeof t.other_encoding, "MP2T");
    cr_assert_not(goes_on(opaque, t));
}

Test(media, tracks_keep_their_number_and_order)
{
    const struct media video_only = {.track_count = 1, .track = {h264}};
    const struct media both = {.track_count = 2, .track = {h264, aac}};
    const struct media turned = {.track_count = 2, .track = {aac, h264}};
    cr_assert(media_is_compatible(&both, &both));
    cr_assert_not(media_is_compatible(&both, &video_only));
    cr_assert_not(media_is_compatible(&video_only, &both));
    cr_assert_not(media_is_compatible(&both, &turned));
}

/* What lies behind the configuration, or behind the last track, is no part of the description. */
Test(media, rubbish_behind_the_end_does_not_count)
{
    struct media a = {.track_count = 1, .track = {aac}}, b = a;
    b.track[0].config[2] = 7;
    b.track[1].codec = CODEC_AV1;
    cr_assert(media_is_compatible(&a, &b));
}
