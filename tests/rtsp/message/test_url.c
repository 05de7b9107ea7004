/* SPDX-License-Identifier: MIT */
#include "rtsp/message/url.h"

#include "tests/support/guard.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>

static const struct {
    const char *uri;
    const char *path;
    const char *query;
} good[] = {
    {"rtsp://h/live/cam", "live/cam", ""},
    {"rtsp://127.0.0.1:8554/live/cam", "live/cam", ""},
    {"rtsp://[::1]:8554/live/cam", "live/cam", ""},
    {"rtsp://[fe80::1%25eth0]/live/cam", "live/cam", ""},
    {"rtsp://user:pa@ss@h:554/live/cam", "live/cam", ""},
    {"rtsp://user@[::1]/live/cam", "live/cam", ""},
    {"RTSP://H/live/cam", "live/cam", ""},
    {"rtsps://h/live/cam", "live/cam", ""},
    {"rtspu://h/live/cam", "live/cam", ""},
    {"rtsp://h:/live/cam", "live/cam", ""},
    {"/live/cam", "live/cam", ""},
    /* One stream however it is spelled. */
    {"rtsp://h/live/cam/", "live/cam", ""},
    {"rtsp://h//live///cam//", "live/cam", ""},
    {"rtsp://h/li%76e/c%61m", "live/cam", ""},
    {"rtsp://h/live%2Fcam%2f", "live/cam", ""},
    {"rtsp://h/caf%C3%A9/\xc3\xa9", "caf\xc3\xa9/\xc3\xa9", ""},
    {"rtsp://h/a%3Fb/c%20d", "a?b/c d", ""},
    {"rtsp://h/.../..a", ".../..a", ""},
    /* No path. */
    {"rtsp://h", "", ""},
    {"rtsp://h/", "", ""},
    {"rtsp://h:554//", "", ""},
    {"/", "", ""},
    {"rtsp://h?q", "", "q"},
    /* Queries stay as they are sent. */
    {"rtsp://h/live/cam?user=a&b=%2F", "live/cam", "user=a&b=%2F"},
    {"rtsp://h/live/cam/?user=a/trackID=0", "live/cam", "user=a/trackID=0"},
    {"rtsp://h/live/cam?a?b", "live/cam", "a?b"},
    {"rtsp://h/live/cam?", "live/cam", ""},
};

Test(url, good_ones_give_path_and_query)
{
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        struct rtsp_url url;
        cr_assert_eq(url_parse(slice_str(good[i].uri), &url), 0, "%s", good[i].uri);
        cr_assert_not(url.asterisk);
        cr_assert_str_eq(url.path, good[i].path, "%s", good[i].uri);
        cr_assert(slice_is(url.query, good[i].query), "%s", good[i].uri);
    }
}

Test(url, asterisk_is_the_server)
{
    struct rtsp_url url;
    cr_assert_eq(url_parse(SLICE_LIT("*"), &url), 0);
    cr_assert(url.asterisk);
    cr_assert_str_eq(url.path, "");
}

Test(url, bad_ones_are_refused)
{
    static const struct slice bad[] = {
        SLICE_LIT(""),
        SLICE_LIT("live/cam"),
        SLICE_LIT("**"),
        SLICE_LIT("http://h/live"),
        SLICE_LIT("rtsp:/h/live"),
        SLICE_LIT("rtsp://"),
        SLICE_LIT("rtsp:///live"),
        SLICE_LIT("rtsp://user@/live"),
        SLICE_LIT("rtsp://:554/live"),
        SLICE_LIT("rtsp://h:port/live"),
        SLICE_LIT("rtsp://h:65536/live"),
        SLICE_LIT("rtsp://h:1:2/live"),
        SLICE_LIT("rtsp://::1/live"),
        SLICE_LIT("rtsp://[::1/live"),
        SLICE_LIT("rtsp://[]/live"),
        SLICE_LIT("rtsp://[::1]554/live"),
        SLICE_LIT("rtsp://a[::1]/live"),
        SLICE_LIT("rtsp://h/.."),
        SLICE_LIT("rtsp://h/./live"),
        SLICE_LIT("rtsp://h/live/../../etc"),
        SLICE_LIT("rtsp://h/live/%2e%2E/x"),
        SLICE_LIT("rtsp://h/live%2f..%2fx"),
        SLICE_LIT("rtsp://h/%"),
        SLICE_LIT("rtsp://h/%2"),
        SLICE_LIT("rtsp://h/%zz"),
        SLICE_LIT("rtsp://h/%2?5"),
        SLICE_LIT("rtsp://h/a\nb"),
        SLICE_LIT("rtsp://h/a\0b"),
        SLICE_LIT("rtsp://h/a%00b"),
        SLICE_LIT("rtsp://h/a%0d%0ab"),
        SLICE_LIT("rtsp://h/a%7f"),
        SLICE_LIT("rtsp://h/a?q\nb"),
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct rtsp_url url;
        cr_assert_eq(url_parse(bad[i], &url), -EINVAL, "row %zu", i);
    }
}

Test(url, longest_path_fits_and_one_more_does_not)
{
    char uri[URL_PATH_MAX + 16];
    struct rtsp_url url;
    snprintf(uri, sizeof(uri), "//a/%0*d/", URL_PATH_MAX - 1 - 2, 0);
    cr_assert_eq(url_parse(slice_str(uri), &url), 0);
    cr_assert_eq(strlen(url.path), URL_PATH_MAX - 1);
    snprintf(uri, sizeof(uri), "//a/%0*d/", URL_PATH_MAX - 2, 0);
    cr_assert_eq(url_parse(slice_str(uri), &url), -ENAMETOOLONG);
}

Test(url, every_prefix_ends_within_its_bounds)
{
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        struct slice whole = slice_str(good[i].uri);
        for (size_t len = 0; len <= whole.len; len++) {
            struct slice uri = guard_copy(slice_head(whole, len));
            struct rtsp_url url;
            char base[URL_PATH_MAX];
            int track;
            int err = url_parse(uri, &url);
            cr_assert(err == 0 || err == -EINVAL);
            if (err == 0)
                url_split_track(&url, base, &track);
            guard_free(uri);
        }
    }
}

static const struct {
    const char *uri;
    const char *control;
    bool is;
} controls[] = {
    {"rtsp://h/live/cam/streamid=0", "streamid=0", true},
    {"rtsp://h/live/cam/streamid=1", "streamid=0", false},
    {"rtsp://h/live/cam/streamid=0/", "streamid=0", true},
    {"rtsp://h/live/cam//streamid=0", "/streamid=0", true},
    {"rtsp://h/live/cam/track/1", "track/1", true},
    {"rtsp://h/live/cam/track%201", "track%201", true},
    {"rtsp://h/live/cam/track%201", "track 1", true},
    {"rtsp://h/live/other/streamid=0", "streamid=0", false},
    {"rtsp://h/live/cam", "streamid=0", false},
    {"rtsp://h/live/camstreamid=0", "streamid=0", false},
    {"*", "streamid=0", false},
    /* Queries: ffmpeg, GStreamer, and one that the control brings. */
    {"rtsp://h/live/cam?user=a/streamid=0", "streamid=0", true},
    {"rtsp://h/live/cam/?user=a/streamid=0", "streamid=0", true},
    {"rtsp://h/live/cam?user=astreamid=0", "streamid=0", false},
    {"rtsp://h/live/cam?streamid=0", "streamid=0", false},
    {"rtsp://h/live/cam?/streamid=0", "streamid=0", true},
    {"rtsp://h/live/cam/streamid=0?user=a", "streamid=0", true},
    {"rtsp://h/live/cam/track?id=1", "track?id=1", true},
    {"rtsp://h/live/cam/track?id=2", "track?id=1", false},
    /* Absolute ones; the host does not matter, the query does. */
    {"rtsp://h/live/cam/1", "rtsp://10.0.0.1:554/live/cam/1", true},
    {"rtsp://h/live/cam/2", "rtsp://10.0.0.1:554/live/cam/1", false},
    {"rtsp://h/else/1", "RTSPS://h/else/1", true},
    {"rtsp://h/live/cam?track=1", "rtsp://h/live/cam?track=1", true},
    {"rtsp://h/live/cam?track=2", "rtsp://h/live/cam?track=1", false},
    {"rtsp://h/live/cam", "rtsp://h:bad/live/cam", false},
    /* A track without a control of its own is the whole. */
    {"rtsp://h/live/cam", "", true},
    {"rtsp://h/live/cam?user=a", "*", true},
    {"rtsp://h/live/cam/streamid=0", "", false},
    /* Controls that make no path. */
    {"rtsp://h/live", "../live", false},
    {"rtsp://h/live/cam/%25", "%", false},
};

Test(url, control_is_found_wherever_clients_put_it)
{
    for (size_t i = 0; i < ARRAY_LEN(controls); i++) {
        struct rtsp_url url;
        cr_assert_eq(url_parse(slice_str(controls[i].uri), &url), 0);
        struct slice control = guard_copy(slice_str(controls[i].control));
        cr_assert_eq(url_is_control(&url, "live/cam", control), controls[i].is, "%s of %s",
                     controls[i].uri, controls[i].control);
        guard_free(control);
    }
}

Test(url, control_that_makes_the_path_too_long_is_none)
{
    char control[URL_PATH_MAX + 1];
    struct rtsp_url url;
    memset(control, 'a', sizeof(control));
    cr_assert_eq(url_parse(SLICE_LIT("rtsp://h/live/cam/a"), &url), 0);
    cr_assert_not(url_is_control(&url, "live/cam", slice_of(control, sizeof(control))));
}

static const struct {
    const char *uri;
    const char *base;
    int track;
    bool ok;
} splits[] = {
    {"rtsp://h/live/cam", "live/cam", -1, true},
    {"rtsp://h/live/cam/", "live/cam", -1, true},
    {"rtsp://h/live/cam/trackID=0", "live/cam", 0, true},
    {"rtsp://h/live/cam/trackID=12/", "live/cam", 12, true},
    {"rtsp://h/live/cam/trackID=1?user=a", "live/cam", 1, true},
    {"rtsp://h/live/cam?user=a/trackID=1", "live/cam", 1, true},
    {"rtsp://h/live/cam?user=a/b", "live/cam", -1, true},
    {"rtsp://h/live/cam?user=a/", "live/cam", -1, true},
    {"rtsp://h/live/cam?trackID=1", "live/cam", -1, true},
    {"rtsp://h/a/b/c/trackID=3", "a/b/c", 3, true},
    {"rtsp://h/trackID=3", "", 3, true},
    {"rtsp://h", "", -1, true},
    {"*", "", -1, true},
    {"rtsp://h/live/cam/trackID=", "live/cam", -1, false},
    {"rtsp://h/live/cam/trackID=x", "live/cam", -1, false},
    {"rtsp://h/live/cam/trackID=-1", "live/cam", -1, false},
    {"rtsp://h/live/cam/trackID=2147483648", "live/cam", -1, false},
    {"rtsp://h/live/cam?user=a/trackID=1x", "live/cam", -1, false},
};

Test(url, track_is_split_off_its_stream)
{
    for (size_t i = 0; i < ARRAY_LEN(splits); i++) {
        struct rtsp_url url;
        char base[URL_PATH_MAX];
        int track;
        cr_assert_eq(url_parse(slice_str(splits[i].uri), &url), 0, "%s", splits[i].uri);
        cr_assert_eq(url_split_track(&url, base, &track), splits[i].ok, "%s", splits[i].uri);
        cr_assert_str_eq(base, splits[i].base, "%s", splits[i].uri);
        cr_assert_eq(track, splits[i].track, "%s", splits[i].uri);
    }
}
