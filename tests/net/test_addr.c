/* SPDX-License-Identifier: MIT */
#include "net/addr.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <sys/un.h>
#include <unistd.h>

Test(addr, text_is_read_and_written)
{
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"127.0.0.1:8554", "127.0.0.1:8554"},
        {"127.0.0.1", "127.0.0.1:554"},
        {"0.0.0.0:0", "0.0.0.0:0"},
        {"255.255.255.255:65535", "255.255.255.255:65535"},
        {"[::1]:8554", "[::1]:8554"},
        {"[::1]", "[::1]:554"},
        {"[fe80:0:0:0:0:0:0:1]:1", "[fe80::1]:1"},
        {":8554", "[::]:8554"},
        {"[::ffff:10.1.2.3]:80", "10.1.2.3:80"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct addr a;
        char text[ADDR_TEXT_MAX];
        cr_assert_eq(addr_parse(&a, rows[i].in, 554), 0, "%s", rows[i].in);
        addr_format(&a, text);
        cr_assert_str_eq(text, rows[i].out);
    }
}

Test(addr, anything_else_is_refused)
{
    static const char *const rows[] = {
        "",
        ":",
        "localhost",
        "localhost:8554",
        "127.0.0.1:",
        "127.0.0.1:65536",
        "127.0.0.1:99999999999999999999",
        "127.0.0.1:-1",
        "127.0.0.1:+1",
        "127.0.0.1: 1",
        "127.0.0.1:1x",
        "127.0.0.1:1:1",
        "127.0.0",
        "127.0.0.256",
        " 127.0.0.1",
        "::1",
        "[::1",
        "[::1]8554",
        "[::1]:",
        "[]:8554",
        "[]",
        "[127.0.0.1]:8554",
        "[::1%lo]:8554",
        "[1111:2222:3333:4444:5555:6666:7777:8888:1111:2222:3333:4444:5555:6666:7777:8888]:1",
    };
    struct addr a;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        cr_assert_eq(addr_parse(&a, rows[i], 554), -EINVAL, "%s", rows[i]);
}

Test(addr, host_comes_without_brackets_and_says_its_family)
{
    static const struct {
        const char *in, *host;
        bool v6;
    } rows[] = {
        {"10.0.0.1:5", "10.0.0.1", false},
        {"[2001:db8::1]:5", "2001:db8::1", true},
        {"[::ffff:10.0.0.1]:5", "10.0.0.1", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct addr a;
        char host[ADDR_TEXT_MAX];
        cr_assert_eq(addr_parse(&a, rows[i].in, 0), 0);
        cr_assert_eq(addr_format_host(&a, host), rows[i].v6);
        cr_assert_str_eq(host, rows[i].host);
        cr_assert_eq(addr_port(&a), 5);
        addr_set_port(&a, 65535);
        cr_assert_eq(addr_port(&a), 65535);
    }
}

Test(addr, longest_text_fits)
{
    struct addr a;
    char text[ADDR_TEXT_MAX];
    const char *longest = "[1111:2222:3333:4444:5555:6666:7777:8888]:65535";
    cr_assert_eq(addr_parse(&a, longest, 0), 0);
    addr_format(&a, text);
    cr_assert_str_eq(text, longest);
}

Test(addr, both_ends_of_a_connection)
{
    struct addr a, peer, local;
    char text[ADDR_TEXT_MAX];
    cr_assert_eq(addr_parse(&a, "127.0.0.1:0", 0), 0);
    int server = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(bind(server, (const struct sockaddr *)&a.ss, a.len), 0);
    cr_assert_eq(listen(server, 1), 0);
    a = addr_local(server);
    cr_assert_gt(addr_port(&a), 0);
    cr_assert_eq(connect(client, (const struct sockaddr *)&a.ss, a.len), 0);
    peer = addr_peer(client);
    local = addr_local(server);
    cr_assert_eq(addr_port(&peer), addr_port(&local));
    cr_assert_not(addr_format_host(&peer, text));
    cr_assert_str_eq(text, "127.0.0.1");
    close(server);
    close(client);
}

Test(addr, end_that_is_no_internet_address_is_unknown)
{
    int fd[2];
    char text[ADDR_TEXT_MAX];
    struct addr none = addr_peer(-1);
    cr_assert_eq(none.len, 0);
    cr_assert_eq(addr_port(&none), 0);
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
    struct addr a = addr_peer(fd[0]);
    addr_format(&a, text);
    cr_assert_str_eq(text, "unknown:0");
    close(fd[0]);
    close(fd[1]);
}
