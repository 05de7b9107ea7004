/* SPDX-License-Identifier: MIT */
#include "rtp/nal_payload.h"

#include "core/bytes.h"
#include "core/nal.h"

#include <errno.h>

enum { HEADER_BYTES_MAX = 2 };

static unsigned roles_of(const struct nal_format *f, struct slice nal)
{
    return f->roles(nal_header(f, nal), slice_from(nal, f->header_bytes));
}

/* True for a unit that cannot stand behind the first slice of its access unit. */
static bool begins_au(const struct nal_format *f, struct slice nal)
{
    return nal.len >= f->header_bytes &&
           (roles_of(f, nal) & (NAL_BEGINS_PICTURE | NAL_IN_FRONT)) != 0;
}

/* The header of the unit that fu, a fragment's FU header and what is behind it, is a part of. */
static unsigned fragmented_header(const struct nal_format *f, unsigned payload_header,
                                  struct slice fu)
{
    return nal_with_type(f, payload_header, fu.ptr[0] & f->type_mask);
}

/* True when a payload seems to be the first of an access unit: a look at its first unit. */
static bool payload_begins_au(const struct nal_format *f, struct slice payload)
{
    struct slice nal, body = slice_from(payload, f->header_bytes);
    if (body.len == 0)
        return begins_au(f, payload);
    unsigned header = nal_header(f, payload);
    if (nal_type(f, header) == f->aggregation_type)
        return begins_au(f, slice_from(body, AGGREGATE_LENGTH_BYTES));
    if (nal_type(f, header) == f->fragment_type)
        return (body.ptr[0] & FU_START) != 0 &&
               (f->roles(fragmented_header(f, header, body), slice_from(body, FU_HEADER_BYTES)) &
                (NAL_BEGINS_PICTURE | NAL_IN_FRONT)) != 0;
    return annexb_next(&payload, &nal) && begins_au(f, nal);
}

/* An SEI unit behind slices speaks of the next picture, though it has the time stamp of this one.
 */
static void note_unit(struct nal_unpacking *n, struct assembly *au, unsigned roles)
{
    bool is_slice = (roles & NAL_SLICE) != 0;
    if (is_slice && !n->has_slice)
        n->headless = n->continues && (roles & NAL_BEGINS_PICTURE) == 0;
    if (is_slice || !n->has_slice)
        au->key |= (roles & NAL_IS_KEY) != 0;
    n->marker_misleads |= n->headless;
    n->has_slice |= is_slice;
}

static int take_unit(struct nal_unpacking *n, const struct nal_format *f, struct assembly *au,
                     struct slice nal)
{
    if (nal.len < f->header_bytes)
        return 0;
    unsigned roles = roles_of(f, nal);
    if ((roles & NAL_UNUSED) != 0)
        return 0;
    if ((roles & NAL_NO_UNIT) != 0)
        return -EBADMSG;
    if (assembly_reserve(au, NAL_LENGTH_BYTES + nal.len) &&
        nal_append(au->data, au->cap, &au->len, nal))
        note_unit(n, au, roles);
    return 0;
}

/* A single NAL unit, or what some cameras send instead: several with Annex B start codes between.
 */
static int take_single(struct nal_unpacking *n, const struct nal_format *f, struct assembly *au,
                       struct slice payload)
{
    struct slice nal;
    while (annexb_next(&payload, &nal)) {
        int err = take_unit(n, f, au, nal);
        if (err != 0)
            return err;
    }
    return 0;
}

static int take_aggregate(struct nal_unpacking *n, const struct nal_format *f, struct assembly *au,
                          struct slice payload)
{
    struct slice rest = slice_from(payload, f->header_bytes);
    while (rest.len > 0) {
        if (rest.len < AGGREGATE_LENGTH_BYTES)
            return -EBADMSG;
        size_t len = get_be16(rest.ptr);
        rest = slice_from(rest, AGGREGATE_LENGTH_BYTES);
        if (len > rest.len)
            return -EBADMSG;
        int err = take_unit(n, f, au, slice_head(rest, len));
        if (err != 0)
            return err;
        rest = slice_from(rest, len);
    }
    return 0;
}

/* Puts down the header of the unit, behind room for its length. */
static void start_unit(struct nal_unpacking *n, const struct nal_format *f, struct assembly *au,
                       unsigned header)
{
    static const uint8_t no_length[NAL_LENGTH_BYTES];
    uint8_t bytes[HEADER_BYTES_MAX];
    nal_put_header(f, bytes, header);
    n->in_fragment = true;
    n->nal_at = au->len;
    assembly_append(au, slice_of(no_length, NAL_LENGTH_BYTES));
    assembly_append(au, slice_of(bytes, f->header_bytes));
}

static void end_unit(struct nal_unpacking *n, const struct nal_format *f, struct assembly *au)
{
    n->in_fragment = false;
    if (au->damaged)
        return;
    uint8_t *nal = au->data + n->nal_at + NAL_LENGTH_BYTES;
    size_t len = au->len - n->nal_at - NAL_LENGTH_BYTES;
    put_be32(au->data + n->nal_at, (uint32_t)len);
    note_unit(n, au, roles_of(f, slice_of(nal, len)));
}

/* Both bits in one fragment are forbidden, but leave no doubt about what is meant. */
static int take_fragment(struct nal_unpacking *n, const struct nal_format *f, struct assembly *au,
                         struct slice payload)
{
    struct slice fu = slice_from(payload, f->header_bytes);
    if (fu.len < FU_HEADER_BYTES)
        return -EBADMSG;
    bool start = (fu.ptr[0] & FU_START) != 0;
    unsigned header = fragmented_header(f, nal_header(f, payload), fu);
    unsigned roles = f->roles(header, (struct slice){0});
    if (start == n->in_fragment || (roles & (NAL_UNUSED | NAL_NO_UNIT)) != 0)
        return -EBADMSG;
    if (start)
        start_unit(n, f, au, header);
    assembly_append(au, slice_from(fu, FU_HEADER_BYTES));
    if ((fu.ptr[0] & FU_END) != 0)
        end_unit(n, f, au);
    return 0;
}

static int take_payload(struct nal_unpacking *n, const struct nal_format *f, struct assembly *au,
                        struct slice payload)
{
    if (payload.len == 0)
        return 0; /* padding alone */
    if (payload.len < f->header_bytes)
        return -EBADMSG;
    unsigned type = nal_type(f, nal_header(f, payload));
    if (type == f->fragment_type)
        return take_fragment(n, f, au, payload);
    if (n->in_fragment)
        return -EBADMSG;
    return type == f->aggregation_type ? take_aggregate(n, f, au, payload)
                                       : take_single(n, f, au, payload);
}

/*
 * Opens the access unit that pkt is the first packet of, or seems to be: when what came before is
 * lost, or was part of the same picture and damaged, then it must show that it begins one.
 */
static void begin_au(struct nal_unpacking *n, const struct nal_format *f, struct assembly *au,
                     const struct rtp_packet *pkt, bool after_gap)
{
    assembly_open(au, pkt->rtp_time);
    n->has_slice = false;
    n->headless = false;
    n->in_fragment = false;
    n->continues = n->any_ended && n->last_time == pkt->rtp_time;
    bool in_doubt = after_gap || (n->continues && n->last_damaged);
    au->damaged = in_doubt && !payload_begins_au(f, pkt->payload);
}

static void end_au(struct nal_unpacking *n, struct assembly *au)
{
    n->any_ended = true;
    n->last_damaged = au->damaged;
    n->last_time = au->rtp_time;
    au->key &= !n->headless;
    assembly_finish(au);
}

/* Units before the first slice belong to the picture that follows: some cameras give parameter sets
 * the time stamp of the picture before. */
void nal_unpack_end(void *state, struct assembly *au)
{
    struct nal_unpacking *n = state;
    au->damaged |= n->in_fragment;
    if (au->damaged || n->has_slice)
        end_au(n, au);
}

int nal_unpack(struct nal_unpacking *n, const struct nal_format *f, struct assembly *au,
               const struct rtp_packet *pkt, bool after_gap)
{
    if (!au->open)
        begin_au(n, f, au, pkt, after_gap);
    int err = au->damaged ? 0 : take_payload(n, f, au, pkt->payload);
    if (err != 0)
        au->damaged = true;
    /* Cameras set the marker on parameter sets, and some on every packet: neither ends a picture.
     */
    bool whole = n->has_slice && !n->in_fragment && !n->marker_misleads;
    if (pkt->marker && (au->damaged || whole))
        end_au(n, au);
    return err;
}
