/* SPDX-License-Identifier: MIT */
#include "rtp/reorder.h"

#include "core/list.h"

#include <assert.h>
#include <stdlib.h>

enum { SLOT_MASK = REORDER_PACKETS - 1, PAST = 128, PAST_MASK = PAST - 1 };

static_assert((int)PAST > (int)REORDER_LEAP,
              "what became of a packet is known for as long as it may come");

struct held {
    struct list by_age;
    int64_t since_ns;
    struct rtp_packet pkt; /* its payload is data */
    uint8_t data[];
};

/*
 * Held packets are in slot[] by sequence number, and in by_age from the one that came first on:
 *
 *     next (awaited, not held)          highest (held, or next - 1)
 *      |                                  |
 *   ---+--gap--+--held--+--gap--+--held---+
 *
 * 1. highest is held, or it is next - 1 and nothing is held.
 * 2. highest - next < REORDER_PACKETS, so that each held packet has its slot.
 */
struct reorder {
    int64_t hold_ns;
    reorder_on_packet *on_packet;
    void *arg;
    bool started;
    uint32_t ssrc;
    uint16_t next;
    uint16_t highest;
    struct held *slot[REORDER_PACKETS];
    struct list by_age;
    struct held *doubted;  /* put aside until the next one comes */
    bool has_passed[PAST]; /* by the low bits of the sequence number, for those before next */
    struct reorder_stats stats;
};

struct reorder *reorder_create(int64_t hold_ns, reorder_on_packet *on_packet, void *arg)
{
    struct reorder *r = calloc(1, sizeof(*r));
    if (!r)
        return NULL;
    r->hold_ns = hold_ns;
    r->on_packet = on_packet;
    r->arg = arg;
    list_init(&r->by_age);
    return r;
}

static struct held *held_at(const struct reorder *r, uint16_t seq)
{
    return r->slot[seq & SLOT_MASK];
}

static void free_held(struct reorder *r, struct held *h)
{
    r->slot[h->pkt.seq & SLOT_MASK] = NULL;
    r->stats.held--;
    r->stats.held_bytes -= (uint32_t)h->pkt.payload.len;
    list_remove(&h->by_age);
    free(h);
}

static void forget_doubted(struct reorder *r)
{
    free(r->doubted);
    r->doubted = NULL;
}

void reorder_destroy(struct reorder *r)
{
    if (!r)
        return;
    while (!list_empty(&r->by_age))
        free_held(r, CONTAINER_OF(r->by_age.next, struct held, by_age));
    forget_doubted(r);
    free(r);
}

static struct held *copy_packet(const struct rtp_packet *pkt, int64_t now_ns)
{
    struct held *h = malloc(sizeof(*h) + pkt->payload.len);
    if (!h)
        return NULL;
    list_init(&h->by_age);
    h->since_ns = now_ns;
    h->pkt = *pkt;
    h->pkt.payload.ptr = h->data;
    if (pkt->payload.len > 0)
        memcpy(h->data, pkt->payload.ptr, pkt->payload.len);
    return h;
}

static void pass(struct reorder *r, const struct rtp_packet *pkt)
{
    r->has_passed[pkt->seq & PAST_MASK] = true;
    if (r->highest == (uint16_t)(r->next - 1))
        r->highest = pkt->seq;
    r->next = (uint16_t)(pkt->seq + 1);
    r->on_packet(r->arg, pkt);
}

static void pass_held(struct reorder *r, struct held *h)
{
    pass(r, &h->pkt);
    free_held(r, h);
}

/* Lets out what no gap is before any more. */
static void pass_run(struct reorder *r)
{
    for (struct held *h; (h = held_at(r, r->next)) != NULL;)
        pass_held(r, h);
}

/* Gives up the oldest gap, which ends at a held packet. */
static void give_up_gap(struct reorder *r)
{
    for (; !held_at(r, r->next); r->next++) {
        r->has_passed[r->next & PAST_MASK] = false;
        r->stats.given_up++;
    }
    pass_run(r);
}

/* The packet that has been held for the longest. */
static struct held *oldest(const struct reorder *r)
{
    return list_empty(&r->by_age) ? NULL : CONTAINER_OF(r->by_age.next, struct held, by_age);
}

int64_t reorder_next_deadline(const struct reorder *r)
{
    const struct held *h = oldest(r);
    return h ? h->since_ns + r->hold_ns : INT64_MAX;
}

void reorder_run(struct reorder *r, int64_t now_ns)
{
    while (now_ns >= reorder_next_deadline(r))
        give_up_gap(r);
}

void reorder_flush(struct reorder *r)
{
    while (oldest(r))
        give_up_gap(r);
}

/* Nothing but pkt has been seen, and all before it is lost. */
static void start(struct reorder *r, const struct rtp_packet *pkt)
{
    r->started = true;
    r->ssrc = pkt->ssrc;
    r->next = pkt->seq;
    r->highest = (uint16_t)(pkt->seq - 1);
    memset(r->has_passed, 0, sizeof(r->has_passed));
    pass(r, pkt);
}

static bool is_believable(const struct reorder *r, const struct rtp_packet *pkt)
{
    int ahead = rtp_seq_diff(r->next, pkt->seq), highest = rtp_seq_diff(r->next, r->highest);
    return pkt->ssrc == r->ssrc && ahead >= -REORDER_LEAP && ahead <= highest + REORDER_LEAP;
}

static bool follows(const struct rtp_packet *pkt, const struct rtp_packet *before)
{
    return pkt->ssrc == before->ssrc && rtp_seq_diff(before->seq, pkt->seq) == 1;
}

static void doubt(struct reorder *r, const struct rtp_packet *pkt, int64_t now_ns)
{
    struct held *first = r->doubted;
    if (!first || !follows(pkt, &first->pkt)) {
        r->stats.strays += first != NULL;
        free(first);
        r->doubted = copy_packet(pkt, now_ns);
        return;
    }
    reorder_flush(r);
    start(r, &first->pkt);
    pass(r, pkt);
    r->stats.restarts++;
    forget_doubted(r);
}

static void hold(struct reorder *r, const struct rtp_packet *pkt, int64_t now_ns)
{
    struct held *h = copy_packet(pkt, now_ns);
    if (!h)
        return; /* one more that is missing */
    r->slot[pkt->seq & SLOT_MASK] = h;
    list_append(&r->by_age, &h->by_age);
    r->stats.held++;
    r->stats.held_bytes += (uint32_t)pkt->payload.len;
    if (rtp_seq_diff(r->highest, pkt->seq) > 0)
        r->highest = pkt->seq;
    while (r->stats.held_bytes > REORDER_BYTES_MAX)
        give_up_gap(r);
    reorder_run(r, now_ns);
}

/* A packet that is before the awaited one: its number has passed, or was given up. */
static void drop_past(struct reorder *r, const struct rtp_packet *pkt)
{
    bool *has_passed = &r->has_passed[pkt->seq & PAST_MASK];
    if (*has_passed)
        r->stats.duplicates++;
    else
        r->stats.late++;
    *has_passed = true;
}

static void take(struct reorder *r, const struct rtp_packet *pkt, int64_t now_ns)
{
    /* It is beyond the highest then, and that one is held (invariants 1 and 2). */
    while (rtp_seq_diff(r->next, pkt->seq) >= REORDER_PACKETS)
        give_up_gap(r);
    int ahead = rtp_seq_diff(r->next, pkt->seq);
    if (ahead < 0) {
        drop_past(r, pkt);
        return;
    }
    if (held_at(r, pkt->seq)) {
        r->stats.duplicates++;
        return;
    }
    r->stats.reordered += rtp_seq_diff(r->highest, pkt->seq) < 0;
    if (ahead > 0) {
        hold(r, pkt, now_ns);
        return;
    }
    pass(r, pkt);
    pass_run(r);
}

void reorder_push(struct reorder *r, const struct rtp_packet *pkt, int64_t now_ns)
{
    reorder_run(r, now_ns);
    if (!r->started) {
        start(r, pkt);
    } else if (!is_believable(r, pkt)) {
        doubt(r, pkt, now_ns);
    } else {
        if (r->doubted) {
            r->stats.strays++;
            forget_doubted(r);
        }
        take(r, pkt, now_ns);
    }
}

struct reorder_stats reorder_stats(const struct reorder *r)
{
    return r->stats;
}
