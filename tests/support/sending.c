/* SPDX-License-Identifier: MIT */
#include "tests/support/sending.h"

#include <errno.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <sys/socket.h>

struct sending sending = {.room = UINT_MAX};

void sending_reset(void)
{
    sending = (struct sending){.room = UINT_MAX};
}

static bool is_to_be_cut(struct msghdr *msg)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c))
        if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_SEGMENT)
            return true;
    return false;
}

/* One message. 0 or what is wrong. */
static int take(int fd, struct msghdr *msg, int flags)
{
    bool to_be_cut = is_to_be_cut(msg);
    if (sending.room == 0)
        return EAGAIN;
    if (to_be_cut && sending.refuses_cut)
        return sending.refuses_cut;
    if (sendmsg(fd, msg, flags) < 0)
        return errno;
    sending.room -= sending.room != UINT_MAX;
    sending.cut += to_be_cut;
    sending.taken++;
    return 0;
}

int sendmmsg(int fd, struct mmsghdr *msg, unsigned count, int flags)
{
    sending.calls++;
    for (unsigned n = 0; n < count; n++) {
        int err = take(fd, &msg[n].msg_hdr, flags);
        if (!err)
            continue;
        errno = err;
        return n > 0 ? (int)n : -1;
    }
    return (int)count;
}
