/* SPDX-License-Identifier: MIT */
#include "net/udp.h"

#include <errno.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "net/sockopt.h"

enum {
    RECEIVE_BATCH = 16,
    BATCHES_A_TURN = 8, /* then others come first */
    /* Room for a burst of key frames to many players, and for publishers while the worker is in a
     * sweep. The kernel gives what net.core.wmem_max and rmem_max allow. */
    SEND_BUFFER_BYTES = 4 << 20,
    RECEIVE_BUFFER_BYTES = 4 << 20,
};

/* What accompanies a message: the size to cut it to, and the address to send it from. */
union control {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(sizeof(uint16_t)) + CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

/* -- addresses -- */

static const struct in6_addr *host6(const struct udp_addr *a)
{
    return &a->in6.sin6_addr;
}

static void map_v4(struct in6_addr *to, struct in_addr from)
{
    *to = (struct in6_addr){.s6_addr = {[10] = 0xff, [11] = 0xff}};
    memcpy(to->s6_addr + 12, &from, sizeof from);
}

/* True for IPv4, mapped or not. */
static bool as_v4(const struct udp_addr *a, struct in_addr *v4)
{
    if (a->sa.sa_family == AF_INET) {
        *v4 = a->in4.sin_addr;
        return true;
    }
    if (!IN6_IS_ADDR_V4MAPPED(host6(a)))
        return false;
    memcpy(v4, host6(a)->s6_addr + 12, sizeof *v4);
    return true;
}

struct udp_addr udp_addr_of(const struct udp *u, const struct addr *a, uint16_t port)
{
    struct udp_addr to;
    memcpy(&to, &a->ss, sizeof to);
    if (u->family == AF_INET6 && to.sa.sa_family == AF_INET) {
        struct in_addr v4 = to.in4.sin_addr;
        to.in6 = (struct sockaddr_in6){.sin6_family = AF_INET6};
        map_v4(&to.in6.sin6_addr, v4);
    }
    return udp_addr_with_port(&to, port);
}

uint16_t udp_addr_port(const struct udp_addr *a)
{
    return ntohs(a->sa.sa_family == AF_INET ? a->in4.sin_port : a->in6.sin6_port);
}

struct udp_addr udp_addr_with_port(const struct udp_addr *a, uint16_t port)
{
    struct udp_addr copy = *a;
    if (a->sa.sa_family == AF_INET)
        copy.in4.sin_port = htons(port);
    else
        copy.in6.sin6_port = htons(port);
    return copy;
}

bool udp_addr_same_host(const struct udp_addr *a, const struct udp_addr *b)
{
    if (a->sa.sa_family != b->sa.sa_family)
        return false;
    if (a->sa.sa_family == AF_INET)
        return a->in4.sin_addr.s_addr == b->in4.sin_addr.s_addr;
    return IN6_ARE_ADDR_EQUAL(host6(a), host6(b)) && a->in6.sin6_scope_id == b->in6.sin6_scope_id;
}

bool udp_addr_eq(const struct udp_addr *a, const struct udp_addr *b)
{
    return udp_addr_same_host(a, b) && udp_addr_port(a) == udp_addr_port(b);
}

/* -- the socket -- */

/* SO_*BUFFORCE passes the limit of sysctl, for who may; the other one follows for who may not. */
static void make_room(int fd)
{
    sockopt_set(fd, SOL_SOCKET, SO_SNDBUF, SEND_BUFFER_BYTES);
    sockopt_set(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER_BYTES);
    sockopt_set(fd, SOL_SOCKET, SO_SNDBUFFORCE, SEND_BUFFER_BYTES);
    sockopt_set(fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES);
}

/* Routers may fragment, as the kernel does: packets that are too large for a path arrive in pieces,
 * and not only once the path has told its limit, if it ever does. */
static void allow_fragments(int family, int fd)
{
    sockopt_set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
    if (family == AF_INET6)
        sockopt_set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT);
}

static int bind_all(int family, uint16_t port)
{
    int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (family == AF_INET6)
        sockopt_set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    allow_fragments(family, fd);
    struct udp_addr any = {.in6 = {.sin6_family = AF_INET6, .sin6_addr = in6addr_any}};
    if (family == AF_INET)
        any.in4 = (struct sockaddr_in){.sin_family = AF_INET};
    any = udp_addr_with_port(&any, port);
    if (bind(fd, &any.sa, family == AF_INET ? sizeof any.in4 : sizeof any.in6) == 0)
        return fd;
    int err = -errno;
    close(fd);
    return err;
}

static bool knows_segments(int fd)
{
    int none = 0;
    return setsockopt(fd, SOL_UDP, UDP_SEGMENT, &none, sizeof none) == 0;
}

static void on_receive_more(struct task *t);
static void on_events(struct io *io, uint32_t events);

int udp_open(struct udp *u, struct loop *loop, uint16_t port)
{
    u->loop = loop;
    u->family = AF_INET6;
    list_init(&u->waiting);
    u->io = (struct io){.fd = bind_all(AF_INET6, port), .on_events = on_events};
    task_init(&u->receive_more, on_receive_more);
    if (u->io.fd == -EAFNOSUPPORT) {
        u->family = AF_INET;
        u->io.fd = bind_all(AF_INET, port);
    }
    if (u->io.fd < 0)
        return u->io.fd;
    u->room = malloc((size_t)RECEIVE_BATCH * UDP_DATAGRAM_MAX_BYTES);
    if (!u->room)
        return -ENOMEM;
    make_room(u->io.fd);
    u->can_segment = knows_segments(u->io.fd);
    int err = loop_add(loop, &u->io);
    if (!err)
        loop_watch(&u->io, EPOLLIN); /* room is news only after the socket was full */
    return err;
}

void udp_close(struct udp *u)
{
    if (!u->loop)
        return;
    task_cancel(&u->receive_more);
    loop_close(&u->io);
    free(u->room);
    u->room = NULL;
}

void udp_set_multicast_ttl(struct udp *u, uint8_t ttl)
{
    sockopt_set(u->io.fd, IPPROTO_IP, IP_MULTICAST_TTL, ttl);
    if (u->family == AF_INET6)
        sockopt_set(u->io.fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, ttl);
}

uint16_t udp_port(const struct udp *u)
{
    struct addr local = addr_local(u->io.fd);
    return addr_port(&local);
}

/* -- in -- */

/* One batch. True when there may be more. */
static bool receive_batch(struct udp *u)
{
    struct mmsghdr msg[RECEIVE_BATCH];
    struct iovec iov[RECEIVE_BATCH];
    struct udp_addr from[RECEIVE_BATCH];
    for (size_t i = 0; i < RECEIVE_BATCH; i++) {
        iov[i] = (struct iovec){u->room + i * UDP_DATAGRAM_MAX_BYTES, UDP_DATAGRAM_MAX_BYTES};
        msg[i] = (struct mmsghdr){.msg_hdr = {.msg_name = &from[i],
                                              .msg_namelen = sizeof from[i],
                                              .msg_iov = &iov[i],
                                              .msg_iovlen = 1}};
    }
    int n = recvmmsg(u->io.fd, msg, RECEIVE_BATCH, MSG_DONTWAIT, NULL);
    for (int i = 0; i < n && u->io.fd >= 0; i++)
        u->on_datagram(u, &from[i], slice_of(iov[i].iov_base, msg[i].msg_len));
    return n == RECEIVE_BATCH || (n < 0 && errno == EINTR);
}

static void receive_some(struct udp *u)
{
    for (unsigned n = 0; n < BATCHES_A_TURN; n++)
        if (u->io.fd < 0 || !receive_batch(u))
            return;
    loop_post_task(u->loop, &u->receive_more);
}

static void on_receive_more(struct task *t)
{
    receive_some(CONTAINER_OF(t, struct udp, receive_more));
}

/* Who finds it full once more waits for the next time. */
static void on_room(struct udp *u)
{
    struct list now;
    u->full = false;
    loop_watch(&u->io, EPOLLIN);
    list_move(&now, &u->waiting);
    for (struct list *item; (item = list_pop(&now)) != NULL;) {
        struct udp_waiter *w = CONTAINER_OF(item, struct udp_waiter, link);
        w->on_room(w);
    }
}

static void on_events(struct io *io, uint32_t events)
{
    struct udp *u = CONTAINER_OF(io, struct udp, io);
    if ((events & EPOLLOUT) && u->full)
        on_room(u);
    if (events & (EPOLLIN | EPOLLERR))
        receive_some(u);
}

/* -- out -- */

static void add_control(struct msghdr *msg, int level, int type, const void *data, size_t len)
{
    struct cmsghdr *c = (struct cmsghdr *)(void *)((char *)msg->msg_control + msg->msg_controllen);
    c->cmsg_level = level;
    c->cmsg_type = type;
    c->cmsg_len = CMSG_LEN(len);
    memcpy(CMSG_DATA(c), data, len);
    msg->msg_controllen += CMSG_SPACE(len);
}

/* Mapped IPv4 as IPv4, too: for a message that is not cut the kernel then has room on its stack,
 * and need not allocate. */
static void add_source(struct msghdr *msg, const struct udp_addr *from)
{
    struct in_addr v4;
    if (as_v4(from, &v4)) {
        const struct in_pktinfo info = {.ipi_spec_dst = v4};
        add_control(msg, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
    } else {
        const struct in6_pktinfo info = {.ipi6_addr = from->in6.sin6_addr,
                                         .ipi6_ifindex = from->in6.sin6_scope_id};
        add_control(msg, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
    }
}

static void fill(struct msghdr *msg, struct iovec *iov, union control *control,
                 const struct udp_message *m)
{
    *iov = (struct iovec){(void *)(uintptr_t)m->bytes.ptr, m->bytes.len};
    *msg = (struct msghdr){
        .msg_name = (void *)(uintptr_t)m->to,
        .msg_namelen = m->to->sa.sa_family == AF_INET ? sizeof m->to->in4 : sizeof m->to->in6,
        .msg_iov = iov,
        .msg_iovlen = 1,
        .msg_control = control->bytes,
    };
    if (m->from)
        add_source(msg, m->from);
    if (m->bytes.len > m->segment) {
        uint16_t segment = (uint16_t)m->segment;
        add_control(msg, SOL_UDP, UDP_SEGMENT, &segment, sizeof segment);
    }
    if (msg->msg_controllen == 0)
        msg->msg_control = NULL;
}

/* sendmmsg(2): how many the kernel took, or -errno for the first. */
static int send_batch(struct udp *u, const struct udp_message *m, unsigned count)
{
    struct mmsghdr msg[UDP_BATCH_MAX];
    struct iovec iov[UDP_BATCH_MAX];
    union control control[UDP_BATCH_MAX];
    for (unsigned i = 0; i < count; i++)
        fill(&msg[i].msg_hdr, &iov[i], &control[i], &m[i]);
    int n;
    do
        n = sendmmsg(u->io.fd, msg, count, MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

/* True when the message may not be to blame, but cutting it: the way there has no checksum offload
 * or is encrypted (EIO), or it takes smaller packets only (EINVAL, EMSGSIZE), which the kernel then
 * fragments. */
static bool may_refuse_segments(const struct udp_message *m, int err)
{
    return m->bytes.len > m->segment && (err == -EIO || err == -EINVAL || err == -EMSGSIZE);
}

/* That the kernel makes of so many bytes of the message. */
static size_t datagrams(const struct udp_message *m, size_t bytes)
{
    return bytes > m->segment ? (bytes + m->segment - 1) / m->segment : 1;
}

/* Each datagram by a call of its own: dear, so whoever sends is told to cut no more. Where one does
 * not go out the rest is lost: cutting was not to blame, or the socket has just become full, which
 * happens once on a way. */
static void send_uncut(struct udp *u, const struct udp_message *m)
{
    struct udp_message one = *m;
    for (struct slice rest = m->bytes; rest.len > 0; rest = slice_from(rest, m->segment)) {
        one.bytes = slice_head(rest, m->segment);
        if (send_batch(u, &one, 1) < 0) {
            u->refused += datagrams(m, rest.len);
            return;
        }
        if (m->refuses_segments)
            *m->refuses_segments = true;
    }
}

unsigned udp_send(struct udp *u, const struct udp_message *m, unsigned count)
{
    unsigned done = 0;
    while (done < count) {
        int n = send_batch(u, m + done, count - done);
        if (n > 0) {
            done += (unsigned)n;
            continue;
        }
        if (n == -EAGAIN) {
            u->full = true;
            loop_watch(&u->io, EPOLLIN | EPOLLOUT);
            return done;
        }
        if (may_refuse_segments(&m[done], n))
            send_uncut(u, &m[done]);
        else
            u->refused += datagrams(&m[done], m[done].bytes.len);
        done++;
    }
    return done;
}

void udp_wait(struct udp *u, struct udp_waiter *w)
{
    list_remove(&w->link);
    list_append(&u->waiting, &w->link);
}
