/* SPDX-License-Identifier: MIT */
/*
 * The format parameters of AAC in mpeg4-generic (RFC 3640 sections 3.3.5, 3.3.6 and 4.1): the
 * AudioSpecificConfig as hexadecimal digits.
 */
#include "rtsp/sdp/sdp_format.h"

#include "core/scan.h"

static bool read_hex(struct media_track *track, struct slice hex)
{
    if (hex.len == 0 || hex.len % 2 != 0 || hex.len / 2 > sizeof(track->config))
        return false;
    for (size_t i = 0; i < hex.len; i += 2) {
        int high = scan_hex_digit(hex.ptr[i]);
        int low = scan_hex_digit(hex.ptr[i + 1]);
        if (high < 0 || low < 0)
            return false;
        track->config[i / 2] = (uint8_t)(high << 4 | low);
    }
    track->config_len = (uint16_t)(hex.len / 2);
    return true;
}

bool sdp_aac_read(struct media_track *track, struct slice fmtp)
{
    struct slice mode;
    struct slice config;
    if (!sdp_find_param(fmtp, "mode", &mode) || !sdp_find_param(fmtp, "config", &config))
        return false;
    if (!slice_is_nocase(mode, "AAC-hbr") && !slice_is_nocase(mode, "AAC-lbr"))
        return false;
    return read_hex(track, config);
}

/* What the AAC packetizer makes is the high bit rate mode. */
void sdp_aac_write(struct text *t, const struct media_track *track)
{
    text_add(t, "profile-level-id=1; mode=AAC-hbr; sizelength=13; indexlength=3; "
                "indexdeltalength=3");
    if (track->config_len > 0)
        text_add(t, "; config=");
    for (size_t i = 0; i < track->config_len; i++)
        text_addf(t, "%02x", track->config[i]);
}
