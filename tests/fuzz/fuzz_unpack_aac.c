/* SPDX-License-Identifier: MIT */
/*
 * AAC from hostile format parameters, configuration and packets: no access unit is empty. The first
 * line of the input is the parameters; 8 bytes of configuration follow, then packets.
 */
#include "core/scan.h"
#include "rtp/unpacker.h"
#include "tests/fuzz/packet_feed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_au(void *arg, const struct access_unit *au)
{
    (void)arg;
    if (au->data.len == 0 || au->data.len > UNPACKER_AU_MAX || au->key)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { CONFIG_BYTES = 8 };
    struct slice input = slice_of(data, size), fmtp;
    if (!scan_until(&input, '\n', &fmtp))
        return 0;
    struct media_track track = {.codec = CODEC_AAC, .clock_rate = 48000};
    media_track_set_config(&track, slice_head(input, CONFIG_BYTES));
    struct unpacker *u = unpacker_create(&track, fmtp, on_au, NULL);
    if (u == NULL)
        return 0;
    input = slice_from(input, CONFIG_BYTES);
    struct rtp_packet pkt = {0};
    while (feed_next(&input, &pkt))
        unpacker_push(u, &pkt);
    unpacker_end(u);
    unpacker_destroy(u);
    return 0;
}
