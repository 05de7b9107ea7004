/* SPDX-License-Identifier: MIT */
#include "rtsp/message/url.h"

#include "core/scan.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

static const char track_prefix[] = "trackID=";

static bool is_control_char(uint8_t c)
{
    return c < ' ' || c == 0x7f;
}

static bool has_control_char(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (is_control_char(s.ptr[i]))
            return true;
    return false;
}

/* Bytes in front of the first of the characters in 'stops'. */
static size_t span_until(struct slice s, const char *stops)
{
    size_t len = 0;
    while (len < s.len && (s.ptr[len] == '\0' || !strchr(stops, s.ptr[len])))
        len++;
    return len;
}

/* RFC 3986 section 3.2.3: the port may be left out behind its colon. */
static bool port_is_valid(struct slice port)
{
    uint64_t number;
    return port.len == 0 || scan_number(port, UINT16_MAX, &number);
}

/* "[v6]" or "[v6]:port", without the opening bracket. */
static bool ipv6_host_is_valid(struct slice host)
{
    struct slice literal = slice_head(host, span_until(host, "]"));
    struct slice behind = slice_from(host, literal.len + 1);
    if (literal.len == host.len || span_until(literal, "[@ ") != literal.len)
        return false;
    if (behind.len > 0 && behind.ptr[0] != ':')
        return false;
    return literal.len > 0 && port_is_valid(slice_from(behind, 1));
}

static bool authority_is_valid(struct slice authority)
{
    struct slice host = authority;
    for (size_t i = 0; i < authority.len; i++)
        if (authority.ptr[i] == '@')
            host = slice_from(authority, i + 1);
    if (host.len > 0 && host.ptr[0] == '[')
        return ipv6_host_is_valid(slice_from(host, 1));

    size_t name_len = span_until(host, ":[] ");
    if (name_len < host.len && host.ptr[name_len] != ':')
        return false;
    return name_len > 0 && port_is_valid(slice_from(host, name_len + 1));
}

/* Takes "rtsp://host" off *uri. A URI that begins with its path is fine too. */
static bool take_authority(struct slice *uri)
{
    if (!scan_prefix_nocase(uri, "rtsp://") && !scan_prefix_nocase(uri, "rtsps://") &&
        !scan_prefix_nocase(uri, "rtspu://"))
        return uri->len > 0 && uri->ptr[0] == '/';
    size_t len = span_until(*uri, "/?");
    struct slice authority = slice_head(*uri, len);
    *uri = slice_from(*uri, len);
    return authority_is_valid(authority);
}

/* Takes one byte of a path, which may be percent-encoded. Negative when it must not be there. */
static int take_byte(struct slice *raw)
{
    int c = raw->ptr[0];
    size_t taken = 1;
    if (c == '%') {
        if (raw->len < 3)
            return -1;
        int high = scan_hex_digit(raw->ptr[1]);
        int low = scan_hex_digit(raw->ptr[2]);
        if (high < 0 || low < 0)
            return -1;
        c = high << 4 | low;
        taken = 3;
    }
    *raw = slice_from(*raw, taken);
    return is_control_char((uint8_t)c) ? -1 : c;
}

static bool has_dot_segment(struct slice path)
{
    struct slice segment;
    while (scan_until(&path, '/', &segment))
        if (slice_is(segment, ".") || slice_is(segment, ".."))
            return true;
    return false;
}

/* Percent-decodes raw behind the 'len' characters of path, with single slashes, none at the ends.
 */
static int append_path(char path[URL_PATH_MAX], size_t len, struct slice raw)
{
    bool slash = len > 0;
    while (raw.len > 0) {
        int c = take_byte(&raw);
        if (c < 0)
            return -EINVAL;
        if (c == '/') {
            slash = len > 0;
            continue;
        }
        if (len + slash + 1 >= URL_PATH_MAX)
            return -ENAMETOOLONG;
        if (slash)
            path[len++] = '/';
        slash = false;
        path[len++] = (char)c;
    }
    path[len] = '\0';
    return has_dot_segment(slice_of(path, len)) ? -EINVAL : 0;
}

int url_parse(struct slice uri, struct rtsp_url *url)
{
    *url = (struct rtsp_url){.asterisk = slice_is(uri, "*")};
    if (url->asterisk)
        return 0;
    if (has_control_char(uri) || !take_authority(&uri))
        return -EINVAL;
    size_t path_len = span_until(uri, "?");
    url->query = slice_from(uri, path_len + 1);
    return append_path(url->path, 0, slice_head(uri, path_len));
}

/* What stands behind the last slash of s. False when s has none. */
static bool last_segment(struct slice s, struct slice *segment)
{
    const uint8_t *slash = s.len > 0 ? memrchr(s.ptr, '/', s.len) : NULL;
    if (!slash)
        return false;
    size_t from = (size_t)(slash - s.ptr) + 1;
    *segment = slice_of(s.ptr + from, s.len - from);
    return true;
}

static bool is_absolute(struct slice control)
{
    return scan_prefix_nocase(&control, "rtsp://") || scan_prefix_nocase(&control, "rtsps://") ||
           scan_prefix_nocase(&control, "rtspu://");
}

/* The host is left out of the comparison: address translation and proxies change it. */
static bool matches_absolute(const struct rtsp_url *url, struct slice control)
{
    struct rtsp_url other;
    return url_parse(control, &other) == 0 && strcmp(url->path, other.path) == 0 &&
           slice_eq(url->query, other.query);
}

/* base?query/control: ffmpeg appends the control to the whole URL. */
static bool query_ends_with(struct slice query, struct slice control)
{
    if (query.len <= control.len)
        return false;
    size_t slash = query.len - control.len - 1;
    return query.ptr[slash] == '/' && slice_eq(slice_from(query, slash + 1), control);
}

/* base/control?query, where the control may have brought a query of its own. */
static bool path_ends_with(const struct rtsp_url *url, const char *base, struct slice control)
{
    char path[URL_PATH_MAX];
    size_t path_len = span_until(control, "?");
    struct slice query = slice_from(control, path_len + 1);
    int len = snprintf(path, sizeof(path), "%s", base);
    if (len >= URL_PATH_MAX || append_path(path, (size_t)len, slice_head(control, path_len)) != 0)
        return false;
    return strcmp(url->path, path) == 0 && (query.len == 0 || slice_eq(url->query, query));
}

bool url_is_control(const struct rtsp_url *url, const char *base, struct slice control)
{
    if (url->asterisk)
        return false;
    if (is_absolute(control))
        return matches_absolute(url, control);
    if (control.len == 0 || slice_is(control, "*"))
        return strcmp(url->path, base) == 0;
    if (strcmp(url->path, base) == 0 && query_ends_with(url->query, control))
        return true;
    return path_ends_with(url, base, control);
}

static bool is_track(struct slice segment)
{
    return slice_is(slice_head(segment, strlen(track_prefix)), track_prefix);
}

bool url_split_track(const struct rtsp_url *url, char base[URL_PATH_MAX], int *track)
{
    struct slice path = slice_str(url->path);
    struct slice segment = path;
    last_segment(path, &segment);
    if (is_track(segment))
        path.len -= size_min(path.len, segment.len + 1); /* with the slash in front */
    else if (!last_segment(url->query, &segment) || !is_track(segment))
        segment = (struct slice){0};

    memcpy(base, url->path, path.len);
    base[path.len] = '\0';
    *track = -1;
    if (segment.len == 0)
        return true;
    uint64_t number;
    if (!scan_number(slice_from(segment, strlen(track_prefix)), INT_MAX, &number))
        return false;
    *track = (int)number;
    return true;
}
