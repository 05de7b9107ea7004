/* SPDX-License-Identifier: MIT */
/*
 * The payload of JPEG over RTP (RFC 2435), and the frame that travels between unpacker and packer:
 * a payload that holds the whole frame, as one packet would if packets could be so large. That is
 *
 *   main header             8 bytes, its fragment offset 0         section 3.1
 *   restart header          4 bytes, for types 64 to 127 only:     section 3.1.7
 *                           both F and L, the restart count 0x3fff
 *   table header, tables    for Q of 128 and more only: tables     section 3.1.8
 *                           always, also where the sender left
 *                           out those that it had sent before
 *   scan data               to the end
 *
 * So every frame can be decoded, and packetized, without any other.
 */
#pragma once

#include "core/base.h"

enum {
    JPEG_MAIN_BYTES = 8,
    JPEG_RESTART_BYTES = 4,
    JPEG_TABLE_HEADER_BYTES = 4,
    /* An image has four tables at the most, each of 64 entries of one or two bytes. */
    JPEG_TABLES_MAX = 4 * 128,
};

/* What a payload consists of. The slices point into it. */
struct jpeg_payload {
    uint32_t offset; /* of scan in the scan data of the frame; 0: the frame begins */
    uint8_t q;
    uint8_t precision;    /* of tables: a bit each */
    struct slice main;    /* the header */
    struct slice restart; /* the header; empty when the type has none */
    struct slice tables;  /* without their header */
    struct slice scan;    /* never empty */
};

/* False when the payload is malformed, or of a type that has no fixed meaning (128 to 255). */
bool jpeg_parse(struct slice payload, struct jpeg_payload *jpeg);

/* True when a payload has a table header. */
bool jpeg_has_tables(const struct jpeg_payload *jpeg);
