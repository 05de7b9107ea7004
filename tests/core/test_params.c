/* SPDX-License-Identifier: MIT */
#include "core/params.h"

#include <criterion/criterion.h>

#include "core/nal.h"
#include "tests/support/guard.h"

/* Parameter sets by their ids: after three bytes of profile and level an SPS has its id (1: 0,
 * 010: 1, 011: 2), a PPS begins with it. */
#define SPS_0         "\x67\x42\x40\x1e\x80"
#define SPS_0_CHANGED "\x67\x42\x40\x1f\x80"
#define SPS_1         "\x67\x42\x40\x1e\x40"
#define PPS_0         "\x68\x80"
#define PPS_0_CHANGED "\x68\xc0"
#define PPS_1         "\x68\x40"
#define AUD           "\x09\xf0"
#define IDR           "\x65\x88\x84"

struct units {
    uint8_t bytes[2 * MEDIA_CONFIG_MAX];
    size_t len;
};

#define MAX_UNITS 6

static struct slice make(struct units *u, const char *const unit[MAX_UNITS])
{
    u->len = 0;
    for (unsigned i = 0; i < MAX_UNITS && unit[i]; i++)
        cr_assert(nal_append(u->bytes, sizeof u->bytes, &u->len, slice_str(unit[i])));
    return slice_of(u->bytes, u->len);
}

static struct media_track track_with(const char *const unit[MAX_UNITS])
{
    struct units u;
    struct media_track track = {.codec = CODEC_H264};
    cr_assert(media_track_set_config(&track, make(&u, unit)));
    return track;
}

Test(params, access_unit_updates_the_configuration)
{
    static const struct {
        const char *config[MAX_UNITS], *au[MAX_UNITS], *merged[MAX_UNITS];
        bool changed;
    } rows[] = {
        {{NULL}, {SPS_0, PPS_0, IDR}, {SPS_0, PPS_0}, true},
        {{SPS_0, PPS_0}, {SPS_0, PPS_0, IDR}, {SPS_0, PPS_0}, false},
        {{SPS_0, PPS_0}, {IDR}, {SPS_0, PPS_0}, false},
        {{SPS_0, PPS_0}, {NULL}, {SPS_0, PPS_0}, false},
        /* one of the same type and id is replaced where it stands */
        {{SPS_0, PPS_0, PPS_1}, {PPS_0_CHANGED, IDR}, {SPS_0, PPS_0_CHANGED, PPS_1}, true},
        /* a changed SPS makes all PPS void */
        {{SPS_0, PPS_0, PPS_1}, {SPS_0_CHANGED, IDR}, {SPS_0_CHANGED}, true},
        {{SPS_0, PPS_0}, {SPS_0_CHANGED, PPS_0, IDR}, {SPS_0_CHANGED, PPS_0}, true},
        /* another id is another set */
        {{SPS_0, PPS_0}, {SPS_1, PPS_1, IDR}, {SPS_0, PPS_0, SPS_1, PPS_1}, true},
        {{SPS_0, PPS_0}, {PPS_1, IDR}, {SPS_0, PPS_0, PPS_1}, true},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct units au, merged;
        struct media_track track = track_with(rows[i].config);
        cr_assert_eq(params_merge(&track, make(&au, rows[i].au)), rows[i].changed, "row %zu", i);
        cr_assert(slice_eq(media_track_config(&track), make(&merged, rows[i].merged)), "row %zu",
                  i);
    }
}

Test(params, what_does_not_fit_changes_nothing)
{
    struct units au = {.len = 0};
    uint8_t large[MEDIA_CONFIG_MAX] = {0x67, 0x42, 0x40, 0x1e, 0x40};
    cr_assert(nal_append(au.bytes, sizeof au.bytes, &au.len, slice_of(large, sizeof large)));
    struct media_track track = track_with((const char *[MAX_UNITS]){SPS_0, PPS_0});
    struct media_track before = track;
    cr_assert_not(params_merge(&track, slice_of(au.bytes, au.len)));
    cr_assert(slice_eq(media_track_config(&track), media_track_config(&before)));
}

Test(params, are_in_when_every_one_is)
{
    static const struct {
        const char *config[MAX_UNITS], *au[MAX_UNITS];
        bool in;
    } rows[] = {
        {{SPS_0, PPS_0}, {SPS_0, PPS_0, IDR}, true},
        {{SPS_0, PPS_0}, {PPS_0, SPS_0, IDR}, true},
        {{SPS_0, PPS_0}, {SPS_0, IDR}, false},
        {{SPS_0, PPS_0}, {SPS_0_CHANGED, PPS_0, IDR}, false},
        {{SPS_0, PPS_0}, {IDR}, false},
        {{NULL}, {IDR}, true},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct units au;
        struct media_track track = track_with(rows[i].config);
        cr_assert_eq(params_are_in(&track, make(&au, rows[i].au)), rows[i].in, "row %zu", i);
    }
}

Test(params, are_put_in_front)
{
    static const struct {
        const char *config[MAX_UNITS], *au[MAX_UNITS], *out[MAX_UNITS];
    } rows[] = {
        {{SPS_0, PPS_0}, {IDR}, {SPS_0, PPS_0, IDR}},
        {{SPS_0, PPS_0}, {IDR, IDR}, {SPS_0, PPS_0, IDR, IDR}},
        {{SPS_0, PPS_0}, {AUD, IDR}, {AUD, SPS_0, PPS_0, IDR}},
        {{SPS_0, PPS_0}, {AUD, SPS_0, IDR}, {AUD, SPS_0, PPS_0, IDR}},
        {{SPS_0, PPS_0}, {SPS_0, IDR, PPS_0}, {SPS_0, PPS_0, IDR}},
        {{NULL}, {AUD, IDR}, {AUD, IDR}},
        {{SPS_0, PPS_0}, {AUD}, {AUD, SPS_0, PPS_0}},
        {{SPS_0, PPS_0}, {NULL}, {SPS_0, PPS_0}},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct units au, out;
        struct media_track track = track_with(rows[i].config);
        struct slice in = make(&au, rows[i].au), expected = make(&out, rows[i].out);
        uint8_t dst[4 * MEDIA_CONFIG_MAX];
        cr_assert_leq(expected.len, params_insert_max(&track, in));
        size_t len = params_insert(dst, &track, in);
        cr_assert(slice_eq(slice_of(dst, len), expected), "row %zu", i);
    }
}

/* Ids are read bit by bit from what may end anywhere: here right before an unmapped page. */
Test(params, units_cut_short_are_read_within_their_bounds)
{
    static const char *const whole[MAX_UNITS] = {SPS_0, PPS_0, "\x68", "\x67", "\x68\x01", IDR};
    struct units u;
    struct slice all = make(&u, whole);
    for (size_t len = 0; len <= all.len; len++) {
        struct slice au = guard_copy(slice_head(all, len));
        struct media_track track = track_with((const char *[MAX_UNITS]){SPS_1, PPS_1});
        uint8_t dst[4 * MEDIA_CONFIG_MAX];
        params_merge(&track, au);
        params_are_in(&track, au);
        cr_assert_leq(params_insert(dst, &track, au), params_insert_max(&track, au));
        guard_free(au);
    }
}
