/* SPDX-License-Identifier: MIT */
/*
 * Depacketization: RTP packets of one track in, in order; whole access units out. An access unit
 * that lost a packet is dropped whole, never spliced. Bounded: an access unit beyond
 * UNPACKER_AU_MAX is dropped, whatever the peer sends.
 */
#pragma once

#include "core/media.h"
#include "rtp/rtp.h"

enum { UNPACKER_AU_MAX = 8 << 20 };

struct access_unit {
    uint32_t rtp_time;
    bool key;          /* decoding may start here; always false for audio */
    struct slice data; /* in the form that packer_init takes; valid during the call */
    bool new_timeline; /* the sender started again: rtp_time continues nothing */
};

/* Called for every access unit, in order of arrival. */
typedef void unpacker_on_au(void *arg, const struct access_unit *au);

struct unpacker_stats {
    uint64_t packets;
    uint64_t lost_packets; /* from gaps in the sequence numbers */
    uint64_t dropped_aus;  /* damaged, malformed or too large */
};

struct unpacker;

/*
 * track: codec and configuration as the SDP announced them (copied). fmtp: the SDP's format
 * parameters of this track ("sizelength=13;indexlength=3;..."), which for AAC say how AU headers
 * look (RFC 3640 section 4.1); may be empty. NULL with errno EINVAL when the parameters make no
 * sense.
 */
struct unpacker *unpacker_create(const struct media_track *track, struct slice fmtp,
                                 unpacker_on_au *on_au, void *arg);
void unpacker_destroy(struct unpacker *u);

/*
 * One packet. May call on_au any number of times. 0, or -EBADMSG for a payload that is malformed:
 * the access unit it belongs to is dropped, and the next packet is welcome.
 */
int unpacker_push(struct unpacker *u, const struct rtp_packet *pkt);

/*
 * No packet will come any more. An access unit that is still open counts as whole if the sender has
 * never set a marker, and nothing in it says otherwise.
 */
void unpacker_end(struct unpacker *u);

struct unpacker_stats unpacker_stats(const struct unpacker *u);
