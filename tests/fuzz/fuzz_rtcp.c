/* SPDX-License-Identifier: MIT */
/* Compound RTCP packets from hostile bytes: a sender report that is read can be written again. */
#include "rtp/rtcp.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rtcp_seen seen, again;
    uint8_t report[RTCP_REPORT_MAX];
    rtcp_parse(slice_of(data, size), &seen);
    if (!seen.has_sr)
        return 0;
    size_t len = rtcp_write_report(report, &seen.sr, "fuzz");
    if (rtcp_parse(slice_of(report, len), &again) != 0 || again.sr.ntp != seen.sr.ntp)
        abort();
    /* A fraction is known to a nanosecond, which is less than 5 units of it. */
    uint64_t ntp = rtcp_ntp_from_wall(rtcp_wall_from_ntp(seen.sr.ntp));
    if (ntp - seen.sr.ntp + 4 > 8)
        abort();
    return 0;
}
