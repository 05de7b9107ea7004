/* SPDX-License-Identifier: MIT */
/*
 * A stream's description that changes while others read it: each version is filled with its number,
 * so that one which is torn shows.
 */
#pragma once

#include "core/stream.h"
#include "tests/stress/stress.h"

/* By whoever has the right to publish. */
static inline void change_media(struct stream *s)
{
    uint64_t version;
    struct media m = *stream_media(s, &version);
    memset(m.track[0].config, (uint8_t)(version + 1), MEDIA_CONFIG_MAX);
    m.track[0].config_len = MEDIA_CONFIG_MAX;
    if (stream_set_media(s, &m) != 0)
        violation("no memory");
}

/* last: the version that the reader saw last; becomes the present one. */
static inline void check_media(const struct stream *s, uint64_t *last)
{
    uint64_t version;
    const struct media *m = stream_media(s, &version);
    if (version < *last)
        violation("version %lu after %lu", version, *last);
    *last = version;
    for (size_t i = 0; i < m->track[0].config_len; i++)
        if (m->track[0].config[i] != (uint8_t)version)
            violation("version %lu is torn", version);
}
