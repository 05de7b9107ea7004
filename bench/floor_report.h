/* SPDX-License-Identifier: MIT */
/*
 * What umbel-floor counts, and how it tells it.
 */
#pragma once

#include "bench/floor_feed.h"
#include "bench/hist.h"

struct tally {
    int64_t start_ns;     /* of the window, monotonic */
    int64_t cpu_start_ns; /* of this thread */
    int64_t end_ns, cpu_end_ns;
    uint64_t frames;        /* published */
    uint64_t client_frames; /* whole images that a client's socket took */
    uint64_t bytes;
    uint64_t dropped;   /* clients that were too far behind */
    uint64_t broken;    /* clients whose connection failed, or who sent what is no RTSP */
    uint64_t udp_sends; /* of a run of packets to one player each */
    uint64_t udp_packets;
    uint64_t udp_packets_dropped; /* the socket did not take them */
    uint32_t most_playing;
    struct hist delay; /* from the planned time until the send of an image returned */
};

/* Begins and ends the window. */
void tally_start(struct tally *t, int64_t now_ns);
void tally_end(struct tally *t, int64_t now_ns);

/* On stdout. */
void tally_print(const struct tally *t);

/* 0 or -errno. */
int tally_write_json(const struct tally *t, const struct feed *f,
                     const struct floor_config *config);
