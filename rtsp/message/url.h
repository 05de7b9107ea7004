/* SPDX-License-Identifier: MIT */
/*
 * Request URIs: from what clients send to the one name under which umbel knows a stream, and back
 * to the track that a control URL means.
 */
#pragma once

#include "core/base.h"

enum { URL_PATH_MAX = 256, URL_CONTROL_MAX = 128 };

struct rtsp_url {
    bool asterisk;           /* "*": the server as a whole */
    char path[URL_PATH_MAX]; /* "live/cam": percent-decoded, single slashes, none at the ends */
    struct slice query;      /* behind the "?", as sent; points into the input */
};

/*
 * "rtsp://host[:port]/path?query" or "/path?query", scheme in any case (rtsp, rtsps, rtspu). The
 * host is not looked at beyond its syntax (an IPv6 literal stands in brackets; user:password@ is
 * passed over). 0; -EINVAL for what is no URL, for "." and ".." segments, control characters, bad
 * percent escapes; -ENAMETOOLONG when the path does not fit.
 */
int url_parse(struct slice uri, struct rtsp_url *url);

/*
 * True when url means the track whose control attribute is 'control' (relative, or an absolute rtsp
 * URL) of the stream named base: base/control, also with the control behind the query, as ffmpeg
 * sends it
 * (/base?query/control).
 */
bool url_is_control(const struct rtsp_url *url, const char *base, struct slice control);

/*
 * Splits a URL that umbel itself handed out in an SDP: base becomes the stream's name, *track the
 * number in its "trackID=" control, or -1 for the stream as a whole (aggregate control). Both
 * places of the query work. False when the number is malformed.
 */
bool url_split_track(const struct rtsp_url *url, char base[URL_PATH_MAX], int *track);
