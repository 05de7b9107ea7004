/* SPDX-License-Identifier: MIT */
/*
 * What a player does with the media that comes: looks at every byte of it, or lets the kernel
 * discard it, at once, slowly or not at all.
 */
#pragma once

#include "bench/load_player.h"

/* The reply to PLAY is there, the dialogue not gone yet. False when out of memory. */
bool load_media_begin(struct load_player *p, struct load_scene *scene);

/* Bytes of the connection that came already, in scene->scratch, the last of them at arrived_ns. */
void load_media_take(struct load_player *p, struct load_scene *scene, size_t len,
                     int64_t arrived_ns);

/* The connection of a player that plays is ready. */
void load_media_on_connection(struct load_player *p, struct load_scene *scene);

/* One of its RTP ports is. */
void load_media_on_datagrams(struct load_player *p, struct load_scene *scene);

/* Slow players: reads what the time since the last call allows. */
void load_media_read_slowly(struct load_player *p, struct load_scene *scene, int64_t now_ns);
