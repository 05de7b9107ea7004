/* SPDX-License-Identifier: MIT */
/*
 * Who publishes a stream after whom: a publisher takes a name, goes on with a stream that waits
 * there, or sends its players away; and when it leaves, the stream ends, or waits (orphans.h). On
 * the publisher's worker.
 */
#pragma once

#include "rtsp/source/source.h"

/*
 * The stream of that name, a reference, for a publisher of these media. A stream whose publisher
 * has gone goes on when its players need no new description (media_is_compatible); else it ends,
 * and they may ask for one. *goes_on: frames continue nothing, and media has gained what the last
 * publisher has said in-band. 0; -EEXIST when the name is taken; -ENOMEM. *s may be set even then.
 */
int succession_take(struct source_worker *w, const char *name, struct media *media,
                    struct stream **s, bool *goes_on);

/*
 * Its publisher leaves *s. hands_over: another is about to come, whatever --publisher-grace is. The
 * grace counts from the last publisher who has sent a frame.
 */
void succession_leave(struct source_worker *w, struct stream **s, bool hands_over);
