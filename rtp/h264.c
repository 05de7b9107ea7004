/* SPDX-License-Identifier: MIT */
/*
 * H.264 over RTP (RFC 6184), packetization-mode 1: single NAL unit packets, STAP-A and FU-A, both
 * ways.
 */
#include "rtp/codec.h"

#include "core/bytes.h"
#include "core/nal.h"

#include <errno.h>

/* Payload types beyond the NAL unit types of H.264 itself (RFC 6184 table 1). */
enum {
    STAP_A = 24,
    STAP_B = 25,
    MTAP16 = 26,
    MTAP24 = 27,
    FU_A = 28,
    FU_B = 29,
};

/* A slice data partition that begins with the slice header (ITU-T H.264 table 7-1). */
enum { PARTITION_A = 2 };

enum {
    F_BIT = 0x80,
    NRI_BITS = 0x60,
    TYPE_BITS = 0x1f,
    FU_START = 0x80,
    FU_END = 0x40,
    FU_HEADER_BYTES = 2,
    STAP_HEADER_BYTES = 1,
    STAP_LENGTH_BYTES = 2,
};

/* Packing */

/* Moves on to the next unit that has any bytes. */
static void next_unit(struct packer *p)
{
    p->unit = (struct slice){0};
    while (p->unit.len == 0 && nal_next(&p->rest, &p->unit))
        ;
}

static void pack_start(struct packer *p)
{
    next_unit(p);
}

/* Section 5.8. A unit gets here only when it is larger than a payload, so that it is two at least.
 */
static size_t pack_fragment(struct packer *p, uint8_t *dst)
{
    uint8_t start = p->in_fragments ? 0 : FU_START;
    if (!p->in_fragments) {
        p->unit_header = p->unit.ptr[0];
        p->unit = slice_from(p->unit, 1);
    }
    struct slice part = slice_head(p->unit, p->max_payload - FU_HEADER_BYTES);
    bool last = part.len == p->unit.len;
    if (dst != NULL) {
        dst[0] = (uint8_t)((p->unit_header & (F_BIT | NRI_BITS)) | FU_A);
        dst[1] = (uint8_t)(start | (last ? FU_END : 0) | (p->unit_header & TYPE_BITS));
        memcpy(dst + FU_HEADER_BYTES, part.ptr, part.len);
    }
    p->unit = slice_from(p->unit, part.len);
    p->in_fragments = !last;
    if (last)
        next_unit(p);
    return FU_HEADER_BYTES + part.len;
}

static size_t pack_single(struct packer *p, uint8_t *dst)
{
    size_t len = p->unit.len;
    if (dst != NULL)
        memcpy(dst, p->unit.ptr, len);
    next_unit(p);
    return len;
}

/* The next units that fit into one STAP-A together (section 5.7.1). */
struct aggregate {
    unsigned units;
    uint8_t header;
};

static struct aggregate plan_aggregate(const struct packer *p)
{
    struct packer ahead = *p;
    struct aggregate plan = {0, STAP_A};
    size_t bytes = STAP_HEADER_BYTES;
    for (; ahead.unit.len > 0; next_unit(&ahead)) {
        bytes += STAP_LENGTH_BYTES + ahead.unit.len;
        if (bytes > p->max_payload)
            break;
        uint8_t header = ahead.unit.ptr[0];
        uint8_t nri = plan.header & NRI_BITS;
        if ((header & NRI_BITS) > nri)
            nri = header & NRI_BITS;
        plan.header = (uint8_t)(((plan.header | header) & F_BIT) | nri | STAP_A);
        plan.units++;
    }
    return plan;
}

static size_t pack_aggregate(struct packer *p, uint8_t *dst, struct aggregate plan)
{
    size_t at = STAP_HEADER_BYTES;
    if (dst != NULL)
        dst[0] = plan.header;
    for (; plan.units > 0; plan.units--) {
        if (dst != NULL) {
            put_be16(dst + at, (uint16_t)p->unit.len);
            memcpy(dst + at + STAP_LENGTH_BYTES, p->unit.ptr, p->unit.len);
        }
        at += STAP_LENGTH_BYTES + p->unit.len;
        next_unit(p);
    }
    return at;
}

static size_t pack_payload(struct packer *p, uint8_t *dst)
{
    if (p->in_fragments || p->unit.len > p->max_payload)
        return pack_fragment(p, dst);
    struct aggregate plan = plan_aggregate(p);
    return plan.units > 1 ? pack_aggregate(p, dst, plan) : pack_single(p, dst);
}

static size_t pack_next(struct packer *p, uint8_t *dst, bool *marker)
{
    if (p->unit.len == 0)
        return 0;
    size_t len = pack_payload(p, dst);
    *marker = p->unit.len == 0;
    return len;
}

/* Unpacking */

/* What unpacking remembers between packets. */
struct h264_unpacking {
    bool has_vcl;         /* the open access unit has a slice */
    bool continues;       /* it goes on with a picture whose first slices were already delivered */
    bool headless;        /* its first slice is not the first one of a picture, and it continues */
    bool marker_misleads; /* it was seen inside a picture: from then on only time stamps end one */
    bool in_fragment;     /* a FU-A has started and not ended */
    size_t nal_at; /* where the unit being put together from fragments begins, its length first */

    bool any_ended; /* an access unit has ended before: */
    bool last_damaged;
    uint32_t last_time;
};

/*
 * True for the first slice of a picture: first_mb_in_slice, the first element of a slice header, is
 * 0, of which the Exp-Golomb code is a single 1 bit (ITU-T H.264 sections 7.3.3 and 9.1). Data
 * partitions B and C (types 3 and 4) begin with another element.
 */
static bool begins_picture(struct slice nal)
{
    unsigned type = h264_nal_type(nal);
    bool has_first_mb = type == H264_NAL_SLICE || type == PARTITION_A || type == H264_NAL_IDR;
    return has_first_mb && nal.len > 1 && (nal.ptr[1] & 0x80) != 0;
}

/* True for a unit that cannot stand behind the first slice of its access unit (7.4.1.2.3). */
static bool begins_au(struct slice nal)
{
    unsigned type = h264_nal_type(nal);
    return (type >= H264_NAL_SEI && type <= H264_NAL_AUD) || begins_picture(nal);
}

/* The same of a payload: a look at its first unit. */
static bool payload_begins_au(struct slice payload)
{
    struct slice nal;
    switch ((unsigned)h264_nal_type(payload)) {
    case STAP_A:
        return begins_au(slice_from(payload, STAP_HEADER_BYTES + STAP_LENGTH_BYTES));
    case FU_A:
        /* From its second byte on, a first fragment looks like the unit: the type, then the data.
         */
        return payload.len > 1 && (payload.ptr[1] & FU_START) != 0 &&
               begins_au(slice_from(payload, 1));
    default:
        return annexb_next(&payload, &nal) && begins_au(nal);
    }
}

static void note_unit(struct h264_unpacking *h, struct assembly *au, struct slice nal)
{
    if (!h264_nal_is_vcl(nal))
        return;
    if (!h->has_vcl)
        h->headless = h->continues && !begins_picture(nal);
    h->marker_misleads |= h->headless;
    h->has_vcl = true;
    if (h264_nal_type(nal) == H264_NAL_IDR && begins_picture(nal) && !h->headless)
        au->key = true;
}

static int take_unit(struct h264_unpacking *h, struct assembly *au, struct slice nal)
{
    switch ((unsigned)h264_nal_type(nal)) {
    case 0:
    case 30:
    case 31:
        return 0; /* reserved: to be ignored (section 5.4, table 3) */
    case STAP_A:
    case STAP_B:
    case MTAP16:
    case MTAP24:
    case FU_A:
    case FU_B:
        return -EBADMSG;
    default:
        if (assembly_reserve(au, NAL_LENGTH_BYTES + nal.len) &&
            nal_append(au->data, au->cap, &au->len, nal))
            note_unit(h, au, nal);
        return 0;
    }
}

/* A single NAL unit, or what some cameras send instead: several with Annex B start codes between.
 */
static int take_single(struct h264_unpacking *h, struct assembly *au, struct slice payload)
{
    struct slice nal;
    while (annexb_next(&payload, &nal)) {
        int err = take_unit(h, au, nal);
        if (err != 0)
            return err;
    }
    return 0;
}

static int take_aggregate(struct h264_unpacking *h, struct assembly *au, struct slice payload)
{
    struct slice rest = slice_from(payload, STAP_HEADER_BYTES);
    while (rest.len > 0) {
        if (rest.len < STAP_LENGTH_BYTES)
            return -EBADMSG;
        size_t len = get_be16(rest.ptr);
        rest = slice_from(rest, STAP_LENGTH_BYTES);
        if (len > rest.len)
            return -EBADMSG;
        int err = take_unit(h, au, slice_head(rest, len));
        if (err != 0)
            return err;
        rest = slice_from(rest, len);
    }
    return 0;
}

/* Puts down the first byte of the unit, behind room for its length. */
static void start_unit(struct h264_unpacking *h, struct assembly *au, uint8_t nal_header)
{
    static const uint8_t no_length[NAL_LENGTH_BYTES];
    h->in_fragment = true;
    h->nal_at = au->len;
    assembly_append(au, slice_of(no_length, NAL_LENGTH_BYTES));
    assembly_append(au, slice_of(&nal_header, 1));
}

static void end_unit(struct h264_unpacking *h, struct assembly *au)
{
    h->in_fragment = false;
    if (au->damaged)
        return;
    uint8_t *nal = au->data + h->nal_at + NAL_LENGTH_BYTES;
    size_t len = au->len - h->nal_at - NAL_LENGTH_BYTES;
    put_be32(au->data + h->nal_at, (uint32_t)len);
    note_unit(h, au, slice_of(nal, len));
}

/* Section 5.8. Both bits in one fragment are forbidden, but leave no doubt about what is meant. */
static int take_fragment(struct h264_unpacking *h, struct assembly *au, struct slice payload)
{
    if (payload.len < FU_HEADER_BYTES)
        return -EBADMSG;
    bool start = (payload.ptr[1] & FU_START) != 0;
    unsigned type = payload.ptr[1] & TYPE_BITS;
    if (start == h->in_fragment || type == 0 || type >= STAP_A)
        return -EBADMSG;
    if (start)
        start_unit(h, au, (uint8_t)((payload.ptr[0] & (F_BIT | NRI_BITS)) | type));
    assembly_append(au, slice_from(payload, FU_HEADER_BYTES));
    if ((payload.ptr[1] & FU_END) != 0)
        end_unit(h, au);
    return 0;
}

static int take_payload(struct h264_unpacking *h, struct assembly *au, struct slice payload)
{
    unsigned type = h264_nal_type(payload);
    if (type == FU_A)
        return take_fragment(h, au, payload);
    if (h->in_fragment)
        return -EBADMSG;
    return type == STAP_A ? take_aggregate(h, au, payload) : take_single(h, au, payload);
}

/*
 * Opens the access unit that pkt is the first packet of, or seems to be: when what came before is
 * lost, or was part of the same picture and damaged, then it must show that it begins one.
 */
static void begin_au(struct h264_unpacking *h, struct assembly *au, const struct rtp_packet *pkt,
                     bool after_gap)
{
    assembly_open(au, pkt->rtp_time);
    h->has_vcl = false;
    h->headless = false;
    h->in_fragment = false;
    h->continues = h->any_ended && h->last_time == pkt->rtp_time;
    bool in_doubt = after_gap || (h->continues && h->last_damaged);
    au->damaged = in_doubt && !payload_begins_au(pkt->payload);
}

static void end_au(struct h264_unpacking *h, struct assembly *au)
{
    h->any_ended = true;
    h->last_damaged = au->damaged;
    h->last_time = au->rtp_time;
    assembly_finish(au);
}

/*
 * A new time stamp ends an access unit, marker or not. Units before the first slice belong to the
 * picture that follows: some cameras give parameter sets the time stamp of the picture before.
 */
static void change_time(struct h264_unpacking *h, struct assembly *au, uint32_t rtp_time)
{
    au->damaged |= h->in_fragment;
    if (au->damaged || h->has_vcl)
        end_au(h, au);
    else
        au->rtp_time = rtp_time;
}

static int unpack(void *state, struct assembly *au, const struct rtp_packet *pkt, bool after_gap)
{
    struct h264_unpacking *h = state;
    if (au->open && au->rtp_time != pkt->rtp_time)
        change_time(h, au, pkt->rtp_time);
    if (!au->open)
        begin_au(h, au, pkt, after_gap);
    int err = au->damaged ? 0 : take_payload(h, au, pkt->payload);
    if (err != 0)
        au->damaged = true;
    /* Cameras set the marker on parameter sets, and some on every packet: neither ends a picture.
     */
    bool whole = h->has_vcl && !h->in_fragment && !h->marker_misleads;
    if (pkt->marker && (au->damaged || whole))
        end_au(h, au);
    return err;
}

const struct rtp_codec rtp_h264 = {
    .pack_start = pack_start,
    .pack_next = pack_next,
    .state_bytes = sizeof(struct h264_unpacking),
    .unpack = unpack,
};
