/* SPDX-License-Identifier: MIT */
#include "rtp/unpacker.h"

#include "rtp/codec.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

/* Beyond these a sequence number is not a loss or a late packet but a new start (RFC 3550 A.1). */
enum { MAX_DROPOUT = 3000, MAX_MISORDER = 100 };

struct unpacker {
    const struct rtp_codec *codec;
    struct assembly au;
    bool started; /* a packet was taken: */
    uint16_t seq;
    uint32_t ssrc;
    bool has_markers; /* one was seen: the sender marks where access units end */
    uint64_t packets;
    uint64_t lost_packets;
    max_align_t state[]; /* the codec's */
};

struct unpacker *unpacker_create(const struct media_track *track, struct slice fmtp,
                                 unpacker_on_au *on_au, void *arg)
{
    const struct rtp_codec *codec = rtp_codec(track->codec);
    struct unpacker *u = calloc(1, sizeof(*u) + codec->state_bytes);
    if (u == NULL)
        return NULL;
    u->codec = codec;
    u->au.on_au = on_au;
    u->au.arg = arg;
    int err = codec->unpack_init ? codec->unpack_init(u->state, track, fmtp) : 0;
    if (err != 0) {
        unpacker_destroy(u);
        errno = -err;
        return NULL;
    }
    return u;
}

void unpacker_destroy(struct unpacker *u)
{
    if (u == NULL)
        return;
    assembly_fini(&u->au);
    free(u);
}

enum continuity { IN_ORDER, LATE, AFTER_LOSS, RESTARTED };

static enum continuity continuity(const struct unpacker *u, const struct rtp_packet *pkt)
{
    int ahead = rtp_seq_diff(u->seq, pkt->seq);
    if (!u->started || u->ssrc != pkt->ssrc || ahead > MAX_DROPOUT || ahead < -MAX_MISORDER)
        return RESTARTED;
    if (ahead <= 0)
        return LATE;
    return ahead == 1 ? IN_ORDER : AFTER_LOSS;
}

/* Drops what the packets that are not there would have belonged to. */
static void note_gap(struct unpacker *u, const struct rtp_packet *pkt, enum continuity c)
{
    if (c == AFTER_LOSS)
        u->lost_packets += (uint64_t)(rtp_seq_diff(u->seq, pkt->seq) - 1);
    if (!u->au.open)
        return;
    u->au.damaged = true;
    if (c == RESTARTED)
        assembly_finish(&u->au);
}

static void end_au(struct unpacker *u)
{
    if (u->codec->unpack_end)
        u->codec->unpack_end(u->state, &u->au);
    else
        assembly_finish(&u->au);
}

int unpacker_push(struct unpacker *u, const struct rtp_packet *pkt)
{
    enum continuity c = continuity(u, pkt);
    u->packets++;
    if (c == LATE)
        return 0;
    if (c != IN_ORDER)
        note_gap(u, pkt, c);
    if (c == RESTARTED && u->started)
        u->au.new_timeline = true;
    u->started = true;
    u->seq = pkt->seq;
    u->ssrc = pkt->ssrc;
    u->has_markers |= pkt->marker;
    if (u->au.open && u->au.rtp_time != pkt->rtp_time) {
        end_au(u);
        u->au.rtp_time = pkt->rtp_time; /* if it is still open */
    }
    return u->codec->unpack(u->state, &u->au, pkt, c != IN_ORDER);
}

void unpacker_end(struct unpacker *u)
{
    if (!u->au.open)
        return;
    u->au.damaged |= u->has_markers; /* only what one has ended is surely whole */
    end_au(u);
}

struct unpacker_stats unpacker_stats(const struct unpacker *u)
{
    return (struct unpacker_stats){u->packets, u->lost_packets, u->au.dropped};
}
