/* SPDX-License-Identifier: MIT */
/*
 * Parameter sets for descriptions: each bare, in base64, and all of a codec in the form of nal.h.
 */
#pragma once

/* H.264, High profile, level 3.1. */
#define SPS                                                                                        \
    "\x67\x64\x00\x1f\xac\xd9\x40\x50\x05\xbb\x01\x10\x00\x00\x03\x00\x10\x00\x00\x03\x03\x20\xf1" \
    "\x83\x19\x60"
#define PPS     "\x68\xeb\xe3\xcb\x22\xc0"
#define SPS_B64 "Z2QAH6zZQFAFuwEQAAADABAAAAMDIPGDGWA="
#define PPS_B64 "aOvjyyLA"
#define SETS    "\0\0\0\x1a" SPS "\0\0\0\x06" PPS

/* H.265, Main profile, level 3.1. */
#define VPS5                                                                                       \
    "\x40\x01\x0c\x01\xff\xff\x01\x60\x00\x00\x03\x00\x90\x00\x00\x03\x00\x00\x03\x00\x5d\x95\x98" \
    "\x09"
#define SPS5                                                                                       \
    "\x42\x01\x01\x01\x60\x00\x00\x03\x00\x90\x00\x00\x03\x00\x00\x03\x00\x5d\xa0\x02\x80\x80\x2d" \
    "\x16\x59\x59\xa4\x93\x2b\xc0\x40\x40\x00\x00\x03\x00\x40\x00\x00\x07\x82"
#define PPS5     "\x44\x01\xc1\x72\xb4\x62\x40"
#define VPS5_B64 "QAEMAf//AWAAAAMAkAAAAwAAAwBdlZgJ"
#define SPS5_B64 "QgEBAWAAAAMAkAAAAwAAAwBdoAKAgC0WWVmkkyvAQEAAAAMAQAAAB4I="
#define PPS5_B64 "RAHBcrRiQA=="
#define SETS5    "\0\0\0\x18" VPS5 "\0\0\0\x29" SPS5 "\0\0\0\x07" PPS5
