/* SPDX-License-Identifier: MIT */
#include "rtsp/fanout/room.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include "net/sockopt.h"

enum {
    ROOM_MIN_BYTES = 128 << 10,
    ROOM_MAX_BYTES = 4 << 20, /* net.ipv4.tcp_wmem: a socket does not hold more by default */
};

uint32_t room_for_image(uint32_t bytes)
{
    uint32_t room = ROOM_MIN_BYTES;
    while (room < ROOM_MAX_BYTES && room - room / 16 < bytes)
        room *= 2;
    return room;
}

void room_set(int fd, uint32_t bytes)
{
    sockopt_set(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, (int)bytes);
}
