/* SPDX-License-Identifier: MIT */
/*
 * Everything that an operator can set, after parsing: immutable once the server runs.
 */
#pragma once

#include "core/log.h"

enum {
    CONFIG_LISTEN_MAX = 16,
    CONFIG_WORKERS_MAX = 256,
    CONFIG_DEFAULT_PORT = 8554,
    CONFIG_RTP_PORT = 8000
};

enum second_publisher { SECOND_PUBLISHER_REFUSE, SECOND_PUBLISHER_REPLACE };

struct config {
    const char *listen[CONFIG_LISTEN_MAX]; /* "ADDR:PORT", as given; the port may be missing */
    unsigned listen_count;
    uint64_t workers; /* 0: one a processor */
    bool no_pin;
    bool demo;

    uint64_t gop_cache_bytes;
    int64_t max_lag_ns;
    uint64_t max_lag_bytes;
    uint64_t packet_bytes;
    int64_t audio_hold_ns;
    uint64_t splice_from_bytes; /* 0: never */

    uint16_t rtp_port;        /* of worker 0; each further one takes the next two; 0: no UDP */
    bool rtp_port_is_given;   /* else any will do */
    uint64_t udp_bytes_per_s; /* a player catches up with no more; 0: without limit */
    uint64_t udp_burst_bytes;
    const char *multicast;      /* the range of the groups; NULL: no multicast */
    const char *multicast_from; /* our address that it is sent from; NULL: see multicast_source */
    uint64_t multicast_port;
    uint64_t multicast_ttl;

    int64_t reorder_hold_ns;      /* for a packet that is missing, from a publisher over UDP */
    int64_t publisher_grace_ns;   /* players wait so long for another publisher */
    int second_publisher;         /* enum second_publisher */
    int64_t publisher_silence_ns; /* then it keeps nobody out, whatever second_publisher is */

    int64_t write_timeout_ns;
    int64_t session_timeout_ns; /* as clients are told; half as much again is enforced */
    int64_t request_timeout_ns;
    int64_t status_interval_ns; /* 0: never */
    uint64_t max_clients;
    uint64_t max_streams;
    uint64_t max_header_bytes;
    uint64_t max_body_bytes;

    int log_level;  /* enum log_level */
    int log_format; /* enum log_format */
};
