/* SPDX-License-Identifier: MIT */
/*
 * The streams of the server by name. Any registered thread (core/rcu.h) may call anything here at
 * any time; looking up takes no lock.
 */
#pragma once

#include "core/stream.h"

struct registry;

/* NULL when memory is out. */
struct registry *registry_create(void);

/* The registry must be empty. Not on a registered, online thread. Accepts NULL. */
void registry_destroy(struct registry *r);

/* Takes a reference of its own. 0; -EEXIST when the name is taken; -ENOMEM. */
int registry_add(struct registry *r, struct stream *s);

/* Takes the stream out; does nothing when it is not (or no longer) in. */
void registry_remove(struct registry *r, struct stream *s);

/* How many there are, about. */
uint64_t registry_count(const struct registry *r);

/* Borrowed (core/rcu.h), or NULL. */
struct stream *registry_find(struct registry *r, const char *name);
