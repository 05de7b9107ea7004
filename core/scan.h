/* SPDX-License-Identifier: MIT */
/*
 * The small steps that readers of text protocols share: take a part off the front, strip white
 * space, read a number that must be nothing but a number. All of them work on borrowed bytes, copy
 * nothing, and know no NUL terminator.
 */
#pragma once

#include "core/base.h"

/* Without the spaces, tabs, CRs and LFs at both ends. An empty result still points into s. */
struct slice scan_trim(struct slice s);

/*
 * Takes what stands before the next 'stop' off *rest, and the stop with it; without a stop it takes
 * everything. False when nothing is left.
 */
bool scan_until(struct slice *rest, char stop, struct slice *part);

/* Takes the next run of bytes that are not white space off *rest. False when there is none. */
bool scan_word(struct slice *rest, struct slice *word);

/*
 * Takes the next parameter off a list such as "mode=AAC-hbr; config=1190". Both are trimmed; value
 * has ptr NULL when there is no "=". Empty parameters are passed over. False at the end.
 */
bool scan_param(struct slice *rest, struct slice *key, struct slice *value);

/* Takes prefix off *s when s begins with it; the case of letters does not matter. */
bool scan_prefix_nocase(struct slice *s, const char *prefix);

/* True when s is a decimal number from 0 to max and nothing else: no sign, no space. */
bool scan_number(struct slice s, uint64_t max, uint64_t *value);

/* 0 to 15, or -1 when c is no hexadecimal digit. */
int scan_hex_digit(uint8_t c);
