/* SPDX-License-Identifier: MIT */
/*
 * OBUs from hostile bytes: those that are read, written and read again are the same, and take no
 * more bytes than before.
 */
#include "core/obu.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void check_same(const struct obu *a, const struct obu *b)
{
    check((a->header | OBU_HAS_SIZE) == (b->header | OBU_HAS_SIZE));
    check(a->extension == b->extension && slice_eq(a->payload, b->payload));
}

/* A unit alone gets its size where it lies. */
static void check_alone(struct slice bytes)
{
    struct obu obu, again;
    size_t cap = bytes.len + LEB128_BYTES_MAX, len = 0;
    uint8_t *dst = malloc(cap);
    if (bytes.len > 0)
        memcpy(dst, bytes.ptr, bytes.len);
    if (obu_parse(bytes, &again)) {
        check(obu_parse(slice_of(dst, bytes.len), &obu));
        check(obu_append(dst, cap, &len, &obu));
        check(obu_parse(slice_of(dst, len), &obu));
        check_same(&again, &obu);
    }
    free(dst);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice rest = slice_of(data, size);
    struct obu obu, again;
    uint8_t *dst = malloc(size + 1);
    size_t len = 0;
    check_alone(rest);
    obu_summarize(rest);
    while (obu_next(&rest, &obu)) {
        size_t at = len;
        check(obu_append(dst, size, &len, &obu));
        struct slice written = slice_of(dst + at, len - at);
        check(obu_next(&written, &again) && written.len == 0);
        check_same(&obu, &again);
    }
    free(dst);
    return 0;
}
