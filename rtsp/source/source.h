/* SPDX-License-Identifier: MIT */
/*
 * What all sources do first: make a stream as the configuration wants it, and take its name.
 */
#pragma once

#include "core/config.h"
#include "core/registry.h"
#include "rtsp/source/orphans.h"

/* What of a worker its sources need. */
struct source_worker {
    struct loop *loop;
    struct registry *registry;   /* any thread */
    const struct config *config; /* immutable */
    unsigned workers;            /* of the server */
    struct orphans orphans;
};

/*
 * Makes a stream of that name and media and registers it. *s is a reference, also when registering
 * failed. 0; -EEXIST when the name is taken; -ENOMEM.
 */
int source_make_stream(const struct source_worker *w, const char *name, const struct media *media,
                       struct stream **s);

/* Whoever publishes ends it. Who hears of the end finds the name free. */
void source_end_stream(struct registry *registry, struct stream *s);
