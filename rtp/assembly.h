/* SPDX-License-Identifier: MIT */
/*
 * The access unit that an unpacker is putting together: a buffer that grows to what the stream
 * needs, never beyond UNPACKER_AU_MAX, and the one way out, which delivers what is whole and drops
 * the rest.
 */
#pragma once

#include "rtp/unpacker.h"

struct assembly {
    unpacker_on_au *on_au;
    void *arg;
    uint8_t *data;
    size_t len;
    size_t cap;
    uint32_t rtp_time;
    bool open;    /* between assembly_open and assembly_finish */
    bool damaged; /* will be dropped */
    bool key;
    bool new_timeline; /* the next that is delivered begins one */
    uint64_t dropped;  /* access units so far */
};

/* Starts an empty access unit. */
void assembly_open(struct assembly *a, uint32_t rtp_time);

/* Makes room for so many more bytes. False, and the access unit is damaged, when there is none. */
bool assembly_reserve(struct assembly *a, size_t bytes);

/* Appends bytes, if there is room. */
void assembly_append(struct assembly *a, struct slice bytes);

/* Delivers an access unit that came whole, past the buffer. */
void assembly_deliver(struct assembly *a, uint32_t rtp_time, struct slice data);

/* Ends the access unit: delivers it, or counts it as dropped when it is damaged. */
void assembly_finish(struct assembly *a);

/* Frees the buffer. Delivers nothing. */
void assembly_fini(struct assembly *a);
