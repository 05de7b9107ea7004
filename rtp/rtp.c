/* SPDX-License-Identifier: MIT */
#include "rtp/rtp.h"

#include "core/bytes.h"

#include <errno.h>

enum {
    VERSION = 2,
    CSRC_BYTES = 4,
    EXTENSION_HEADER_BYTES = 4,
};

enum {
    HAS_PADDING = 0x20,
    HAS_EXTENSION = 0x10,
    CSRC_COUNT = 0x0f,
    MARKER = 0x80,
};

/* Takes len bytes off the front. False when there are fewer. */
static bool skip(struct slice *s, size_t len)
{
    if (s->len < len)
        return false;
    *s = slice_of(s->ptr + len, s->len - len);
    return true;
}

static bool skip_extension(struct slice *s)
{
    if (s->len < EXTENSION_HEADER_BYTES)
        return false;
    size_t words = get_be16(s->ptr + 2);
    return skip(s, EXTENSION_HEADER_BYTES + words * 4);
}

/* The last byte of the padding counts the padding, itself included. */
static bool strip_padding(struct slice *s)
{
    if (s->len == 0)
        return false;
    size_t padding = s->ptr[s->len - 1];
    if (padding == 0 || padding > s->len)
        return false;
    s->len -= padding;
    return true;
}

int rtp_parse(struct slice bytes, struct rtp_packet *pkt)
{
    if (bytes.len < RTP_HEADER_BYTES || bytes.ptr[0] >> 6 != VERSION)
        return -EBADMSG;
    const uint8_t *p = bytes.ptr;
    struct slice rest = bytes;
    if (!skip(&rest, RTP_HEADER_BYTES + (size_t)(p[0] & CSRC_COUNT) * CSRC_BYTES))
        return -EBADMSG;
    if ((p[0] & HAS_EXTENSION) != 0 && !skip_extension(&rest))
        return -EBADMSG;
    if ((p[0] & HAS_PADDING) != 0 && !strip_padding(&rest))
        return -EBADMSG;
    *pkt = (struct rtp_packet){
        .payload_type = p[1] & 0x7f,
        .marker = (p[1] & MARKER) != 0,
        .seq = get_be16(p + 2),
        .rtp_time = get_be32(p + 4),
        .ssrc = get_be32(p + 8),
        .payload = rest,
    };
    return 0;
}

void rtp_write_header(uint8_t dst[RTP_HEADER_BYTES], const struct rtp_packet *pkt)
{
    dst[0] = VERSION << 6;
    dst[1] = (uint8_t)((pkt->marker ? MARKER : 0) | (pkt->payload_type & 0x7f));
    put_be16(dst + 2, pkt->seq);
    put_be32(dst + 4, pkt->rtp_time);
    put_be32(dst + 8, pkt->ssrc);
}
