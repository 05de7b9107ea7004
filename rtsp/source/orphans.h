/* SPDX-License-Identifier: MIT */
/*
 * Streams whose publisher has gone, for as long as their players wait for one to come back: it, or
 * another, may claim the stream meanwhile (core/stream.h). Belongs to the worker of the publisher
 * that has gone.
 */
#pragma once

#include "core/registry.h"
#include "net/loop.h"

struct orphans {
    struct list list;
    struct loop *loop;
    struct registry *registry;
    bool is_over; /* the server stops */
};

void orphans_init(struct orphans *o, struct loop *loop, struct registry *registry);

/* Lets go of the stream, which the caller publishes, and ends it after grace_ns unless somebody has
 * claimed it by then. Takes the reference *s. It ends at once after orphans_end, or without memory.
 */
void orphans_add(struct orphans *o, struct stream **s, int64_t grace_ns);

/* Ends all that nobody has claimed, and from now on nothing waits. */
void orphans_end(struct orphans *o);
