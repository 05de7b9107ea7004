/* SPDX-License-Identifier: MIT */
#include "bench/load_target.h"

#include <criterion/criterion.h>

Test(load_target, urls_of_streams_are_made)
{
    static const struct {
        const char *url;
        uint64_t stream, streams;
        const char *made;
    } rows[] = {
        {"rtsp://h/live/cam", 0, 1, "rtsp://h/live/cam"},
        {"rtsp://h:8554/live/cam", 7, 10, "rtsp://h:8554/live/cam7"},
        {"rtsp://h/live/cam?a=b", 7, 10, "rtsp://h/live/cam7?a=b"},
        {"rtsp://h/live/%d/hd?a=b", 7, 10, "rtsp://h/live/7/hd?a=b"},
        {"rtsp://[::1]:8554/%d", 0, 1, "rtsp://[::1]:8554/0"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct load_target t;
        char url[LOAD_URL_MAX];
        cr_assert_null(load_target_parse(&t, rows[i].url), "%s", rows[i].url);
        load_target_url(&t, rows[i].stream, rows[i].streams, url);
        cr_assert_str_eq(url, rows[i].made);
    }
}

Test(load_target, host_and_port_come_apart)
{
    static const char *const rows[][3] = {
        {"rtsp://127.0.0.1:8554/a", "127.0.0.1", "8554"},
        {"RTSP://camera.example/a", "camera.example", "554"},
        {"rtsp://[::1]:8554/a", "::1", "8554"},
        {"rtsp://[::1]/a", "::1", "554"},
        {"rtsp://h:/a", "h", "554"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct load_target t;
        cr_assert_null(load_target_parse(&t, rows[i][0]), "%s", rows[i][0]);
        cr_assert_str_eq(t.host, rows[i][1]);
        cr_assert_str_eq(t.port, rows[i][2]);
    }
}

Test(load_target, what_is_no_url_is_refused)
{
    static const char *const rows[] = {
        "",
        "/live/cam",
        "rtsp:///live/cam",
        "http://h/live",
        "rtsps://h/live",
        "rtsp://user:secret@h/live",
        "rtsp://h:99999/live",
        "rtsp://h:0/live",
        "rtsp://h:x/live",
        "rtsp://[::1/live",
        "rtsp://h/li\nve",
        "rtsp://h/../live",
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct load_target t;
        cr_assert_not_null(load_target_parse(&t, rows[i]), "%s", rows[i]);
    }
}

Test(load_target, only_numbers_of_127_are_loopback)
{
    static const struct {
        const char *text;
        bool loopback;
    } rows[] = {
        {"127.0.0.1:1", true}, {"127.9.8.7:1", true}, {"128.0.0.1:1", false}, {"[::1]:1", false}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct addr a;
        cr_assert_eq(addr_parse(&a, rows[i].text, 1), 0);
        cr_assert_eq(load_target_is_loopback(&a), rows[i].loopback, "%s", rows[i].text);
    }
}

Test(load_target, control_urls_are_resolved)
{
    static const char *const rows[][3] = {
        {"rtsp://h/a/", "trackID=0", "rtsp://h/a/trackID=0"},
        {"rtsp://h/a", "trackID=0", "rtsp://h/a/trackID=0"},
        {"rtsp://h/a/", "rtsp://g/b", "rtsp://g/b"},
        {"rtsp://h/a/", "RTSP://g/b", "RTSP://g/b"},
        {"rtsp://h/a/", "*", "rtsp://h/a/"},
        {"rtsp://h/a/", "", "rtsp://h/a/"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char url[LOAD_URL_MAX];
        load_control_url(slice_str(rows[i][0]), slice_str(rows[i][1]), url);
        cr_assert_str_eq(url, rows[i][2]);
    }
}
