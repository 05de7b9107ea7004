/* SPDX-License-Identifier: MIT */
#include "bench/load_verify.h"

#include <errno.h>

#include "bench/load_reply.h"
#include "core/bytes.h"
#include "core/nal.h"
#include "rtp/batch.h"

/* RFC 6184 section 5.2 and 5.8. */
enum {
    STAP_A = 24,
    FU_A = 28,
    STAP_HEADER_BYTES = 1,
    STAP_LENGTH_BYTES = 2,
    FU_HEADER_BYTES = 2,
    FU_START = 0x80,
    FU_END = 0x40,
    FU_TYPE = 0x1f,
    FU_NRI = 0xe0,
};

void load_verify_init(struct load_verify *v, struct load_tally *tally, int64_t play_ns)
{
    *v = (struct load_verify){.tally = tally, .play_ns = play_ns};
}

void load_verify_add_track(struct load_verify *v, uint8_t rtp_channel, uint8_t rtcp_channel,
                           bool h264)
{
    if (v->track_count < LOAD_TRACKS_MAX)
        v->track[v->track_count++] = (struct load_track){
            .rtp_channel = rtp_channel, .rtcp_channel = rtcp_channel, .h264 = h264};
}

static uint64_t since(int64_t begin_ns, int64_t end_ns)
{
    return end_ns > begin_ns ? (uint64_t)(end_ns - begin_ns) : 0;
}

/*
 * What was published before the player asked for it comes from the server's cache: the time it
 * spent there is no delay.
 */
static void count_delay(struct load_verify *v, const struct load_track *t)
{
    struct load_tally *tally = v->tally;
    if (t->stamp.published_ns < v->play_ns)
        return;
    uint64_t delay = since(t->stamp.published_ns, t->last_byte_ns);
    hist_add(&tally->delay[tally->phase], delay);
    hist_add(&tally->delay_recent, delay);
}

/* A unit without a stamp, damaged or not, is taken for the one that was expected. */
static void count_number(struct load_verify *v, struct load_track *t)
{
    if (t->stamped && t->numbered && t->stamp.number > t->next_number)
        v->tally->missing_units += t->stamp.number - t->next_number;
    if (t->stamped)
        t->next_number = t->stamp.number;
    t->numbered |= t->stamped;
    t->next_number++;
}

static void end_unit(struct load_verify *v, struct load_track *t)
{
    struct load_tally *tally = v->tally;
    bool first = !t->settled;
    t->open = false;
    t->settled = true;
    count_number(v, t);
    if (t->damaged || t->in_fragment) {
        tally->damaged_units += !first; /* a server may begin in the middle of a unit */
        return;
    }
    tally->units++;
    tally->key_units += t->key;
    if (t->key && !v->seen_key) {
        v->seen_key = true;
        hist_add(&tally->first_key, since(v->play_ns, t->last_byte_ns));
    }
    if (t->stamped) {
        tally->stamped_units++;
        count_delay(v, t);
    }
}

static void begin_unit(struct load_track *t, uint32_t rtp_time)
{
    t->open = true;
    t->damaged = false;
    t->key = false;
    t->in_fragment = false;
    t->in_sei = false;
    t->stamped = false;
    t->rtp_time = rtp_time;
}

static void take_nal(struct load_track *t, struct slice nal)
{
    enum h264_nal_type type = h264_nal_type(nal);
    t->key |= type == H264_NAL_IDR;
    if (type == H264_NAL_SEI && units_read_stamp(nal, &t->stamp))
        t->stamped = true;
}

static bool take_aggregate(struct load_track *t, struct slice payload)
{
    struct slice rest = slice_from(payload, STAP_HEADER_BYTES);
    while (rest.len >= STAP_LENGTH_BYTES) {
        size_t len = get_be16(rest.ptr);
        rest = slice_from(rest, STAP_LENGTH_BYTES);
        if (len > rest.len)
            return false;
        take_nal(t, slice_head(rest, len));
        rest = slice_from(rest, len);
    }
    return rest.len == 0;
}

/* Servers with small packets cut even an SEI into pieces. */
static void take_sei_fragment(struct load_verify *v, struct load_track *t, struct slice payload,
                              bool start)
{
    struct slice rest = slice_from(payload, FU_HEADER_BYTES);
    if (start) {
        v->sei[0] = (uint8_t)((payload.ptr[0] & FU_NRI) | H264_NAL_SEI);
        v->sei_len = 1;
    }
    size_t taken = size_min(rest.len, sizeof v->sei - v->sei_len);
    if (taken > 0)
        memcpy(v->sei + v->sei_len, rest.ptr, taken);
    v->sei_len += taken;
    if ((payload.ptr[1] & FU_END) != 0)
        take_nal(t, slice_of(v->sei, v->sei_len));
}

static bool take_fragment(struct load_verify *v, struct load_track *t, struct slice payload)
{
    if (payload.len < FU_HEADER_BYTES)
        return false;
    uint8_t header = payload.ptr[1];
    bool start = (header & FU_START) != 0;
    if (start == t->in_fragment)
        return false;
    t->key |= (header & FU_TYPE) == H264_NAL_IDR;
    t->in_sei = (header & FU_TYPE) == H264_NAL_SEI && (start || t->in_sei);
    if (t->in_sei)
        take_sei_fragment(v, t, payload, start);
    t->in_fragment = (header & FU_END) == 0;
    return true;
}

/* False for a payload that does not fit in here. */
static bool take_payload(struct load_verify *v, struct load_track *t, struct slice payload)
{
    unsigned type = h264_nal_type(payload);
    if (payload.len == 0)
        return false;
    if (type == FU_A)
        return take_fragment(v, t, payload);
    if (t->in_fragment)
        return false;
    if (type == STAP_A)
        return take_aggregate(t, payload);
    take_nal(t, payload);
    return true;
}

/* A new time stamp ends an access unit, marker or not: some cameras never set it. */
static void take_h264(struct load_verify *v, struct load_track *t, const struct rtp_packet *pkt,
                      int64_t arrived_ns, bool after_gap)
{
    if (t->open && t->rtp_time != pkt->rtp_time) {
        t->damaged |= after_gap;
        end_unit(v, t);
    }
    if (!t->open)
        begin_unit(t, pkt->rtp_time);
    t->damaged |= after_gap;
    t->last_byte_ns = arrived_ns;
    if (!t->damaged && !take_payload(v, t, pkt->payload)) {
        v->tally->broken_packets++;
        t->damaged = true;
    }
    if (pkt->marker)
        end_unit(v, t);
}

/* False when the packet is to be passed over. *gap: packets are missing in front of it. */
static bool follow(struct load_verify *v, struct load_track *t, const struct rtp_packet *pkt,
                   bool *gap)
{
    int lost;
    enum load_place place = load_sequence_take(&t->sequence, pkt, &lost);
    v->tally->lost_packets += (uint64_t)lost; /* -1 as well */
    v->tally->late_packets += place == LOAD_PLACE_PASSED;
    v->tally->broken_packets += place == LOAD_PLACE_NONE;
    *gap = place == LOAD_PLACE_AFTER_GAP;
    return *gap || place == LOAD_PLACE_NEXT;
}

static void take_rtp(struct load_verify *v, struct load_track *t, struct slice bytes,
                     int64_t arrived_ns)
{
    struct rtp_packet pkt;
    bool gap;
    v->tally->packets++;
    v->tally->bytes += bytes.len;
    if (rtp_parse(bytes, &pkt) != 0) {
        v->tally->broken_packets++;
        return;
    }
    if (!v->seen_packet) {
        v->seen_packet = true;
        hist_add(&v->tally->first_packet, since(v->play_ns, arrived_ns));
    }
    if (follow(v, t, &pkt, &gap) && t->h264)
        take_h264(v, t, &pkt, arrived_ns, gap);
}

static void take_packet(struct load_verify *v, uint8_t channel, struct slice bytes,
                        int64_t arrived_ns)
{
    for (unsigned i = 0; i < v->track_count; i++) {
        struct load_track *t = &v->track[i];
        if (channel == t->rtp_channel) {
            v->tally->bytes += INTERLEAVED_HEADER_BYTES;
            take_rtp(v, t, bytes, arrived_ns);
            return;
        }
        if (channel == t->rtcp_channel) {
            v->tally->rtcp_packets++;
            return;
        }
    }
    v->tally->broken_packets++;
}

/* Takes one packet or reply. Returns its bytes, 0 when it is not whole, or -1. */
static int64_t take_one(struct load_verify *v, struct slice bytes, int64_t arrived_ns)
{
    struct load_reply reply;
    if (bytes.len == 0)
        return 0;
    if (bytes.ptr[0] != '$')
        return load_reply_read(bytes, &reply);
    if (bytes.len < INTERLEAVED_HEADER_BYTES)
        return 0;
    size_t len = get_be16(bytes.ptr + 2);
    if (bytes.len - INTERLEAVED_HEADER_BYTES < len)
        return 0;
    take_packet(v, bytes.ptr[1], slice_head(slice_from(bytes, INTERLEAVED_HEADER_BYTES), len),
                arrived_ns);
    return (int64_t)(INTERLEAVED_HEADER_BYTES + len);
}

int64_t load_verify_bytes(struct load_verify *v, struct slice bytes, int64_t arrived_ns)
{
    int64_t taken = 0;
    int64_t used;
    while ((used = take_one(v, slice_from(bytes, (size_t)taken), arrived_ns)) > 0)
        taken += used;
    return used < 0 ? -EBADMSG : taken;
}

void load_verify_datagram(struct load_verify *v, unsigned track, struct slice bytes,
                          int64_t arrived_ns)
{
    take_rtp(v, &v->track[track], bytes, arrived_ns);
}
