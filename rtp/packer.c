/* SPDX-License-Identifier: MIT */
#include "rtp/packer.h"

#include "rtp/aac.h"
#include "rtp/h264.h"

#include <assert.h>

static const struct {
    void (*start)(struct packer *p);
    size_t (*next)(struct packer *p, uint8_t *dst, bool *marker);
} packings[] = {
    [CODEC_H264] = {h264_pack_start, h264_pack_next},
    [CODEC_AAC] = {aac_pack_start, aac_pack_next},
};

void packer_init(struct packer *p, enum codec codec, struct slice au, size_t max_payload)
{
    assert(max_payload >= PACKER_MIN_PAYLOAD && max_payload <= PACKER_MAX_PAYLOAD);
    *p = (struct packer){.codec = codec, .max_payload = max_payload, .rest = au};
    packings[codec].start(p);
}

size_t packer_next(struct packer *p, uint8_t *dst, bool *marker)
{
    return packings[p->codec].next(p, dst, marker);
}
