/* SPDX-License-Identifier: MIT */
#include "rtsp/session/intake.h"

#include <errno.h>
#include <sys/socket.h>

#include "core/bytes.h"
#include "rtp/batch.h"
#include "rtsp/session/tunnel.h"

enum {
    READS_A_TURN = 8, /* then others come first */
    READ_BYTES = 2048,
    PUBLISHER_READ_BYTES = 128 << 10,
    URI_MAX_BYTES = 2048,
    UNSENT_MAX_BYTES =
        64 << 10, /* replies that the peer does not take: no more requests until it does */
};

/* -- messages -- */

static struct msg_limits limits_of(const struct config *config)
{
    return (struct msg_limits){.uri_bytes = URI_MAX_BYTES,
                               .header_bytes = config->max_header_bytes,
                               .body_bytes = config->max_body_bytes};
}

static void note_message(struct conn *c)
{
    c->heard_ns = worker_now(c->worker);
    c->has_spoken = true;
}

/* The bytes of one message at the front; 0: not all of it is there. */
static size_t take_interleaved(struct conn *c, struct slice bytes)
{
    if (bytes.len < INTERLEAVED_HEADER_BYTES)
        return 0;
    size_t len = get_be16(bytes.ptr + 2);
    struct slice packet = slice_from(bytes, INTERLEAVED_HEADER_BYTES);
    if (packet.len < len)
        return 0;
    note_message(c);
    c->worker->handlers->on_packet(c, bytes.ptr[1], slice_head(packet, len));
    return INTERLEAVED_HEADER_BYTES + len;
}

static void refuse(struct conn *c, const struct msg *msg, int status, const char *why)
{
    if (msg->protocol != MSG_RTSP && tunnel_may_begin(c))
        tunnel_refuse(c, msg, status, why);
    else
        c->worker->handlers->on_bad_request(c, msg, status, why);
}

/* Returns the bytes that are done with: behind a GET, and behind what was refused, it is all. */
static size_t take_whole(struct conn *c, const struct msg *msg, size_t len, struct slice bytes)
{
    if (msg->protocol == MSG_RTSP) {
        note_message(c);
        c->held = !c->worker->handlers->on_request(c, msg);
        return c->held ? 0 : len;
    }
    if (tunnel_may_begin(c))
        tunnel_serve(c, msg);
    else
        refuse(c, msg, 400, "HTTP in the middle of an RTSP connection");
    return c->tunnel.role == TUNNEL_POST ? len : bytes.len;
}

static size_t take_message(struct conn *c, struct slice bytes)
{
    if (bytes.ptr[0] == '$')
        return take_interleaved(c, bytes);
    const struct msg_limits limits = limits_of(c->worker->config);
    struct msg msg;
    int status;
    const char *why;
    int64_t n = msg_read(&c->reader, bytes, &limits, &msg, &status, &why);
    if (n == 0)
        return 0;
    c->reader = (struct msg_reader){0};
    if (n > 0)
        return take_whole(c, &msg, (size_t)n, bytes);
    refuse(c, &msg, status, why);
    return bytes.len;
}

static bool takes_messages(const struct conn *c)
{
    return c->phase == CONN_OPEN && c->tunnel.role != TUNNEL_POST && !c->held &&
           buf_len(&c->viewer.out) < UNSENT_MAX_BYTES;
}

/* Takes all whole messages, unless replies pile up. Returns the bytes that are done with. */
static size_t take_messages(struct conn *c, struct slice bytes)
{
    size_t done = 0;
    while (done < bytes.len && takes_messages(c)) {
        size_t n = take_message(c, slice_from(bytes, done));
        if (n == 0)
            break;
        done += n;
    }
    if (c->phase != CONN_OPEN)
        return bytes.len; /* nothing it says counts any more */
    bool awaits_more = done < bytes.len || !c->has_spoken;
    if (done > 0 || c->incomplete_since_ns == 0)
        c->incomplete_since_ns = awaits_more ? worker_now(c->worker) : 0;
    return done;
}

/* -- bytes -- */

/* As recv(2), but with -errno; 0 when the connection is over. */
static ssize_t receive(struct conn *c, uint8_t *dst, size_t cap)
{
    if (c->tunnel.role == TUNNEL_GET)
        return tunnel_receive(c, dst, cap);
    ssize_t n = recv(c->io.fd, dst, cap, 0);
    return n < 0 ? -errno : n;
}

/* Bytes that the next read should have room for. */
static size_t room_wanted(const struct conn *c)
{
    struct slice have = buf_slice(&c->in);
    size_t total = c->reader.total;
    if (have.len >= INTERLEAVED_HEADER_BYTES && have.ptr[0] == '$')
        total = INTERLEAVED_HEADER_BYTES + (size_t)get_be16(have.ptr + 2);
    size_t least = c->session.state == SESSION_RECORDING ? PUBLISHER_READ_BYTES : READ_BYTES;
    return total > have.len + least ? total - have.len : least;
}

static void take_collected(struct conn *c)
{
    size_t done = take_messages(c, buf_slice(&c->in));
    if (c->phase != CONN_CLOSED)
        buf_consume(&c->in, done, c->session.state == SESSION_RECORDING);
}

/* Input that begins in the middle of a message is collected behind what is there already. */
static ssize_t read_behind(struct conn *c)
{
    if (buf_reserve(&c->in, room_wanted(c)) != 0)
        return -ENOMEM;
    ssize_t n = receive(c, c->in.data + c->in.end, c->in.cap - c->in.end);
    if (n <= 0)
        return n;
    c->in.end += (uint32_t)n;
    take_collected(c);
    return n;
}

/* Else it is read where all connections of the worker read, and only a rest is kept. */
static ssize_t read_afresh(struct conn *c)
{
    uint8_t *scratch = c->worker->read_scratch;
    ssize_t n = receive(c, scratch, READ_SCRATCH_BYTES);
    if (n <= 0)
        return n;
    size_t done = take_messages(c, slice_of(scratch, (size_t)n));
    if (c->phase == CONN_OPEN &&
        buf_append(&c->in, slice_of(scratch + done, (size_t)n - done)) != 0)
        return -ENOMEM;
    return n;
}

static void refuse_base64(struct conn *c)
{
    const struct msg none = {.cseq = -1};
    if (c->phase == CONN_OPEN)
        c->worker->handlers->on_bad_request(c, &none, 400, "the tunnel carries no base64");
}

/* True when there may be more to read. */
static bool read_once(struct conn *c)
{
    bool behind = c->in.data || c->session.state == SESSION_RECORDING;
    ssize_t n = behind ? read_behind(c) : read_afresh(c);
    if (n > 0)
        return c->phase != CONN_CLOSED;
    if (n == -EINTR)
        return true;
    if (n == 0)
        conn_close(c, "closed by the peer");
    else if (n == -EBADMSG)
        refuse_base64(c);
    else if (n != -EAGAIN)
        conn_close(c, n == -ENOMEM ? "out of memory" : "connection lost");
    return false;
}

bool intake_is_backed_up(const struct conn *c)
{
    return c->phase == CONN_OPEN && (c->held || buf_len(&c->viewer.out) >= UNSENT_MAX_BYTES);
}

void intake_read(struct conn *c)
{
    for (int n = 0; n < READS_A_TURN; n++) {
        if (intake_is_backed_up(c) || c->tunnel.role == TUNNEL_POST || !read_once(c))
            return;
    }
    loop_post_task(&c->worker->base.loop, &c->read_more);
}

void intake_resume(struct conn *c)
{
    if (c->phase == CONN_OPEN && buf_len(&c->in) > 0)
        take_collected(c);
    if (c->phase != CONN_CLOSED)
        loop_post_task(&c->worker->base.loop, &c->read_more);
}
