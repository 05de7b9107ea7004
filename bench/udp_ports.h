/* SPDX-License-Identifier: MIT */
/*
 * The UDP ports in a transport of a Transport header (RFC 2326 section 12.39).
 */
#pragma once

#include "core/base.h"

struct udp_ports {
    uint16_t rtp;
    uint16_t rtcp;
};

/*
 * Reads "client_port=5000-5001" or "server_port=6000-6001" (name, without the equals sign) out of
 * one transport, without the comma to the next. RTCP is the port behind that of RTP where only one
 * is given. False, and zeros, when there are none or they are no ports.
 */
bool udp_ports_read(struct slice transport, const char *name, struct udp_ports *ports);
