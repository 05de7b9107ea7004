/* SPDX-License-Identifier: MIT */
#include "rtsp/pattern/pattern_slice.h"

#include "core/nal.h"
#include "rtsp/pattern/pattern_params.h"
#include "rtsp/pattern/pattern_picture.h"

/* Tables 7-6, 7-11 and 7-16. Intra macroblocks are numbered on from 5 in P slices. */
enum {
    SLICE_ALL_P = 5,
    SLICE_ALL_I = 7,
    MB_I_16X16_VERTICAL = 1, /* no coefficients but for luma DC, of which there are none either */
    MB_I_16X16_HORIZONTAL = 2,
    MB_I_PCM = 25,
    MB_INTRA_IN_P = 5,
    CHROMA_HORIZONTAL = 1,
    CHROMA_VERTICAL = 2,
};

/*
 * For the bound: macroblocks sent as samples in one slice (8 + 8 bars, 36 of the counter, up to 6
 * of the ball before and now, the start of the band), and bytes at most of the three kinds of
 * macroblock and of the header, emulation prevention included. Samples of limited range are never
 * zero and need none.
 */
enum {
    SAMPLED_MAX = 64,
    SAMPLED_MB_MAX = sizeof(struct tile_pixels) + 8,
    OTHER_MB_MAX = 3,
    HEADER_MAX = 32,
};

size_t pattern_slice_max(void)
{
    return HEADER_MAX + SAMPLED_MAX * SAMPLED_MB_MAX +
           (size_t)PICTURE_COLS * PICTURE_ROWS * OTHER_MB_MAX;
}

/* Clause 7.3.3. With pic_order_cnt_type 2 the order of pictures follows from frame_num. */
static void slice_header_start(struct bits *b, enum h264_nal_type nal_type, uint32_t slice_type,
                               uint64_t n)
{
    bits_u(b, 8, PATTERN_NAL_REF | (uint32_t)nal_type);
    bits_ue(b, 0); /* first_mb_in_slice */
    bits_ue(b, slice_type);
    bits_ue(b, 0); /* pic_parameter_set_id */
    bits_u(b, PATTERN_FRAME_NUM_BITS, (uint32_t)(n % PATTERN_GOP));
}

static void slice_header_end(struct bits *b)
{
    bits_se(b, 0); /* slice_qp_delta */
    bits_ue(b, 1); /* disable_deblocking_filter_idc */
}

static void idr_slice_header(struct bits *b, uint64_t n)
{
    slice_header_start(b, H264_NAL_IDR, SLICE_ALL_I, n);
    bits_ue(b, n / PATTERN_GOP & 0xffff); /* idr_pic_id: neighbours must differ */
    bits_u(b, 1, 0);                      /* no_output_of_prior_pics_flag */
    bits_u(b, 1, 0);                      /* long_term_reference_flag */
    slice_header_end(b);
}

static void p_slice_header(struct bits *b, uint64_t n)
{
    slice_header_start(b, H264_NAL_SLICE, SLICE_ALL_P, n);
    bits_u(b, 1, 0); /* num_ref_idx_active_override_flag */
    bits_u(b, 1, 0); /* ref_pic_list_modification_flag_l0 */
    bits_u(b, 1, 0); /* adaptive_ref_pic_marking_mode_flag */
    slice_header_end(b);
}

/* macroblock_layer (clause 7.3.5). The samples begin at a byte boundary. */
static void sampled_mb(struct bits *b, uint32_t mb_type, struct tile tile)
{
    struct tile_pixels pixels;
    tile_draw(tile, &pixels);
    bits_ue(b, mb_type);
    bits_align_zero(b);
    bits_bytes(b, slice_of(pixels.y, sizeof(pixels.y)));
    bits_bytes(b, slice_of(pixels.cb, sizeof(pixels.cb)));
    bits_bytes(b, slice_of(pixels.cr, sizeof(pixels.cr)));
}

/*
 * An Intra16x16 macroblock of nothing but its prediction. Even so coeff_token says that there are
 * no luma DC coefficients, in a code chosen by how many the macroblocks to the left and above have
 * (clause 9.2.1): I_PCM counts as 16, the predicted ones have none, so the mean is at least 8 or it
 * is 0.
 */
static void predicted_mb(struct bits *b, bool vertical, bool beside_samples)
{
    bits_ue(b, vertical ? MB_I_16X16_VERTICAL : MB_I_16X16_HORIZONTAL);
    bits_ue(b, vertical ? CHROMA_VERTICAL : CHROMA_HORIZONTAL);
    bits_se(b, 0); /* mb_qp_delta */
    if (beside_samples)
        bits_u(b, 6, 3); /* coeff_token 0000 11 */
    else
        bits_u(b, 1, 1); /* coeff_token 1 */
}

/* A one-coloured tile can be predicted from a neighbour that is the same. */
static bool same_tile(const struct picture *picture, struct tile tile, int col, int row)
{
    return col >= 0 && row >= 0 && tile_eq(tile, picture_tile(picture, col, row));
}

static void intra_mbs(struct bits *b, const struct picture *picture)
{
    bool sampled[PICTURE_COLS] = {0}; /* of the row above from col on, of this row before it */
    for (int row = 0; row < PICTURE_ROWS; row++) {
        for (int col = 0; col < PICTURE_COLS; col++) {
            struct tile tile = picture_tile(picture, col, row);
            bool vertical = same_tile(picture, tile, col, row - 1);
            bool horizontal = same_tile(picture, tile, col - 1, row);
            bool beside_samples = sampled[col] || (col > 0 && sampled[col - 1]);
            sampled[col] = !tile_is_flat(tile) || (!vertical && !horizontal);
            if (sampled[col])
                sampled_mb(b, MB_I_PCM, tile);
            else
                predicted_mb(b, vertical, beside_samples);
        }
    }
}

/*
 * A skipped macroblock has the motion vector that its neighbours predict (clause 8.4.1.1): those
 * are skipped, with a vector of zero, or intra, which counts as zero. So it is a copy of the same
 * place.
 */
static void changed_mbs(struct bits *b, const struct picture *before, const struct picture *now)
{
    uint32_t skipped = 0;
    for (int row = 0; row < PICTURE_ROWS; row++) {
        for (int col = 0; col < PICTURE_COLS; col++) {
            struct tile tile = picture_tile(now, col, row);
            if (same_tile(before, tile, col, row)) {
                skipped++;
                continue;
            }
            bits_ue(b, skipped); /* mb_skip_run */
            skipped = 0;
            sampled_mb(b, MB_INTRA_IN_P + MB_I_PCM, tile);
        }
    }
    if (skipped > 0)
        bits_ue(b, skipped);
}

void pattern_slice(struct bits *b, uint64_t n)
{
    struct picture now = picture_at(n);
    if (n % PATTERN_GOP == 0) {
        idr_slice_header(b, n);
        intra_mbs(b, &now);
    } else {
        struct picture before = picture_at(n - 1);
        p_slice_header(b, n);
        changed_mbs(b, &before, &now);
    }
    bits_trailing(b);
}
