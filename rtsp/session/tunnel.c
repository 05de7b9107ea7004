/* SPDX-License-Identifier: MIT */
#include "rtsp/session/tunnel.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "rtsp/message/http.h"
#include "rtsp/session/conn.h"
#include "rtsp/session/pairing.h"
#include "rtsp/session/upload.h"

enum { REPLY_MAX = 512, READS_A_TURN = 8 };

bool tunnel_may_begin(const struct conn *c)
{
    return !c->has_spoken && c->phase == CONN_OPEN && c->tunnel.role == TUNNEL_NONE;
}

/* -- the way of a POST to its GET's worker -- */

static void on_upload_events(struct io *io, uint32_t events)
{
    (void)events; /* whatever it is, reading tells */
    conn_read(CONTAINER_OF(io, struct upload, io)->owner);
}

static void end_upload(struct upload *u, struct rtsp_worker *w)
{
    LOG_DEBUG("tunnel's POST closed", log_str("peer", u->peer));
    upload_end(u, &w->base.loop);
    conn_uncount(w);
}

static void remove_upload(struct conn *get, unsigned i)
{
    struct tunnel_end *t = &get->tunnel;
    struct upload *u = t->upload[i];
    if (t->speaker == u)
        t->speaker = NULL;
    t->uploads--;
    memmove(t->upload + i, t->upload + i + 1, (t->uploads - i) * sizeof t->upload[0]);
    end_upload(u, get->worker);
}

/* A client that never closes a POST loses the one that was silent for longest. */
static bool attach(struct conn *get, struct upload *u)
{
    struct tunnel_end *t = &get->tunnel;
    u->owner = get;
    u->io.on_events = on_upload_events;
    if (loop_add(&get->worker->base.loop, &u->io) != 0)
        return false;
    if (t->uploads == TUNNEL_POSTS_MAX)
        remove_upload(get, TUNNEL_POSTS_MAX - 1);
    t->upload[t->uploads++] = u;
    LOG_INFO("tunnel joined", log_str("peer", get->peer), log_str("post", u->peer));
    loop_post_task(&get->worker->base.loop, &get->read_more);
    return true;
}

static void on_arrival(struct message *m)
{
    struct upload *u = CONTAINER_OF(m, struct upload, message);
    struct conn *get = pair_get(u->pair);
    pair_unref(&u->pair);
    if (!get || !attach(get, u))
        end_upload(u, u->worker);
}

/* The POST's connection ends here; its descriptor and its reference to the pair go on. */
static void send_upload(struct conn *post, struct upload *u, struct rtsp_worker *to)
{
    memcpy(u->peer, post->peer, sizeof u->peer);
    u->early = post->in;
    post->in = (struct buf){0};
    u->pair = post->tunnel.pair;
    pair_stop_waiting(u->pair, post);
    post->tunnel.pair = NULL;
    u->worker = to;
    u->message.on_delivery = on_arrival;
    u->io.fd = conn_release(post);
    mailbox_post(&to->base.loop.mailbox, &u->message);
}

/* Without a GET it waits on: for one that comes, or for the request timeout. */
static void hand_over(struct conn *post)
{
    struct rtsp_worker *to = pair_worker(post->tunnel.pair);
    if (!to)
        return;
    struct upload *u = calloc(1, sizeof *u);
    if (u)
        send_upload(post, u, to);
    else
        conn_close(post, "out of memory");
}

/* -- the requests -- */

static void send_reply(struct conn *c, const struct text *reply)
{
    if (viewer_send(&c->viewer, text_slice(reply)) != 0)
        conn_close(c, "out of memory");
}

void tunnel_refuse(struct conn *c, const struct msg *msg, int status, const char *why)
{
    char buf[REPLY_MAX];
    struct text reply;
    text_init(&reply, buf, sizeof buf);
    http_write_refusal(&reply, msg->protocol, status, why);
    LOG_DEBUG("request refused", log_str("peer", c->peer), log_u64("status", (uint64_t)status),
              log_str("reason", why));
    send_reply(c, &reply);
    conn_linger(c, why);
}

static void refuse_cookie(struct conn *c, const struct msg *msg, int err)
{
    if (err == -EEXIST)
        tunnel_refuse(c, msg, 409, "this x-sessioncookie is in use");
    else
        tunnel_refuse(c, msg, 503, "out of memory");
}

static void serve_get(struct conn *c, const struct msg *msg, struct slice cookie)
{
    int err = pairing_add_get(c->worker->pairing, cookie, c->worker, c, &c->tunnel.pair);
    if (err) {
        refuse_cookie(c, msg, err);
        return;
    }
    char buf[REPLY_MAX];
    struct text reply;
    text_init(&reply, buf, sizeof buf);
    http_write_tunnel(&reply, msg->protocol);
    c->tunnel.role = TUNNEL_GET;
    LOG_DEBUG("tunnel opened", log_str("peer", c->peer));
    send_reply(c, &reply);
}

/* Of a POST that works nothing is said: it has no reply. */
static void serve_post(struct conn *c, const struct msg *msg, struct slice cookie)
{
    int err =
        pairing_add_post(c->worker->pairing, cookie, c->worker, c, hand_over, &c->tunnel.pair);
    if (err)
        refuse_cookie(c, msg, err);
    else
        c->tunnel.role = TUNNEL_POST;
}

void tunnel_serve(struct conn *c, const struct msg *msg)
{
    struct http_request rq = http_judge(msg);
    if (rq.status != 200)
        tunnel_refuse(c, msg, rq.status, rq.why);
    else
        (rq.post ? serve_post : serve_get)(c, msg, rq.cookie);
}

/* -- the GET reads -- */

static void note_speaker(struct tunnel_end *t, unsigned i)
{
    t->speaker = t->upload[i];
    memmove(t->upload + 1, t->upload, i * sizeof t->upload[0]);
    t->upload[0] = t->speaker;
}

/* A broken POST is no worse than a closed one: the client may open another. */
static bool is_over(ssize_t n)
{
    return n <= 0 && n != -EAGAIN && n != -EINTR && n != -EBADMSG;
}

ssize_t tunnel_receive(struct conn *c, uint8_t *dst, size_t cap)
{
    struct tunnel_end *t = &c->tunnel;
    for (unsigned i = 0; i < t->uploads;) {
        ssize_t n = upload_read(t->upload[i], dst, cap);
        if (is_over(n)) {
            remove_upload(c, i);
        } else if (n != -EAGAIN) {
            note_speaker(t, i);
            return n;
        } else if (t->upload[i] == t->speaker && buf_len(&c->in) > 0) {
            return n; /* the rest of its message comes first */
        } else {
            i++;
        }
    }
    return -EAGAIN;
}

/* True when there may be more to drop. */
static bool drop_once(struct conn *get)
{
    ssize_t n = recv(get->io.fd, get->worker->read_scratch, READ_SCRATCH_BYTES, 0);
    if (n > 0 || (n < 0 && errno == EINTR))
        return true;
    if (n == 0)
        conn_close(get, "closed by the peer");
    else if (errno != EAGAIN)
        conn_close(get, "connection lost");
    return false;
}

static void drop_input(struct conn *get)
{
    for (int n = 0; n < READS_A_TURN; n++)
        if (!drop_once(get))
            return;
    loop_post_task(&get->worker->base.loop, &get->read_more);
}

void tunnel_read_on(struct conn *c)
{
    if (c->tunnel.role == TUNNEL_GET)
        drop_input(c);
    else if (c->tunnel.pair)
        hand_over(c);
}

/* -- the end -- */

void tunnel_leave(struct conn *c)
{
    if (!c->tunnel.pair)
        return;
    if (c->tunnel.role == TUNNEL_GET) {
        pair_leave_get(&c->tunnel.pair);
        return;
    }
    pair_stop_waiting(c->tunnel.pair, c);
    pair_unref(&c->tunnel.pair);
    c->tunnel.role = TUNNEL_NONE; /* what it may still say is dropped */
}

void tunnel_close_posts(struct conn *c)
{
    while (c->tunnel.uploads > 0)
        remove_upload(c, 0);
}
