/* SPDX-License-Identifier: MIT */
#include "rtp/codec.h"

static const struct rtp_codec *const codecs[CODECS] = {
    [CODEC_H264] = &rtp_h264,
    [CODEC_AAC] = &rtp_aac,
};

const struct rtp_codec *rtp_codec(enum codec codec)
{
    return codecs[codec];
}
