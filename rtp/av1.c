/* SPDX-License-Identifier: MIT */
/*
 * AV1 over RTP ("RTP Payload Format For AV1", AOM, version 1.0), both ways. A payload is an
 * aggregation header and OBU elements: units, or parts of units, without their sizes.
 */
#include "core/obu.h"
#include "rtp/codec.h"

#include <errno.h>

/* The aggregation header (section 4.4). */
enum {
    CONTINUES_BEFORE = 0x80, /* Z: the first element goes on with a unit of the last packet */
    CONTINUES_AFTER = 0x40,  /* Y: the last element goes on in the next packet */
    COUNT_SHIFT = 4,         /* W: how many elements, of which the last has no length; */
    COUNT_MAX = 3,           /* 0: any number, and each has its length */
    BEGINS_SEQUENCE = 0x08,  /* N */
    AGGREGATION_HEADER_BYTES = 1,
};

/* Receivers ignore the first two (section 5), and nobody misses padding. */
static bool is_carried(const struct obu *obu)
{
    enum obu_type type = obu_type(obu);
    return type != OBU_TEMPORAL_DELIMITER && type != OBU_TILE_LIST && type != OBU_PADDING;
}

/* Packing */

enum { MIN_FRAGMENT_BYTES = 16 }; /* a shorter one to fill a packet up is not worth it */

/* Moves on to the next unit that is carried. */
static void next_unit(struct packer *p)
{
    struct obu obu;
    struct slice at = p->rest;
    p->unit = (struct slice){0};
    for (; obu_next(&p->rest, &obu); at = p->rest) {
        if (!is_carried(&obu))
            continue;
        p->unit = slice_head(at, at.len - p->rest.len);
        return;
    }
}

static void pack_start(struct packer *p)
{
    struct obu_summary s = obu_summarize(p->au);
    p->begins_sequence = s.has_sequence_header && s.is_key && s.is_shown;
    next_unit(p);
}

/* What is left to send of the current unit: its header, when it is not begun, and its payload. */
struct remainder {
    struct obu obu;
    size_t header_bytes;
};

static struct remainder remainder_of(const struct packer *p)
{
    struct remainder r = {.obu = {.header = (uint8_t)(p->unit_header >> 8),
                                  .extension = (uint8_t)p->unit_header,
                                  .payload = p->unit}};
    if (p->in_fragments)
        return r;
    obu_parse(p->unit, &r.obu);
    r.header_bytes = obu_header_bytes(&r.obu);
    return r;
}

static size_t remainder_bytes(const struct remainder *r)
{
    return r->header_bytes + r->obu.payload.len;
}

/* Writes as many bytes of what is left, and moves on. */
static void pack_element(struct packer *p, uint8_t *dst, size_t bytes)
{
    struct remainder r = remainder_of(p);
    struct slice part = slice_head(r.obu.payload, bytes - r.header_bytes);
    if (dst != NULL) {
        const uint8_t header[] = {r.obu.header & (uint8_t)~OBU_HAS_SIZE, r.obu.extension};
        memcpy(dst, header, r.header_bytes);
        if (part.len > 0)
            memcpy(dst + r.header_bytes, part.ptr, part.len);
    }
    p->unit_header = (uint16_t)(r.obu.header << 8 | r.obu.extension);
    p->unit = slice_from(r.obu.payload, part.len);
    p->in_fragments = p->unit.len > 0;
    if (!p->in_fragments)
        next_unit(p);
}

/*
 * True when two units may share a packet: those of different layers may not, and a sequence header
 * should be the first one in its packet (section 5). *layer: of the units before; negative: none.
 */
static bool may_follow(const struct obu *obu, int *layer)
{
    if (obu_type(obu) == OBU_SEQUENCE_HEADER)
        return false;
    if ((obu->header & OBU_HAS_EXTENSION) == 0)
        return true;
    bool same = *layer < 0 || *layer == obu->extension;
    *layer = obu->extension;
    return same;
}

/* The elements of the next packet. */
struct plan {
    unsigned count;
    size_t bytes[COUNT_MAX];
    bool cut; /* the last one goes on in the packet after that */
};

static struct plan plan_packet(const struct packer *p)
{
    struct packer ahead = *p;
    struct plan plan = {0};
    size_t used = AGGREGATION_HEADER_BYTES;
    int layer = -1;
    while (ahead.unit.len > 0 && plan.count < COUNT_MAX) {
        struct remainder r = remainder_of(&ahead);
        size_t whole = remainder_bytes(&r);
        bool fits = used + size_min(whole, MIN_FRAGMENT_BYTES) <= p->max_payload;
        if (!fits || (!may_follow(&r.obu, &layer) && plan.count > 0))
            break;
        size_t bytes = size_min(whole, p->max_payload - used);
        plan.bytes[plan.count++] = bytes;
        plan.cut = bytes < whole;
        if (plan.cut)
            break;
        pack_element(&ahead, NULL, bytes);
        used += leb128_bytes((uint32_t)bytes) + bytes;
    }
    return plan;
}

static uint8_t aggregation_header(const struct packer *p, const struct plan *plan)
{
    return (uint8_t)((p->in_fragments ? CONTINUES_BEFORE : 0) | (plan->cut ? CONTINUES_AFTER : 0) |
                     plan->count << COUNT_SHIFT | (p->begins_sequence ? BEGINS_SEQUENCE : 0));
}

static size_t pack_next(struct packer *p, uint8_t *dst, bool *marker)
{
    if (p->unit.len == 0)
        return 0;
    struct plan plan = plan_packet(p);
    uint8_t length[LEB128_BYTES_MAX];
    size_t at = AGGREGATION_HEADER_BYTES;
    if (dst != NULL)
        dst[0] = aggregation_header(p, &plan);
    for (unsigned i = 0; i < plan.count; i++) {
        bool last = i + 1 == plan.count;
        if (!last)
            at += leb128_write(dst != NULL ? dst + at : length, (uint32_t)plan.bytes[i]);
        pack_element(p, dst != NULL ? dst + at : NULL, plan.bytes[i]);
        at += plan.bytes[i];
    }
    p->begins_sequence = false;
    *marker = p->unit.len == 0;
    return at;
}

/* Unpacking */

/* What unpacking remembers between packets. */
struct av1_unpacking {
    bool in_fragment; /* a unit has begun and not ended */
    size_t obu_at;    /* where it begins */

    bool any_ended; /* a temporal unit has ended before: */
    bool last_damaged;
    uint32_t last_time;
};

/* What is left of a payload. */
struct elements {
    struct slice rest;
    unsigned count; /* 0: each has its length */
    unsigned taken;
};

static struct elements elements_of(struct slice payload)
{
    return (struct elements){.rest = slice_from(payload, AGGREGATION_HEADER_BYTES),
                             .count = (unsigned)payload.ptr[0] >> COUNT_SHIFT & COUNT_MAX};
}

/* 1, 0 at the end, or -EBADMSG. */
static int next_element(struct elements *e, struct slice *element)
{
    uint32_t len;
    if (e->rest.len == 0)
        return e->taken > 0 && e->taken >= e->count ? 0 : -EBADMSG;
    e->taken++;
    if (e->taken == e->count)
        len = (uint32_t)e->rest.len;
    else if (!leb128_read(&e->rest, &len) || len > e->rest.len)
        return -EBADMSG;
    *element = slice_head(e->rest, len);
    e->rest = slice_from(e->rest, len);
    return 1;
}

/* Rewrites the unit that has been put together: with its size, whether it came with one or not. */
static int end_obu(struct av1_unpacking *x, struct assembly *au)
{
    struct obu obu;
    x->in_fragment = false;
    if (!assembly_reserve(au, LEB128_BYTES_MAX))
        return 0;
    if (!obu_parse(slice_of(au->data + x->obu_at, au->len - x->obu_at), &obu))
        return -EBADMSG;
    au->len = x->obu_at;
    if (is_carried(&obu))
        obu_append(au->data, au->cap, &au->len, &obu);
    return 0;
}

static int take_element(struct av1_unpacking *x, struct assembly *au, struct slice element,
                        bool ends)
{
    if (!x->in_fragment)
        x->obu_at = au->len;
    x->in_fragment = true;
    assembly_append(au, element);
    return ends && !au->damaged ? end_obu(x, au) : 0;
}

static int take_payload(struct av1_unpacking *x, struct assembly *au, struct slice payload)
{
    if (payload.len == 0)
        return 0; /* padding alone */
    bool goes_on = (payload.ptr[0] & CONTINUES_BEFORE) != 0;
    bool will_go_on = (payload.ptr[0] & CONTINUES_AFTER) != 0;
    if (goes_on != x->in_fragment)
        return -EBADMSG;
    struct elements e = elements_of(payload);
    struct slice element;
    int more;
    while ((more = next_element(&e, &element)) > 0) {
        bool last = e.rest.len == 0;
        int err = take_element(x, au, element, !last || !will_go_on);
        if (err != 0)
            return err;
    }
    return more;
}

/*
 * True when a payload is the first of a temporal unit without doubt: it begins a sequence, or with
 * a unit that stands before all others. Nothing tells the first payload of other temporal units
 * from the later ones.
 */
static bool payload_begins_tu(struct slice payload)
{
    struct slice element;
    if (payload.len == 0 || (payload.ptr[0] & CONTINUES_BEFORE) != 0)
        return false;
    if ((payload.ptr[0] & BEGINS_SEQUENCE) != 0)
        return true;
    struct elements e = elements_of(payload);
    if (next_element(&e, &element) <= 0 || element.len == 0)
        return false;
    enum obu_type type = obu_type(&(struct obu){.header = element.ptr[0]});
    return type == OBU_TEMPORAL_DELIMITER || type == OBU_SEQUENCE_HEADER;
}

/* What comes behind a loss, or behind a marker in a damaged temporal unit, may lack its beginning.
 */
static void begin_tu(struct av1_unpacking *x, struct assembly *au, const struct rtp_packet *pkt,
                     bool after_gap)
{
    assembly_open(au, pkt->rtp_time);
    x->in_fragment = false;
    bool continues = x->any_ended && x->last_time == pkt->rtp_time;
    bool in_doubt = after_gap || (continues && x->last_damaged);
    au->damaged = in_doubt && !payload_begins_tu(pkt->payload);
}

static struct obu_summary summarize(const struct assembly *au)
{
    return obu_summarize(slice_of(au->data, au->len));
}

/*
 * Decoding may start at a key frame that is shown, and also at one that is shown later when it has
 * a sequence header (AV1 specification section 7.6.2). A sequence header alone is not enough: some
 * encoders repeat it anywhere.
 */
static void end_tu(struct av1_unpacking *x, struct assembly *au)
{
    struct obu_summary s = au->damaged ? (struct obu_summary){0} : summarize(au);
    au->key = s.is_key && (s.is_shown || s.has_sequence_header);
    x->any_ended = true;
    x->last_damaged = au->damaged;
    x->last_time = au->rtp_time;
    assembly_finish(au);
}

/* What has no frame yet belongs to the next temporal unit. */
static void unpack_end(void *state, struct assembly *au)
{
    struct av1_unpacking *x = state;
    au->damaged |= x->in_fragment;
    if (au->damaged || summarize(au).has_frame)
        end_tu(x, au);
}

static int unpack(void *state, struct assembly *au, const struct rtp_packet *pkt, bool after_gap)
{
    struct av1_unpacking *x = state;
    if (!au->open)
        begin_tu(x, au, pkt, after_gap);
    int err = au->damaged ? 0 : take_payload(x, au, pkt->payload);
    if (err != 0)
        au->damaged = true;
    if (pkt->marker && (au->damaged || (!x->in_fragment && summarize(au).has_frame)))
        end_tu(x, au);
    return err;
}

const struct rtp_codec rtp_av1 = {
    .pack_start = pack_start,
    .pack_next = pack_next,
    .state_bytes = sizeof(struct av1_unpacking),
    .unpack = unpack,
    .unpack_end = unpack_end,
};
