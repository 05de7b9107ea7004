/* SPDX-License-Identifier: MIT */
/*
 * Publishers that hand a stream to one another, as those that die and come back do: each claims it
 * when it can, publishes a little, and lets go; whoever let go may be the one that takes it again,
 * by its ticket. Readers follow meanwhile. In whatever order the publishers came, the frames must
 * be one stream: none lost, sequence numbers without a gap, time stamps that rise, sums that add
 * up; and in the end one of those that hold a ticket ends it.
 */
#include "core/stream.h"

#include "tests/stress/versions.h"

enum {
    PUBLISHERS = 4,
    READERS = 2,
    STREAMS = 12,
    TERMS = 1500,    /* how often the stream is claimed, in all */
    TERM_FRAMES = 6, /* at the most */
    START = 2000,    /* ticks of a publisher's first frame: each has a time line of its own */
    STEP = 3600,
    FRAME_BYTES = 64,
    NOBODY = PUBLISHERS,
};

struct relay {
    struct stream *stream;
    unsigned terms;          /* plain: the right to publish guards it */
    unsigned last_publisher; /* plain, too */
    int64_t now_ns;
    _Atomic bool over;
    _Atomic uint64_t ends; /* who found that it was up to it to end the stream */
    _Atomic uint64_t handed_over, taken_again, too_late;
};

struct publisher {
    struct relay *relay;
    unsigned number;
    uint32_t seed;
    uint32_t source_time;
    uint64_t ticket; /* of the last time that it let go; 1: none */
};

struct reader {
    struct relay *relay;
    unsigned slot;
    struct stream_watch watch;
    uint32_t seed;
    uint64_t pos, frames, lapped;
    bool follows; /* the frame before is the one at pos - 1: */
    uint16_t next_seq;
    uint32_t last_time, packets_sum;
    uint64_t version;
};

/* -- publishing -- */

static void publish(struct publisher *me, bool is_first)
{
    struct relay *r = me->relay;
    struct frame *f = frame_create(FRAME_BYTES);
    if (!f)
        violation("no memory");
    memset(f->data, (int)(me->number + 1), f->len);
    f->key = is_first;
    f->new_timeline = is_first;
    f->rtp_time = me->source_time;
    f->packets = 1 + dice(&me->seed, 3);
    me->source_time += STEP;
    r->now_ns += dice(&me->seed, 2) ? 40 * NS_PER_MS : 0; /* some come at once */
    stream_publish(r->stream, f, FRAME_BYTES, r->now_ns);
}

static void note_term(struct publisher *me, bool again)
{
    struct relay *r = me->relay;
    if (again && r->last_publisher != me->number)
        violation("publisher %u took again what publisher %u had", me->number, r->last_publisher);
    if (r->last_publisher != me->number)
        atomic_fetch_add_explicit(&r->handed_over, 1, memory_order_relaxed);
    r->last_publisher = me->number;
    r->terms++;
}

/* The caller has the stream; it lets go of it, or ends it. */
static void serve_term(struct publisher *me, bool again)
{
    struct relay *r = me->relay;
    note_term(me, again);
    if (dice(&me->seed, 4) == 0)
        change_media(r->stream);
    uint32_t frames = dice(&me->seed, TERM_FRAMES);
    me->source_time = START * (me->number + 1) + dice(&me->seed, 1u << 30);
    for (uint32_t n = 0; n <= frames; n++) {
        publish(me, n == 0);
        dawdle(&me->seed);
    }
    if (r->terms == TERMS)
        atomic_store_explicit(&r->over, true, memory_order_relaxed);
    me->ticket = stream_release(r->stream);
}

/* Whose ticket is the newest: the others' claims must all fail. */
static void end_if_last(struct publisher *me)
{
    struct relay *r = me->relay;
    if (!stream_claim_again(r->stream, me->ticket))
        return;
    atomic_fetch_add_explicit(&r->ends, 1, memory_order_relaxed);
    stream_end(r->stream); /* the right to publish is never given back */
}

static void *run_publisher(void *arg)
{
    struct publisher *me = arg;
    struct relay *r = me->relay;
    rcu_enter();
    while (!atomic_load_explicit(&r->over, memory_order_relaxed)) {
        bool again = dice(&me->seed, 4) == 0;
        if (again ? stream_claim_again(r->stream, me->ticket) : stream_claim(r->stream)) {
            atomic_fetch_add_explicit(&r->taken_again, again, memory_order_relaxed);
            serve_term(me, again);
        } else if (again) {
            atomic_fetch_add_explicit(&r->too_late, 1, memory_order_relaxed);
        }
        rcu_quiescent();
        sched_yield(); /* else the next one is mostly the same one */
        dawdle(&me->seed);
    }
    end_if_last(me);
    rcu_leave();
    return NULL;
}

/* -- reading -- */

static void on_news(struct stream_watch *w)
{
    (void)w; /* readers look by themselves: what counts here is that any thread may call */
}

static void check_frame(struct reader *me, const struct frame *f)
{
    if (f->pos != me->pos)
        violation("position %lu has frame %lu", me->pos, f->pos);
    for (size_t i = 1; i < f->len; i++)
        if (f->data[i] != f->data[0])
            violation("frame %lu is of two publishers", f->pos);
    if (!me->follows)
        return;
    if (f->first_seq != me->next_seq)
        violation("frame %lu: sequence number %u, not %u", f->pos, f->first_seq, me->next_seq);
    if ((int32_t)(f->rtp_time - me->last_time) <= 0)
        violation("frame %lu: time stamp %u after %u", f->pos, f->rtp_time, me->last_time);
    if (f->rtp_time - f->rtp_step != me->last_time)
        violation("frame %lu: a step of %u", f->pos, f->rtp_step);
    if (f->packets_sum != me->packets_sum)
        violation("frame %lu: %u packets before it, not %u", f->pos, f->packets_sum,
                  me->packets_sum);
}

static void take(struct reader *me, const struct frame *f)
{
    check_frame(me, f);
    me->follows = true;
    me->next_seq = (uint16_t)(f->first_seq + f->packets);
    me->last_time = f->rtp_time;
    me->packets_sum = f->packets_sum + f->packets;
    me->frames++;
    me->pos++;
}

static void skip(struct reader *me, uint64_t lapped_by)
{
    me->lapped += lapped_by;
    me->pos += lapped_by;
    me->follows = false;
}

/* Reads up to the head. */
static void follow(struct reader *me)
{
    struct frame *f;
    uint64_t lapped_by;
    enum ring_result result;
    while ((result = ring_read(stream_ring(me->relay->stream), me->pos, &f, &lapped_by)) !=
           RING_EMPTY)
        if (result == RING_FRAME)
            take(me, f);
        else
            skip(me, lapped_by);
    check_media(me->relay->stream, &me->version);
}

static void *run_reader(void *arg)
{
    struct reader *me = arg;
    struct stream *s = me->relay->stream;
    rcu_enter();
    stream_set_watch(s, me->slot, &me->watch);
    for (bool ended = false; !ended;) {
        ended = stream_state(s) == STREAM_ENDED; /* the state first: no frame follows the end */
        follow(me);
        rcu_quiescent();
        dawdle(&me->seed);
    }
    if (me->pos != ring_head(stream_ring(s)))
        violation("the end was seen at %lu, before the last frame", me->pos);
    stream_set_watch(s, me->slot, NULL);
    rcu_leave();
    return NULL;
}

/* -- a stream -- */

static void open_relay(struct relay *r, uint32_t ring_slots)
{
    static const struct media media = {.track_count = 1,
                                       .track = {{.codec = CODEC_H264, .clock_rate = 90000}}};
    const struct stream_options options = {
        .keep = {.gop_cache_bytes = 4 * FRAME_BYTES,
                 .max_lag_bytes = 8 * FRAME_BYTES,
                 .max_lag_ns = NS_PER_S},
        .watch_slots = READERS,
        .ring_slots = ring_slots,
    };
    *r = (struct relay){.stream = stream_create("live/one", &media, &options),
                        .last_publisher = NOBODY};
    if (!r->stream)
        violation("no memory");
    stream_open(r->stream);
}

static void check_end(const struct relay *r)
{
    if (atomic_load(&r->ends) != 1)
        violation("%lu publishers have ended the stream", atomic_load(&r->ends));
    if (stream_claim(r->stream))
        violation("a stream that has ended was claimed");
}

static void run(struct relay *r, uint32_t seed)
{
    struct publisher publisher[PUBLISHERS];
    struct reader reader[READERS];
    pthread_t publishes[PUBLISHERS], reads[READERS];
    rcu_enter();
    open_relay(r, 16u << seed % 4);
    for (unsigned i = 0; i < READERS; i++) {
        reader[i] =
            (struct reader){.relay = r, .slot = i, .watch = {on_news}, .seed = 50 * seed + i + 1};
        reads[i] = start(run_reader, &reader[i]);
    }
    for (unsigned i = 0; i < PUBLISHERS; i++) {
        publisher[i] =
            (struct publisher){.relay = r, .number = i, .seed = 90 * seed + i + 1, .ticket = 1};
        publishes[i] = start(run_publisher, &publisher[i]);
    }
    if (stream_claim(r->stream))
        violation("a stream was claimed that its creator publishes");
    stream_release(r->stream);
    rcu_offline();
    for (unsigned i = 0; i < PUBLISHERS; i++)
        pthread_join(publishes[i], NULL);
    for (unsigned i = 0; i < READERS; i++)
        pthread_join(reads[i], NULL);
    rcu_online();
    check_end(r);
    stream_unref(&r->stream);
    rcu_leave();
    rcu_drain();
}

int main(void)
{
    uint64_t handed_over = 0, again = 0, too_late = 0;
    for (uint32_t i = 0; i < STREAMS; i++) {
        struct relay relay;
        run(&relay, i);
        handed_over += atomic_load(&relay.handed_over);
        again += atomic_load(&relay.taken_again);
        too_late += atomic_load(&relay.too_late);
    }
    printf("%d streams, %lu times handed over, %lu times taken again, %lu times too late\n",
           STREAMS, handed_over, again, too_late);
    return handed_over > 0 && again > 0 && too_late > 0 ? 0 : 1;
}
