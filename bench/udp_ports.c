/* SPDX-License-Identifier: MIT */
#include "bench/udp_ports.h"

#include "core/scan.h"

static bool read_range(struct slice range, struct udp_ports *ports)
{
    struct slice first;
    uint64_t rtp;
    uint64_t rtcp;
    if (!scan_until(&range, '-', &first) || !scan_number(scan_trim(first), UINT16_MAX - 1, &rtp))
        return false;
    rtcp = rtp + 1;
    if (range.len > 0 && !scan_number(scan_trim(range), UINT16_MAX, &rtcp))
        return false;
    *ports = (struct udp_ports){(uint16_t)rtp, (uint16_t)rtcp};
    return rtp > 0 && rtcp > 0;
}

bool udp_ports_read(struct slice transport, const char *name, struct udp_ports *ports)
{
    struct slice key;
    struct slice value;
    while (scan_param(&transport, &key, &value))
        if (slice_is_nocase(key, name) && value.ptr && read_range(value, ports))
            return true;
    *ports = (struct udp_ports){0};
    return false;
}
