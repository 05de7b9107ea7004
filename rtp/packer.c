/* SPDX-License-Identifier: MIT */
#include "rtp/packer.h"

#include "rtp/codec.h"

#include <assert.h>

void packer_init(struct packer *p, enum codec codec, struct slice au, size_t max_payload)
{
    assert(max_payload >= PACKER_MIN_PAYLOAD && max_payload <= PACKER_MAX_PAYLOAD);
    *p = (struct packer){
        .codec = rtp_codec(codec), .max_payload = max_payload, .au = au, .rest = au};
    if (p->codec->pack_start)
        p->codec->pack_start(p);
}

size_t packer_next(struct packer *p, uint8_t *dst, bool *marker)
{
    return p->codec->pack_next(p, dst, marker);
}
