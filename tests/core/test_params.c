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

/* Of H.265, made by hand: a VPS has its id in the first 4 bits. An SPS has it behind the count of
 * sub-layers and the profile and level, of which sub-layers may have their own. */
#define PTL            "\x01\x60\0\0\x03\0\x90\0\0\x03\0\0\x03\0\x5d" /* 12 bytes and 3 of 03 */
#define PTL_CHANGED    "\x01\x60\0\0\x03\0\x90\0\0\x03\0\0\x03\0\x5c"
#define SUB_LAYERS     "\xd0\0" PROFILE11 "\x5a\x5b" /* one with profile and level, one with level */
#define PROFILE11      "\x01\x60\x11\x11\x11\x90\x11\x11\x11\x11\x11"
#define VPS5_0         "\0\0\0\3\x40\x01\x0c"
#define VPS5_0_CHANGED "\0\0\0\3\x40\x01\x0d"
#define VPS5_1         "\0\0\0\3\x40\x01\x1c"
#define SPS5_0         "\0\0\0\x13\x42\x01\x01" PTL "\x80"
#define SPS5_0_CHANGED "\0\0\0\x13\x42\x01\x01" PTL_CHANGED "\x80"
#define SPS5_1         "\0\0\0\x13\x42\x01\x01" PTL "\x40"
#define SPS5_0_SUB     "\0\0\0\x22\x42\x01\x05" PTL SUB_LAYERS "\x80"
#define SPS5_1_SUB     "\0\0\0\x22\x42\x01\x05" PTL SUB_LAYERS "\x40"
#define PPS5_0         "\0\0\0\3\x44\x01\xc0"
#define PPS5_0_CHANGED "\0\0\0\3\x44\x01\xc1"
#define PPS5_1         "\0\0\0\3\x44\x01\x40"
#define AUD5           "\0\0\0\3\x46\x01\x10"
#define SEI5           "\0\0\0\3\x4e\x01\x05"
#define IDR5           "\0\0\0\4\x28\x01\xac\x2d"

/* Of AV1. The temporal unit is one with a key frame. */
#define TD        "\x12\0"
#define SEQ       "\x0a\x03\0\0\x02"
#define SEQ_OTHER "\x0a\x03\0\0\x03"
#define METADATA  "\x2a\x01\x09"
#define KEY       "\x32\x02\x10\0"

#define BYTES(s)                                                                                   \
    {                                                                                              \
        (const uint8_t *)(s), sizeof(s) - 1                                                        \
    }

struct bytes_row {
    enum codec codec;
    struct slice config, au, merged, inserted;
    bool in; /* once merged, all of it is in the access unit */
};

/* clang-format off */
static const struct bytes_row bytes_rows[] = {
    /* a first access unit */
    {CODEC_H265, BYTES(""), BYTES(VPS5_0 SPS5_0 PPS5_0 IDR5), BYTES(VPS5_0 SPS5_0 PPS5_0),
     BYTES(VPS5_0 SPS5_0 PPS5_0 IDR5), true},
    /* one that has none */
    {CODEC_H265, BYTES(VPS5_0 SPS5_0 PPS5_0), BYTES(SEI5 IDR5), BYTES(VPS5_0 SPS5_0 PPS5_0),
     BYTES(VPS5_0 SPS5_0 PPS5_0 SEI5 IDR5), false},
    /* the delimiter stays in front */
    {CODEC_H265, BYTES(VPS5_0 SPS5_0 PPS5_0), BYTES(AUD5 SPS5_0 IDR5), BYTES(VPS5_0 SPS5_0 PPS5_0),
     BYTES(AUD5 VPS5_0 SPS5_0 PPS5_0 IDR5), false},
    /* sets are told apart by their ids */
    {CODEC_H265, BYTES(VPS5_0 SPS5_0 PPS5_0), BYTES(VPS5_1 SPS5_1 PPS5_1),
     BYTES(VPS5_0 SPS5_0 PPS5_0 VPS5_1 SPS5_1 PPS5_1),
     BYTES(VPS5_0 SPS5_0 PPS5_0 VPS5_1 SPS5_1 PPS5_1), false},
    {CODEC_H265, BYTES(VPS5_0 SPS5_0 PPS5_0), BYTES(VPS5_0_CHANGED PPS5_0_CHANGED IDR5),
     BYTES(VPS5_0_CHANGED SPS5_0 PPS5_0_CHANGED), BYTES(VPS5_0_CHANGED SPS5_0 PPS5_0_CHANGED IDR5),
     false},
    /* a changed SPS makes all PPS void */
    {CODEC_H265, BYTES(VPS5_0 SPS5_0 PPS5_0 PPS5_1), BYTES(SPS5_0_CHANGED PPS5_1 IDR5),
     BYTES(VPS5_0 SPS5_0_CHANGED PPS5_1), BYTES(VPS5_0 SPS5_0_CHANGED PPS5_1 IDR5), false},
    /* the id behind sub-layers */
    {CODEC_H265, BYTES(SPS5_0 PPS5_0), BYTES(SPS5_0_SUB), BYTES(SPS5_0_SUB), BYTES(SPS5_0_SUB),
     true},
    {CODEC_H265, BYTES(SPS5_0 PPS5_0), BYTES(SPS5_1_SUB), BYTES(SPS5_0 PPS5_0 SPS5_1_SUB),
     BYTES(SPS5_0 PPS5_0 SPS5_1_SUB), false},
    /* a first sequence header; the temporal delimiter is left out */
    {CODEC_AV1, BYTES(""), BYTES(TD SEQ KEY), BYTES(SEQ), BYTES(SEQ KEY), true},
    {CODEC_AV1, BYTES(SEQ), BYTES(METADATA KEY), BYTES(SEQ), BYTES(SEQ METADATA KEY), false},
    {CODEC_AV1, BYTES(SEQ), BYTES(SEQ_OTHER KEY), BYTES(SEQ_OTHER), BYTES(SEQ_OTHER KEY), true},
    {CODEC_AV1, BYTES(""), BYTES(KEY), BYTES(""), BYTES(KEY), true},
    /* other codecs have none, whatever their frames look like */
    {CODEC_VP8, BYTES(""), BYTES(SEQ KEY), BYTES(""), BYTES(""), true},
    {CODEC_AAC, BYTES("\x11\x90"), BYTES(VPS5_0), BYTES("\x11\x90"), BYTES(""), true},
};
/* clang-format on */

static void assert_bytes_row(const struct bytes_row *row, size_t number)
{
    struct media_track track = {.codec = row->codec};
    uint8_t dst[512];
    cr_assert(media_track_set_config(&track, row->config));
    bool changed = params_merge(&track, row->au);
    cr_assert_eq(changed, !slice_eq(row->config, row->merged), "row %zu", number);
    cr_assert(slice_eq(media_track_config(&track), row->merged), "row %zu", number);
    cr_assert_not(params_merge(&track, row->au), "row %zu: merged twice", number);
    cr_assert_eq(params_are_in(&track, row->au), row->in, "row %zu", number);
    if (row->inserted.len == 0)
        return;
    size_t len = params_insert(dst, &track, row->au);
    cr_assert_leq(len, params_insert_max(&track, row->au));
    cr_assert(slice_eq(slice_of(dst, len), row->inserted), "row %zu", number);
    cr_assert(params_are_in(&track, slice_of(dst, len)), "row %zu", number);
}

Test(params, of_other_codecs_are_merged_and_inserted)
{
    for (size_t i = 0; i < ARRAY_LEN(bytes_rows); i++)
        assert_bytes_row(&bytes_rows[i], i);
}

Test(params, of_other_codecs_cut_short_are_read_within_their_bounds)
{
    for (size_t i = 0; i < ARRAY_LEN(bytes_rows); i++) {
        for (size_t len = 0; len <= bytes_rows[i].au.len; len++) {
            struct slice au = guard_copy(slice_head(bytes_rows[i].au, len));
            struct media_track track = {.codec = bytes_rows[i].codec};
            uint8_t dst[512];
            media_track_set_config(&track, bytes_rows[i].config);
            params_merge(&track, au);
            if (!params_are_in(&track, au))
                cr_assert_leq(params_insert(dst, &track, au), params_insert_max(&track, au));
            guard_free(au);
        }
    }
}

/* A unit of every length, down to none, whose id would stand behind the end of the page. */
Test(params, sets_of_h265_cut_short_have_no_id_and_break_nothing)
{
    struct slice sps = SLICE_LIT("\x42\x01\x0d" PTL "\xff\xff" PROFILE11);
    for (size_t len = 0; len <= sps.len; len++) {
        uint8_t unit[NAL_LENGTH_BYTES + 64];
        size_t unit_len = 0;
        cr_assert(nal_append(unit, sizeof unit, &unit_len, slice_head(sps, len)));
        struct slice au = guard_copy(slice_of(unit, unit_len));
        struct media_track track = {.codec = CODEC_H265};
        cr_assert_eq(params_merge(&track, au), len >= H265_NAL_HEADER_BYTES);
        guard_free(au);
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
