/* SPDX-License-Identifier: MIT */
/*
 * CODEC_OTHER: what umbel does not know goes through packet by packet. A frame is one RTP payload
 * as it came, behind a byte of what its header said:
 *
 *     +--------+--------------------
 *     | flags  | the payload ...
 *     +--------+--------------------
 *
 * A payload leaves as it came, even when it is larger than packets are to be: how to cut it is not
 * known. On TCP it fits always (65523 bytes at the most, as on the way in); on UDP it is up to the
 * kernel to cut the datagram into IP fragments.
 *
 * What is lost: a packet without payload; an RTP header extension; a CSRC list; and, as sequence
 * numbers are the stream's own, the gap that tells players of a packet that never came.
 *
 * Of video, what begins a picture is a key frame, for want of better knowledge: a packet behind a
 * marker, or one with a new time stamp. Of all else players start anywhere.
 */
#pragma once

enum { OTHER_FLAGS_BYTES = 1 };

/* Bits of the flags; the others are 0. */
enum { OTHER_MARKER = 0x01 };
