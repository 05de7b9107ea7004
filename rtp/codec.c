/* SPDX-License-Identifier: MIT */
#include "rtp/codec.h"

static const struct rtp_codec *const codecs[CODECS] = {
    [CODEC_H264] = &rtp_h264,    [CODEC_H265] = &rtp_h265,    [CODEC_AV1] = &rtp_av1,
    [CODEC_VP8] = &rtp_vp8,      [CODEC_VP9] = &rtp_vp9,      [CODEC_JPEG] = &rtp_jpeg,
    [CODEC_AAC] = &rtp_aac,      [CODEC_LATM] = &rtp_latm,    [CODEC_OPUS] = &rtp_opus,
    [CODEC_PCMU] = &rtp_samples, [CODEC_PCMA] = &rtp_samples, [CODEC_G722] = &rtp_samples,
    [CODEC_L16] = &rtp_samples,  [CODEC_MPA] = &rtp_mpa,      [CODEC_AC3] = &rtp_ac3,
    [CODEC_OTHER] = &rtp_other,
};

const struct rtp_codec *rtp_codec(enum codec codec)
{
    return codecs[codec];
}
