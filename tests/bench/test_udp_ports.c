/* SPDX-License-Identifier: MIT */
#include "bench/udp_ports.h"

#include "tests/support/guard.h"

#include <criterion/criterion.h>

static const struct {
    const char *transport;
    bool found;
    struct udp_ports ports;
} rows[] = {
    {"RTP/AVP;unicast;client_port=5000-5001;server_port=6000-6001", true, {6000, 6001}},
    {"RTP/AVP;SERVER_PORT = 6000 - 6003 ;ssrc=1", true, {6000, 6003}},
    {"server_port=6000", true, {6000, 6001}},
    {"RTP/AVP;server_port=65534-65535", true, {65534, 65535}},
    {"RTP/AVP;unicast;client_port=5000-5001", false, {0, 0}},
    {"RTP/AVP;server_port", false, {0, 0}},
    {"RTP/AVP;server_port=", false, {0, 0}},
    {"RTP/AVP;server_port=0-1", false, {0, 0}},
    {"RTP/AVP;server_port=65536-65537", false, {0, 0}},
    {"RTP/AVP;server_port=6000-x", false, {0, 0}},
    {"RTP/AVP;server_port=-1", false, {0, 0}},
    {"RTP/AVP;server_port=6000-70000", false, {0, 0}},
    {"", false, {0, 0}},
};

Test(udp_ports, are_read_by_their_name)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct udp_ports ports = {1, 1};
        struct slice copy = guard_copy(slice_str(rows[i].transport));
        cr_assert_eq(udp_ports_read(copy, "server_port", &ports), rows[i].found, "row %zu", i);
        cr_assert_eq(ports.rtp, rows[i].ports.rtp, "row %zu", i);
        cr_assert_eq(ports.rtcp, rows[i].ports.rtcp, "row %zu", i);
        guard_free(copy);
    }
}

Test(udp_ports, every_prefix_is_survived)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct slice whole = slice_str(rows[i].transport);
        for (size_t len = 0; len <= whole.len; len++) {
            struct udp_ports ports;
            struct slice copy = guard_copy(slice_head(whole, len));
            bool found = udp_ports_read(copy, "server_port", &ports);
            cr_assert_eq(found, ports.rtp != 0, "row %zu, %zu bytes", i, len);
            guard_free(copy);
        }
    }
}
