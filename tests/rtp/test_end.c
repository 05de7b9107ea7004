/* SPDX-License-Identifier: MIT */
/*
 * The last access unit of a sender that says nothing more: it comes out when it can be told that it
 * is whole.
 */
#include "rtp/codec.h"

#include "tests/rtp/unpack_rows.h"

/* The RTP payloads of an MPEG audio frame that does not say its length, and of one that does. */
#define FREE_FORMAT "\xff\xfb\x00\x00ree"
#define OF_417      "\xff\xfb\x90\x00of 417"
/* RFC 2435: the main header of a picture whose tables are known. */
#define JPEG(offset) "\0\0\0" offset "\1\x32\x08\x08"

static const struct {
    enum codec codec;
    struct row row;
} rows[] = {
    {CODEC_H264,
     {"slices without a marker",
      {{1, 100, false, BYTES("\x65\x88i")}, {2, 100, false, BYTES("\x65\x48m")}},
      {{100, true, BYTES("\0\0\0\3\x65\x88i\0\0\0\3\x65\x48m")}}}},
    {CODEC_H264,
     {"slices of a sender that set the marker before",
      {{1, 100, true, BYTES("\x65\x88i")}, {2, 200, false, BYTES("\x41\x9ap")}},
      {{100, true, BYTES("\0\0\0\3\x65\x88i")}},
      1}},
    {CODEC_H264, {"a fragment", {{1, 100, false, BYTES("\x7c\x85\x88")}}, {{0}}, 1}},
    {CODEC_H264, {"no picture", {{1, 100, false, BYTES("\x67\x42")}}}},
    {CODEC_H264,
     {"a lost packet",
      {{1, 100, false, BYTES("\x65\x88i")}, {3, 100, false, BYTES("\x65\x48m")}},
      {{0}},
      1}},
    {CODEC_H265,
     {"a slice without a marker",
      {{1, 100, false, BYTES("\x26\x01\x80i")}},
      {{100, true, BYTES("\0\0\0\4\x26\x01\x80i")}}}},
    {CODEC_AV1,
     {"a frame without a marker",
      {{1, 100, false, BYTES("\x18\x30\x10x")}},
      {{100, true, BYTES("\x32\2\x10x")}}}},
    {CODEC_AV1, {"a part of a frame", {{1, 100, false, BYTES("\x58\x30\x10x")}}, {{0}}, 1}},
    {CODEC_VP8,
     {"a frame without a marker",
      {{1, 100, false, BYTES("\x10\x00k")}, {2, 100, false, BYTES("\x00m")}},
      {{100, true, BYTES("\x00km")}}}},
    {CODEC_VP9,
     {"a frame without a marker",
      {{1, 100, false, BYTES("\x08\x82k")}},
      {{100, true, BYTES("\x82k")}}}},
    {CODEC_JPEG,
     {"a frame without a marker",
      {{1, 100, false, BYTES(JPEG("\0") "scan")}, {2, 100, false, BYTES(JPEG("\4") "more")}},
      {{100, true, BYTES(JPEG("\0") "scanmore")}}}},
    {CODEC_AAC, /* the first one could be the end of another */
     {"the size is there",
      {{1, 100, false,
        BYTES("\0\x10\0\x18"
              "one")},
       {2, 200, false,
        BYTES("\0\x10\0\x18"
              "two")}},
      {{200, false, BYTES("two")}},
      1}},
    {CODEC_AAC,
     {"the size is not there",
      {{1, 100, false,
        BYTES("\0\x10\0\x20"
              "aac")}},
      {{0}},
      1}},
    {CODEC_LATM,
     {"an element without a marker",
      {{1, 100, false, BYTES("la")}, {2, 100, false, BYTES("tm")}},
      {{100, false, BYTES("latm")}}}},
    {CODEC_MPA,
     {"a frame that does not say its length",
      {{1, 100, false, BYTES("\0\0\0\0" FREE_FORMAT)}},
      {{100, false, BYTES(FREE_FORMAT)}}}},
    {CODEC_MPA, {"a part of one that does", {{1, 100, false, BYTES("\0\0\0\0" OF_417)}}, {{0}}, 1}},
    {CODEC_OPUS,
     {"nothing is open", {{1, 100, false, BYTES("opus")}}, {{100, false, BYTES("opus")}}}},
};

static void run(enum codec codec, const struct row *row)
{
    struct media_track track = {.codec = codec, .clock_rate = 90000};
    struct collected c = {0};
    struct unpacker *u = unpacker_create(&track, (struct slice){0}, collect, &c);
    for (size_t i = 0; i < ROW_PACKETS_MAX && row->packet[i].payload.len > 0; i++) {
        struct rtp_packet pkt = row_rtp(&row->packet[i]);
        cr_assert_eq(push_wire(u, &pkt, RTP_HEADER_BYTES + pkt.payload.len), 0, "%s", row->name);
    }
    unpacker_end(u);
    assert_row_units(row, &c);
    cr_assert_eq(unpacker_stats(u).dropped_aus, row->dropped, "%s: dropped", row->name);
    unpacker_end(u);
    cr_assert_eq(unpacker_stats(u).dropped_aus, row->dropped, "%s: ended twice", row->name);
    assert_row_units(row, &c);
    unpacker_destroy(u);
    collected_free(&c);
}

Test(end, what_is_whole_comes_out)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        run(rows[i].codec, &rows[i].row);
}
