/* SPDX-License-Identifier: MIT */
/*
 * VP9 over RTP (RFC 9628), both ways: in with any payload descriptor, in flexible mode or not; out
 * with that of one byte.
 *
 * An access unit is a picture: the frames of all its spatial layers, one behind the other, as the
 * encoder made them. It goes out as though it were a single frame. So what the descriptors say of
 * layers, references and picture ids is not kept, nor where one layer ends and the next begins:
 * nobody behind this server can take layers away. The whole picture still decodes; its frames tell
 * themselves what they refer to.
 */
#include "rtp/codec.h"

#include <errno.h>

/* The payload descriptor (section 4.2). */
enum {
    DESCRIPTOR_BYTES = 1, /* the least that it has */
    I_BIT = 0x80,         /* picture id present */
    P_BIT = 0x40,         /* refers to pictures before */
    L_BIT = 0x20,         /* layer indices present */
    F_BIT = 0x10,         /* flexible mode */
    B_BIT = 0x08,         /* a frame begins */
    E_BIT = 0x04,         /* a frame ends */
    V_BIT = 0x02,         /* scalability structure present */
    M_BIT = 0x80,         /* in the picture id: it has two bytes */
    SID_BITS = 0x0e,      /* in the layer indices: spatial layer, */
    D_BIT = 0x01,         /* which builds upon the one below */
    N_BIT = 0x01,         /* in a reference: one more follows */
    REFERENCES_MAX = 3,
};

/* The scalability structure (section 4.2.1). */
enum {
    Y_BIT = 0x10, /* sizes of the layers present */
    G_BIT = 0x08, /* picture group present */
    SIZE_BYTES = 4,
};

/* The first bits of a frame (VP9 bitstream specification, section 6.2). */
enum {
    FRAME_MARKER_BITS = 0xc0,
    FRAME_MARKER = 0x80,
    PROFILE_BITS = 0x30, /* all set: profile 3, in which a reserved bit follows */
    SHOW_EXISTING_BIT = 0x08,
    INTER_FRAME_BIT = 0x04,
};

/* True when the first frame of a picture is a key frame. */
static bool is_key(struct slice picture)
{
    if (picture.len == 0 || (picture.ptr[0] & FRAME_MARKER_BITS) != FRAME_MARKER)
        return false;
    bool has_reserved_bit = (picture.ptr[0] & PROFILE_BITS) == PROFILE_BITS;
    unsigned bits = (unsigned)picture.ptr[0] << (has_reserved_bit ? 1 : 0);
    return (bits & (SHOW_EXISTING_BIT | INTER_FRAME_BIT)) == 0;
}

/* Packing */

static size_t pack_next(struct packer *p, uint8_t *dst, bool *marker)
{
    if (p->rest.len == 0)
        return 0;
    struct slice part = slice_head(p->rest, p->max_payload - DESCRIPTOR_BYTES);
    bool first = !p->in_fragments;
    bool last = part.len == p->rest.len;
    if (dst != NULL) {
        dst[0] = (uint8_t)((is_key(p->au) ? 0 : P_BIT) | (first ? B_BIT : 0) | (last ? E_BIT : 0));
        memcpy(dst + DESCRIPTOR_BYTES, part.ptr, part.len);
    }
    p->rest = slice_from(p->rest, part.len);
    p->in_fragments = !last;
    *marker = last;
    return DESCRIPTOR_BYTES + part.len;
}

/* Reading the descriptor: each takes its part off the front, and is false when that is cut short.
 */

static bool take(struct slice *rest, uint8_t *byte)
{
    if (rest->len == 0)
        return false;
    *byte = rest->ptr[0];
    *rest = slice_from(*rest, 1);
    return true;
}

static bool skip(struct slice *rest, size_t bytes)
{
    if (bytes > rest->len)
        return false;
    *rest = slice_from(*rest, bytes);
    return true;
}

static bool skip_picture_id(struct slice *rest)
{
    uint8_t first;
    return take(rest, &first) && ((first & M_BIT) == 0 || skip(rest, 1));
}

/* False as well for more references than there may be. */
static bool skip_references(struct slice *rest)
{
    uint8_t reference = N_BIT;
    for (int i = 0; i < REFERENCES_MAX && (reference & N_BIT) != 0; i++)
        if (!take(rest, &reference))
            return false;
    return (reference & N_BIT) == 0;
}

static bool skip_picture_group(struct slice *rest)
{
    uint8_t pictures;
    if (!take(rest, &pictures))
        return false;
    for (; pictures > 0; pictures--) {
        uint8_t indices;
        if (!take(rest, &indices) || !skip(rest, indices >> 2 & REFERENCES_MAX))
            return false;
    }
    return true;
}

static bool skip_structure(struct slice *rest)
{
    uint8_t head;
    if (!take(rest, &head))
        return false;
    size_t layers = 1 + (size_t)(head >> 5);
    if ((head & Y_BIT) != 0 && !skip(rest, layers * SIZE_BYTES))
        return false;
    return (head & G_BIT) == 0 || skip_picture_group(rest);
}

struct descriptor {
    bool begins_frame;
    bool begins_picture; /* the same, of the lowest layer: nothing of the picture comes before */
};

static bool read_descriptor(struct slice *rest, struct descriptor *d)
{
    uint8_t flags, layer = 0;
    if (!take(rest, &flags))
        return false;
    if ((flags & I_BIT) != 0 && !skip_picture_id(rest))
        return false;
    if ((flags & L_BIT) != 0) {
        size_t tl0picidx_bytes = (flags & F_BIT) != 0 ? 0 : 1;
        if (!take(rest, &layer) || !skip(rest, tl0picidx_bytes))
            return false;
    }
    if ((flags & P_BIT) != 0 && (flags & F_BIT) != 0 && !skip_references(rest))
        return false;
    if ((flags & V_BIT) != 0 && !skip_structure(rest))
        return false;
    d->begins_frame = (flags & B_BIT) != 0;
    /* Browsers have sent upper layers with a SID of 0: then the D bit gives them away. */
    d->begins_picture = d->begins_frame && (layer & (SID_BITS | D_BIT)) == 0;
    return rest->len > 0;
}

/* Unpacking */

/*
 * Opens the picture that a packet seems to be the first one of. An upper layer may begin one, for
 * the sender may leave out those below; behind a gap, though, these may be what is missing.
 */
static int begin_au(struct assembly *au, uint32_t rtp_time, const struct descriptor *d,
                    struct slice data, bool after_gap)
{
    assembly_open(au, rtp_time);
    au->key = is_key(data);
    au->damaged = after_gap ? !d->begins_picture : !d->begins_frame;
    return au->damaged && !after_gap ? -EBADMSG : 0;
}

static int unpack(void *state, struct assembly *au, const struct rtp_packet *pkt, bool after_gap)
{
    (void)state;
    struct slice data = pkt->payload;
    struct descriptor d = {0};
    bool readable = read_descriptor(&data, &d);
    int err = au->open ? 0 : begin_au(au, pkt->rtp_time, &d, data, after_gap);
    if (!readable) {
        err = -EBADMSG;
        au->damaged = true;
    }
    if (!au->damaged)
        assembly_append(au, data);
    if (pkt->marker)
        assembly_finish(au);
    return err;
}

const struct rtp_codec rtp_vp9 = {
    .pack_next = pack_next,
    .unpack = unpack,
};
