/* SPDX-License-Identifier: MIT */
/*
 * Asking the publisher of a stream to let go of it, whatever worker it is on: a letter goes from
 * worker to worker, by mail, until it has found the one that is meant, and comes back to who sent
 * it. Publishers are thus ended by their own worker only, which alone knows when it has heard of
 * them, and nobody waits.
 */
#pragma once

#include "rtsp/session/rtsp_worker.h"

struct takeover;

/*
 * Asks who publishes s now, and nobody who comes later. It goes when --second-publisher is replace,
 * or when it was silent for --publisher-silence. on_return is called on worker w when the letter is
 * back: if the answer was yes, the stream can be claimed. NULL when memory is out.
 */
struct takeover *takeover_ask(struct rtsp_worker *w, const struct stream *s,
                              void (*on_return)(void *arg), void *arg);

/* Worker w: who asked is gone. on_return will not be called, and no more publishers are ended.
 * Accepts NULL. */
void takeover_forget(struct takeover *t);
