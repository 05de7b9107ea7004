/* SPDX-License-Identifier: MIT */
/*
 * What all sources do first: make a stream as the configuration wants it, and take its name.
 */
#pragma once

#include "core/config.h"
#include "core/registry.h"

/*
 * Makes a stream of that name and media and registers it. *s is a reference, also when registering
 * failed. 0; -EEXIST when the name is taken; -ENOMEM. workers: of the server.
 */
int source_make_stream(struct registry *registry, const struct config *config, unsigned workers,
                       const char *name, const struct media *media, struct stream **s);
