/* SPDX-License-Identifier: MIT */
/*
 * umbel-floor's clients: dense in an array in the order of their arrival, served in one sweep per
 * image (floor_sweep.h). A client is a descriptor and a place in the stream; what only its requests
 * or its datagrams need is elsewhere.
 */
#pragma once

#include "bench/floor_report.h"
#include "bench/floor_udp.h"
#include "net/splicer.h"

enum {
    FLOOR_SDP_MAX = 512,
    FLOOR_REQUEST_MAX = 1024,
    CROWD_SEND_FLAGS = MSG_DONTWAIT | MSG_NOSIGNAL,
};

enum client_state {
    CLIENT_IDLE,    /* has not asked for PLAY, or is a free place */
    CLIENT_WAITING, /* for a key frame */
    CLIENT_PLAYING,
};

struct client {
    int fd;          /* -1: a free place */
    uint32_t offset; /* bytes of image 'next' that the socket has taken */
    uint64_t next;   /* the image that it gets next */
    uint8_t state;
    bool udp;           /* its images go to its place */
    bool full;          /* the socket takes no more: EPOLLOUT will come */
    bool input_waits;   /* a reply cannot go out inside of an image */
    uint32_t next_free; /* of a free place: the next one */
};

/* A request that is not whole yet. */
struct client_input {
    uint32_t len;
    uint8_t data[FLOOR_REQUEST_MAX];
};

struct crowd {
    const struct feed *feed;
    struct splicer *splicer;
    size_t splice_from; /* SIZE_MAX: never */
    int epoll_fd;
    int listen_fd;
    struct client *client;
    struct client_input *input; /* beside client[] */
    union udp_place *place;     /* beside client[] */
    uint32_t max;
    uint32_t count;      /* places in use, free ones between them included */
    uint32_t first_free; /* count and more: none */
    uint32_t connected, waiting, playing;
    uint32_t waiting_udp, playing_udp; /* those of them on UDP */
    uint32_t unclocked;                /* images sent in this sweep since the clock was read */
    bool spliced;                      /* the newest image is in the splicer */
    struct floor_udp udp;
    struct tally tally;
    size_t sdp_len;
    char sdp[FLOOR_SDP_MAX];
};

/* 0 or -errno, after saying on stderr why. */
int crowd_init(struct crowd *cr, const struct floor_config *config, const struct feed *feed,
               struct splicer *splicer);
void crowd_fini(struct crowd *cr);

/* Waits for at most so long, and serves what came: connections, requests, sockets with room. */
void crowd_wait(struct crowd *cr, int64_t timeout_ns);

/* The client's socket may have requests for us. It may be gone afterwards. */
void crowd_read_input(struct crowd *cr, struct client *c);

/* Closes the connection; 'break' counts it as one that failed. */
void crowd_remove(struct crowd *cr, struct client *c);
void crowd_break(struct crowd *cr, struct client *c);
