/* SPDX-License-Identifier: MIT */
#include "core/obu.h"

enum {
    FORBIDDEN_BIT = 0x80,
    LEB128_MORE = 0x80,
    LEB128_READ_MAX = 8, /* zeros may stand above the 32 bits */
};

/* The bits that a sequence header and a frame header begin with (sections 5.5.1 and 5.9.2). */
enum {
    REDUCED_STILL_PICTURE_HEADER = 0x08,
    SHOW_EXISTING_FRAME = 0x80,
    FRAME_TYPE = 0x60, /* zero: KEY_FRAME */
    SHOW_FRAME = 0x10,
};

size_t leb128_bytes(uint32_t value)
{
    size_t bytes = 1;
    while (value >>= 7)
        bytes++;
    return bytes;
}

size_t leb128_write(uint8_t *dst, uint32_t value)
{
    size_t bytes = leb128_bytes(value);
    for (size_t i = 0; i < bytes; i++, value >>= 7)
        dst[i] = (uint8_t)((value & 0x7f) | (i + 1 < bytes ? LEB128_MORE : 0));
    return bytes;
}

bool leb128_read(struct slice *bytes, uint32_t *value)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < size_min(bytes->len, LEB128_READ_MAX); i++) {
        sum |= (uint64_t)(bytes->ptr[i] & 0x7f) << (7 * i);
        if ((bytes->ptr[i] & LEB128_MORE) != 0)
            continue;
        if (sum > UINT32_MAX)
            return false;
        *value = (uint32_t)sum;
        *bytes = slice_from(*bytes, i + 1);
        return true;
    }
    return false;
}

/* Takes the header and its extension off the front. */
static bool take_header(struct slice *bytes, struct obu *obu)
{
    if (bytes->len == 0 || (bytes->ptr[0] & FORBIDDEN_BIT) != 0)
        return false;
    *obu = (struct obu){.header = bytes->ptr[0]};
    size_t len = obu_header_bytes(obu);
    if (bytes->len < len)
        return false;
    if (len > 1)
        obu->extension = bytes->ptr[1];
    *bytes = slice_from(*bytes, len);
    return true;
}

/* Takes the size and as many bytes off the front. */
static bool take_payload(struct slice *bytes, struct obu *obu)
{
    uint32_t size;
    if (!leb128_read(bytes, &size) || size > bytes->len)
        return false;
    obu->payload = slice_head(*bytes, size);
    *bytes = slice_from(*bytes, size);
    return true;
}

bool obu_next(struct slice *obus, struct obu *obu)
{
    struct slice rest = *obus;
    if (!take_header(&rest, obu) || (obu->header & OBU_HAS_SIZE) == 0 || !take_payload(&rest, obu))
        return false;
    *obus = rest;
    return true;
}

bool obu_parse(struct slice bytes, struct obu *obu)
{
    if (!take_header(&bytes, obu))
        return false;
    if ((obu->header & OBU_HAS_SIZE) != 0)
        return take_payload(&bytes, obu);
    obu->payload = bytes;
    return true;
}

bool obu_append(uint8_t *dst, size_t cap, size_t *len, const struct obu *obu)
{
    struct slice payload = obu->payload;
    if (payload.len > UINT32_MAX)
        return false;
    size_t front = obu_header_bytes(obu) + leb128_bytes((uint32_t)payload.len);
    size_t room = cap - *len;
    if (room < front || room - front < payload.len)
        return false;
    uint8_t *p = dst + *len;
    if (payload.len > 0)
        memmove(p + front, payload.ptr, payload.len);
    *p++ = obu->header | OBU_HAS_SIZE;
    if ((obu->header & OBU_HAS_EXTENSION) != 0)
        *p++ = obu->extension;
    leb128_write(p, (uint32_t)payload.len);
    *len += front + payload.len;
    return true;
}

/* A reduced header leaves out the bits: the one frame of a still picture is a key frame, shown. */
static void note_frame_header(struct obu_summary *s, struct slice header, bool reduced)
{
    unsigned bits = header.len > 0 ? header.ptr[0] : SHOW_EXISTING_FRAME;
    s->is_key = reduced || (bits & (SHOW_EXISTING_FRAME | FRAME_TYPE)) == 0;
    s->is_shown = reduced || (bits & (SHOW_EXISTING_FRAME | SHOW_FRAME)) != 0;
}

struct obu_summary obu_summarize(struct slice obus)
{
    struct obu_summary s = {0};
    struct obu obu;
    bool reduced = false;
    while (!s.has_frame && obu_next(&obus, &obu)) {
        switch ((unsigned)obu_type(&obu)) {
        case OBU_SEQUENCE_HEADER:
            s.has_sequence_header = true;
            reduced =
                obu.payload.len > 0 && (obu.payload.ptr[0] & REDUCED_STILL_PICTURE_HEADER) != 0;
            break;
        case OBU_FRAME_HEADER:
        case OBU_FRAME:
            note_frame_header(&s, obu.payload, reduced);
            s.has_frame = true;
            break;
        case OBU_TILE_GROUP:
            s.has_frame = true;
            break;
        }
    }
    return s;
}
