/* SPDX-License-Identifier: MIT */
#include "core/sei.h"

#include "core/nal.h"

enum { RECOVERY_POINT = 6, NUMBER_GOES_ON = 0xff };

/* A payload type or size: bytes that are summed up, of which the last is not 255 (7.3.2.3.1). */
static bool take_number(struct rbsp *r, size_t *number)
{
    uint8_t byte;
    *number = 0;
    do {
        if (!rbsp_next(r, &byte))
            return false;
        *number += byte;
    } while (byte == NUMBER_GOES_ON);
    return true;
}

/* The trailing bits are one byte: too short for a message. */
bool sei_has_recovery_point(struct slice body)
{
    struct rbsp r = {.rest = body};
    size_t type, size;
    while (take_number(&r, &type) && take_number(&r, &size) && rbsp_skip(&r, size))
        if (type == RECOVERY_POINT && size > 0)
            return true;
    return false;
}
