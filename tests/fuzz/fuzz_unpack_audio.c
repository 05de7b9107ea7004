/* SPDX-License-Identifier: MIT */
/*
 * The audio codecs but AAC, and those that umbel does not know, from hostile packets. What comes
 * out is packetized for another payload size and unpacked again: that must give the same bytes. The
 * first byte of the input chooses the codec, the second the channels, the third the payload size.
 */
#include "rtp/packer.h"
#include "rtp/unpacker.h"
#include "tests/fuzz/packet_feed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct trip {
    struct media_track track;
    size_t max_payload;
    struct slice want; /* what is still to come back */
    uint32_t rtp_time;
};

static bool is_samples(enum codec codec)
{
    return codec == CODEC_PCMU || codec == CODEC_PCMA || codec == CODEC_G722 || codec == CODEC_L16;
}

static void check(bool holds)
{
    if (!holds)
        abort();
}

/* Samples may come back in parts, each behind the byte that the whole began with. */
static void on_return(void *arg, const struct access_unit *au)
{
    struct trip *t = arg;
    struct slice got = au->data;
    check(au->rtp_time == t->rtp_time);
    if (is_samples(t->track.codec)) {
        t->rtp_time += (uint32_t)((got.len - 1) / got.ptr[0]);
        got = slice_from(got, 1);
    }
    check(got.len > 0 && slice_eq(got, slice_head(t->want, got.len)));
    t->want = slice_from(t->want, got.len);
}

/* The payloads lie in memory that has not a byte more than was measured. */
static bool send_next(struct unpacker *u, struct packer *p, struct rtp_packet *pkt, uint32_t start)
{
    struct packer measure = *p;
    size_t len = packer_next(&measure, NULL, &pkt->marker);
    uint8_t *payload = malloc(len);
    check(packer_next(p, payload, &pkt->marker) == len);
    pkt->seq++;
    pkt->payload = slice_of(payload, len);
    pkt->rtp_time = start + (len > 0 ? p->ticks : 1U << 31);
    int err = unpacker_push(u, pkt); /* an empty one at the end closes what is open */
    check(err == 0 || len == 0);
    free(payload);
    return len > 0;
}

static void on_au(void *arg, const struct access_unit *au)
{
    struct trip *t = arg;
    struct packer p;
    bool marker;
    check(au->data.len > 0 && au->data.len <= UNPACKER_AU_MAX && !au->key);
    packer_init(&p, t->track.codec, au->data, t->max_payload);
    if (packer_next(&p, NULL, &marker) == 0)
        return; /* its payload format cannot express it */
    t->want = slice_from(au->data, is_samples(t->track.codec) ? 1 : 0);
    t->rtp_time = au->rtp_time;
    struct unpacker *u = unpacker_create(&t->track, (struct slice){0}, on_return, t);
    struct rtp_packet pkt = {0};
    packer_init(&p, t->track.codec, au->data, t->max_payload);
    while (send_next(u, &p, &pkt, au->rtp_time))
        ;
    check(t->want.len == 0 && unpacker_stats(u).lost_packets == 0);
    unpacker_end(u);
    unpacker_destroy(u);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum codec codecs[] = {CODEC_LATM, CODEC_OPUS, CODEC_PCMU, CODEC_L16,
                                        CODEC_MPA,  CODEC_AC3,  CODEC_OTHER};
    enum { CHOICES = 3 };
    if (size < CHOICES)
        return 0;
    struct trip t = {
        .track = {.codec = codecs[data[0] % ARRAY_LEN(codecs)],
                  .other_kind = MEDIA_DATA,
                  .clock_rate = 90000,
                  .channels = data[1]},
        .max_payload = PACKER_MIN_PAYLOAD + (size_t)data[2] * 8,
    };
    struct unpacker *u = unpacker_create(&t.track, (struct slice){0}, on_au, &t);
    if (u == NULL)
        return 0;
    struct slice input = slice_of(data + CHOICES, size - CHOICES);
    struct rtp_packet pkt = {0};
    while (feed_next(&input, &pkt))
        unpacker_push(u, &pkt);
    unpacker_end(u);
    unpacker_destroy(u);
    return 0;
}
