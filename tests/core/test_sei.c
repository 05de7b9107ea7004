/* SPDX-License-Identifier: MIT */
#include "core/sei.h"

#include "tests/support/guard.h"

#include <criterion/criterion.h>

#define BYTES(s)                                                                                   \
    {                                                                                              \
        (const uint8_t *)(s), sizeof(s) - 1                                                        \
    }

#define FIVE    "vwxyz"
#define FIFTEEN FIVE FIVE FIVE
#define BYTES_255                                                                                  \
    FIFTEEN FIFTEEN FIFTEEN FIFTEEN FIFTEEN FIFTEEN FIFTEEN FIFTEEN FIFTEEN FIFTEEN FIFTEEN        \
        FIFTEEN FIFTEEN FIFTEEN FIFTEEN FIFTEEN FIFTEEN

static const struct {
    const char *name;
    struct slice body;
    bool has_recovery_point;
} rows[] = {
    {"nothing", BYTES(""), false},
    {"trailing bits", BYTES("\x80"), false},
    {"of x264 with an open GOP", BYTES("\x06\x01\xc4\x80"), true},
    {"of x264 with intra refresh", BYTES("\x06\x04\x00\x00\x26\x10\x80"), true},
    {"of x265", BYTES("\x06\x01\xd0\x80"), true},
    {"behind a buffering period and a picture timing",
     BYTES("\x00\x03"
           "abc"
           "\x01\x01"
           "d"
           "\x06\x01\xc4\x80"),
     true},
    {"in front of another message",
     BYTES("\x06\x01\xc4\x05\x02"
           "ab\x80"),
     true},
    {"another message", BYTES("\x05\x03\x06\x01\xc4\x80"), false},
    {"none in the bytes of another message", BYTES("\x04\x06\x06\x01\xc4\x06\x01\xc4\x80"), false},
    {"behind a message of 255 bytes", BYTES("\x05\xff\x00" BYTES_255 "\x06\x01\xc4\x80"), true},
    {"behind a message of 256 bytes", BYTES("\x05\xff\x01" BYTES_255 "v\x06\x01\xc4\x80"), true},
    {"type 255 + 6", BYTES("\xff\x06\x01\xc4\x80"), false},
    {"behind a type of 255 + 6", BYTES("\xff\x06\x01\xc4\x06\x01\xc4\x80"), true},
    {"emulation prevention does not count", BYTES("\x05\x04\x00\x00\x03\x01\x7f\x06\x01\xc4\x80"),
     true},
    {"emulation prevention at the end of a message",
     BYTES("\x05\x02\x00\x00\x03\x00\x01"
           "a\x06\x01\xc4\x80"),
     true},
    {"a 03 behind one that prevents", BYTES("\x05\x03\x00\x00\x03\x03\x06\x01\xc4\x80"), true},
    {"an empty one", BYTES("\x06\x00\x80"), false},
    {"longer than the unit", BYTES("\x06\x03\xc4\x80"), false},
    {"behind one that is longer than the unit", BYTES("\x05\x20\x06\x01\xc4\x80"), false},
    {"a type without end", BYTES("\xff\xff\xff"), false},
    {"a size without end", BYTES("\x06\xff\xff"), false},
};

Test(sei, recovery_points_are_found)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct slice copy = guard_copy(rows[i].body);
        cr_assert_eq(sei_has_recovery_point(copy), rows[i].has_recovery_point, "%s", rows[i].name);
        guard_free(copy);
    }
}

/* What is cut off says nothing new, and the recovery point is found once it is whole. */
Test(sei, every_prefix_is_read_within_its_bytes)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        bool before = false;
        for (size_t len = 0; len <= rows[i].body.len; len++) {
            struct slice copy = guard_copy(slice_head(rows[i].body, len));
            bool found = sei_has_recovery_point(copy);
            cr_assert(found || !before, "%s: %zu bytes", rows[i].name, len);
            cr_assert(!found || rows[i].has_recovery_point, "%s: %zu bytes", rows[i].name, len);
            before = found;
            guard_free(copy);
        }
    }
}
