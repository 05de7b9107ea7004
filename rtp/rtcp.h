/* SPDX-License-Identifier: MIT */
/*
 * RTCP as a sender needs it: sender reports with a CNAME, BYE, and reading what the other side
 * sends (RFC 3550 section 6).
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

enum { RTCP_CNAME_MAX = 64, RTCP_REPORT_MAX = 28 + 8 + 2 + RTCP_CNAME_MAX + 4, RTCP_BYE_BYTES = 8 };

/* SR + SDES CNAME, one compound packet. Returns its length, a multiple of 4. dst: RTCP_REPORT_MAX.
 */
size_t rtcp_write_report(uint8_t *dst, const struct rtcp_sender_info *si, const char *cname);

/* SR + SDES CNAME + BYE, one compound packet. dst: RTCP_REPORT_MAX + RTCP_BYE_BYTES. */
size_t rtcp_write_goodbye(uint8_t *dst, const struct rtcp_sender_info *si, const char *cname);

/* What a compound packet held that umbel acts on. */
struct rtcp_seen {
    bool has_sr;
    bool has_rr;
    bool has_bye;
    struct rtcp_sender_info sr; /* when has_sr: the last one */
};

/* Reads a compound packet. 0, or -EBADMSG when a packet in it is malformed (what came before
 * counts). */
int rtcp_parse(struct slice bytes, struct rtcp_seen *seen);

/* Wall-clock nanoseconds since 1970 to NTP time and back. */
uint64_t rtcp_ntp_from_wall(int64_t wall_ns);
int64_t rtcp_wall_from_ntp(uint64_t ntp);
