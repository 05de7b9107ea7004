/* SPDX-License-Identifier: MIT */
#include "rtp/jpeg.h"

#include "core/bytes.h"
#include "rtp/codec.h"

#include <errno.h>

/* Where the main header has what. The fragment offset shares its four bytes with the first. */
enum { TYPE_AT = 4, Q_AT = 5, OFFSET_MAX = 0xffffff };

enum {
    TYPE_RESTART = 64,  /* from here on there is a restart header, */
    TYPE_DYNAMIC = 128, /* and from here on nobody knows (section 3.1.3) */
    Q_TABLES = 128,     /* from here on there are tables, */
    Q_CHANGING = 255,   /* here in every frame (section 4.2) */
};

/* F, L and the restart count of packets that hold no whole number of restart intervals, so that
 * the frame must be put together before it is decoded (section 3.1.7). */
enum { RESTART_ANYWHERE = 0xffff };

/* Parsing */

/* Takes the first bytes off the front. False when there are not so many. */
static bool take(struct slice *rest, size_t bytes, struct slice *taken)
{
    if (bytes > rest->len)
        return false;
    *taken = slice_head(*rest, bytes);
    *rest = slice_from(*rest, bytes);
    return true;
}

static bool parse_tables(struct slice *rest, struct jpeg_payload *jpeg)
{
    struct slice header;
    if (!take(rest, JPEG_TABLE_HEADER_BYTES, &header))
        return false;
    jpeg->precision = header.ptr[1];
    size_t len = get_be16(header.ptr + 2);
    return len <= JPEG_TABLES_MAX && take(rest, len, &jpeg->tables);
}

bool jpeg_has_tables(const struct jpeg_payload *jpeg)
{
    return jpeg->q >= Q_TABLES && jpeg->offset == 0;
}

bool jpeg_parse(struct slice payload, struct jpeg_payload *jpeg)
{
    *jpeg = (struct jpeg_payload){0};
    if (!take(&payload, JPEG_MAIN_BYTES, &jpeg->main))
        return false;
    uint8_t type = jpeg->main.ptr[TYPE_AT];
    jpeg->offset = get_be32(jpeg->main.ptr) & OFFSET_MAX;
    jpeg->q = jpeg->main.ptr[Q_AT];
    if (type >= TYPE_DYNAMIC)
        return false;
    if (type >= TYPE_RESTART && !take(&payload, JPEG_RESTART_BYTES, &jpeg->restart))
        return false;
    if (jpeg_has_tables(jpeg) && !parse_tables(&payload, jpeg))
        return false;
    jpeg->scan = payload;
    return payload.len > 0;
}

/* Packing */

/* A frame that has no such form, or of which the headers do not fit into a packet, makes none. */
static void pack_start(struct packer *p)
{
    struct jpeg_payload jpeg;
    p->rest = (struct slice){0};
    if (!jpeg_parse(p->au, &jpeg) || jpeg.offset != 0 || jpeg.scan.len > OFFSET_MAX)
        return;
    p->unit = slice_head(p->au, p->au.len - jpeg.scan.len);
    if (p->unit.len < p->max_payload)
        p->rest = jpeg.scan;
}

/* All headers for the first packet; for the others those that every packet has. */
static struct slice next_headers(const struct packer *p)
{
    bool has_restart = p->unit.ptr[TYPE_AT] >= TYPE_RESTART;
    size_t fixed = JPEG_MAIN_BYTES + (has_restart ? JPEG_RESTART_BYTES : 0U);
    return p->in_fragments ? slice_head(p->unit, fixed) : p->unit;
}

static size_t pack_next(struct packer *p, uint8_t *dst, bool *marker)
{
    if (p->rest.len == 0)
        return 0;
    struct slice headers = next_headers(p);
    struct slice part = slice_head(p->rest, p->max_payload - headers.len);
    if (dst != NULL) {
        size_t offset = p->au.len - p->unit.len - p->rest.len;
        memcpy(dst, headers.ptr, headers.len);
        put_be32(dst, (uint32_t)headers.ptr[0] << 24 | (uint32_t)offset);
        memcpy(dst + headers.len, part.ptr, part.len);
    }
    p->rest = slice_from(p->rest, part.len);
    p->in_fragments = true;
    *marker = p->rest.len == 0;
    return headers.len + part.len;
}

/* Unpacking */

/* What unpacking remembers between packets. */
struct jpeg_unpacking {
    size_t scan_at; /* where in the open frame the scan data begins */
    uint8_t q;      /* the last tables that hold beyond their frame; 0: none */
    uint8_t precision;
    uint16_t tables_len;
    uint8_t tables[JPEG_TABLES_MAX];
};

/* Remembers the tables of a payload, or fills in those that it means (section 4.2). */
static int settle_tables(struct jpeg_unpacking *j, struct assembly *au, struct jpeg_payload *jpeg)
{
    if (jpeg->tables.len > 0 && jpeg->q < Q_CHANGING) {
        j->q = jpeg->q;
        j->precision = jpeg->precision;
        j->tables_len = (uint16_t)jpeg->tables.len;
        memcpy(j->tables, jpeg->tables.ptr, jpeg->tables.len);
    }
    if (jpeg->tables.len > 0)
        return 0;
    if (jpeg->q == Q_CHANGING)
        return -EBADMSG;
    if (jpeg->q != j->q)
        au->damaged = true; /* they were sent before we came */
    jpeg->precision = j->precision;
    jpeg->tables = slice_of(j->tables, j->tables_len);
    return 0;
}

/* Puts down the headers of a frame, in the form of jpeg.h. */
static void append_headers(struct assembly *au, const struct jpeg_payload *jpeg)
{
    uint8_t restart[JPEG_RESTART_BYTES];
    uint8_t header[JPEG_TABLE_HEADER_BYTES] = {0, jpeg->precision};
    assembly_append(au, jpeg->main);
    if (jpeg->restart.len > 0) {
        memcpy(restart, jpeg->restart.ptr, 2);
        put_be16(restart + 2, RESTART_ANYWHERE);
        assembly_append(au, slice_of(restart, sizeof(restart)));
    }
    if (jpeg_has_tables(jpeg)) {
        put_be16(header + 2, (uint16_t)jpeg->tables.len);
        assembly_append(au, slice_of(header, sizeof(header)));
        assembly_append(au, jpeg->tables);
    }
}

/* Opens the frame that a packet seems to be the first one of. */
static int begin_au(struct jpeg_unpacking *j, struct assembly *au, uint32_t rtp_time,
                    struct jpeg_payload *jpeg, bool after_gap)
{
    assembly_open(au, rtp_time);
    au->key = true;
    if (jpeg->offset != 0) {
        au->damaged = true;
        return after_gap ? 0 : -EBADMSG;
    }
    int err = jpeg_has_tables(jpeg) ? settle_tables(j, au, jpeg) : 0;
    append_headers(au, jpeg);
    j->scan_at = au->len;
    return err;
}

/* The other packets must go on where the last one ended, and speak of the same image (3.1). */
static bool continues(const struct jpeg_unpacking *j, const struct assembly *au,
                      const struct jpeg_payload *jpeg)
{
    return jpeg->offset == au->len - j->scan_at &&
           memcmp(jpeg->main.ptr + TYPE_AT, au->data + TYPE_AT, JPEG_MAIN_BYTES - TYPE_AT) == 0;
}

static int take_payload(struct jpeg_unpacking *j, struct assembly *au, uint32_t rtp_time,
                        struct jpeg_payload *jpeg, bool after_gap)
{
    if (!au->open) {
        int err = begin_au(j, au, rtp_time, jpeg, after_gap);
        if (err != 0)
            return err;
    }
    if (au->damaged)
        return 0;
    if (!continues(j, au, jpeg))
        return -EBADMSG;
    assembly_append(au, jpeg->scan);
    return 0;
}

static int unpack(void *state, struct assembly *au, const struct rtp_packet *pkt, bool after_gap)
{
    struct jpeg_payload jpeg;
    bool well_formed = jpeg_parse(pkt->payload, &jpeg);
    bool begins = well_formed && jpeg.offset == 0;
    if (au->open && begins)
        assembly_finish(au);
    int err = well_formed ? take_payload(state, au, pkt->rtp_time, &jpeg, after_gap) : -EBADMSG;
    if (err != 0) {
        if (!au->open)
            assembly_open(au, pkt->rtp_time);
        au->damaged = true;
    }
    if (pkt->marker)
        assembly_finish(au);
    return err;
}

const struct rtp_codec rtp_jpeg = {
    .pack_start = pack_start,
    .pack_next = pack_next,
    .state_bytes = sizeof(struct jpeg_unpacking),
    .unpack = unpack,
};
