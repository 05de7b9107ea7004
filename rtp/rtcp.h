/* SPDX-License-Identifier: MIT */
/*
 * RTCP (RFC 3550 section 6): reports with a CNAME and BYE are written, and what the other side
 * sends is read. Packets may come in any order and alone (RFC 5506).
 */
#pragma once

#include "core/base.h"

struct rtcp_sender_info {
    uint32_t ssrc;
    uint64_t ntp;      /* 32.32 fixed point, seconds since 1900 */
    uint32_t rtp_time; /* the same instant on the RTP clock */
    uint32_t packets;
    uint32_t octets; /* of payload */
};

/* What a receiver says about one source (section 6.4.1). */
struct rtcp_report_block {
    uint32_t ssrc;          /* of the source */
    uint8_t fraction_lost;  /* in 1/256, since the report before */
    int32_t lost;           /* packets in all, 24 bits; negative when duplicates outnumber them */
    uint32_t highest_seq;   /* with the number of wraps above its 16 bits */
    uint32_t jitter;        /* in ticks of the RTP clock */
    uint32_t last_sr;       /* the middle of the last sender report's NTP time, or 0 */
    uint32_t since_last_sr; /* in 1/65536 s */
};

enum {
    RTCP_CNAME_MAX = 64,
    RTCP_BLOCKS_MAX = 31,
    RTCP_BLOCK_BYTES = 24,
    RTCP_BYE_BYTES = 8,
    RTCP_SDES_MAX = 8 + 2 + RTCP_CNAME_MAX + 4,
    RTCP_REPORT_MAX = 28 + RTCP_SDES_MAX,
    RTCP_RECEIVER_REPORT_MAX = 8 + RTCP_BLOCKS_MAX * RTCP_BLOCK_BYTES + RTCP_SDES_MAX,
};

/* SR + SDES CNAME, one compound packet. Returns its length, a multiple of 4. dst: RTCP_REPORT_MAX.
 */
size_t rtcp_write_report(uint8_t *dst, const struct rtcp_sender_info *si, const char *cname);

/* SR + SDES CNAME + BYE, one compound packet. dst: RTCP_REPORT_MAX + RTCP_BYE_BYTES. */
size_t rtcp_write_goodbye(uint8_t *dst, const struct rtcp_sender_info *si, const char *cname);

/*
 * RR + SDES CNAME, one compound packet. ssrc: of the receiver. At most RTCP_BLOCKS_MAX blocks, or
 * none when nothing was received. dst: RTCP_RECEIVER_REPORT_MAX.
 */
size_t rtcp_write_receiver_report(uint8_t *dst, uint32_t ssrc,
                                  const struct rtcp_report_block *blocks, unsigned count,
                                  const char *cname);

/* What a compound packet held that umbel acts on. */
struct rtcp_seen {
    bool has_sr;
    bool has_rr;
    bool has_bye;
    struct rtcp_sender_info sr; /* when has_sr: the last one */
    unsigned block_count;
    struct rtcp_report_block
        block[RTCP_BLOCKS_MAX]; /* of all SR and RR; what is more is left out */
};

/* What it says about one source, or NULL. */
const struct rtcp_report_block *rtcp_block_about(const struct rtcp_seen *seen, uint32_t ssrc);

/* Reads a compound packet. 0, or -EBADMSG when a packet in it is malformed (what came before
 * counts). */
int rtcp_parse(struct slice bytes, struct rtcp_seen *seen);

/* Wall-clock nanoseconds since 1970 to NTP time and back. */
uint64_t rtcp_ntp_from_wall(int64_t wall_ns);
int64_t rtcp_wall_from_ntp(uint64_t ntp);
