/* SPDX-License-Identifier: MIT */
#include "rtsp/pattern/pattern.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "core/nal.h"

enum { UNITS_MAX = 4, MACROBLOCKS = 40 * 23, FRAME_NUM_BITS = 6 };

/* A frame and its NAL units. */
struct made {
    uint8_t *buf;
    size_t len;
    struct slice nal[UNITS_MAX];
    unsigned count;
};

/* Exits the test when the bytes are not a chain of NAL units up to the very end. */
static struct made make(uint64_t n, int64_t wall_ns)
{
    struct made made = {.buf = malloc(pattern_frame_max())};
    made.len = pattern_frame(made.buf, n, wall_ns);
    struct slice rest = slice_of(made.buf, made.len);
    while (made.count < UNITS_MAX && nal_next(&rest, &made.nal[made.count]))
        made.count++;
    cr_assert_eq(rest.len, 0, "frame %lu", n);
    return made;
}

/* A NAL unit without its first byte and without emulation prevention, to be read bit by bit. */
struct bit_reader {
    uint8_t *bytes;
    size_t len;
    size_t bit;
};

static struct bit_reader bit_reader_of(struct slice nal)
{
    struct bit_reader r = {.bytes = malloc(nal.len)};
    unsigned zeros = 0;
    for (size_t i = 1; i < nal.len; i++) {
        if (zeros >= 2 && nal.ptr[i] == 3) {
            zeros = 0;
            continue;
        }
        zeros = nal.ptr[i] == 0 ? zeros + 1 : 0;
        r.bytes[r.len++] = nal.ptr[i];
    }
    return r;
}

static uint32_t read_u(struct bit_reader *r, unsigned count)
{
    uint32_t value = 0;
    for (; count > 0; count--, r->bit++) {
        cr_assert_lt(r->bit, 8 * r->len, "read past the end");
        value = value << 1 | (r->bytes[r->bit / 8] >> (7 - r->bit % 8) & 1);
    }
    return value;
}

static uint32_t read_ue(struct bit_reader *r)
{
    unsigned zeros = 0;
    while (read_u(r, 1) == 0)
        zeros++;
    return (1U << zeros) - 1 + read_u(r, zeros);
}

/* Reads a slice header (clause 7.3.3) up to and with idr_pic_id. */
static void read_header(struct bit_reader *r, bool idr, uint32_t *frame_num, uint32_t *idr_pic_id)
{
    cr_expect_eq(read_ue(r), 0, "first_mb_in_slice");
    cr_expect_eq(read_ue(r), idr ? 7 : 5, "slice_type");
    cr_expect_eq(read_ue(r), 0, "pic_parameter_set_id");
    *frame_num = read_u(r, FRAME_NUM_BITS);
    *idr_pic_id = idr ? read_ue(r) : 0;
}

static bool at_trailing_bits(struct bit_reader r)
{
    bool one = read_u(&r, 1) == 1;
    return one && r.bit > 8 * (r.len - 1) && read_u(&r, (unsigned)(8 * r.len - r.bit)) == 0;
}

/* Walks over the data of a P slice (clause 7.3.4): the macroblocks that are skipped, or are
 * samples. */
static unsigned walk_p_slice(struct bit_reader *r)
{
    unsigned macroblocks = 0;
    for (;;) {
        macroblocks += read_ue(r);
        if (at_trailing_bits(*r))
            return macroblocks;
        cr_assert_eq(read_ue(r), 5 + 25, "I_PCM");
        r->bit = (r->bit + 7) / 8 * 8 + 8 * 384;
        macroblocks++;
        if (at_trailing_bits(*r))
            return macroblocks;
    }
}

Test(pattern, track_is_constrained_baseline_level_3)
{
    struct media_track track;
    pattern_describe(&track);
    cr_expect_eq(track.codec, CODEC_H264);
    cr_expect_eq(track.clock_rate, 90000);

    struct slice rest = media_track_config(&track);
    struct slice sps;
    struct slice pps;
    struct slice more;
    cr_assert(nal_next(&rest, &sps) && nal_next(&rest, &pps));
    cr_expect_not(nal_next(&rest, &more));
    cr_expect_eq(h264_nal_type(sps), H264_NAL_SPS);
    cr_expect_eq(h264_nal_type(pps), H264_NAL_PPS);
    cr_expect(slice_eq(slice_head(slice_from(sps, 1), 3), SLICE_LIT("\x42\xc0\x1e")));
}

Test(pattern, key_frames_bring_the_parameter_sets)
{
    struct media_track track;
    pattern_describe(&track);
    static const uint64_t key_frames[] = {0, 50, 100, 1000000, UINT64_C(4294967300)};
    for (size_t i = 0; i < ARRAY_LEN(key_frames); i++) {
        struct made made = make(key_frames[i], 0);
        cr_assert_eq(made.count, 4);
        cr_expect_eq(h264_nal_type(made.nal[0]), H264_NAL_SPS);
        cr_expect_eq(h264_nal_type(made.nal[1]), H264_NAL_PPS);
        cr_expect_eq(h264_nal_type(made.nal[2]), H264_NAL_SEI);
        cr_expect_eq(h264_nal_type(made.nal[3]), H264_NAL_IDR);
        cr_expect(nal_contains(media_track_config(&track), made.nal[0]));
        cr_expect(nal_contains(media_track_config(&track), made.nal[1]));
        free(made.buf);
    }
}

Test(pattern, other_frames_are_an_sei_and_a_slice)
{
    static const uint64_t frames[] = {1, 49, 51, 999999, UINT64_C(4294967296), UINT64_MAX};
    for (size_t i = 0; i < ARRAY_LEN(frames); i++) {
        struct made made = make(frames[i], 0);
        cr_assert_eq(made.count, 2);
        cr_expect_eq(h264_nal_type(made.nal[0]), H264_NAL_SEI);
        cr_expect_eq(h264_nal_type(made.nal[1]), H264_NAL_SLICE);
        free(made.buf);
    }
}

Test(pattern, slices_are_numbered_from_key_frame_to_key_frame)
{
    static const struct {
        uint64_t n;
        uint32_t frame_num, idr_pic_id;
    } rows[] = {
        {0, 0, 0},
        {1, 1, 0},
        {49, 49, 0},
        {50, 0, 1},
        {51, 1, 0},
        {100, 0, 2},
        {50 * UINT64_C(65535), 0, 65535},
        {50 * UINT64_C(65536), 0, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct made made = make(rows[i].n, 0);
        struct bit_reader r = bit_reader_of(made.nal[made.count - 1]);
        uint32_t frame_num;
        uint32_t idr_pic_id;
        read_header(&r, rows[i].n % PATTERN_GOP == 0, &frame_num, &idr_pic_id);
        cr_expect_eq(frame_num, rows[i].frame_num, "frame %lu", rows[i].n);
        cr_expect_eq(idr_pic_id, rows[i].idr_pic_id, "frame %lu", rows[i].n);
        free(r.bytes);
        free(made.buf);
    }
}

Test(pattern, slices_of_changes_account_for_each_macroblock)
{
    for (uint64_t n = 1; n < 400; n++) {
        if (n % PATTERN_GOP == 0)
            continue;
        struct made made = make(n, 0);
        struct bit_reader r = bit_reader_of(made.nal[1]);
        uint32_t frame_num;
        uint32_t idr_pic_id;
        read_header(&r, false, &frame_num, &idr_pic_id);
        cr_expect_eq(read_u(&r, 3), 0); /* default references, no marking */
        cr_expect_eq(read_ue(&r), 0);   /* slice_qp_delta */
        cr_expect_eq(read_ue(&r), 1);   /* disable_deblocking_filter_idc */
        cr_expect_eq(walk_p_slice(&r), MACROBLOCKS, "frame %lu", n);
        free(r.bytes);
        free(made.buf);
    }
}

static bool has_start_code(struct slice nal)
{
    for (size_t i = 0; i + 3 <= nal.len; i++)
        if (nal.ptr[i] == 0 && nal.ptr[i + 1] == 0 && nal.ptr[i + 2] < 3)
            return true;
    return false;
}

/* A frame of just the maximum may have been cut. */
static void expect_sound(uint64_t n)
{
    struct made made = make(n, (int64_t)n * 40000000);
    cr_expect_lt(made.len, pattern_frame_max(), "frame %lu", n);
    for (unsigned i = 0; i < made.count; i++) {
        cr_expect_not(has_start_code(made.nal[i]), "frame %lu, unit %u", n, i);
        cr_expect_neq(made.nal[i].ptr[made.nal[i].len - 1], 0, "frame %lu, unit %u", n, i);
    }
    free(made.buf);
}

Test(pattern, frames_keep_below_the_bound_and_free_of_start_codes)
{
    static const uint64_t from[] = {0,
                                    99800,
                                    999800,
                                    1000000000,
                                    UINT32_MAX - UINT64_C(100),
                                    UINT64_C(3276750) - 100,
                                    INT64_MAX / 40000000 - 401};
    for (size_t i = 0; i < ARRAY_LEN(from); i++)
        for (uint64_t n = from[i]; n < from[i] + 400; n++)
            expect_sound(n);
}

Test(pattern, stream_has_the_bit_rate_of_a_small_camera)
{
    uint8_t *buf = malloc(pattern_frame_max());
    size_t bytes = 0;
    for (uint64_t n = 0; n < 40 * PATTERN_FPS; n++)
        bytes += pattern_frame(buf, n, 0);
    size_t bit_rate = bytes * 8 / 40;
    cr_expect(bit_rate > 800000 && bit_rate < 1500000, "%zu bit/s", bit_rate);
    free(buf);
}

Test(pattern, same_number_and_time_give_the_same_bytes)
{
    for (uint64_t n = 0; n < 120; n++) {
        struct made a = make(n, 1234567890);
        struct made b = make(n, 1234567890);
        cr_expect(slice_eq(slice_of(a.buf, a.len), slice_of(b.buf, b.len)), "frame %lu", n);
        free(a.buf);
        free(b.buf);
    }
}

Test(pattern, time_changes_nothing_but_the_sei)
{
    struct made a = make(50, 0);
    struct made b = make(50, INT64_MAX);
    cr_assert_eq(a.count, b.count);
    for (unsigned i = 0; i < a.count; i++)
        cr_expect_eq(slice_eq(a.nal[i], b.nal[i]), h264_nal_type(a.nal[i]) != H264_NAL_SEI);
    free(a.buf);
    free(b.buf);
}

Test(pattern, sei_tells_frame_and_time)
{
    static const char uuid[] = "\xc9\xa6\xc2\xf3\x85\xb5\x4d\x1f\xb3\x64\xaf\x8f\x04\x17\x33\xb8";
    static const struct {
        uint64_t n;
        int64_t wall_ns;
        const char *text;
    } rows[] = {
        {0, 0, "umbel frame=0 time=1970-01-01T00:00:00.000Z"},
        {50, 1700000000123456789, "umbel frame=50 time=2023-11-14T22:13:20.123Z"},
        {51, 1709210096999999999, "umbel frame=51 time=2024-02-29T12:34:56.999Z"},
        {1, -1, "umbel frame=1 time=1969-12-31T23:59:59.999Z"},
        {UINT64_MAX, INT64_MAX, "umbel frame=18446744073709551615 time=2262-04-11T23:47:16.854Z"},
        {7, INT64_MIN, "umbel frame=7 time=1677-09-21T00:12:43.145Z"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct made made = make(rows[i].n, rows[i].wall_ns);
        struct bit_reader r = bit_reader_of(made.nal[made.count - 2]);
        size_t text_len = strlen(rows[i].text);
        cr_assert_eq(r.len, 2 + 16 + text_len + 1);
        cr_expect_eq(read_u(&r, 8), 5, "payload type");
        cr_expect_eq(read_u(&r, 8), 16 + text_len, "payload size");
        cr_expect_arr_eq(r.bytes + 2, uuid, 16);
        cr_expect_arr_eq(r.bytes + 18, rows[i].text, text_len, "row %zu", i);
        cr_expect_eq(r.bytes[r.len - 1], 0x80);
        free(r.bytes);
        free(made.buf);
    }
}
