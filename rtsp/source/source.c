/* SPDX-License-Identifier: MIT */
#include "rtsp/source/source.h"

#include <errno.h>

int source_make_stream(const struct source_worker *w, const char *name, const struct media *media,
                       struct stream **s)
{
    const struct config *config = w->config;
    const struct stream_options options = {
        .keep = {.gop_cache_bytes = config->gop_cache_bytes,
                 .max_lag_bytes = config->max_lag_bytes,
                 .max_lag_ns = config->max_lag_ns},
        .packet_bytes = config->packet_bytes,
        .watch_slots = w->workers,
    };
    *s = stream_create(name, media, &options);
    return *s ? registry_add(w->registry, *s) : -ENOMEM;
}

void source_end_stream(struct registry *registry, struct stream *s)
{
    registry_remove(registry, s);
    stream_end(s);
}
