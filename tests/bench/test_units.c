/* SPDX-License-Identifier: MIT */
#include "bench/units.h"

#include "core/nal.h"
#include "core/params.h"
#include "tests/support/guard.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>

enum { GOPS = 50 };

static const struct {
    const char *rate;
    double bits_per_second;
    uint32_t fps, gop;
} plans[] = {
    {"300k", 300e3, 30, 60},  {"2M", 2e6, 30, 60},    {"8M", 8e6, 30, 60},
    {"8000000", 8e6, 25, 50}, {"1.5M", 1.5e6, 60, 1}, {"50M", 50e6, 60, 15},
    {"100k", 100e3, 15, 150},
};

static struct units plan(size_t row)
{
    struct units u;
    cr_assert_eq(units_init(&u, plans[row].rate, plans[row].fps, plans[row].gop), 0);
    return u;
}

Test(units, a_rate_is_a_number_with_a_unit)
{
    static const char *bad[] = {"", "M", "2m", "2MB", "-2M", " 2M", "2 M", "0", "1e99", "nan"};
    struct units u;
    for (size_t i = 0; i < ARRAY_LEN(plans); i++)
        cr_assert_float_eq(plan(i).bits_per_second, plans[i].bits_per_second, 1e-6);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        cr_assert_eq(units_init(&u, bad[i], 30, 60), -EINVAL, "%s", bad[i]);
    cr_assert_eq(units_init(&u, "2M", 0, 60), -EINVAL);
    cr_assert_eq(units_init(&u, "2M", 30, 0), -EINVAL);
}

/* Bytes of keys and others over whole GOPs. */
struct sums {
    double key_bytes, other_bytes;
    uint64_t keys, others;
};

static struct sums sum_up(const struct units *u)
{
    struct sums s = {0};
    bool key;
    for (uint64_t n = 0; n < (uint64_t)GOPS * u->gop; n++) {
        double bytes = (double)units_bytes(u, n, &key);
        s.key_bytes += key ? bytes : 0;
        s.other_bytes += key ? 0 : bytes;
        s.keys += key;
        s.others += !key;
    }
    return s;
}

Test(units, the_mean_is_the_rate)
{
    for (size_t i = 0; i < ARRAY_LEN(plans); i++) {
        struct units u = plan(i);
        struct sums s = sum_up(&u);
        double seconds = (double)(s.keys + s.others) / u.fps;
        double rate = (s.key_bytes + s.other_bytes) * 8 / seconds;
        cr_assert_float_eq(rate / u.bits_per_second, 1, 0.02, "%s: %f", plans[i].rate, rate);
    }
}

Test(units, a_key_frame_is_eight_times_as_large)
{
    for (size_t i = 0; i < ARRAY_LEN(plans); i++) {
        struct units u = plan(i);
        struct sums s = sum_up(&u);
        cr_assert_eq(s.keys, GOPS);
        if (s.others == 0)
            continue;
        double factor = s.key_bytes / (double)s.keys / (s.other_bytes / (double)s.others);
        cr_assert_float_eq(factor, UNITS_KEY_FACTOR, 0.03 * UNITS_KEY_FACTOR, "%s: %f",
                           plans[i].rate, factor);
    }
}

Test(units, the_others_spread_by_30_percent)
{
    struct units u = plan(1);
    double least = 1e9, most = 0;
    bool key;
    for (uint64_t n = 1; n < 1000; n++) {
        double share = (double)units_bytes(&u, n, &key) / u.other_bytes;
        least = !key && share < least ? share : least;
        most = !key && share > most ? share : most;
    }
    cr_assert_float_eq(least, 0.7, 0.01);
    cr_assert_float_eq(most, 1.3, 0.01);
}

/* What a decoder would take for a start code, or for the end of one (ITU-T H.264 clause 7.4.1). */
static bool has_start_code(struct slice nal)
{
    for (size_t i = 2; i < nal.len; i++)
        if (nal.ptr[i - 2] == 0 && nal.ptr[i - 1] == 0 && nal.ptr[i] < 3)
            return true;
    return nal.ptr[nal.len - 1] == 0;
}

/* The types of the units, as hexadecimal digits. */
static void read_types(struct slice unit, char types[8])
{
    struct slice nal;
    size_t count = 0;
    while (nal_next(&unit, &nal)) {
        cr_assert_lt(count, 7);
        cr_assert_gt(nal.len, 1);
        cr_assert_not(has_start_code(nal));
        types[count++] = "0123456789abcdef"[h264_nal_type(nal) & 15];
    }
    cr_assert_eq(unit.len, 0, "the last unit is not whole");
    types[count] = '\0';
}

/* Into units_max_bytes() bytes. */
static struct slice write_unit(const struct units *u, uint64_t n, uint8_t *dst)
{
    bool key;
    size_t len = units_write(dst, u, n, (int64_t)(n * 1000));
    cr_assert_eq(len, units_bytes(u, n, &key));
    cr_assert_leq(len, units_max_bytes(u));
    return slice_of(dst, len);
}

Test(units, what_is_written_is_what_was_planned)
{
    for (size_t i = 0; i < ARRAY_LEN(plans); i++) {
        struct units u = plan(i);
        struct media_track track;
        units_describe(&track);
        uint8_t *dst = malloc(units_max_bytes(&u));
        for (uint64_t n = 0; n < 200; n++) {
            char types[8];
            struct slice unit = write_unit(&u, n, dst);
            read_types(unit, types);
            cr_assert_str_eq(types, n % u.gop == 0 ? "7865" : "61", "%s, %lu", plans[i].rate, n);
            cr_assert_eq(params_are_in(&track, unit), n % u.gop == 0);
        }
        free(dst);
    }
}

Test(units, every_size_of_a_trace_is_met)
{
    enum { SIZES = 3000, STEP = 7 };
    static uint32_t trace[SIZES];
    for (uint32_t i = 0; i < SIZES; i++)
        trace[i] = (i * STEP) | (i % 10 == 9 ? UINT32_C(1) << 31 : 0);
    struct units u = {.fps = 30, .gop = 1, .trace = trace, .trace_count = SIZES};
    uint8_t *dst = malloc(units_max_bytes(&u));
    for (uint64_t n = 0; n < SIZES + 20; n++) {
        char types[8];
        size_t wanted = n % SIZES * STEP;
        struct slice unit = write_unit(&u, n, dst);
        read_types(unit, types);
        cr_assert_str_eq(types, n % 10 == 9 ? "7865" : "61");
        /* A size byte of the SEI cannot be split: one byte may be missing. */
        if (wanted >= 1200)
            cr_assert(unit.len == wanted || unit.len == wanted - 1, "%zu: %zu", wanted, unit.len);
    }
    free(dst);
}

Test(units, the_same_number_gives_the_same_bytes)
{
    struct units a = plan(1), b = plan(1);
    uint8_t *one = malloc(units_max_bytes(&a)), *other = malloc(units_max_bytes(&b));
    for (uint64_t n = 0; n < 130; n++)
        cr_assert(slice_eq(write_unit(&a, n, one), write_unit(&b, n, other)));
    free(one);
    free(other);
}

static struct slice find_sei(struct slice unit)
{
    struct slice nal;
    while (nal_next(&unit, &nal))
        if (h264_nal_type(nal) == H264_NAL_SEI)
            return nal;
    cr_assert_fail("no SEI");
    return (struct slice){0};
}

Test(units, stamps_come_back)
{
    static const struct unit_stamp rows[] = {
        {0, 0}, {1, 1}, {60, 1234567890123}, {0xfedcba9876543210, INT64_MAX}, {UINT64_MAX, -1}};
    struct units u = plan(1);
    uint8_t *dst = malloc(units_max_bytes(&u));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct unit_stamp stamp;
        size_t len = units_write(dst, &u, rows[i].number, rows[i].published_ns);
        cr_assert(units_read_stamp(find_sei(slice_of(dst, len)), &stamp));
        cr_assert_eq(stamp.number, rows[i].number);
        cr_assert_eq(stamp.published_ns, rows[i].published_ns);
    }
    free(dst);
}

Test(units, a_stamp_is_read_within_its_bytes)
{
    struct units u = plan(0);
    struct unit_stamp stamp;
    uint8_t *dst = malloc(units_max_bytes(&u));
    struct slice sei = find_sei(slice_of(dst, units_write(dst, &u, 3, 4)));
    for (size_t len = 0; len <= sei.len; len++) {
        struct slice copy = guard_copy(slice_head(sei, len));
        bool whole = len + 1 >= sei.len; /* the trailing byte does not belong to the message */
        cr_assert_eq(units_read_stamp(copy, &stamp), whole, "%zu of %zu", len, sei.len);
        guard_free(copy);
    }
    free(dst);
}

Test(units, the_stamps_of_others_are_none)
{
    static const struct slice rows[] = {
        SLICE_LIT("\x06"),
        SLICE_LIT("\x06\x05"),
        SLICE_LIT("\x06\x05\xff\xff"),
        SLICE_LIT("\x06\x01\x02\x03\x04\x80"),
        SLICE_LIT("\x06\x05\x11pppppppppppppppp0\x80"),
        SLICE_LIT("\x06\x05\x30pppppppppppppppp00000000000000000000000000000000\x80")};
    struct unit_stamp stamp;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct slice copy = guard_copy(rows[i]);
        cr_assert_not(units_read_stamp(copy, &stamp), "row %zu", i);
        guard_free(copy);
    }
}
