/* SPDX-License-Identifier: MIT */
/*
 * Payload types: the static ones of RFC 3551 section 6, and which a track gets.
 */
#include "rtsp/sdp/sdp.h"
#include "rtsp/sdp/sdp_format.h"

static const struct {
    uint8_t payload_type;
    const char *encoding;
    uint32_t clock_rate;
    uint8_t channels; /* as rtpmap would say it */
} types[] = {
    {0, "PCMU", 8000},     {3, "GSM", 8000},    {4, "G723", 8000},   {5, "DVI4", 8000},
    {6, "DVI4", 16000},    {7, "LPC", 8000},    {8, "PCMA", 8000},   {9, "G722", 8000},
    {10, "L16", 44100, 2}, {11, "L16", 44100},  {12, "QCELP", 8000}, {13, "CN", 8000},
    {14, "MPA", 90000},    {15, "G728", 8000},  {16, "DVI4", 11025}, {17, "DVI4", 22050},
    {18, "G729", 8000},    {25, "CelB", 90000}, {26, "JPEG", 90000}, {28, "nv", 90000},
    {31, "H261", 90000},   {32, "MPV", 90000},  {33, "MP2T", 90000}, {34, "H263", 90000},
};

bool sdp_static_rtpmap(uint8_t payload_type, struct sdp_rtpmap *map)
{
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        if (types[i].payload_type != payload_type)
            continue;
        *map = (struct sdp_rtpmap){slice_str(types[i].encoding), types[i].clock_rate,
                                   types[i].channels};
        return true;
    }
    return false;
}

/* The static payload type of a track, or -1. Asked for each frame, so most codecs end it early. */
static int static_type(const struct media_track *track)
{
    if (!sdp_format(track->codec)->in_rfc3551)
        return -1;
    struct sdp_rtpmap map = sdp_rtpmap_of(track);
    uint8_t channels = map.channels > 1 ? map.channels : 0;
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (types[i].clock_rate == map.clock_rate && types[i].channels == channels &&
            slice_is_nocase(map.encoding, types[i].encoding))
            return types[i].payload_type;
    return -1;
}

uint8_t sdp_payload_type(const struct media *media, unsigned track)
{
    int type = static_type(&media->track[track]);
    for (unsigned i = 0; i < track && type >= 0; i++)
        if (static_type(&media->track[i]) == type)
            type = -1;
    return (uint8_t)(type >= 0 ? type : SDP_DYNAMIC_PAYLOAD_TYPES + (int)track);
}
