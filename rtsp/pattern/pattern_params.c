/* SPDX-License-Identifier: MIT */
#include "rtsp/pattern/pattern_params.h"

#include <assert.h>

#include "core/nal.h"
#include "rtsp/pattern/pattern.h"

enum {
    PROFILE_BASELINE = 66,
    CONSTRAINT_SETS_0_1 = 0xc0, /* with profile 66: Constrained Baseline */
    LEVEL_3_0 = 30,
    MB_SIZE = 16,
    MB_COLS = PATTERN_WIDTH / MB_SIZE,
    MB_ROWS = (PATTERN_HEIGHT + MB_SIZE - 1) / MB_SIZE,
    CROP_UNIT = 2, /* luma rows, in frames of 4:2:0 (clause 7.4.2.1.1) */
    CROP_BOTTOM = (MB_ROWS * MB_SIZE - PATTERN_HEIGHT) / CROP_UNIT,
    SQUARE_SAMPLES = 1,
    VIDEO_FORMAT_UNSPECIFIED = 5,
    SMPTE_170M = 6, /* ITU-R BT.601: primaries, transfer function and matrix (tables E-3 to E-5) */
};

static_assert(PATTERN_WIDTH % MB_SIZE == 0, "the picture is cropped at the bottom only");
static_assert(PATTERN_GOP <= 1 << PATTERN_FRAME_NUM_BITS, "frame_num would wrap");

/* The colours in so many words: players guess by the picture's size when the stream does not say.
 */
static void vui_video_signal(struct bits *b)
{
    bits_u(b, 1, 1); /* video_signal_type_present_flag */
    bits_u(b, 3, VIDEO_FORMAT_UNSPECIFIED);
    bits_u(b, 1, 0); /* video_full_range_flag */
    bits_u(b, 1, 1); /* colour_description_present_flag */
    bits_u(b, 8, SMPTE_170M);
    bits_u(b, 8, SMPTE_170M);
    bits_u(b, 8, SMPTE_170M);
}

/* A tick is a field, of which a frame has two. */
static void vui_timing(struct bits *b)
{
    bits_u(b, 1, 1);                /* timing_info_present_flag */
    bits_u(b, 32, 1);               /* num_units_in_tick */
    bits_u(b, 32, 2 * PATTERN_FPS); /* time_scale */
    bits_u(b, 1, 1);                /* fixed_frame_rate_flag */
}

/* Without this a decoder may hold pictures back, in case that a later one is to be shown first. */
static void vui_bitstream_restriction(struct bits *b)
{
    bits_u(b, 1, 1); /* bitstream_restriction_flag */
    bits_u(b, 1, 0); /* motion_vectors_over_pic_boundaries_flag */
    bits_ue(b, 0);   /* max_bytes_per_pic_denom: no limit */
    bits_ue(b, 0);   /* max_bits_per_mb_denom: no limit */
    bits_ue(b, 0);   /* log2_max_mv_length_horizontal */
    bits_ue(b, 0);   /* log2_max_mv_length_vertical */
    bits_ue(b, 0);   /* max_num_reorder_frames */
    bits_ue(b, 1);   /* max_dec_frame_buffering */
}

/* Clause E.1.1. */
static void vui_parameters(struct bits *b)
{
    bits_u(b, 1, 1); /* aspect_ratio_info_present_flag */
    bits_u(b, 8, SQUARE_SAMPLES);
    bits_u(b, 1, 0); /* overscan_info_present_flag */
    vui_video_signal(b);
    bits_u(b, 1, 0); /* chroma_loc_info_present_flag */
    vui_timing(b);
    bits_u(b, 1, 0); /* nal_hrd_parameters_present_flag */
    bits_u(b, 1, 0); /* vcl_hrd_parameters_present_flag */
    bits_u(b, 1, 0); /* pic_struct_present_flag */
    vui_bitstream_restriction(b);
}

static void sps_size(struct bits *b)
{
    bits_ue(b, MB_COLS - 1);
    bits_ue(b, MB_ROWS - 1);
    bits_u(b, 1, 1); /* frame_mbs_only_flag */
    bits_u(b, 1, 1); /* direct_8x8_inference_flag: said of B slices, of which there are none */
    bits_u(b, 1, 1); /* frame_cropping_flag: left, right, top, bottom */
    bits_ue(b, 0);
    bits_ue(b, 0);
    bits_ue(b, 0);
    bits_ue(b, CROP_BOTTOM);
}

void pattern_sps(struct bits *b)
{
    bits_u(b, 8, PATTERN_NAL_REF | H264_NAL_SPS);
    bits_u(b, 8, PROFILE_BASELINE);
    bits_u(b, 8, CONSTRAINT_SETS_0_1);
    bits_u(b, 8, LEVEL_3_0);
    bits_ue(b, 0); /* seq_parameter_set_id */
    bits_ue(b, PATTERN_FRAME_NUM_BITS - 4);
    bits_ue(b, 2);   /* pic_order_cnt_type: output order is decoding order */
    bits_ue(b, 1);   /* max_num_ref_frames */
    bits_u(b, 1, 0); /* gaps_in_frame_num_value_allowed_flag */
    sps_size(b);
    bits_u(b, 1, 1); /* vui_parameters_present_flag */
    vui_parameters(b);
    bits_trailing(b);
}

void pattern_pps(struct bits *b)
{
    bits_u(b, 8, PATTERN_NAL_REF | H264_NAL_PPS);
    bits_ue(b, 0);   /* pic_parameter_set_id */
    bits_ue(b, 0);   /* seq_parameter_set_id */
    bits_u(b, 1, 0); /* entropy_coding_mode_flag: CAVLC */
    bits_u(b, 1, 0); /* bottom_field_pic_order_in_frame_present_flag */
    bits_ue(b, 0);   /* num_slice_groups_minus1 */
    bits_ue(b, 0);   /* num_ref_idx_l0_default_active_minus1 */
    bits_ue(b, 0);   /* num_ref_idx_l1_default_active_minus1 */
    bits_u(b, 1, 0); /* weighted_pred_flag */
    bits_u(b, 2, 0); /* weighted_bipred_idc */
    bits_se(b, 0);   /* pic_init_qp_minus26 */
    bits_se(b, 0);   /* pic_init_qs_minus26 */
    bits_se(b, 0);   /* chroma_qp_index_offset */
    bits_u(b, 1, 1); /* deblocking_filter_control_present_flag */
    bits_u(b, 1, 0); /* constrained_intra_pred_flag */
    bits_u(b, 1, 0); /* redundant_pic_cnt_present_flag */
    bits_trailing(b);
}
