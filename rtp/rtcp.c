/* SPDX-License-Identifier: MIT */
#include "rtp/rtcp.h"

#include "core/bytes.h"

#include <errno.h>

enum { RTCP_SR = 200, RTCP_RR = 201, RTCP_SDES = 202, RTCP_BYE = 203 };

enum {
    VERSION = 2,
    HAS_PADDING = 0x20,
    HEADER_BYTES = 4,
    SSRC_BYTES = 4,
    SR_BYTES = 28,
    RR_BYTES = 8,
    SDES_CNAME = 1,
    SDES_ITEM_HEADER_BYTES = 2,
    COUNT_MASK = 0x1f,
    LOST_MASK = 0xffffff,
    LOST_SIGN = 0x800000,
};

/* The NTP era of today began in 1900, the Unix one in 1970. */
static const int64_t unix_epoch_in_ntp_s = 2208988800;

/* bytes: of the whole packet, a multiple of 4. */
static void write_header(uint8_t *dst, unsigned count, uint8_t type, size_t bytes)
{
    dst[0] = (uint8_t)(VERSION << 6 | count);
    dst[1] = type;
    put_be16(dst + 2, (uint16_t)(bytes / 4 - 1));
}

static size_t write_sr(uint8_t *dst, const struct rtcp_sender_info *si)
{
    write_header(dst, 0, RTCP_SR, SR_BYTES);
    put_be32(dst + 4, si->ssrc);
    put_be32(dst + 8, (uint32_t)(si->ntp >> 32));
    put_be32(dst + 12, (uint32_t)si->ntp);
    put_be32(dst + 16, si->rtp_time);
    put_be32(dst + 20, si->packets);
    put_be32(dst + 24, si->octets);
    return SR_BYTES;
}

static size_t write_cname(uint8_t *dst, uint32_t ssrc, const char *cname)
{
    size_t name_len = strnlen(cname, RTCP_CNAME_MAX);
    size_t used = HEADER_BYTES + SSRC_BYTES + SDES_ITEM_HEADER_BYTES + name_len;
    /* One to four zero bytes end the list of items and fill the last word (section 6.5). */
    size_t bytes = used + 4 - used % 4;

    write_header(dst, 1, RTCP_SDES, bytes);
    put_be32(dst + 4, ssrc);
    dst[8] = SDES_CNAME;
    dst[9] = (uint8_t)name_len;
    memcpy(dst + 10, cname, name_len);
    memset(dst + used, 0, bytes - used);
    return bytes;
}

size_t rtcp_write_report(uint8_t *dst, const struct rtcp_sender_info *si, const char *cname)
{
    size_t len = write_sr(dst, si);
    return len + write_cname(dst + len, si->ssrc, cname);
}

static void write_block(uint8_t *dst, const struct rtcp_report_block *b)
{
    put_be32(dst, b->ssrc);
    put_be32(dst + 4, (uint32_t)b->fraction_lost << 24 | ((uint32_t)b->lost & LOST_MASK));
    put_be32(dst + 8, b->highest_seq);
    put_be32(dst + 12, b->jitter);
    put_be32(dst + 16, b->last_sr);
    put_be32(dst + 20, b->since_last_sr);
}

size_t rtcp_write_receiver_report(uint8_t *dst, uint32_t ssrc,
                                  const struct rtcp_report_block *blocks, unsigned count,
                                  const char *cname)
{
    size_t bytes = RR_BYTES + (size_t)count * RTCP_BLOCK_BYTES;
    write_header(dst, count, RTCP_RR, bytes);
    put_be32(dst + 4, ssrc);
    for (unsigned i = 0; i < count; i++)
        write_block(dst + RR_BYTES + i * RTCP_BLOCK_BYTES, &blocks[i]);
    return bytes + write_cname(dst + bytes, ssrc, cname);
}

size_t rtcp_write_goodbye(uint8_t *dst, const struct rtcp_sender_info *si, const char *cname)
{
    size_t len = rtcp_write_report(dst, si, cname);
    write_header(dst + len, 1, RTCP_BYE, RTCP_BYE_BYTES);
    put_be32(dst + len + 4, si->ssrc);
    return len + RTCP_BYE_BYTES;
}

/* The next packet of a compound one, without its padding. False when it is malformed. */
static bool next_packet(struct slice *compound, struct slice *packet)
{
    if (compound->len < HEADER_BYTES || compound->ptr[0] >> 6 != VERSION)
        return false;
    size_t bytes = ((size_t)get_be16(compound->ptr + 2) + 1) * 4;
    if (bytes > compound->len)
        return false;
    size_t padding = compound->ptr[0] & HAS_PADDING ? compound->ptr[bytes - 1] : 0;
    if (padding > bytes - HEADER_BYTES)
        return false;
    *packet = slice_of(compound->ptr, bytes - padding);
    *compound = slice_from(*compound, bytes);
    return true;
}

static struct rtcp_sender_info read_sender_info(const uint8_t *p)
{
    return (struct rtcp_sender_info){
        .ssrc = get_be32(p + 4),
        .ntp = (uint64_t)get_be32(p + 8) << 32 | get_be32(p + 12),
        .rtp_time = get_be32(p + 16),
        .packets = get_be32(p + 20),
        .octets = get_be32(p + 24),
    };
}

static struct rtcp_report_block read_block(const uint8_t *p)
{
    uint32_t lost = get_be32(p + 4);
    return (struct rtcp_report_block){
        .ssrc = get_be32(p),
        .fraction_lost = (uint8_t)(lost >> 24),
        .lost = (int32_t)((lost & LOST_MASK) ^ LOST_SIGN) - LOST_SIGN,
        .highest_seq = get_be32(p + 8),
        .jitter = get_be32(p + 12),
        .last_sr = get_be32(p + 16),
        .since_last_sr = get_be32(p + 20),
    };
}

/* The blocks behind an SR's or RR's own fields. False when there are fewer than it says. */
static bool note_blocks(struct slice packet, size_t own_bytes, struct rtcp_seen *seen)
{
    size_t count = packet.ptr[0] & COUNT_MASK;
    if (packet.len < own_bytes + count * RTCP_BLOCK_BYTES)
        return false;
    const uint8_t *p = packet.ptr + own_bytes;
    for (; count > 0 && seen->block_count < RTCP_BLOCKS_MAX; count--, p += RTCP_BLOCK_BYTES)
        seen->block[seen->block_count++] = read_block(p);
    return true;
}

/* False when the packet is too short for its type. Unknown types are fine. */
static bool note_packet(struct slice packet, struct rtcp_seen *seen)
{
    switch (packet.ptr[1]) {
    case RTCP_SR:
        if (!note_blocks(packet, SR_BYTES, seen))
            return false;
        seen->has_sr = true;
        seen->sr = read_sender_info(packet.ptr);
        return true;
    case RTCP_RR:
        if (!note_blocks(packet, RR_BYTES, seen))
            return false;
        seen->has_rr = true;
        return true;
    case RTCP_BYE:
        seen->has_bye = true;
        return true;
    default:
        return true;
    }
}

int rtcp_parse(struct slice bytes, struct rtcp_seen *seen)
{
    *seen = (struct rtcp_seen){0};
    do {
        struct slice packet;
        if (!next_packet(&bytes, &packet) || !note_packet(packet, seen))
            return -EBADMSG;
    } while (bytes.len > 0);
    return 0;
}

const struct rtcp_report_block *rtcp_block_about(const struct rtcp_seen *seen, uint32_t ssrc)
{
    for (unsigned i = 0; i < seen->block_count; i++)
        if (seen->block[i].ssrc == ssrc)
            return &seen->block[i];
    return NULL;
}

uint64_t rtcp_ntp_from_wall(int64_t wall_ns)
{
    int64_t s = wall_ns / NS_PER_S;
    int64_t ns = wall_ns % NS_PER_S;
    if (ns < 0) {
        s--;
        ns += NS_PER_S;
    }
    uint64_t fraction = (((uint64_t)ns << 32) + NS_PER_S / 2) / NS_PER_S;
    return ((uint64_t)(s + unix_epoch_in_ntp_s) << 32) + fraction;
}

int64_t rtcp_wall_from_ntp(uint64_t ntp)
{
    int64_t s = (int64_t)(ntp >> 32);
    /* NTP seconds wrap in 2036. The top bit tells the eras apart (RFC 4330 section 3). */
    if (s < INT64_C(1) << 31)
        s += INT64_C(1) << 32;
    uint64_t fraction_ns = ((ntp & UINT32_MAX) * NS_PER_S + (UINT64_C(1) << 31)) >> 32;
    return (s - unix_epoch_in_ntp_s) * NS_PER_S + (int64_t)fraction_ns;
}
