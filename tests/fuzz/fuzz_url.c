/* SPDX-License-Identifier: MIT */
#include "rtsp/message/url.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first line of the input is a URI, the rest a control attribute. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = slice_of(data, size);
    const uint8_t *lf = size > 0 ? memchr(data, '\n', size) : NULL;
    size_t uri_len = lf ? (size_t)(lf - data) : size;
    struct rtsp_url url;
    char base[URL_PATH_MAX];
    int track;
    if (url_parse(slice_head(input, uri_len), &url) != 0)
        return 0;

    url_is_control(&url, "live/cam", slice_from(input, uri_len + 1));
    bool ok = url_split_track(&url, base, &track);
    if (strlen(base) > strlen(url.path) || track < -1 || (!ok && track != -1))
        abort();
    if (url.path[0] == '/' || strstr(url.path, "//") || strstr(url.path, "/../"))
        abort();
    return 0;
}
