/* SPDX-License-Identifier: MIT */
/*
 * Where players may start in media that nobody here understands: a key frame is what seems to begin
 * a picture.
 */
#include "rtp/codec.h"

#include "tests/rtp/unpack_rows.h"

static const struct row video_rows[] = {
    {"behind a marker",
     {{1, 7, false, BYTES("a")},
      {2, 7, true, BYTES("b")},
      {3, 7, false, BYTES("c")},
      {4, 7, true, BYTES("d")}},
     {{7, true, BYTES("\0a")},
      {7, true, BYTES("\1b")}, /* what a marker means was not known yet */
      {7, true, BYTES("\0c")},
      {7, false, BYTES("\1d")}}},
    {"at a new time stamp",
     {{1, 7, false, BYTES("a")},
      {2, 8, false, BYTES("b")},
      {3, 8, false, BYTES("c")},
      {4, 9, false, BYTES("d")}},
     {{7, true, BYTES("\0a")},
      {8, true, BYTES("\0b")},
      {8, false, BYTES("\0c")},
      {9, true, BYTES("\0d")}}},
    {"anywhere, when nothing tells",
     {{1, 7, false, BYTES("a")}, {2, 7, false, BYTES("b")}, {3, 7, false, BYTES("c")}},
     {{7, true, BYTES("\0a")}, {7, true, BYTES("\0b")}, {7, true, BYTES("\0c")}}},
    {"behind a loss, when the time stamp is new",
     {{1, 7, true, BYTES("a")},
      {2, 8, false, BYTES("b")},
      {4, 8, false, BYTES("c")},
      {6, 9, false, BYTES("d")}},
     {{7, true, BYTES("\1a")},
      {8, true, BYTES("\0b")},
      {8, false, BYTES("\0c")},
      {9, true, BYTES("\0d")}}},
};

static const struct row audio_rows[] = {
    {"nothing is a key frame",
     {{1, 7, true, BYTES("a")}, {2, 8, true, BYTES("b")}},
     {{7, false, BYTES("\1a")}, {8, false, BYTES("\1b")}}},
};

Test(other_start, video_begins_with_a_picture)
{
    const struct media_track track = {.codec = CODEC_OTHER, .other_kind = MEDIA_VIDEO};
    for (size_t i = 0; i < ARRAY_LEN(video_rows); i++) {
        run_row(&video_rows[i], &track, (struct slice){0});
        run_row_prefixes(&video_rows[i], &track, (struct slice){0});
    }
}

Test(other_start, all_else_begins_anywhere)
{
    const struct media_track track = {.codec = CODEC_OTHER, .other_kind = MEDIA_AUDIO};
    run_row(&audio_rows[0], &track, (struct slice){0});
}
