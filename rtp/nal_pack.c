/* SPDX-License-Identifier: MIT */
#include "rtp/nal_payload.h"

#include "core/bytes.h"
#include "core/nal.h"

/* Moves on to the next unit that has a header. */
static void next_unit(struct packer *p, const struct nal_format *f)
{
    do
        p->unit = (struct slice){0};
    while (nal_next(&p->rest, &p->unit) && p->unit.len < f->header_bytes);
}

void nal_pack_start(struct packer *p, const struct nal_format *f)
{
    next_unit(p, f);
}

/* A unit gets here only when it is larger than a payload, so that it is two at least. */
static size_t pack_fragment(struct packer *p, const struct nal_format *f, uint8_t *dst)
{
    size_t overhead = f->header_bytes + FU_HEADER_BYTES;
    unsigned start = p->in_fragments ? 0 : FU_START;
    if (!p->in_fragments) {
        p->unit_header = (uint16_t)nal_header(f, p->unit);
        p->unit = slice_from(p->unit, f->header_bytes);
    }
    struct slice part = slice_head(p->unit, p->max_payload - overhead);
    bool last = part.len == p->unit.len;
    if (dst != NULL) {
        nal_put_header(f, dst, nal_with_type(f, p->unit_header, f->fragment_type));
        dst[f->header_bytes] = (uint8_t)(start | (last ? FU_END : 0) | nal_type(f, p->unit_header));
        memcpy(dst + overhead, part.ptr, part.len);
    }
    p->unit = slice_from(p->unit, part.len);
    p->in_fragments = !last;
    if (last)
        next_unit(p, f);
    return overhead + part.len;
}

static size_t pack_single(struct packer *p, const struct nal_format *f, uint8_t *dst)
{
    size_t len = p->unit.len;
    if (dst != NULL)
        memcpy(dst, p->unit.ptr, len);
    next_unit(p, f);
    return len;
}

/* The next units that fit into one aggregation packet together. */
struct aggregate {
    unsigned units;
    unsigned header;
};

static struct aggregate plan_aggregate(const struct packer *p, const struct nal_format *f)
{
    struct packer ahead = *p;
    struct aggregate plan = {0, nal_header(f, p->unit)};
    size_t bytes = f->header_bytes;
    for (; ahead.unit.len > 0; next_unit(&ahead, f)) {
        bytes += AGGREGATE_LENGTH_BYTES + ahead.unit.len;
        if (bytes > p->max_payload)
            break;
        plan.header = f->merge_headers(plan.header, nal_header(f, ahead.unit));
        plan.units++;
    }
    plan.header = nal_with_type(f, plan.header, f->aggregation_type);
    return plan;
}

static size_t pack_aggregate(struct packer *p, const struct nal_format *f, uint8_t *dst,
                             struct aggregate plan)
{
    size_t at = f->header_bytes;
    if (dst != NULL)
        nal_put_header(f, dst, plan.header);
    for (; plan.units > 0; plan.units--) {
        if (dst != NULL) {
            put_be16(dst + at, (uint16_t)p->unit.len);
            memcpy(dst + at + AGGREGATE_LENGTH_BYTES, p->unit.ptr, p->unit.len);
        }
        at += AGGREGATE_LENGTH_BYTES + p->unit.len;
        next_unit(p, f);
    }
    return at;
}

static size_t pack_payload(struct packer *p, const struct nal_format *f, uint8_t *dst)
{
    if (p->in_fragments || p->unit.len > p->max_payload)
        return pack_fragment(p, f, dst);
    struct aggregate plan = plan_aggregate(p, f);
    return plan.units > 1 ? pack_aggregate(p, f, dst, plan) : pack_single(p, f, dst);
}

size_t nal_pack_next(struct packer *p, const struct nal_format *f, uint8_t *dst, bool *marker)
{
    if (p->unit.len == 0)
        return 0;
    size_t len = pack_payload(p, f, dst);
    *marker = p->unit.len == 0;
    return len;
}
