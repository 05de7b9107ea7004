/* SPDX-License-Identifier: MIT */
#include "tests/rtp/nal_rows.h"

#include "core/nal.h"
#include "tests/rtp/unpack_rows.h"

enum { NAL_ROW_UNITS_MAX = 3 };

struct nal_row {
    const char *name;
    struct {
        uint16_t seq;
        uint32_t rtp_time;
        bool marker;
        enum nal_payload what;
        bool bad;
    } packet[6]; /* ends at U_NONE */
    struct {
        uint32_t rtp_time;
        bool key;
        enum nal_payload unit[NAL_ROW_UNITS_MAX]; /* ends at U_NONE */
    } unit[ROW_UNITS_MAX];                        /* ends at one of no units */
    unsigned dropped;
};

static const struct nal_row whole_rows[] = {
    {"single units",
     {{1, 100, false, U_SPS}, {2, 100, false, U_PPS}, {3, 100, true, U_IDR}},
     {{100, true, {U_SPS, U_PPS, U_IDR}}}},
    {"a fragment with start and end",
     {{1, 100, true, U_IDR_START_AND_END}},
     {{100, true, {U_IDR}}}},
    {"fragments between units",
     {{1, 100, false, U_AUD},
      {2, 100, false, U_P_START},
      {3, 100, false, U_P_END},
      {4, 100, true, U_P_MORE}},
     {{100, false, {U_AUD, U_P, U_P_MORE}}}},
    {"no marker ever",
     {{1, 100, false, U_IDR},
      {2, 100, false, U_IDR_MORE},
      {3, 200, false, U_P},
      {4, 300, false, U_P}},
     {{100, true, {U_IDR, U_IDR_MORE}}, {200, false, {U_P}}}},
    {"marker on parameter sets",
     {{1, 100, true, U_SPS}, {2, 100, true, U_PPS}, {3, 100, true, U_IDR}},
     {{100, true, {U_SPS, U_PPS, U_IDR}}}},
    {"parameter sets with the time stamp of the picture before",
     {{1, 100, true, U_P}, {2, 100, true, U_SPS}, {3, 200, true, U_IDR}},
     {{100, false, {U_P}}, {200, true, {U_SPS, U_IDR}}}},
    {"marker on every slice",
     {{1, 100, true, U_IDR}, {2, 100, true, U_IDR_MORE}, {3, 200, true, U_P}},
     {{100, true, {U_IDR}}, {100, false, {U_IDR_MORE}}}},
    {"marker on every slice, and once that is known",
     {{1, 100, true, U_IDR},
      {2, 100, true, U_IDR_MORE},
      {3, 200, true, U_P},
      {4, 200, true, U_P_MORE},
      {5, 300, true, U_P}},
     {{100, true, {U_IDR}}, {100, false, {U_IDR_MORE}}, {200, false, {U_P, U_P_MORE}}}},
    {"marker on every fragment",
     {{1, 100, true, U_IDR_START}, {2, 100, true, U_IDR_END}},
     {{100, true, {U_IDR}}}},
    {"sequence numbers wrap",
     {{0xffff, 100, false, U_IDR}, {0, 100, true, U_IDR_MORE}},
     {{100, true, {U_IDR, U_IDR_MORE}}}},
    {"duplicates and late packets",
     {{8, 100, true, U_IDR},
      {9, 200, true, U_P},
      {9, 200, true, U_P},
      {8, 100, true, U_IDR},
      {10, 300, true, U_P}},
     {{100, true, {U_IDR}}, {200, false, {U_P}}, {300, false, {U_P}}}},
};

static const struct nal_row malformed_rows[] = {
    {"a fragment without its header",
     {{0, 100, true, U_IDR}, {1, 200, true, U_HALF_FRAGMENT, true}, {2, 300, true, U_P}},
     {{100, true, {U_IDR}}, {300, false, {U_P}}},
     1},
    {"no start",
     {{0, 100, true, U_IDR},
      {1, 200, false, U_IDR},
      {2, 200, true, U_IDR_END, true},
      {3, 300, true, U_P}},
     {{100, true, {U_IDR}}, {300, false, {U_P}}},
     1},
    {"no end, another unit",
     {{0, 100, true, U_IDR},
      {1, 200, false, U_IDR_START},
      {2, 200, true, U_IDR_MORE, true},
      {3, 300, true, U_P}},
     {{100, true, {U_IDR}}, {300, false, {U_P}}},
     1},
    {"no end, another time",
     {{0, 100, true, U_IDR}, {1, 200, true, U_IDR_START}, {2, 300, true, U_P}},
     {{100, true, {U_IDR}}, {300, false, {U_P}}},
     1},
    {"a start within",
     {{0, 100, true, U_IDR},
      {1, 200, false, U_IDR_START},
      {2, 200, false, U_IDR_START, true},
      {3, 200, true, U_IDR_END},
      {4, 300, true, U_P}},
     {{100, true, {U_IDR}}, {300, false, {U_P}}},
     1},
    {"slices behind a damaged one with the marker",
     {{0, 100, true, U_IDR},
      {1, 200, true, U_HALF_FRAGMENT, true},
      {2, 200, true, U_IDR_MORE},
      {3, 300, true, U_P}},
     {{100, true, {U_IDR}}, {300, false, {U_P}}},
     2},
    {"a picture behind damaged parameter sets with the marker",
     {{0, 100, true, U_IDR},
      {1, 200, true, U_HALF_SPS, true},
      {2, 200, true, U_IDR},
      {3, 300, true, U_P}},
     {{100, true, {U_IDR}}, {200, true, {U_IDR}}, {300, false, {U_P}}},
     1},
};

static const struct nal_row loss_rows[] = {
    {"inside an access unit",
     {{1, 100, false, U_IDR}, {3, 100, true, U_IDR_MORE}, {4, 300, true, U_P}},
     {{300, false, {U_P}}},
     1},
    {"of the end", {{1, 100, false, U_IDR}, {3, 300, true, U_P}}, {{300, false, {U_P}}}, 1},
    {"of the end, and of the beginning of the next",
     {{1, 100, false, U_IDR},
      {3, 200, false, U_P_MORE},
      {4, 200, true, U_P_MORE},
      {5, 300, true, U_P}},
     {{300, false, {U_P}}},
     2},
    {"of a first fragment",
     {{1, 100, true, U_IDR},
      {3, 200, false, U_IDR_INNER},
      {4, 200, true, U_IDR_END},
      {5, 300, true, U_P}},
     {{100, true, {U_IDR}}, {300, false, {U_P}}},
     1},
    {"of an inner fragment",
     {{1, 100, false, U_IDR_START}, {3, 100, true, U_IDR_END}, {4, 300, true, U_P}},
     {{300, false, {U_P}}},
     1},
    {"of a last fragment",
     {{1, 100, true, U_IDR}, {2, 200, false, U_P_START}, {4, 300, true, U_P}},
     {{100, true, {U_IDR}}, {300, false, {U_P}}},
     1},
    {"before a second slice",
     {{10, 100, true, U_IDR},
      {13, 200, false, U_P_MORE},
      {14, 200, true, U_P_MORE},
      {15, 300, true, U_P}},
     {{100, true, {U_IDR}}, {300, false, {U_P}}},
     1},
    {"before a fragmented second slice",
     {{10, 100, true, U_IDR},
      {13, 200, false, U_P_MORE_START},
      {14, 200, true, U_P_MORE_END},
      {15, 300, true, U_P}},
     {{100, true, {U_IDR}}, {300, false, {U_P}}},
     1},
    {"before a first slice",
     {{10, 100, true, U_IDR}, {13, 200, true, U_P}, {14, 300, true, U_P}},
     {{100, true, {U_IDR}}, {200, false, {U_P}}, {300, false, {U_P}}}},
    {"before a fragmented first slice",
     {{10, 100, true, U_IDR},
      {13, 200, false, U_P_START},
      {14, 200, true, U_P_END},
      {15, 300, true, U_P}},
     {{100, true, {U_IDR}}, {200, false, {U_P}}, {300, false, {U_P}}}},
    {"before parameter sets",
     {{10, 100, true, U_IDR},
      {13, 200, false, U_SPS},
      {14, 200, true, U_IDR},
      {15, 300, true, U_P}},
     {{100, true, {U_IDR}}, {200, true, {U_SPS, U_IDR}}, {300, false, {U_P}}}},
    {"of a slice between those with markers",
     {{10, 100, true, U_IDR},
      {11, 100, true, U_IDR_MORE},
      {13, 100, true, U_IDR_MORE},
      {14, 100, true, U_IDR_MORE},
      {15, 300, true, U_P}},
     {{100, true, {U_IDR}}},
     2},
    {"of all but the last slice, by joining late",
     {{10, 100, false, U_P_MORE}, {11, 100, true, U_P_MORE}, {12, 300, true, U_P}},
     {{300, false, {U_P}}},
     1},
    {"and a late packet does not mend it",
     {{1, 100, false, U_IDR_START},
      {3, 100, false, U_IDR_END},
      {2, 100, false, U_IDR_INNER},
      {4, 300, true, U_P}},
     {{300, false, {U_P}}},
     1},
};

static const struct {
    const struct nal_row *row;
    size_t count;
} tables[] = {
    [NAL_WHOLE] = {whole_rows, ARRAY_LEN(whole_rows)},
    [NAL_MALFORMED] = {malformed_rows, ARRAY_LEN(malformed_rows)},
    [NAL_LOSS] = {loss_rows, ARRAY_LEN(loss_rows)},
};

/* Its units are to be freed. */
static struct row make_row(const struct nal_row *r, const struct slice *bytes)
{
    struct row row = {.name = r->name, .dropped = r->dropped};
    for (size_t i = 0; i < ARRAY_LEN(r->packet) && r->packet[i].what != U_NONE; i++)
        row.packet[i] =
            (struct row_packet){r->packet[i].seq, r->packet[i].rtp_time, r->packet[i].marker,
                                bytes[r->packet[i].what], r->packet[i].bad};
    for (size_t i = 0; i < ROW_UNITS_MAX && r->unit[i].unit[0] != U_NONE; i++) {
        enum { ROOM = 64 };
        uint8_t *au = malloc(ROOM);
        size_t len = 0;
        for (size_t n = 0; n < NAL_ROW_UNITS_MAX && r->unit[i].unit[n] != U_NONE; n++)
            cr_assert(nal_append(au, ROOM, &len, bytes[r->unit[i].unit[n]]));
        row.unit[i] = (struct access_unit){
            .rtp_time = r->unit[i].rtp_time, .key = r->unit[i].key, .data = slice_of(au, len)};
    }
    return row;
}

static void free_units(struct row *row)
{
    for (size_t i = 0; i < ROW_UNITS_MAX; i++)
        free((void *)(uintptr_t)row->unit[i].data.ptr);
}

static void each_row(enum nal_table table, const struct media_track *track,
                     const struct slice *bytes,
                     void (*run)(const struct row *, const struct media_track *, struct slice))
{
    for (size_t i = 0; i < tables[table].count; i++) {
        struct row row = make_row(&tables[table].row[i], bytes);
        run(&row, track, (struct slice){0});
        free_units(&row);
    }
}

void nal_rows_run(enum nal_table table, const struct media_track *track, const struct slice *bytes)
{
    each_row(table, track, bytes, run_row);
}

void nal_rows_run_prefixes(enum nal_table table, const struct media_track *track,
                           const struct slice *bytes)
{
    each_row(table, track, bytes, run_row_prefixes);
}
