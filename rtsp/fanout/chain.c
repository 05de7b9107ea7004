/* SPDX-License-Identifier: MIT */
#include "rtsp/fanout/chain.h"

#include "rtsp/fanout/lane_image.h"

#define REPORT_INTERVAL_NS (5 * NS_PER_S) /* RFC 3550 section 6.2 */

/* The stream's own key track if the lane has it, else the first that has key frames; -1: none. */
static int find_key_track(const struct follower *f, const struct lane_layout *layout)
{
    const struct media *m = stream_media(f->stream, NULL);
    int key_track = media_key_track(m);
    if (key_track >= 0 && layout_has(layout, (unsigned)key_track))
        return key_track;
    for (unsigned i = 0; i < m->track_count; i++)
        if (layout_has(layout, i) && media_track_kind(&m->track[i]) == MEDIA_VIDEO)
            return (int)i;
    return -1;
}

void chain_init(struct chain *c, const struct follower *f, const struct lane_layout *layout,
                int64_t now_ns)
{
    *c = (struct chain){.follower = f, .layout = *layout};
    c->key_track = find_key_track(f, layout);
    c->next_report_ns = now_ns + REPORT_INTERVAL_NS;
}

void chain_fini(struct chain *c)
{
    image_unref(&c->start);
    image_unref(&c->newest);
    image_unref(&c->goodbye);
}

/* -- places to start -- */

static bool may_start_at(const struct chain *c, const struct frame *f)
{
    return c->key_track < 0 || (f->key && f->track == c->key_track);
}

static uint64_t newest_pos(const struct chain *c)
{
    uint64_t newest = GOP_NONE;
    for (unsigned i = 0; i < MEDIA_TRACKS_MAX; i++) {
        const struct frame *f = c->follower->last[i];
        if (layout_has(&c->layout, i) && f && (newest == GOP_NONE || f->pos > newest))
            newest = f->pos;
    }
    return newest;
}

uint64_t chain_start_pos(const struct chain *c)
{
    if (c->key_track < 0)
        return newest_pos(c);
    /* What the ring retains is the GOP of the stream's key track; of another what is there. */
    if (c->key_track == media_key_track(stream_media(c->follower->stream, NULL)))
        return stream_start(c->follower->stream);
    return c->follower->last_key[c->key_track];
}

static struct image *build(struct chain *c, const struct frame *f, struct slice report)
{
    struct image *img = lane_image_build(c->follower->stream, &c->layout, f, report);
    if (img && img->len > c->largest)
        c->largest = img->len;
    return img;
}

/* Images of the frames from position 'from' up to and without 'upto'; *last is the last of them.
 * NULL when one is gone. */
static struct image *build_run(struct chain *c, uint64_t from, uint64_t upto, struct image **last)
{
    const struct ring *ring = stream_ring(c->follower->stream);
    struct image *first = NULL;
    struct frame *f;
    uint64_t missed;
    for (uint64_t pos = from; pos < upto; pos++) {
        bool there = ring_read(ring, pos, &f, &missed) == RING_FRAME;
        if (there && !layout_has(&c->layout, f->track))
            continue;
        struct image *img = there ? build(c, f, (struct slice){0}) : NULL;
        if (!img) {
            image_unref(&first);
            return NULL;
        }
        if (first) {
            image_link(*last, img);
            *last = img;
            image_unref(&img);
        } else {
            first = *last = img;
        }
    }
    return first;
}

/* Counts the bytes back from where the run will meet the images that are there already. */
static void number_run(struct image *first, uint64_t sum_at_end)
{
    uint64_t bytes = 0;
    for (const struct image *img = first; img; img = img->next)
        bytes += img->len;
    uint64_t sum = sum_at_end - bytes;
    for (struct image *img = first; img; img = img->next) {
        img->sum_before = sum;
        sum += img->len;
    }
}

/*
 * Weaves the cached frames from position 'from' on into the chain, ahead of the newest image: what
 * lies between 'from' and that one was sent and forgotten. A chain without images begins with them.
 */
static struct image *weave(struct chain *c, uint64_t from)
{
    struct image *last = NULL;
    if (c->newest && c->newest->pos == from)
        return image_ref(c->newest);
    uint64_t upto = c->newest ? c->newest->pos : c->follower->pos;
    struct image *first = build_run(c, from, upto, &last);
    if (!first)
        return NULL;
    number_run(first, c->newest ? c->newest->sum_before : c->sum);
    if (c->newest)
        image_link(last, c->newest);
    else
        c->newest = image_ref(last);
    return first;
}

struct image *chain_start(struct chain *c)
{
    if (c->start || c->finished)
        return c->start;
    uint64_t from = c->broken ? GOP_NONE : chain_start_pos(c);
    if (from != GOP_NONE && from < c->follower->pos)
        c->start = weave(c, from);
    c->wanted = c->start == NULL;
    return c->start;
}

/* -- sender reports -- */

/* Of these tracks those of which there is a frame to report on. */
static uint32_t reportable(const struct chain *c, uint32_t tracks)
{
    uint32_t known = 0;
    for (unsigned i = 0; i < MEDIA_TRACKS_MAX; i++)
        if ((tracks >> i & 1) && c->follower->last[i])
            known |= 1u << i;
    return known;
}

uint32_t chain_report_now(struct chain *c)
{
    uint32_t now = reportable(c, c->layout.tracks);
    c->owed_reports |= c->layout.tracks & ~now;
    return now;
}

static int add_reports(const struct chain *c, uint32_t tracks, int64_t now_ns, struct buf *out)
{
    struct lane_layout some = c->layout;
    some.tracks = tracks;
    return lane_image_report(c->follower, &some, now_ns, false, out);
}

int chain_add_report(struct chain *c, int64_t now_ns, struct buf *out)
{
    return add_reports(c, chain_report_now(c), now_ns, out);
}

/* The tracks whose reports go out with the next frame: it is time, or the frame begins a new
 * timeline, of which players must learn how it stands to the other tracks. */
static uint32_t due_reports(struct chain *c, const struct frame *next, int64_t now_ns)
{
    if (next->new_timeline)
        c->owed_reports |= 1u << next->track;
    if (now_ns >= c->next_report_ns) {
        c->next_report_ns = now_ns + REPORT_INTERVAL_NS;
        c->owed_reports = c->layout.tracks;
    }
    uint32_t due = c->owed_reports ? reportable(c, c->owed_reports) : 0;
    c->owed_reports &= ~due;
    return due;
}

/* -- live frames -- */

static void append(struct chain *c, struct image *img)
{
    img->sum_before = c->sum;
    c->sum += img->len;
    if (c->newest)
        image_link(c->newest, img);
    image_unref(&c->newest);
    c->newest = img;
}

/*
 * UDP: every report is a datagram, and so an image, of its own. They belong to the frame that is
 * next, so that who starts with it gets them; without one they are the last, and say goodbye.
 * Returns a reference to the first, or NULL.
 */
static struct image *append_reports(struct chain *c, uint32_t tracks, const struct frame *next,
                                    int64_t now_ns)
{
    struct image *first = NULL;
    for (unsigned i = 0; i < MEDIA_TRACKS_MAX; i++) {
        if (!(tracks >> i & 1))
            continue;
        struct image *img = lane_image_control(c->follower, i, now_ns, next == NULL, c->newest);
        if (!img)
            continue;
        if (next) {
            img->pos = next->pos;
            img->arrival_ns = next->arrival_ns;
        }
        first = first ? first : image_ref(img);
        append(c, img);
    }
    return first;
}

/*
 * A newer place to start takes the older one's part, and a GOP that has outgrown the cache has none
 * any more. Who waits for a key frame is given it here: it may be too large for any cache.
 */
static void move_start(struct chain *c, struct image *img, bool may_start)
{
    if (may_start || chain_start_pos(c) == GOP_NONE)
        image_unref(&c->start);
    if (!may_start || !c->wanted)
        return;
    c->start = image_ref(img);
    c->wanted = false;
}

bool chain_push(struct chain *c, const struct frame *f, int64_t now_ns)
{
    if (!layout_has(&c->layout, f->track))
        return false;
    bool may_start = may_start_at(c, f);
    if (c->broken && !may_start)
        return false;
    struct buf report = {0};
    struct image *first = NULL;
    uint32_t due = due_reports(c, f, now_ns);
    if (c->layout.kind == LANE_TCP)
        add_reports(c, due, now_ns, &report);
    else
        first = append_reports(c, due, f, now_ns);
    struct image *img = build(c, f, buf_slice(&report));
    buf_reset(&report);
    if (img) {
        c->broken = false;
        append(c, img);
        move_start(c, first ? first : img, may_start);
    } else {
        chain_break(c);
    }
    image_unref(&first);
    return img != NULL;
}

void chain_break(struct chain *c)
{
    c->broken = c->key_track >= 0;
}

static struct image *append_goodbye(struct chain *c, int64_t now_ns)
{
    struct buf bye = {0};
    struct image *img = NULL;
    if (lane_image_report(c->follower, &c->layout, now_ns, true, &bye) == 0)
        img = lane_image_wrap(buf_slice(&bye), c->newest);
    buf_reset(&bye);
    if (!img)
        return NULL;
    image_ref(img);
    append(c, img);
    return img;
}

void chain_finish(struct chain *c, int64_t now_ns)
{
    c->finished = true;
    c->goodbye = c->layout.kind == LANE_TCP ? append_goodbye(c, now_ns)
                                            : append_reports(c, c->layout.tracks, NULL, now_ns);
}
