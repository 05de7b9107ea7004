/* SPDX-License-Identifier: MIT */
/*
 * Synthetic access units: the load that benchmarks publish. H.264 by its looks (parameter sets, an
 * SEI that carries a counter and the time of publication, one slice of filler that obeys emulation
 * prevention), with sizes like a camera's: a key frame every GOP, about eight times as large as the
 * rest, and the rest spread by 30 %. Pure: the same plan and number give the same sizes everywhere.
 */
#pragma once

#include "core/media.h"

struct units {
    double bits_per_second;
    uint32_t fps;
    uint32_t gop;       /* access units from one key frame to the next */
    double other_bytes; /* mean size of an access unit that is no key frame */
    /* A trace instead: sizes and keys as read, used round and round. NULL without one. */
    const uint32_t *trace; /* bit 31: key */
    uint32_t trace_count;
};

enum { UNITS_KEY_FACTOR = 8, UNITS_MIN_BYTES = 256 };

/* rate: "2M", "300k", "8000000" (bits per second). 0 or -EINVAL. */
int units_init(struct units *u, const char *rate, uint32_t fps, uint32_t gop);

/* Fills in the track: codec, clock rate, parameter sets. */
void units_describe(struct media_track *track);

/* The size of access unit n, as units_write makes it; *key when players may start there. */
size_t units_bytes(const struct units *u, uint64_t n, bool *key);

/* The largest of all. */
size_t units_max_bytes(const struct units *u);

/* What stands in the SEI. */
struct unit_stamp {
    uint64_t number;
    int64_t published_ns; /* CLOCK_MONOTONIC of this machine */
};

/* Writes access unit n in the form of core/nal.h. Returns units_bytes(). */
size_t units_write(uint8_t *dst, const struct units *u, uint64_t n, int64_t published_ns);

/* Reads the stamp out of an SEI NAL unit. False when it is none of ours. */
bool units_read_stamp(struct slice nal, struct unit_stamp *stamp);
