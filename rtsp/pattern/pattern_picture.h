/* SPDX-License-Identifier: MIT */
/*
 * What the built-in pattern shows: colour bars, the bars once more in reverse, and below them a
 * dark band with a frame counter, which moves on with each key frame, and a ball, which moves with
 * each frame. The picture is a grid of 16x16 tiles (the macroblocks of H.264); a tile is a small
 * value, so that two pictures can be compared without drawing them.
 */
#pragma once

#include "rtsp/pattern/pattern.h"

enum {
    TILE_SIZE = 16,
    TILE_CHROMA_SIZE = TILE_SIZE / 2,
    PICTURE_COLS = PATTERN_WIDTH / TILE_SIZE,
    PICTURE_ROWS = (PATTERN_HEIGHT + TILE_SIZE - 1) / TILE_SIZE, /* the last one is half visible */
    PICTURE_DIGITS = 6,                                          /* of the frame counter */
};

/* What is different from frame to frame. */
struct picture {
    int counter_col; /* of the first digit */
    int digit[PICTURE_DIGITS];
    int ball_x; /* of the left edge, in pixels */
};

/* One tile. Equal values mean equal pixels. */
struct tile {
    enum { TILE_FLAT, TILE_DIGIT, TILE_BALL } shape;
    int which; /* the colour of a flat tile, the digit of a digit tile */
    int x,
        y; /* digit and ball: where the tile stands in the drawing of the whole shape, in pixels */
};

/* 8-bit 4:2:0 samples of limited range, row by row. */
struct tile_pixels {
    uint8_t y[TILE_SIZE * TILE_SIZE];
    uint8_t cb[TILE_CHROMA_SIZE * TILE_CHROMA_SIZE];
    uint8_t cr[TILE_CHROMA_SIZE * TILE_CHROMA_SIZE];
};

/* The picture of frame number n. */
struct picture picture_at(uint64_t n);

/* The tile at col (below PICTURE_COLS) and row (below PICTURE_ROWS). */
struct tile picture_tile(const struct picture *picture, int col, int row);

bool tile_eq(struct tile a, struct tile b);

/* True when all pixels of the tile are the same. */
bool tile_is_flat(struct tile tile);

void tile_draw(struct tile tile, struct tile_pixels *pixels);
