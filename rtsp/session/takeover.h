/* SPDX-License-Identifier: MIT */
/*
 * Asking the publisher of a stream to let go of it, whatever worker it is on: a letter goes round
 * all workers, by mail, and comes back to who sent it. Publishers are thus ended by their own
 * worker only, and nobody waits.
 */
#pragma once

#include "rtsp/session/rtsp_worker.h"

struct takeover;

/*
 * Asks for the stream with that id. on_return is called on worker w once the letter has been
 * everywhere. NULL when memory is out.
 */
struct takeover *takeover_ask(struct rtsp_worker *w, uint32_t stream_id,
                              void (*on_return)(void *arg), void *arg);

/* Worker w: who asked is gone. on_return will not be called, and no more publishers are ended.
 * Accepts NULL. */
void takeover_forget(struct takeover *t);
