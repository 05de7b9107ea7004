/* SPDX-License-Identifier: MIT */
/*
 * Rows for packers: an access unit in, payloads out.
 */
#pragma once

#include "rtp/packer.h"
#include "tests/rtp/shapes.h"

#include <criterion/criterion.h>

/* 60 bytes: little less than the least payload size. */
#define A10 "abcdefghij"
#define A60 A10 A10 A10 A10 A10 A10

static const size_t payload_sizes[] = {
    PACKER_MIN_PAYLOAD, 65, 100, 1348, 1460, PACKER_MAX_PAYLOAD - 100, PACKER_MAX_PAYLOAD};

struct pack_row {
    const char *name;
    struct slice au;
    struct slice payload[6]; /* of PACKER_MIN_PAYLOAD at the most; ends at an empty one */
};

/* The packer's next payload, in memory that has not a byte more: free it with shape_free. Empty at
 * the end. */
static inline struct slice next_payload(struct packer *p, bool *marker)
{
    struct packer measure = *p;
    bool measured_marker = *marker;
    size_t len = packer_next(&measure, NULL, &measured_marker);
    uint8_t *payload = malloc(len);
    cr_assert_eq(packer_next(p, payload, marker), len);
    cr_assert_eq(*marker, measured_marker);
    cr_assert_eq(p->ticks, measure.ticks);
    return slice_of(payload, len);
}

static inline void run_pack_row(enum codec codec, const struct pack_row *row)
{
    struct packer p;
    bool marker = false;
    packer_init(&p, codec, row->au, PACKER_MIN_PAYLOAD);
    for (size_t n = 0; n < ARRAY_LEN(row->payload) && row->payload[n].len > 0; n++) {
        cr_assert_not(marker, "%s: marker before packet %zu", row->name, n);
        struct slice got = next_payload(&p, &marker);
        cr_assert(slice_eq(got, row->payload[n]), "%s: packet %zu", row->name, n);
        shape_free(got);
    }
    cr_assert_eq(packer_next(&p, NULL, &marker), 0, "%s", row->name);
    cr_assert_eq(marker, row->payload[0].len > 0, "%s: marker", row->name);
}

static inline void run_pack_rows(enum codec codec, const struct pack_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        run_pack_row(codec, &rows[i]);
}
