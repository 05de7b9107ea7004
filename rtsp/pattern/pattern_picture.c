/* SPDX-License-Identifier: MIT */
#include "rtsp/pattern/pattern_picture.h"

#include "rtsp/pattern/pattern_font.h"

/* The layout, from top to bottom, in tiles. */
enum {
    BARS = 8,
    BAR_COLS = PICTURE_COLS / BARS,
    REVERSE_ROW = 13,
    BAND_ROW = 15,
    COUNTER_ROW = 16,
    BALL_ROW = 20,
};

enum {
    DOT_SIZE = 4, /* pixels */
    DIGIT_COLS = FONT_WIDTH * DOT_SIZE / TILE_SIZE,
    DIGIT_ROWS = FONT_HEIGHT * DOT_SIZE / TILE_SIZE,
    COUNTER_COLS = PICTURE_DIGITS * DIGIT_COLS,
    COUNTER_PLACES = 3, /* where the counter can be: left, middle, right */
};

enum {
    BALL_SIZE = 2 * TILE_SIZE,
    BALL_STEP = 8, /* pixels a frame: from side to side in three seconds */
    BALL_TRACK = PATTERN_WIDTH - BALL_SIZE,
    BALL_PERIOD = 2 * BALL_TRACK / BALL_STEP, /* frames, there and back */
};

enum colour { WHITE, YELLOW, CYAN, GREEN, MAGENTA, RED, BLUE, BLACK, BAND };

/* White of 100 % and colours of 75 % (EBU bars) by the matrix of ITU-R BT.601. */
static const struct {
    uint8_t y, cb, cr;
} colours[] = {
    [WHITE] = {235, 128, 128}, [YELLOW] = {162, 44, 142},  [CYAN] = {131, 156, 44},
    [GREEN] = {112, 72, 58},   [MAGENTA] = {84, 184, 198}, [RED] = {65, 100, 212},
    [BLUE] = {35, 212, 114},   [BLACK] = {16, 128, 128},   [BAND] = {40, 128, 128},
};

/* The places divide the width evenly, with the same gap at both sides. */
static int counter_col(uint64_t n)
{
    int place = (int)(n / PATTERN_GOP % COUNTER_PLACES);
    int gap = (PICTURE_COLS - COUNTER_PLACES * COUNTER_COLS) / 2;
    return gap + place * COUNTER_COLS;
}

static int ball_x(uint64_t n)
{
    int way = (int)(n % BALL_PERIOD) * BALL_STEP;
    return way <= BALL_TRACK ? way : 2 * BALL_TRACK - way;
}

struct picture picture_at(uint64_t n)
{
    struct picture picture = {.counter_col = counter_col(n), .ball_x = ball_x(n)};
    for (int i = PICTURE_DIGITS - 1; i >= 0; i--) {
        picture.digit[i] = (int)(n % 10);
        n /= 10;
    }
    return picture;
}

static struct tile flat_tile(enum colour colour)
{
    return (struct tile){.shape = TILE_FLAT, .which = (int)colour};
}

static bool is_in_counter(const struct picture *picture, int col, int row)
{
    return row >= COUNTER_ROW && row < COUNTER_ROW + DIGIT_ROWS && col >= picture->counter_col &&
           col < picture->counter_col + COUNTER_COLS;
}

static struct tile digit_tile(const struct picture *picture, int col, int row)
{
    int in_counter = col - picture->counter_col;
    return (struct tile){.shape = TILE_DIGIT,
                         .which = picture->digit[in_counter / DIGIT_COLS],
                         .x = in_counter % DIGIT_COLS * TILE_SIZE,
                         .y = (row - COUNTER_ROW) * TILE_SIZE};
}

static struct tile ball_tile(const struct picture *picture, int col, int row)
{
    return (struct tile){.shape = TILE_BALL,
                         .x = col * TILE_SIZE - picture->ball_x,
                         .y = (row - BALL_ROW) * TILE_SIZE};
}

static bool is_in_ball(struct tile tile)
{
    return tile.x > -TILE_SIZE && tile.x < BALL_SIZE && tile.y > -TILE_SIZE && tile.y < BALL_SIZE;
}

struct tile picture_tile(const struct picture *picture, int col, int row)
{
    int bar = col / BAR_COLS;
    if (row < REVERSE_ROW)
        return flat_tile((enum colour)(WHITE + bar));
    if (row < BAND_ROW)
        return flat_tile((enum colour)(BLACK - bar));
    if (is_in_counter(picture, col, row))
        return digit_tile(picture, col, row);
    struct tile ball = ball_tile(picture, col, row);
    return is_in_ball(ball) ? ball : flat_tile(BAND);
}

bool tile_eq(struct tile a, struct tile b)
{
    return a.shape == b.shape && a.which == b.which && a.x == b.x && a.y == b.y;
}

bool tile_is_flat(struct tile tile)
{
    return tile.shape == TILE_FLAT;
}

static uint8_t digit_luma(int digit, int x, int y)
{
    bool dot = font_dot(digit, x / DOT_SIZE, y / DOT_SIZE);
    return colours[dot ? WHITE : BLACK].y;
}

/*
 * In half pixels from the centre, so that this is an integer. (r * r - d * d) / 2r comes close to
 * the distance from the edge where that is small; over one pixel of it the edge fades.
 */
static uint8_t ball_luma(int x, int y)
{
    const int radius = BALL_SIZE - 3;
    int dx = 2 * x + 1 - BALL_SIZE;
    int dy = 2 * y + 1 - BALL_SIZE;
    int inside = radius * radius - dx * dx - dy * dy + 2 * radius;
    int opaque = 4 * radius;
    if (inside < 0)
        inside = 0;
    if (inside > opaque)
        inside = opaque;
    int band = colours[BAND].y;
    return (uint8_t)(band + (colours[WHITE].y - band) * inside / opaque);
}

static uint8_t tile_luma(struct tile tile, int x, int y)
{
    switch (tile.shape) {
    case TILE_DIGIT:
        return digit_luma(tile.which, tile.x + x, tile.y + y);
    case TILE_BALL:
        return ball_luma(tile.x + x, tile.y + y);
    case TILE_FLAT:
        break;
    }
    return colours[tile.which].y;
}

void tile_draw(struct tile tile, struct tile_pixels *pixels)
{
    for (int y = 0; y < TILE_SIZE; y++)
        for (int x = 0; x < TILE_SIZE; x++)
            pixels->y[y * TILE_SIZE + x] = tile_luma(tile, x, y);

    enum colour chroma = tile_is_flat(tile) ? (enum colour)tile.which : BLACK; /* shapes are grey */
    memset(pixels->cb, colours[chroma].cb, sizeof(pixels->cb));
    memset(pixels->cr, colours[chroma].cr, sizeof(pixels->cr));
}
