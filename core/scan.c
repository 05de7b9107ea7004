/* SPDX-License-Identifier: MIT */
#include "core/scan.h"

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct slice scan_trim(struct slice s)
{
    while (s.len > 0 && is_space(s.ptr[s.len - 1]))
        s.len--;
    while (s.len > 0 && is_space(s.ptr[0])) {
        s.ptr++;
        s.len--;
    }
    return s;
}

bool scan_until(struct slice *rest, char stop, struct slice *part)
{
    if (rest->len == 0)
        return false;
    const uint8_t *at = memchr(rest->ptr, stop, rest->len);
    size_t len = at ? (size_t)(at - rest->ptr) : rest->len;
    *part = slice_head(*rest, len);
    *rest = slice_from(*rest, at ? len + 1 : len);
    return true;
}

bool scan_word(struct slice *rest, struct slice *word)
{
    *rest = scan_trim(*rest);
    size_t len = 0;
    while (len < rest->len && !is_space(rest->ptr[len]))
        len++;
    *word = slice_head(*rest, len);
    *rest = slice_from(*rest, len);
    return len > 0;
}

bool scan_param(struct slice *rest, struct slice *key, struct slice *value)
{
    struct slice param;
    while (scan_until(rest, ';', &param)) {
        param = scan_trim(param);
        if (param.len == 0)
            continue;
        const uint8_t *equals = memchr(param.ptr, '=', param.len);
        size_t key_len = equals ? (size_t)(equals - param.ptr) : param.len;
        *key = scan_trim(slice_head(param, key_len));
        *value = (struct slice){0};
        if (equals)
            *value = scan_trim(slice_of(equals + 1, param.len - key_len - 1));
        return true;
    }
    return false;
}

bool scan_prefix_nocase(struct slice *s, const char *prefix)
{
    size_t len = strlen(prefix);
    if (!slice_is_nocase(slice_head(*s, len), prefix))
        return false;
    *s = slice_from(*s, len);
    return true;
}

bool scan_number(struct slice s, uint64_t max, uint64_t *value)
{
    uint64_t n = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
        uint64_t digit = s.ptr[i] - (uint64_t)'0';
        if (digit > max || n > (max - digit) / 10)
            return false;
        n = n * 10 + digit;
    }
    *value = n;
    return s.len > 0;
}

int scan_hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}
