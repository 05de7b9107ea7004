/* SPDX-License-Identifier: MIT */
#include "rtsp/message/msg.h"

#include "core/scan.h"

enum {
    BLANK_BYTES_MAX = 64,  /* CRs and LFs in front of a request */
    METHOD_BYTES_MAX = 32, /* the longest in use, GET_PARAMETER, has 13 */
    TLS_HANDSHAKE = 0x16,  /* RFC 8446 section 5.1: how every ClientHello begins */
    CSEQ_MAX = INT32_MAX,
};

/* Why a request is refused; status 0: it is not. */
struct fault {
    int status;
    const char *why;
};

static const struct fault no_fault;

static struct fault fault(int status, const char *why)
{
    return (struct fault){status, why};
}

static size_t blank_bytes(struct slice bytes)
{
    size_t n = 0;
    while (n < bytes.len && n <= BLANK_BYTES_MAX && (bytes.ptr[n] == '\r' || bytes.ptr[n] == '\n'))
        n++;
    return n;
}

/* RFC 2326 section 15.1: token. */
static bool is_token_char(uint8_t c)
{
    return c > ' ' && c < 0x7f && !strchr("()<>@,;:\\\"/[]?={}", c);
}

/* Judges the method, as much of it as is there. *len is its length once it is whole, else 0. */
static struct fault check_method(struct slice head, size_t *len)
{
    *len = 0;
    if (head.len > 0 && head.ptr[0] == TLS_HANDSHAKE)
        return fault(400, "this is TLS, but the port speaks plain RTSP");
    for (size_t i = 0; i < head.len; i++) {
        if (head.ptr[i] == ' ' && i > 0) {
            *len = i;
            return no_fault;
        }
        if (!is_token_char(head.ptr[i]) || i == METHOD_BYTES_MAX)
            return fault(400, "this does not begin like an RTSP request");
    }
    return no_fault;
}

/*
 * What can be said against a request before its header has come in full. head is what there is of
 * it, without blank lines in front. The URI is looked at when it has just grown past its limit, not
 * in every call: 'scanned' bytes of head were there in the last one.
 */
static struct fault check_head(struct slice head, size_t scanned, const struct msg_limits *limits)
{
    size_t method_len;
    head = slice_head(head, limits->header_bytes);
    struct fault f = check_method(head, &method_len);
    if (f.status || method_len == 0)
        return f;

    size_t uri = method_len + 1;
    size_t past = uri + limits->uri_bytes;
    if (head.len <= past || scanned > past)
        return no_fault;
    size_t room = limits->uri_bytes + 1;
    if (!memchr(head.ptr + uri, ' ', room) && !memchr(head.ptr + uri, '\n', room))
        return fault(414, "the URI is too long");
    return no_fault;
}

/* The offset behind the first LF at 'from' or later; 0 when there is none. */
static size_t behind_lf(struct slice bytes, size_t from)
{
    struct slice rest = slice_from(bytes, from);
    const uint8_t *lf = rest.len > 0 ? memchr(rest.ptr, '\n', rest.len) : NULL;
    return lf ? (size_t)(lf - bytes.ptr) + 1 : 0;
}

/*
 * Searches on for the empty line that ends the header, from where the last call stopped. True when
 * found: r->header_end is the offset behind it.
 */
static bool find_header_end(struct msg_reader *r, struct slice bytes)
{
    size_t next;
    while ((next = behind_lf(bytes, r->scanned)) > 0) {
        size_t at = next;
        if (at < bytes.len && bytes.ptr[at] == '\r')
            at++;
        if (at == bytes.len) {
            r->scanned = next - 1; /* whether the next line is empty is not known yet */
            return false;
        }
        if (bytes.ptr[at] == '\n') {
            r->header_end = at + 1;
            return true;
        }
        r->scanned = next;
    }
    r->scanned = bytes.len;
    return false;
}

/* RFC 9112 section 2.3: whoever speaks HTTP/1.2 understands 1.1. */
static struct fault check_http_version(struct msg *msg, struct slice number)
{
    uint64_t minor;
    bool is_1 = scan_prefix_nocase(&number, "1.") && scan_number(number, 9, &minor);
    msg->protocol = is_1 && minor == 0 ? MSG_HTTP_1_0 : MSG_HTTP_1_1;
    return is_1 ? no_fault : fault(505, "this port speaks RTSP, and of HTTP only 1.0 and 1.1");
}

static struct fault check_version(struct msg *msg, struct slice version)
{
    struct slice number = version;
    if (scan_prefix_nocase(&number, "HTTP/"))
        return check_http_version(msg, number);
    if (!scan_prefix_nocase(&number, "RTSP/"))
        return fault(400, "the request line is not: method, URI, RTSP/1.0");
    if (slice_is(number, "1.0"))
        return no_fault;

    uint64_t digits;
    struct slice major;
    bool numeric = scan_until(&number, '.', &major) && scan_number(major, UINT64_MAX, &digits) &&
                   scan_number(number, UINT64_MAX, &digits);
    return numeric ? fault(505, "only RTSP/1.0 is spoken here")
                   : fault(400, "the protocol version is malformed");
}

/* RFC 2326 section 6.1. */
static struct fault parse_request_line(struct msg *msg, struct slice line)
{
    line = scan_trim(line);
    if (!scan_until(&line, ' ', &msg->method) || !scan_until(&line, ' ', &msg->uri))
        return fault(400, "the request line is not: method, URI, RTSP/1.0");
    struct fault f = check_version(msg, line);
    if (f.status == 0 && msg->uri.len == 0)
        return fault(400, "the URI is missing");
    return f;
}

/* RFC 822 section 3.1.1: the value goes on in this line. It stays one slice, line end included. */
static struct fault parse_folded(struct msg *msg, struct slice line)
{
    if (msg->header_count == 0)
        return fault(400, "the first header line begins with white space");
    struct slice *value = &msg->header[msg->header_count - 1].value;
    *value = scan_trim(slice_of(value->ptr, (size_t)(line.ptr + line.len - value->ptr)));
    return no_fault;
}

static struct fault parse_header_line(struct msg *msg, struct slice line)
{
    if (line.ptr[0] == ' ' || line.ptr[0] == '\t')
        return parse_folded(msg, line);
    const uint8_t *colon = memchr(line.ptr, ':', line.len);
    if (!colon)
        return fault(400, "a header line has no colon");

    size_t name_len = (size_t)(colon - line.ptr);
    struct msg_header header = {
        .name = scan_trim(slice_head(line, name_len)),
        .value = scan_trim(slice_of(colon + 1, line.len - name_len - 1)),
    };
    if (header.name.len == 0)
        return fault(400, "a header line has no name");
    if (msg->header_count == MSG_HEADERS_MAX)
        return fault(431, "too many header lines");
    msg->header[msg->header_count++] = header;
    return no_fault;
}

/* Goes on behind a bad line, as the CSeq may follow. Returns what was wrong first. */
static struct fault parse_header_lines(struct msg *msg, struct slice lines)
{
    struct fault first = no_fault;
    struct slice line;
    while (scan_until(&lines, '\n', &line)) {
        if (line.len > 0 && line.ptr[line.len - 1] == '\r')
            line.len--;
        if (line.len == 0)
            continue;
        struct fault f = parse_header_line(msg, line);
        if (first.status == 0)
            first = f;
    }
    return first;
}

static int64_t cseq_of(const struct msg *msg)
{
    uint64_t cseq;
    return scan_number(msg_get(msg, "CSeq"), CSEQ_MAX, &cseq) ? (int64_t)cseq : -1;
}

static struct fault parse_content_length(const struct msg *msg, uint64_t max, size_t *len)
{
    uint64_t sum = 0;
    bool seen = false;
    for (unsigned i = 0; i < msg->header_count; i++) {
        uint64_t n;
        if (!slice_is_nocase(msg->header[i].name, "Content-Length"))
            continue;
        if (!scan_number(msg->header[i].value, UINT64_MAX, &n))
            return fault(400, "the Content-Length is not a number");
        if (seen && n != sum)
            return fault(400, "two Content-Lengths differ");
        sum = n;
        seen = true;
    }
    if (sum > max)
        return fault(413, "the body is too large");
    *len = (size_t)sum;
    return no_fault;
}

/* Splits a header that has come in full. Fills in as much of msg as can be understood. */
static struct fault parse_header(struct slice header, const struct msg_limits *limits,
                                 struct msg *msg, size_t *body_bytes)
{
    struct slice lines = header;
    struct slice request_line = {0};
    scan_until(&lines, '\n', &request_line);
    struct fault in_request = parse_request_line(msg, request_line);
    struct fault in_headers = parse_header_lines(msg, lines);
    msg->cseq = cseq_of(msg);

    if (header.len > limits->header_bytes)
        return fault(431, "the header is too long");
    if (memchr(header.ptr, '\0', header.len))
        return fault(400, "the header has a NUL byte");
    if (in_request.status)
        return in_request;
    if (in_headers.status)
        return in_headers;
    return msg->protocol == MSG_RTSP ? parse_content_length(msg, limits->body_bytes, body_bytes)
                                     : no_fault;
}

static void clear(struct msg *msg)
{
    msg->protocol = MSG_RTSP;
    msg->method = msg->uri = msg->body = (struct slice){0};
    msg->header_count = 0;
    msg->cseq = -1;
}

/* Reads as far as the bytes go. r->total is set when the header is there and good. */
static struct fault read_header(struct msg_reader *r, struct slice bytes,
                                const struct msg_limits *limits, struct msg *msg)
{
    size_t start = blank_bytes(bytes);
    if (start > BLANK_BYTES_MAX)
        return fault(400, "too many empty lines before a request");
    if (r->scanned < start)
        r->scanned = start;

    struct slice head = slice_from(bytes, start);
    struct fault f = check_head(head, r->scanned - start, limits);
    if (!find_header_end(r, bytes)) {
        if (f.status == 0 && head.len >= limits->header_bytes)
            return fault(431, "the header is too long");
        return f;
    }

    size_t body_bytes = 0;
    struct fault parsed =
        parse_header(slice_head(head, r->header_end - start), limits, msg, &body_bytes);
    if (f.status == 0)
        f = parsed;
    if (f.status == 0)
        r->total = r->header_end + body_bytes;
    return f;
}

int64_t msg_read(struct msg_reader *r, struct slice bytes, const struct msg_limits *limits,
                 struct msg *msg, int *status, const char **why)
{
    if (bytes.len < r->total)
        return 0;
    clear(msg);
    struct fault f = read_header(r, bytes, limits, msg);
    if (f.status) {
        *status = f.status;
        *why = f.why;
        return -1;
    }
    if (r->total == 0 || bytes.len < r->total)
        return 0;
    msg->body = slice_of(bytes.ptr + r->header_end, r->total - r->header_end);
    return (int64_t)r->total;
}

struct slice msg_get(const struct msg *msg, const char *name)
{
    for (unsigned i = 0; i < msg->header_count; i++)
        if (slice_is_nocase(msg->header[i].name, name))
            return msg->header[i].value;
    return (struct slice){0};
}
