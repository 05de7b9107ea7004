/* SPDX-License-Identifier: MIT */
/*
 * Writes frames of the built-in pattern to stdout: as an Annex B byte stream for a decoder, or as
 * the samples (planar 4:2:0) that the decoder should give back.
 *
 *     pattern_dump h264|i420 FIRST COUNT
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/nal.h"
#include "rtsp/pattern/pattern.h"
#include "rtsp/pattern/pattern_picture.h"

static void dump_h264(uint64_t n)
{
    static const uint8_t start_code[] = {0, 0, 0, 1};
    int64_t since_1970_ns = (int64_t)n * NS_PER_S / PATTERN_FPS;
    uint8_t *buf = malloc(pattern_frame_max());
    if (!buf)
        abort();
    struct slice units = slice_of(buf, pattern_frame(buf, n, since_1970_ns));
    struct slice nal;
    while (nal_next(&units, &nal)) {
        fwrite(start_code, 1, sizeof(start_code), stdout);
        fwrite(nal.ptr, 1, nal.len, stdout);
    }
    free(buf);
}

struct plane {
    uint8_t *samples;
    int width, height;
};

static void put_tile(struct plane plane, const uint8_t *samples, int size, int col, int row)
{
    for (int y = 0; y < size && row * size + y < plane.height; y++)
        memcpy(plane.samples + (row * size + y) * plane.width + col * size, samples + y * size,
               (size_t)size);
}

static void dump_i420(uint64_t n)
{
    enum { LUMA = PATTERN_WIDTH * PATTERN_HEIGHT, CHROMA = LUMA / 4 };
    static uint8_t frame[LUMA + 2 * CHROMA];
    struct plane y = {frame, PATTERN_WIDTH, PATTERN_HEIGHT};
    struct plane cb = {frame + LUMA, PATTERN_WIDTH / 2, PATTERN_HEIGHT / 2};
    struct plane cr = {frame + LUMA + CHROMA, PATTERN_WIDTH / 2, PATTERN_HEIGHT / 2};
    struct picture picture = picture_at(n);
    for (int row = 0; row < PICTURE_ROWS; row++) {
        for (int col = 0; col < PICTURE_COLS; col++) {
            struct tile_pixels pixels;
            tile_draw(picture_tile(&picture, col, row), &pixels);
            put_tile(y, pixels.y, TILE_SIZE, col, row);
            put_tile(cb, pixels.cb, TILE_CHROMA_SIZE, col, row);
            put_tile(cr, pixels.cr, TILE_CHROMA_SIZE, col, row);
        }
    }
    fwrite(frame, 1, sizeof(frame), stdout);
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: %s h264|i420 FIRST COUNT\n", argv[0]);
        return 2;
    }
    void (*dump)(uint64_t n) = strcmp(argv[1], "i420") == 0 ? dump_i420 : dump_h264;
    uint64_t first = strtoull(argv[2], NULL, 10);
    uint64_t count = strtoull(argv[3], NULL, 10);
    for (uint64_t n = first; n < first + count; n++)
        dump(n);
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
