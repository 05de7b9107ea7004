/* SPDX-License-Identifier: MIT */
#include "rtsp/source.h"

#include <errno.h>

int source_make_stream(struct registry *registry, const struct config *config, unsigned workers,
                       const char *name, const struct media *media, struct stream **s)
{
    const struct stream_options options = {
        .keep = {.gop_cache_bytes = config->gop_cache_bytes,
                 .max_lag_bytes = config->max_lag_bytes,
                 .max_lag_ns = config->max_lag_ns},
        .packet_bytes = config->packet_bytes,
        .watch_slots = workers,
    };
    *s = stream_create(name, media, &options);
    return *s ? registry_add(registry, *s) : -ENOMEM;
}
