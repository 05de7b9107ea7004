/* SPDX-License-Identifier: MIT */
/*
 * A player made of libcurl's RTSP: curl_rtsp COUNT URL TRACK-URL... plays so many interleaved
 * packets over TCP and writes them to stdout as they come, the four bytes before each included.
 * libcurl leaves the description to its user, so the URLs of the tracks are given.
 */
#include "core/base.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

enum { REQUEST_SECONDS_MAX = 20 };

struct player {
    CURL *curl;
    unsigned long packets;
};

/* Called with one packet at a time. */
static size_t on_packet(char *packet, size_t size, size_t count, void *arg)
{
    struct player *p = arg;
    p->packets++;
    return fwrite(packet, size, count, stdout);
}

static size_t on_body(char *body, size_t size, size_t count, void *arg)
{
    (void)body;
    (void)arg;
    return size * count;
}

static bool request(struct player *p, long method, const char *url)
{
    curl_easy_setopt(p->curl, CURLOPT_RTSP_STREAM_URI, url);
    curl_easy_setopt(p->curl, CURLOPT_RTSP_REQUEST, method);
    CURLcode code = curl_easy_perform(p->curl);
    long status = 200;
    if (code == CURLE_OK && method != CURL_RTSPREQ_RECEIVE)
        curl_easy_getinfo(p->curl, CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK || status != 200)
        fprintf(stderr, "curl_rtsp: request %ld: %s, status %ld\n", method,
                curl_easy_strerror(code), status);
    return code == CURLE_OK && status == 200;
}

static bool set_up(struct player *p, unsigned track, const char *url)
{
    char transport[64];
    snprintf(transport, sizeof transport, "RTP/AVP/TCP;unicast;interleaved=%u-%u", 2 * track,
             2 * track + 1);
    curl_easy_setopt(p->curl, CURLOPT_RTSP_TRANSPORT, transport);
    return request(p, CURL_RTSPREQ_SETUP, url);
}

static bool play(struct player *p, unsigned long packets, const char *url, char *const tracks[])
{
    if (!request(p, CURL_RTSPREQ_OPTIONS, url) || !request(p, CURL_RTSPREQ_DESCRIBE, url))
        return false;
    for (unsigned i = 0; tracks[i]; i++)
        if (!set_up(p, i, tracks[i]))
            return false;
    if (!request(p, CURL_RTSPREQ_PLAY, url))
        return false;
    while (p->packets < packets)
        if (!request(p, CURL_RTSPREQ_RECEIVE, url))
            return false;
    return request(p, CURL_RTSPREQ_TEARDOWN, url);
}

static bool play_with_curl(unsigned long packets, const char *url, char *const tracks[])
{
    struct player p = {.curl = curl_easy_init()};
    if (!p.curl)
        return false;
    curl_easy_setopt(p.curl, CURLOPT_URL, url);
    curl_easy_setopt(p.curl, CURLOPT_TIMEOUT, (long)REQUEST_SECONDS_MAX);
    curl_easy_setopt(p.curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(p.curl, CURLOPT_INTERLEAVEFUNCTION, on_packet);
    curl_easy_setopt(p.curl, CURLOPT_INTERLEAVEDATA, &p);
    bool played = play(&p, packets, url, tracks);
    curl_easy_cleanup(p.curl);
    return played;
}

int main(int argc, char *argv[])
{
    if (argc < 4) {
        fprintf(stderr, "usage: curl_rtsp COUNT URL TRACK-URL...\n");
        return 2;
    }
    curl_global_init(CURL_GLOBAL_DEFAULT);
    bool played = play_with_curl(strtoul(argv[1], NULL, 10), argv[2], argv + 3);
    curl_global_cleanup();
    return played && fflush(stdout) == 0 ? 0 : 1;
}
