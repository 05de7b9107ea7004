/* SPDX-License-Identifier: MIT */
#include "bench/picture.h"

#include <assert.h>

#include "core/bits.h"
#include "core/nal.h"

enum {
    NAL_HEADER_SLICE = 0x41,
    NAL_HEADER_IDR = 0x65,
    NAL_HEADER_SPS = 0x67,
    NAL_HEADER_PPS = 0x68,
};

enum {
    LUMA_BYTES = 256,
    CHROMA_BYTES = 128,
    CHROMA_GREY = 128,
    TRAILING_BYTE = 0x80,
    HEAD_MAX = 32 + PICTURE_MACROBLOCKS, /* a predicted macroblock takes 8 bits */
};

/* mb_type (tables 7-11 and 7-13). */
enum {
    I_16X16_DC = 3,
    I_PCM = 25,
    I_PCM_IN_P = 5 + I_PCM,
};

/* slice_type: all slices of the picture are of this type (table 7-6). */
enum { SLICE_P = 5, SLICE_I = 7 };

/*
 * A further macroblock of samples begins at a byte boundary, so its type is always the same two
 * bytes. In a P slice the count of skipped macroblocks, none, is in front of it.
 */
static const uint8_t pcm_in_i[] = {0x0d, 0x00};
static const uint8_t pcm_in_p[] = {0x87, 0xc0};
static_assert(sizeof(pcm_in_i) + LUMA_BYTES + CHROMA_BYTES == PICTURE_MACROBLOCK_BYTES, "");

/* Parameter sets */

/* Constrained baseline; every picture is a reference, and shown in the order of coding. */
static size_t write_sps(uint8_t *dst, size_t cap)
{
    struct bits b;
    bits_init(&b, dst, cap);
    bits_u(&b, 8, NAL_HEADER_SPS);
    bits_u(&b, 8, 66);   /* profile_idc */
    bits_u(&b, 8, 0xc0); /* constraint_set0_flag, constraint_set1_flag */
    bits_u(&b, 8, 31);   /* level_idc */
    bits_ue(&b, 0);      /* seq_parameter_set_id */
    bits_ue(&b, 12);     /* log2_max_frame_num_minus4 */
    bits_ue(&b, 2);      /* pic_order_cnt_type */
    bits_ue(&b, 1);      /* max_num_ref_frames */
    bits_u(&b, 1, 0);    /* gaps_in_frame_num_value_allowed_flag */
    bits_ue(&b, PICTURE_COLUMNS - 1);
    bits_ue(&b, PICTURE_ROWS - 1);
    bits_u(&b, 1, 1); /* frame_mbs_only_flag */
    bits_u(&b, 1, 1); /* direct_8x8_inference_flag */
    bits_u(&b, 1, 1); /* frame_cropping_flag */
    bits_ue(&b, 0);   /* left */
    bits_ue(&b, 0);   /* right */
    bits_ue(&b, 0);   /* top */
    bits_ue(&b, 4);   /* bottom, in pairs of lines */
    bits_u(&b, 1, 0); /* vui_parameters_present_flag */
    bits_trailing(&b);
    return b.len;
}

static size_t write_pps(uint8_t *dst, size_t cap)
{
    struct bits b;
    bits_init(&b, dst, cap);
    bits_u(&b, 8, NAL_HEADER_PPS);
    bits_ue(&b, 0);   /* pic_parameter_set_id */
    bits_ue(&b, 0);   /* seq_parameter_set_id */
    bits_u(&b, 1, 0); /* entropy_coding_mode_flag: CAVLC */
    bits_u(&b, 1, 0); /* bottom_field_pic_order_in_frame_present_flag */
    bits_ue(&b, 0);   /* num_slice_groups_minus1 */
    bits_ue(&b, 0);   /* num_ref_idx_l0_default_active_minus1 */
    bits_ue(&b, 0);   /* num_ref_idx_l1_default_active_minus1 */
    bits_u(&b, 1, 0); /* weighted_pred_flag */
    bits_u(&b, 2, 0); /* weighted_bipred_idc */
    bits_se(&b, 0);   /* pic_init_qp_minus26 */
    bits_se(&b, 0);   /* pic_init_qs_minus26 */
    bits_se(&b, 0);   /* chroma_qp_index_offset */
    bits_u(&b, 1, 1); /* deblocking_filter_control_present_flag */
    bits_u(&b, 1, 0); /* constrained_intra_pred_flag */
    bits_u(&b, 1, 0); /* redundant_pic_cnt_present_flag */
    bits_trailing(&b);
    return b.len;
}

size_t picture_write_parameter_sets(uint8_t dst[PICTURE_PARAMETER_SETS_MAX])
{
    uint8_t nal[PICTURE_PARAMETER_SETS_MAX];
    size_t len = 0;
    nal_append(dst, PICTURE_PARAMETER_SETS_MAX, &len, slice_of(nal, write_sps(nal, sizeof nal)));
    nal_append(dst, PICTURE_PARAMETER_SETS_MAX, &len, slice_of(nal, write_pps(nal, sizeof nal)));
    return len;
}

/* Slices */

/* Clause 7.3.3, as far as these parameter sets ask for it. */
static void write_slice_header(struct bits *b, const struct picture *p)
{
    bits_u(b, 8, p->key ? NAL_HEADER_IDR : NAL_HEADER_SLICE);
    bits_ue(b, 0); /* first_mb_in_slice */
    bits_ue(b, p->key ? SLICE_I : SLICE_P);
    bits_ue(b, 0); /* pic_parameter_set_id */
    bits_u(b, 16, p->frame_num);
    if (p->key) {
        bits_ue(b, p->odd); /* idr_pic_id */
        bits_u(b, 1, 0);    /* no_output_of_prior_pics_flag */
        bits_u(b, 1, 0);    /* long_term_reference_flag */
    } else {
        bits_u(b, 1, 0); /* num_ref_idx_active_override_flag */
        bits_u(b, 1, 0); /* ref_pic_list_modification_flag_l0 */
        bits_u(b, 1, 0); /* adaptive_ref_pic_marking_mode_flag */
    }
    bits_se(b, 0); /* slice_qp_delta */
    bits_ue(b, 1); /* disable_deblocking_filter_idc */
}

/* The macroblocks without samples come first, so that none of them has a neighbour with some. */
static void write_plain_macroblocks(struct bits *b, const struct picture *p)
{
    uint32_t plain = PICTURE_MACROBLOCKS - p->samples;
    if (!p->key) {
        bits_ue(b, plain); /* mb_skip_run */
        return;
    }
    for (; plain > 0; plain--) {
        bits_ue(b, I_16X16_DC);
        bits_ue(b, 0);   /* intra_chroma_pred_mode: DC */
        bits_se(b, 0);   /* mb_qp_delta */
        bits_u(b, 1, 1); /* coeff_token: no coefficient */
    }
}

/* All up to the first sample, or up to the end when there are no samples. */
static size_t write_head(uint8_t *dst, const struct picture *p)
{
    struct bits b;
    bits_init(&b, dst, HEAD_MAX);
    write_slice_header(&b, p);
    write_plain_macroblocks(&b, p);
    if (p->samples == 0) {
        bits_trailing(&b);
        return b.len;
    }
    bits_ue(&b, p->key ? I_PCM : I_PCM_IN_P);
    bits_align_zero(&b); /* pcm_alignment_zero_bit */
    return b.len;
}

size_t picture_bytes(const struct picture *p)
{
    uint8_t head[HEAD_MAX];
    size_t len = write_head(head, p);
    if (p->samples > 0)
        len += (size_t)p->samples * PICTURE_MACROBLOCK_BYTES - sizeof(pcm_in_i) + 1;
    return len;
}

/* No sample is below 16, so that nothing needs an emulation prevention byte. */
static uint8_t *write_samples(uint8_t *dst, uint8_t grey)
{
    memset(dst, grey, LUMA_BYTES);
    memset(dst + LUMA_BYTES, CHROMA_GREY, CHROMA_BYTES);
    return dst + LUMA_BYTES + CHROMA_BYTES;
}

size_t picture_write(uint8_t *dst, const struct picture *p)
{
    uint8_t *at = dst + write_head(dst, p);
    for (uint32_t i = 0; i < p->samples; i++) {
        if (i > 0) {
            memcpy(at, p->key ? pcm_in_i : pcm_in_p, sizeof(pcm_in_i));
            at += sizeof(pcm_in_i);
        }
        at = write_samples(at, p->grey);
    }
    if (p->samples > 0)
        *at++ = TRAILING_BYTE;
    return (size_t)(at - dst);
}
