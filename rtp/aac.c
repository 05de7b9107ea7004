/* SPDX-License-Identifier: MIT */
/*
 * AAC over RTP (RFC 3640), both ways: out as AAC-hbr with one access unit a packet, in as any mode
 * without interleaving that gives each access unit its size.
 */
#include "rtp/codec.h"

#include "core/bytes.h"
#include "core/scan.h"

#include <errno.h>

/* AAC-hbr (RFC 3640 section 3.3.6): 13 bits of size and 3 of index in front of each access unit. */
enum {
    HBR_SIZE_BITS = 13,
    HBR_INDEX_BITS = 3,
    HBR_AU_MAX = (1 << HBR_SIZE_BITS) - 1,
    HBR_HEADERS_BYTES = 4, /* the length of the AU headers, and one of them */
};

/* Packing */

static void pack_start(struct packer *p)
{
    if (p->au.len > HBR_AU_MAX)
        p->rest = (struct slice){0};
}

static size_t pack_next(struct packer *p, uint8_t *dst, bool *marker)
{
    if (p->rest.len == 0)
        return 0;
    struct slice part = slice_head(p->rest, p->max_payload - HBR_HEADERS_BYTES);
    if (dst != NULL) {
        put_be16(dst, HBR_SIZE_BITS + HBR_INDEX_BITS);
        put_be16(dst + 2, (uint16_t)(p->au.len << HBR_INDEX_BITS));
        memcpy(dst + HBR_HEADERS_BYTES, part.ptr, part.len);
    }
    p->rest = slice_from(p->rest, part.len);
    *marker = p->rest.len == 0;
    return HBR_HEADERS_BYTES + part.len;
}

/* Reading bits */

struct bit_reader {
    struct slice bytes;
    size_t at; /* bits read */
};

/* The next count bits, at most 32. Past the end there are zeros. */
static uint32_t read_bits(struct bit_reader *r, unsigned count)
{
    uint32_t value = 0;
    for (; count > 0; count--, r->at++) {
        size_t byte = r->at / 8;
        unsigned bit = byte < r->bytes.len ? r->bytes.ptr[byte] >> (7 - r->at % 8) & 1U : 0;
        value = value << 1 | bit;
    }
    return value;
}

/* The AudioSpecificConfig (ISO/IEC 14496-3 section 1.6.2.1) */

enum { OBJECT_TYPE_SBR = 5, OBJECT_TYPE_PS = 29, OBJECT_TYPE_ESCAPE = 31 };

static unsigned read_object_type(struct bit_reader *r)
{
    unsigned type = read_bits(r, 5);
    return type == OBJECT_TYPE_ESCAPE ? 32 + read_bits(r, 6) : type;
}

/* Hz; 0 when it is reserved. */
static uint32_t read_sampling_rate(struct bit_reader *r)
{
    static const uint32_t rates[] = {96000, 88200, 64000, 48000, 44100, 32000, 24000,
                                     22050, 16000, 12000, 11025, 8000,  7350};
    unsigned index = read_bits(r, 4);
    if (index == 15)
        return read_bits(r, 24);
    return index < ARRAY_LEN(rates) ? rates[index] : 0;
}

/*
 * How far the RTP clock advances in one access unit. A frame has 1024 or 960 samples at the rate of
 * the core decoder, while the RTP clock may run at the doubled rate that SBR puts out.
 */
static uint32_t frame_ticks(struct slice config, uint32_t clock_rate)
{
    enum { CHANNEL_CONFIG_BITS = 4 };
    struct bit_reader r = {config, 0};
    unsigned type = read_object_type(&r);
    uint32_t core_rate = read_sampling_rate(&r);
    read_bits(&r, CHANNEL_CONFIG_BITS);
    if (type == OBJECT_TYPE_SBR || type == OBJECT_TYPE_PS) {
        read_sampling_rate(&r);
        read_object_type(&r);
    }
    bool short_frames = read_bits(&r, 1) != 0; /* frameLengthFlag */
    uint64_t samples = short_frames ? 960 : 1024;
    bool cut = r.at > config.len * 8;
    if (cut || core_rate == 0)
        return (uint32_t)samples;
    return (uint32_t)(samples * clock_rate / core_rate);
}

/* Format parameters (RFC 3640 section 4.1) */

/* How the stream looks, and what unpacking remembers between packets. */
struct aac_unpacking {
    unsigned size_bits; /* of the fields of an AU header (RFC 3640 section 3.2.1) */
    unsigned index_bits;
    unsigned delta_bits;
    uint32_t frame_ticks; /* of the RTP clock, an access unit long */
    size_t whole_bytes;   /* of the open access unit; 0: its fragments do not say */
};

enum field { FIELD_SIZE, FIELD_INDEX, FIELD_DELTA, FIELD_FOREIGN, FIELDS };
enum { FIELD_BITS_MAX = 32, FIELD_ABSENT = -1 };

/* Foreign fields would stand in the AU headers as well, or in their place. */
static const struct {
    const char *name;
    enum field field;
} parameters[] = {
    {"sizelength", FIELD_SIZE},
    {"indexlength", FIELD_INDEX},
    {"indexdeltalength", FIELD_DELTA},
    {"constantsize", FIELD_FOREIGN},
    {"ctsdeltalength", FIELD_FOREIGN},
    {"dtsdeltalength", FIELD_FOREIGN},
    {"randomaccessindication", FIELD_FOREIGN},
    {"streamstateindication", FIELD_FOREIGN},
    {"auxiliarydatasizelength", FIELD_FOREIGN},
};

/* FIELDS for a parameter that says nothing about AU headers. */
static enum field field_of(struct slice key)
{
    for (size_t i = 0; i < ARRAY_LEN(parameters); i++)
        if (slice_is_nocase(key, parameters[i].name))
            return parameters[i].field;
    return FIELDS;
}

static int read_parameters(struct slice fmtp, int bits[FIELDS])
{
    struct slice key, value;
    while (scan_param(&fmtp, &key, &value)) {
        enum field field = field_of(key);
        uint64_t n;
        if (field == FIELDS)
            continue;
        if (!scan_number(value, FIELD_BITS_MAX, &n) || (field == FIELD_FOREIGN && n > 0))
            return -EINVAL;
        bits[field] = (int)n;
    }
    return bits[FIELD_SIZE] != 0 ? 0 : -EINVAL;
}

static int unpack_init(void *state, const struct media_track *track, struct slice fmtp)
{
    struct aac_unpacking *x = state;
    int bits[FIELDS] = {FIELD_ABSENT, FIELD_ABSENT, FIELD_ABSENT, 0};
    int err = read_parameters(fmtp, bits);
    if (err != 0)
        return err;
    /* A server that gives the size only (AMS32) sends headers of nothing but the size. */
    if (bits[FIELD_INDEX] == FIELD_ABSENT)
        bits[FIELD_INDEX] = bits[FIELD_SIZE] == FIELD_ABSENT ? HBR_INDEX_BITS : 0;
    if (bits[FIELD_SIZE] == FIELD_ABSENT)
        bits[FIELD_SIZE] = HBR_SIZE_BITS;
    if (bits[FIELD_DELTA] == FIELD_ABSENT)
        bits[FIELD_DELTA] = bits[FIELD_INDEX];
    *x = (struct aac_unpacking){
        .size_bits = (unsigned)bits[FIELD_SIZE],
        .index_bits = (unsigned)bits[FIELD_INDEX],
        .delta_bits = (unsigned)bits[FIELD_DELTA],
        .frame_ticks = frame_ticks(media_track_config(track), track->clock_rate),
    };
    return 0;
}

/* Unpacking */

/* What is left of a payload: AU headers, and the access units they speak of (section 3.2). */
struct section {
    struct bit_reader headers;
    size_t count;
    struct slice data;
};

static bool split_payload(const struct aac_unpacking *x, struct slice payload, struct section *s)
{
    if (payload.len < 2)
        return false;
    size_t bits = get_be16(payload.ptr);
    size_t bytes = (bits + 7) / 8;
    size_t first_bits = x->size_bits + x->index_bits;
    size_t next_bits = x->size_bits + x->delta_bits;
    if (bytes > payload.len - 2 || bits < first_bits || (bits - first_bits) % next_bits != 0)
        return false;
    s->headers = (struct bit_reader){slice_of(payload.ptr + 2, bytes), 0};
    s->count = 1 + (bits - first_bits) / next_bits;
    s->data = slice_from(payload, 2 + bytes);
    return true;
}

/*
 * The size in the next header. 0 when it is malformed, or when the access unit is interleaved with
 * those of other packets (section 3.2.3.2).
 */
static size_t next_size(const struct aac_unpacking *x, struct section *s)
{
    bool first = s->headers.at == 0;
    size_t size = read_bits(&s->headers, x->size_bits);
    uint32_t index = read_bits(&s->headers, first ? x->index_bits : x->delta_bits);
    return first || index == 0 ? size : 0;
}

static bool all_whole(const struct aac_unpacking *x, struct section s)
{
    for (size_t i = 0; i < s.count; i++) {
        size_t size = next_size(x, &s);
        if (size == 0 || size > s.data.len)
            return false;
        s.data = slice_from(s.data, size);
    }
    return true;
}

static void deliver_all(const struct aac_unpacking *x, struct assembly *au, struct section s,
                        uint32_t rtp_time)
{
    for (size_t i = 0; i < s.count; i++, rtp_time += x->frame_ticks) {
        size_t size = next_size(x, &s);
        assembly_deliver(au, rtp_time, slice_head(s.data, size));
        s.data = slice_from(s.data, size);
    }
}

/*
 * Every fragment gives the size of the whole access unit (section 3.2.3). gortsplib, and so
 * MediaMTX, gave that of the fragment until 2026: the marker alone tells then which is the last.
 */
static int take_fragment(const struct aac_unpacking *x, struct assembly *au, size_t size,
                         struct slice data)
{
    struct slice part = slice_head(data, size);
    size_t expected = x->whole_bytes > 0 ? x->whole_bytes : part.len;
    if (size == 0 || size != expected)
        return -EBADMSG;
    if (x->whole_bytes > 0 && part.len > x->whole_bytes - au->len)
        return -EBADMSG;
    assembly_append(au, part);
    return 0;
}

static int take_payload(struct aac_unpacking *x, struct assembly *au, const struct rtp_packet *pkt,
                        bool after_gap)
{
    struct section s;
    if (!split_payload(x, pkt->payload, &s))
        return -EBADMSG;
    struct section ahead = s;
    size_t size = next_size(x, &ahead);
    if (s.count > 1 || (!au->open && size <= s.data.len && pkt->marker)) {
        if (au->open || !all_whole(x, s))
            return -EBADMSG;
        deliver_all(x, au, s, pkt->rtp_time);
        return 0;
    }
    if (!au->open) {
        assembly_open(au, pkt->rtp_time);
        x->whole_bytes = size > s.data.len ? size : 0;
        /* With the whole size at hand the sum will tell. Else a first one looks like any other. */
        au->damaged = after_gap && x->whole_bytes == 0;
    }
    return au->damaged ? 0 : take_fragment(x, au, size, s.data);
}

static void unpack_end(void *state, struct assembly *au)
{
    const struct aac_unpacking *x = state;
    au->damaged |= x->whole_bytes > 0 && au->len != x->whole_bytes;
    assembly_finish(au);
}

static int unpack(void *state, struct assembly *au, const struct rtp_packet *pkt, bool after_gap)
{
    struct aac_unpacking *x = state;
    int err = au->open && au->damaged ? 0 : take_payload(x, au, pkt, after_gap);
    if (err != 0) {
        if (!au->open)
            assembly_open(au, pkt->rtp_time);
        au->damaged = true;
    }
    bool complete = x->whole_bytes > 0 && au->len == x->whole_bytes;
    if (au->open && (pkt->marker || (complete && !au->damaged)))
        unpack_end(x, au);
    return err;
}

const struct rtp_codec rtp_aac = {
    .pack_start = pack_start,
    .pack_next = pack_next,
    .state_bytes = sizeof(struct aac_unpacking),
    .unpack_init = unpack_init,
    .unpack = unpack,
    .unpack_end = unpack_end,
};
