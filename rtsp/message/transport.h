/* SPDX-License-Identifier: MIT */
/*
 * The Transport header (RFC 2326 section 12.39).
 */
#pragma once

#include "core/base.h"

enum transport_kind { TRANSPORT_TCP, TRANSPORT_UDP, TRANSPORT_MULTICAST, TRANSPORT_UNKNOWN };

struct transport_spec {
    enum transport_kind kind;
    bool record; /* mode=record or mode=receive, in any case, with or without quotes */
    bool has_interleaved;
    uint8_t rtp_channel;  /* when has_interleaved */
    uint8_t rtcp_channel; /* the second of the range, or rtp_channel + 1 when only one is given */
    const char *protocol; /* "RTP/AVP/UDP", as it was asked for; NULL when it is unknown */
    uint16_t rtp_port;    /* client_port; 0: none */
    uint16_t rtcp_port;   /* the second of the range, or rtp_port + 1 when only one is given */
    struct slice destination; /* empty: not given */
};

/*
 * Takes the next transport off the comma-separated list in *header. False at the end. One that is
 * malformed (channels over 255 or falling, say) comes out as TRANSPORT_UNKNOWN. Unknown parameters
 * are passed over, and so are client ports that make no sense: they count as not given. RTP/AVP and
 * RTP/AVPF mean UDP unless /TCP follows; "multicast" makes it multicast.
 */
bool transport_next(struct slice *header, struct transport_spec *spec);
