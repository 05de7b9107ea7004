/* SPDX-License-Identifier: MIT */
/*
 * Supplemental enhancement information of H.264 and H.265: what encoders say beside their pictures
 * (annex D of both). One message matters here.
 */
#pragma once

#include "core/base.h"

/*
 * True when one of the messages of an SEI unit is a recovery point: who starts decoding at its
 * picture has whole pictures after a while, at once if it is an intra picture (ITU-T H.264 D.2.8,
 * H.265 D.3.8). Encoders with open GOPs, or with periodic intra refresh, send IDR pictures only
 * once. body: the unit without its header, as it travels.
 */
bool sei_has_recovery_point(struct slice body);
