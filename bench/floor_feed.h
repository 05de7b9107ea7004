/* SPDX-License-Identifier: MIT */
/*
 * What umbel-floor sends: made-up access units, each packetized once into one image, of which the
 * newest are kept for clients that are behind. TCP and UDP players get the same packets, TCP
 * players each behind its interleaved header; what nobody needs is not written.
 */
#pragma once

#include "bench/datagrams.h"
#include "bench/floor_cli.h"
#include "bench/units.h"

enum { FEED_IMAGES = 64, FEED_SSRC = 0x0f100f10 };

struct feed_image {
    uint8_t *data; /* for TCP */
    size_t len;
    struct datagrams datagrams; /* for UDP */
    int64_t planned_ns;         /* when it was to be published, monotonic */
    bool key;
};

/* Which forms of an image somebody will send. */
struct feed_needs {
    bool tcp;
    bool udp;
};

struct feed {
    struct units units;
    uint32_t *trace;
    size_t packet_bytes;
    int64_t start_ns;
    uint64_t head; /* images published: the newest is number head - 1 */
    uint16_t next_seq;
    size_t image_cap;
    uint8_t *unit;   /* the access unit that becomes an image */
    uint8_t *images; /* room for FEED_IMAGES of them */
    struct feed_image image[FEED_IMAGES];
};

/* 0 or -errno, after saying on stderr why. */
int feed_init(struct feed *f, const struct floor_config *config);
void feed_fini(struct feed *f);

/* Number 0 is due at this time. */
void feed_start(struct feed *f, int64_t now_ns);

/* When the next image is to be published. */
int64_t feed_due_ns(const struct feed *f);

/* Makes the next image, in the place of the oldest. */
const struct feed_image *feed_publish(struct feed *f, struct feed_needs needs);

/* One of the newest FEED_IMAGES. */
static inline const struct feed_image *feed_image(const struct feed *f, uint64_t number)
{
    return &f->image[number % FEED_IMAGES];
}

static inline const struct feed_image *feed_newest(const struct feed *f)
{
    return feed_image(f, f->head - 1);
}

void feed_write_sdp(struct text *sdp);
