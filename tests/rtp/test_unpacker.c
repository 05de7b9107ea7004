/* SPDX-License-Identifier: MIT */
#include "rtp/unpacker.h"

#include "rtp/packer.h"
#include "tests/rtp/shapes.h"
#include "tests/rtp/unpack_rows.h"

static const struct media_track h264 = {.codec = CODEC_H264, .clock_rate = 90000};
static const struct media_track aac = {.codec = CODEC_AAC, .clock_rate = 48000};

enum { AUS = 6, PACKETS_MAX = 128 };

/* A run of access units, and their packets. */
struct run {
    struct slice au[AUS];
    struct rtp_packet packet[PACKETS_MAX];
    unsigned au_of[PACKETS_MAX];
    bool is_marked; /* the marker is sent */
    unsigned packets;
};

static void run_add(struct run *r, enum codec codec, unsigned n, struct slice au)
{
    enum { MAX_PAYLOAD = 200 };
    struct packer p;
    uint8_t payload[MAX_PAYLOAD];
    bool marker;
    size_t len;
    r->au[n] = au;
    packer_init(&p, codec, au, MAX_PAYLOAD);
    while ((len = packer_next(&p, payload, &marker)) > 0) {
        cr_assert_lt(r->packets, PACKETS_MAX);
        uint8_t *copy = malloc(len);
        memcpy(copy, payload, len);
        r->au_of[r->packets] = n;
        r->packet[r->packets] = (struct rtp_packet){.marker = marker && r->is_marked,
                                                    .seq = (uint16_t)(65530 + r->packets),
                                                    .rtp_time = n * 3000,
                                                    .payload = slice_of(copy, len)};
        r->packets++;
    }
}

/* Three slices of several packets each: only the first one begins a picture. */
static struct slice three_slices(unsigned n)
{
    static const uint8_t headers[] = {0x41, 0x41, 0x41};
    const size_t sizes[] = {100 + 150 * n, 500, 180};
    struct shape shape = {headers, sizes, ARRAY_LEN(sizes)};
    struct slice au = shape_h264(&shape);
    uint8_t *slice2 = (uint8_t *)(uintptr_t)au.ptr + NAL_LENGTH_BYTES + sizes[0];
    slice2[NAL_LENGTH_BYTES + 1] = 0x40;
    slice2[NAL_LENGTH_BYTES + sizes[1] + NAL_LENGTH_BYTES + 1] = 0x40;
    return au;
}

static void run_make(struct run *r, enum codec codec, bool is_marked)
{
    *r = (struct run){.is_marked = is_marked};
    for (unsigned n = 0; n < AUS; n++)
        run_add(r, codec, n, codec == CODEC_AAC ? shape_aac(50 + 170 * n) : three_slices(n));
}

static void run_free(struct run *r)
{
    for (unsigned i = 0; i < r->packets; i++)
        free((void *)(uintptr_t)r->packet[i].payload.ptr);
    for (unsigned n = 0; n < AUS; n++)
        shape_free(r->au[n]);
}

/* Every access unit that came out is one that went in, in order. Returns which, a bit each. */
static unsigned which_came(const struct run *r, const struct collected *c)
{
    unsigned came = 0;
    for (unsigned i = 0; i < c->count; i++) {
        unsigned n = c->unit[i].rtp_time / 3000;
        cr_assert_lt(n, AUS);
        cr_assert_eq(came >> n, 0, "out of order");
        cr_assert(slice_eq(c->unit[i].data, r->au[n]), "access unit %u", n);
        came |= 1U << n;
    }
    return came;
}

/* Sends all packets but 'lost' of them from 'first' on. Returns which access units came out. */
static unsigned send_with_loss(const struct run *r, const struct media_track *track, unsigned first,
                               unsigned lost)
{
    struct collected c = {0};
    struct unpacker *u = unpacker_create(track, (struct slice){0}, collect, &c);
    unsigned sent = 0;
    for (unsigned i = 0; i < r->packets; i++) {
        if (i >= first && i < first + lost)
            continue;
        cr_assert_eq(unpacker_push(u, &r->packet[i]), 0);
        sent++;
    }
    unsigned came = which_came(r, &c);
    struct unpacker_stats stats = unpacker_stats(u);
    bool in_the_middle = first > 0 && first + lost < r->packets;
    cr_assert_eq(stats.packets, sent);
    cr_assert_eq(stats.lost_packets, in_the_middle ? lost : 0);
    unpacker_destroy(u);
    collected_free(&c);
    return came;
}

static unsigned damaged_by(const struct run *r, unsigned first, unsigned lost)
{
    unsigned damaged = 0;
    for (unsigned i = first; i < first + lost && i < r->packets; i++)
        damaged |= 1U << r->au_of[i];
    return damaged;
}

static void assert_losses(const struct media_track *track)
{
    struct run r;
    run_make(&r, track->codec, true);
    cr_assert_eq(send_with_loss(&r, track, 0, 0), (1U << AUS) - 1);
    for (unsigned lost = 1; lost < 12; lost++) {
        for (unsigned first = 0; first < r.packets; first++) {
            unsigned want = ((1U << AUS) - 1) & ~damaged_by(&r, first, lost);
            unsigned came = send_with_loss(&r, track, first, lost);
            cr_assert_eq(came, want, "%u lost from %u: %x, not %x", lost, first, came, want);
        }
    }
    run_free(&r);
}

Test(unpacker, loss_of_any_packets_of_h264_drops_the_damaged_access_units_and_no_other)
{
    assert_losses(&h264);
}

Test(unpacker, loss_of_any_packets_of_aac_drops_the_damaged_access_units_and_no_other)
{
    assert_losses(&aac);
}

Test(unpacker, without_markers_a_loss_never_delivers_a_damaged_access_unit)
{
    struct run r;
    run_make(&r, CODEC_H264, false);
    cr_assert_eq(send_with_loss(&r, &h264, 0, 0), (1U << (AUS - 1)) - 1, "all but the open one");
    for (unsigned first = 0; first < r.packets; first++) {
        unsigned came = send_with_loss(&r, &h264, first, 1);
        cr_assert_eq(came & damaged_by(&r, first, 1), 0, "packet %u", first);
        cr_assert_geq(__builtin_popcount(came), AUS - 3, "packet %u", first);
    }
    run_free(&r);
}

static void push_p(struct unpacker *u, uint32_t ssrc, uint16_t seq, uint32_t time, bool marker)
{
    struct rtp_packet pkt = {.ssrc = ssrc,
                             .seq = seq,
                             .rtp_time = time,
                             .marker = marker,
                             .payload = SLICE_LIT("\x41\x9a")};
    cr_assert_eq(unpacker_push(u, &pkt), 0);
}

Test(unpacker, a_new_source_or_a_jump_is_a_restart_and_not_a_loss)
{
    struct collected c = {0};
    struct unpacker *u = unpacker_create(&h264, (struct slice){0}, collect, &c);
    push_p(u, 1, 100, 0, true);
    push_p(u, 1, 101, 1, false); /* dropped: the source changes */
    push_p(u, 2, 102, 1, true);
    push_p(u, 2, 20000, 2, true);
    push_p(u, 2, 19000, 3, true);
    push_p(u, 2, 19001, 4, false); /* dropped: the numbers jump */
    push_p(u, 2, 30000, 4, true);
    struct unpacker_stats stats = unpacker_stats(u);
    cr_assert_eq(c.count, 5);
    cr_assert_eq(c.unit[1].rtp_time, 1);
    cr_assert_eq(c.unit[1].data.len, NAL_LENGTH_BYTES + 2, "not spliced");
    static const bool new_timeline[] = {false, true, true, true, true};
    for (unsigned i = 0; i < c.count; i++)
        cr_assert_eq(c.unit[i].new_timeline, new_timeline[i], "access unit %u", i);
    cr_assert_eq(stats.lost_packets, 0);
    cr_assert_eq(stats.dropped_aus, 2);
    unpacker_destroy(u);
    collected_free(&c);
}

Test(unpacker, an_access_unit_with_the_marker_is_not_held_back)
{
    struct collected c = {0};
    struct unpacker *u = unpacker_create(&h264, (struct slice){0}, collect, &c);
    push_p(u, 1, 1, 0, true);
    cr_assert_eq(c.count, 1);
    push_p(u, 1, 2, 1, false);
    cr_assert_eq(c.count, 1);
    push_p(u, 1, 3, 2, false);
    cr_assert_eq(c.count, 2);
    unpacker_destroy(u);
    collected_free(&c);
}

static void push_fragment(struct unpacker *u, uint16_t *seq, uint8_t fu_header, struct slice data)
{
    static uint8_t payload[60000];
    struct rtp_packet pkt = {.seq = (*seq)++, .marker = (fu_header & 0x40) != 0};
    payload[0] = 0x7c;
    payload[1] = fu_header;
    memcpy(payload + 2, data.ptr, data.len);
    pkt.payload = slice_of(payload, 2 + data.len);
    cr_assert_eq(unpacker_push(u, &pkt), 0);
}

/* One NAL unit of so many bytes, its header included, in fragments of up to 50,000. */
static void push_large(struct unpacker *u, uint16_t *seq, size_t bytes)
{
    static const uint8_t data[50000] = {0x88};
    uint8_t start = 0x80;
    for (size_t left = bytes - 1; left > 0; start = 0) {
        size_t len = size_min(left, sizeof(data));
        left -= len;
        push_fragment(u, seq, (uint8_t)(start | (left == 0 ? 0x40 : 0) | 0x05),
                      slice_of(data, len));
    }
}

Test(unpacker, the_largest_access_unit_is_taken_and_a_larger_one_is_dropped)
{
    struct collected c = {0};
    struct unpacker *u = unpacker_create(&h264, (struct slice){0}, collect, &c);
    uint16_t seq = 0;
    push_large(u, &seq, UNPACKER_AU_MAX - NAL_LENGTH_BYTES);
    cr_assert_eq(c.count, 1);
    cr_assert_eq(c.unit[0].data.len, UNPACKER_AU_MAX);
    push_large(u, &seq, UNPACKER_AU_MAX - NAL_LENGTH_BYTES + 1);
    cr_assert_eq(c.count, 1);
    cr_assert_eq(unpacker_stats(u).dropped_aus, 1);
    push_large(u, &seq, 100);
    cr_assert_eq(c.count, 2);
    cr_assert_eq(c.unit[1].data.len, 104);
    unpacker_destroy(u);
    collected_free(&c);
}

Test(unpacker, empty_payloads_are_ignored)
{
    struct collected c = {0};
    struct unpacker *u = unpacker_create(&h264, (struct slice){0}, collect, &c);
    push_p(u, 1, 1, 0, false);
    struct rtp_packet empty = {.ssrc = 1, .seq = 2};
    cr_assert_eq(unpacker_push(u, &empty), 0);
    push_p(u, 1, 3, 0, true);
    cr_assert_eq(c.count, 1);
    cr_assert_eq(c.unit[0].data.len, 2 * (NAL_LENGTH_BYTES + 2));
    unpacker_destroy(u);
    collected_free(&c);
}

Test(unpacker, destroying_nothing_is_fine)
{
    unpacker_destroy(NULL);
}
