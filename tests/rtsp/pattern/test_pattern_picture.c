/* SPDX-License-Identifier: MIT */
#include "rtsp/pattern/pattern_picture.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static struct tile_pixels pixels_at(uint64_t n, int col, int row)
{
    struct picture picture = picture_at(n);
    struct tile_pixels pixels;
    tile_draw(picture_tile(&picture, col, row), &pixels);
    return pixels;
}

static bool all_are(const uint8_t *samples, size_t len, double want)
{
    for (size_t i = 0; i < len; i++)
        if (samples[i] < want - 0.6 || samples[i] > want + 0.6)
            return false;
    return true;
}

/* ITU-R BT.601 section 2.5: 8-bit samples of limited range. */
static bool is_colour(const struct tile_pixels *p, double r, double g, double b)
{
    double y = 0.299 * r + 0.587 * g + 0.114 * b;
    return all_are(p->y, sizeof(p->y), 16 + 219 * y) &&
           all_are(p->cb, sizeof(p->cb), 128 + 224 * (b - y) / 1.772) &&
           all_are(p->cr, sizeof(p->cr), 128 + 224 * (r - y) / 1.402);
}

Test(pattern_picture, bars_are_white_and_75_percent_colours)
{
    static const double bars[8][3] = {
        {1, 1, 1},     {.75, .75, 0}, {0, .75, .75}, {0, .75, 0},
        {.75, 0, .75}, {.75, 0, 0},   {0, 0, .75},   {0, 0, 0},
    };
    for (int col = 0; col < PICTURE_COLS; col++) {
        const double *rgb = bars[col / 5];
        for (int row = 0; row < 13; row++) {
            struct tile_pixels p = pixels_at(7, col, row);
            cr_expect(is_colour(&p, rgb[0], rgb[1], rgb[2]), "column %d, row %d", col, row);
        }
        for (int row = 13; row < 15; row++) {
            struct tile_pixels p = pixels_at(7, PICTURE_COLS - 1 - col, row);
            cr_expect(is_colour(&p, rgb[0], rgb[1], rgb[2]), "column %d, row %d", col, row);
        }
    }
}

Test(pattern_picture, counter_shows_the_last_six_digits)
{
    static const struct {
        uint64_t n;
        int digit[PICTURE_DIGITS];
    } rows[] = {
        {0, {0, 0, 0, 0, 0, 0}},
        {123456, {1, 2, 3, 4, 5, 6}},
        {999999, {9, 9, 9, 9, 9, 9}},
        {1000000, {0, 0, 0, 0, 0, 0}},
        {UINT64_C(4294967296), {9, 6, 7, 2, 9, 6}},
        {UINT64_MAX, {5, 5, 1, 6, 1, 5}},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct picture picture = picture_at(rows[i].n);
        cr_expect_arr_eq(picture.digit, rows[i].digit, sizeof(rows[i].digit), "row %zu", i);
    }
}

/* Each digit of the counter is two tiles wide and three high; its tiles lie in the picture in
 * order. */
Test(pattern_picture, counter_is_drawn_where_the_picture_says)
{
    struct picture picture = picture_at(123456);
    for (int i = 0; i < PICTURE_DIGITS * 6; i++) {
        int in_col = i % 12;
        int in_row = i / 12;
        struct tile tile = picture_tile(&picture, picture.counter_col + in_col, 16 + in_row);
        struct tile want = {TILE_DIGIT, 1 + in_col / 2, in_col % 2 * TILE_SIZE, in_row * TILE_SIZE};
        cr_expect(tile_eq(tile, want), "tile %d", i);
    }
}

Test(pattern_picture, no_two_digits_look_alike)
{
    for (int a = 0; a < 10; a++) {
        for (int b = 0; b < a; b++) {
            int differing = 0;
            for (int i = 0; i < 6; i++) {
                int x = i % 2 * TILE_SIZE;
                int y = i / 2 * TILE_SIZE;
                struct tile_pixels p;
                struct tile_pixels q;
                tile_draw((struct tile){TILE_DIGIT, a, x, y}, &p);
                tile_draw((struct tile){TILE_DIGIT, b, x, y}, &q);
                for (size_t at = 0; at < sizeof(p.y); at++)
                    differing += p.y[at] != q.y[at];
            }
            cr_expect_geq(differing, 2 * 16, "%d and %d: two dots at least", a, b);
        }
    }
}

Test(pattern_picture, counter_moves_at_key_frames_and_stays_in_view)
{
    for (uint64_t n = 1; n < 1000; n++) {
        struct picture before = picture_at(n - 1);
        struct picture now = picture_at(n);
        cr_expect_eq(now.counter_col != before.counter_col, n % PATTERN_GOP == 0, "frame %lu", n);
        cr_expect(now.counter_col >= 0 && now.counter_col + 2 * PICTURE_DIGITS <= PICTURE_COLS);
    }
}

Test(pattern_picture, ball_moves_evenly_and_stays_in_view)
{
    for (uint64_t n = 1; n < 1000; n++) {
        int from = picture_at(n - 1).ball_x;
        int to = picture_at(n).ball_x;
        cr_expect_eq(abs(to - from), 8, "frame %lu", n);
        cr_expect(to >= 0 && to + 2 * TILE_SIZE <= PATTERN_WIDTH, "frame %lu", n);
    }
}

/* ITU-R BT.601: 16 to 235 and 240. The size bound of the slices counts on samples that are not
 * zero. */
Test(pattern_picture, samples_are_of_limited_range)
{
    for (int i = 0; i < PICTURE_COLS * PICTURE_ROWS; i++) {
        struct tile_pixels p = pixels_at(54321, i % PICTURE_COLS, i / PICTURE_COLS);
        for (size_t at = 0; at < sizeof(p.y); at++)
            cr_assert(p.y[at] >= 16 && p.y[at] <= 235);
        for (size_t at = 0; at < sizeof(p.cb); at++)
            cr_assert(p.cb[at] >= 16 && p.cb[at] <= 240 && p.cr[at] >= 16 && p.cr[at] <= 240);
    }
}
