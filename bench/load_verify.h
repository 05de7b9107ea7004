/* SPDX-License-Identifier: MIT */
/*
 * What a verified player does with its bytes: takes interleaved packets apart, follows sequence
 * numbers, finds the access units of H.264 and the stamps within, and counts whatever is wrong.
 * Packets are looked at in the order in which they come: one that comes too late damages its access
 * unit. Bytes and the time of their arrival in, counts out: no socket, no clock.
 */
#pragma once

#include "bench/hist.h"
#include "bench/load_sequence.h"
#include "bench/units.h"

/* Delays are kept apart by when the unit came. */
enum load_phase { LOAD_PHASE_JOINING, LOAD_PHASE_MEASURING, LOAD_PHASE_COUNT };

/* The sums over all verified players. */
struct load_tally {
    enum load_phase phase;
    uint64_t bytes; /* on the wire, of RTP with its interleaved headers if it has them */
    uint64_t packets;
    uint64_t lost_packets;   /* gaps in the sequence numbers that nothing filled */
    uint64_t late_packets;   /* sequence numbers that were passed already: reordered or repeated */
    uint64_t broken_packets; /* no RTP, a wrong SSRC or payload type, a malformed payload */
    uint64_t rtcp_packets;
    uint64_t units; /* whole access units */
    uint64_t key_units;
    uint64_t damaged_units; /* access units that came in part */
    uint64_t missing_units; /* gaps in the counter of the stamps */
    uint64_t stamped_units;
    struct hist delay[LOAD_PHASE_COUNT]; /* from the stamp to the last byte */
    struct hist delay_recent;            /* the same, since somebody emptied it */
    struct hist first_packet;            /* since the PLAY request */
    struct hist first_key;               /* since the PLAY request, to the last byte */
};

/* One track of one player. */
struct load_track {
    uint8_t rtp_channel;
    uint8_t rtcp_channel;
    bool h264;
    bool settled; /* a unit ended: what follows begins where a unit does */
    struct load_sequence sequence;

    /* the access unit that is coming in */
    bool open;
    bool damaged;
    bool key;
    bool in_fragment;
    bool in_sei; /* the fragments are those of an SEI */
    bool stamped;
    uint32_t rtp_time;
    int64_t last_byte_ns;
    struct unit_stamp stamp;

    bool numbered; /* a stamp came before */
    uint64_t next_number;
};

enum {
    LOAD_TRACKS_MAX = MEDIA_TRACKS_MAX,
    LOAD_SEI_MAX = 1024, /* of a fragmented SEI; a longer one is not read */
};

struct load_verify {
    struct load_tally *tally;
    int64_t play_ns; /* when PLAY was sent */
    bool seen_packet;
    bool seen_key;
    size_t sei_len;
    uint8_t sei[LOAD_SEI_MAX];
    unsigned track_count;
    struct load_track track[LOAD_TRACKS_MAX];
};

void load_verify_init(struct load_verify *v, struct load_tally *tally, int64_t play_ns);
void load_verify_add_track(struct load_verify *v, uint8_t rtp_channel, uint8_t rtcp_channel,
                           bool h264);

/*
 * Looks at everything that is whole at the front of bytes, the last of which arrived at arrived_ns.
 * Returns the bytes consumed: the rest must come again, in front of what follows. -EBADMSG for what
 * is neither an interleaved packet nor a reply.
 */
int64_t load_verify_bytes(struct load_verify *v, struct slice bytes, int64_t arrived_ns);

/* The same for one RTP packet of a track (from 0 on, as they were added) that came over UDP. */
void load_verify_datagram(struct load_verify *v, unsigned track, struct slice bytes,
                          int64_t arrived_ns);
