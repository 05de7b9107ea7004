/* SPDX-License-Identifier: MIT */
/* Compound RTCP packets from hostile bytes: reports that are read can be written again. */
#include "rtp/rtcp.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t write_blocks(uint8_t *dst, const struct rtcp_seen *seen)
{
    return rtcp_write_receiver_report(dst, 1, seen->block, seen->block_count, "fuzz");
}

static void write_blocks_again(const struct rtcp_seen *seen)
{
    struct rtcp_seen again;
    uint8_t first[RTCP_RECEIVER_REPORT_MAX], second[RTCP_RECEIVER_REPORT_MAX];
    size_t len = write_blocks(first, seen);
    if (rtcp_parse(slice_of(first, len), &again) != 0)
        abort();
    if (write_blocks(second, &again) != len || memcmp(first, second, len) != 0)
        abort();
}

static void write_sender_info_again(const struct rtcp_sender_info *sr)
{
    struct rtcp_seen again;
    uint8_t report[RTCP_REPORT_MAX];
    size_t len = rtcp_write_report(report, sr, "fuzz");
    if (rtcp_parse(slice_of(report, len), &again) != 0 || again.sr.ntp != sr->ntp)
        abort();
    /* A fraction is known to a nanosecond, which is less than 5 units of it. */
    uint64_t ntp = rtcp_ntp_from_wall(rtcp_wall_from_ntp(sr->ntp));
    if (ntp - sr->ntp + 4 > 8)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rtcp_seen seen;
    rtcp_parse(slice_of(data, size), &seen);
    write_blocks_again(&seen);
    if (seen.has_sr)
        write_sender_info_again(&seen.sr);
    return 0;
}
