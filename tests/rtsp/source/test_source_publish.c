/* SPDX-License-Identifier: MIT */
#include "rtsp/source/source_publish.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/rcu.h"
#include "rtp/rtp.h"

enum { IN_ORDER = -1, STEP = 3600, SLICE = 0x41, IDR = 0x65 };

#define NAME     "live/cam"
#define GRACE_NS (10 * NS_PER_S)

#define HEAD         "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\n"
#define VIDEO        "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:streamid=0\r\n"
#define SETS         "a=fmtp:96 sprop-parameter-sets=Z0IAHukCwSs=,aM44gA==\r\n"
#define SECOND_VIDEO "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:streamid=2\r\n"
#define AUDIO        "m=audio 0 RTP/AVP 0\r\na=control:streamid=1\r\n"
#define STEREO       "m=audio 0 RTP/AVP 97\r\na=rtpmap:97 L16/44100/2\r\na=control:streamid=1\r\n"
#define ALIEN        "m=audio 0 RTP/SAVP 98\r\na=rtpmap:98 opus/48000/2\r\na=control:streamid=1\r\n"

static struct config config;
static struct loop loop;
static struct source_worker worker;
static int64_t now_ns;
static uint16_t next_seq;

static void set_up(void)
{
    rcu_enter();
    config = (struct config){.gop_cache_bytes = 1 << 20,
                             .max_lag_bytes = 1 << 20,
                             .max_lag_ns = 3600 * NS_PER_S,
                             .packet_bytes = 1360,
                             .publisher_grace_ns = GRACE_NS};
    cr_assert_eq(loop_init(&loop), 0);
    worker = (struct source_worker){
        .loop = &loop, .registry = registry_create(), .config = &config, .workers = 1};
    orphans_init(&worker.orphans, &loop, worker.registry);
}

static void tear_down(void)
{
    orphans_end(&worker.orphans);
    cr_assert_eq(registry_count(worker.registry), 0, "a name is taken still");
    loop_fini(&loop);
    rcu_leave();
    rcu_drain();
    rcu_drain();
    registry_destroy(worker.registry);
}

/* NULL with errno when it is refused. */
static struct publisher *try_announce(const char *text)
{
    struct sdp sdp;
    int err;
    cr_assert_eq(sdp_parse(slice_str(text), &sdp), 0);
    struct publisher *p = publisher_create(&worker, NAME, &sdp, &err);
    errno = -err;
    cr_assert(!p == (err != 0));
    return p;
}

static struct publisher *announce(const char *text)
{
    struct publisher *p = try_announce(text);
    cr_assert_not_null(p, "%s", strerror(errno));
    return p;
}

static struct publisher *record(const char *text, uint32_t tracks)
{
    struct publisher *p = announce(text);
    cr_assert_eq(publisher_start(p, tracks, IN_ORDER), 0);
    return p;
}

static void send_nal_from(struct publisher *p, uint32_t ssrc, unsigned track, uint8_t nal,
                          uint32_t rtp_time)
{
    uint8_t bytes[RTP_HEADER_BYTES + 2];
    rtp_write_header(bytes,
                     &(struct rtp_packet){
                         .marker = true, .seq = next_seq++, .rtp_time = rtp_time, .ssrc = ssrc});
    bytes[RTP_HEADER_BYTES] = nal;
    bytes[RTP_HEADER_BYTES + 1] = 0x88; /* the first slice of its picture */
    now_ns += 40 * NS_PER_MS;
    publisher_rtp(p, track, slice_of(bytes, sizeof bytes), now_ns);
}

static void send_nal(struct publisher *p, uint8_t nal, uint32_t rtp_time)
{
    send_nal_from(p, 7, 0, nal, rtp_time);
}

/* An access unit of parameter sets and an IDR picture, as STAP-A (RFC 6184 section 5.7.1). */
static void send_params(struct publisher *p, unsigned track)
{
    static const uint8_t stap[] = {0x18, 0,    5,    0x67, 0x42, 0, 0x1e, 0xe9, 0,
                                   4,    0x68, 0xce, 0x38, 0x80, 0, 2,    IDR,  0x88};
    uint8_t bytes[RTP_HEADER_BYTES + sizeof stap];
    rtp_write_header(bytes, &(struct rtp_packet){.marker = true, .seq = next_seq++, .ssrc = 9});
    memcpy(bytes + RTP_HEADER_BYTES, stap, sizeof stap);
    publisher_rtp(p, track, slice_of(bytes, sizeof bytes), now_ns);
}

static uint64_t published(struct publisher *p)
{
    return ring_head(stream_ring(publisher_stream(p)));
}

static const struct frame *newest(struct publisher *p)
{
    struct frame *f;
    uint64_t missed;
    cr_assert_eq(ring_read(stream_ring(publisher_stream(p)), published(p) - 1, &f, &missed),
                 RING_FRAME);
    return f;
}

/* A stream that was live, and whose publisher has gone. Gives its id. */
static uint32_t leave_behind(const char *text, uint32_t tracks)
{
    struct publisher *p = record(text, tracks);
    send_nal(p, IDR, 0);
    uint32_t id = stream_id(publisher_stream(p));
    publisher_destroy(p);
    return id;
}

static bool goes_on_with(uint32_t id, const char *text)
{
    struct publisher *p = announce(text);
    bool is_same = stream_id(publisher_stream(p)) == id;
    publisher_destroy(p);
    return is_same;
}

TestSuite(source_publish, .init = set_up, .fini = tear_down);

Test(source_publish, name_belongs_to_one)
{
    struct publisher *p = announce(HEAD VIDEO);
    cr_assert_null(try_announce(HEAD VIDEO));
    cr_assert_eq(errno, EEXIST);
    cr_assert_eq(registry_find(worker.registry, NAME), publisher_stream(p));
    publisher_destroy(p);
    cr_assert_null(registry_find(worker.registry, NAME), "it was never live: nobody waits");
}

Test(source_publish, opens_with_the_parameter_sets)
{
    struct publisher *p = record(HEAD VIDEO, 1);
    cr_assert_eq(stream_state(publisher_stream(p)), STREAM_ANNOUNCED);
    publisher_destroy(p);
    p = record(HEAD VIDEO SETS, 1);
    cr_assert_eq(stream_state(publisher_stream(p)), STREAM_LIVE);
    publisher_destroy(p);
}

Test(source_publish, begins_at_a_key_frame)
{
    struct publisher *p = record(HEAD VIDEO SETS, 1);
    send_nal(p, SLICE, 0);
    cr_assert_eq(published(p), 0);
    send_nal(p, IDR, STEP);
    send_nal(p, SLICE, 2 * STEP);
    cr_assert_eq(published(p), 2);
    publisher_destroy(p);
}

/* Sound, and a second camera: neither before the first one's key frame. */
Test(source_publish, each_track_begins_at_a_key_frame_of_its_own)
{
    struct publisher *p = record(HEAD VIDEO SETS AUDIO SECOND_VIDEO SETS, 7);
    send_nal_from(p, 9, 2, IDR, 0);
    send_nal_from(p, 8, 1, 1, 0);
    cr_assert_eq(published(p), 0);
    send_nal(p, IDR, 0);
    send_nal_from(p, 9, 2, SLICE, STEP);
    send_nal_from(p, 8, 1, 1, 160);
    cr_assert_eq(published(p), 2);
    send_nal_from(p, 9, 2, IDR, 2 * STEP);
    send_nal_from(p, 9, 2, SLICE, 3 * STEP);
    cr_assert_eq(published(p), 4);
    publisher_destroy(p);
}

/* Who joins starts with the camera that is there, out of the cache. */
Test(source_publish, camera_that_was_never_set_up_is_no_place_to_start)
{
    struct publisher *p = record(HEAD VIDEO SETS SECOND_VIDEO SETS, 2);
    send_nal_from(p, 9, 1, IDR, 0);
    cr_assert_eq(stream_start(publisher_stream(p)), 0);
    publisher_destroy(p);
}

/* The description is complete only with the second camera's first picture. */
Test(source_publish, key_frame_that_comes_before_players_may_is_not_the_beginning)
{
    struct publisher *p = record(HEAD VIDEO SETS AUDIO SECOND_VIDEO, 7);
    send_nal(p, IDR, 0);
    cr_assert_eq(stream_state(publisher_stream(p)), STREAM_ANNOUNCED);
    send_params(p, 2);
    cr_assert_eq(stream_state(publisher_stream(p)), STREAM_LIVE);
    send_nal(p, SLICE, STEP);
    cr_assert_eq(published(p), 0);
    send_nal(p, IDR, 2 * STEP);
    cr_assert_eq(published(p), 1);
    publisher_destroy(p);
}

Test(source_publish, what_comes_back_goes_on)
{
    uint32_t id = leave_behind(HEAD VIDEO SETS AUDIO, 3);
    cr_assert(goes_on_with(id, HEAD VIDEO SETS AUDIO));
    cr_assert(goes_on_with(id, HEAD VIDEO AUDIO), "the parameter sets may come in-band");
}

Test(source_publish, what_is_something_else_is_another_stream)
{
    static const char *const others[] = {HEAD VIDEO SETS, HEAD AUDIO VIDEO, HEAD VIDEO SETS STEREO,
                                         HEAD VIDEO SETS AUDIO AUDIO, HEAD VIDEO SETS ALIEN};
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        uint32_t id = leave_behind(HEAD VIDEO SETS AUDIO, 3);
        cr_assert_not(goes_on_with(id, others[i]), "row %zu", i);
    }
}

Test(source_publish, track_that_was_never_set_up_may_be_announced_again)
{
    uint32_t id = leave_behind(HEAD VIDEO SETS AUDIO, 1);
    cr_assert(goes_on_with(id, HEAD VIDEO SETS AUDIO));
}

Test(source_publish, next_one_is_numbered_on_from_a_key_frame)
{
    leave_behind(HEAD VIDEO SETS, 1);
    struct publisher *p = record(HEAD VIDEO SETS, 1);
    struct frame last = *newest(p);
    send_nal(p, SLICE, 4000000000);
    cr_assert_eq(published(p), 1, "no key frame yet");
    now_ns += NS_PER_S;
    send_nal(p, IDR, 4000003600);
    cr_assert(newest(p)->key && newest(p)->new_timeline);
    cr_assert_eq(newest(p)->first_seq, (uint16_t)(last.first_seq + last.packets));
    cr_assert_eq(newest(p)->rtp_step, 90000 + 2 * STEP, "as late as it came");
    send_nal(p, SLICE, 4000007200);
    cr_assert_eq(newest(p)->rtp_step, STEP);
    cr_assert_not(newest(p)->new_timeline);
    publisher_destroy(p);
}

Test(source_publish, parameter_sets_that_are_not_said_again_still_hold)
{
    leave_behind(HEAD VIDEO SETS, 1);
    struct publisher *p = record(HEAD VIDEO, 1);
    const struct media *m = stream_media(publisher_stream(p), NULL);
    cr_assert(media_is_complete(m));
    send_nal(p, IDR, 0);
    cr_assert_gt(newest(p)->len, m->track[0].config_len, "they are in front of the picture");
    publisher_destroy(p);
}

/* A picture that is of no use may be the one that says that the encoder has started again. */
Test(source_publish, new_timeline_counts_though_its_first_picture_is_dropped)
{
    struct publisher *p = record(HEAD VIDEO SETS, 1);
    send_nal(p, IDR, 0);
    cr_assert_eq(publisher_start(p, 1, IN_ORDER), 0); /* PAUSE, RECORD: it waits for a key frame */
    send_nal_from(p, 8, 0, SLICE, 2000000000);
    send_nal_from(p, 8, 0, IDR, 2000003600);
    cr_assert_eq(published(p), 2);
    cr_assert(newest(p)->new_timeline);
    cr_assert_eq(newest(p)->rtp_step, 2 * STEP);
    publisher_destroy(p);
}

Test(source_publish, track_that_is_set_up_too_late_is_not_taken_in)
{
    struct publisher *p = record(HEAD VIDEO SETS AUDIO, 1);
    send_nal(p, IDR, 0);
    cr_assert_eq(publisher_start(p, 3, IN_ORDER), 0);
    send_nal_from(p, 9, 1, 1, 0);
    send_nal(p, IDR, STEP);
    cr_assert_eq(published(p), 2);
    publisher_destroy(p);
}

/* The announcement is gone by then, and so are versions of the description. */
Test(source_publish, long_parameters_stay_in_the_description)
{
    enum { LONG = MEDIA_CONFIG_MAX + 1 };
    char *text = malloc(4096);
    snprintf(text, 4096,
             HEAD VIDEO "m=audio 0 RTP/AVP 97\r\na=rtpmap:97 vorbis/48000/2\r\n"
                        "a=fmtp:97 configuration=%0*d\r\n",
             LONG, 0);
    struct publisher *p = record(text, 3);
    free(text);
    const struct stream *s = publisher_stream(p);
    uint64_t before, after;
    stream_media(s, &before);
    send_params(p, 0);
    rcu_leave();
    rcu_drain();
    rcu_enter();
    struct slice kept = media_track_config(&stream_media(s, &after)->track[1]);
    cr_assert_gt(after, before);
    cr_assert_eq(kept.len, strlen("configuration=") + LONG);
    cr_assert(slice_is(slice_head(kept, 15), "configuration=0"));
    publisher_destroy(p);
}

Test(source_publish, grace_is_for_streams_that_were_live)
{
    publisher_destroy(record(HEAD VIDEO, 1));
    cr_assert(list_empty(&worker.orphans.list));
    leave_behind(HEAD VIDEO SETS, 1);
    cr_assert_not(list_empty(&worker.orphans.list));
}

static bool waits_after(bool hands_over)
{
    struct publisher *p = record(HEAD VIDEO SETS, 1);
    struct stream *s = stream_ref(publisher_stream(p));
    if (hands_over)
        publisher_hand_over(p);
    publisher_destroy(p);
    bool waits = stream_state(s) == STREAM_LIVE;
    orphans_end(&worker.orphans);
    cr_assert_eq(stream_state(s), STREAM_ENDED);
    stream_unref(&s);
    return waits;
}

Test(source_publish, without_a_grace_only_who_hands_over_is_waited_for)
{
    config.publisher_grace_ns = 0;
    cr_assert_not(waits_after(false));
    orphans_init(&worker.orphans, &loop, worker.registry);
    cr_assert(waits_after(true));
}

Test(source_publish, nobody_is_waited_for_when_the_server_stops)
{
    orphans_end(&worker.orphans);
    cr_assert_not(waits_after(false));
    cr_assert_not(waits_after(true));
}
