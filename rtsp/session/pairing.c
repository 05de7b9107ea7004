/* SPDX-License-Identifier: MIT */
#include "rtsp/session/pairing.h"

#include <errno.h>
#include <pthread.h>
#include <search.h>
#include <stdlib.h>

struct pairing {
    pthread_mutex_t lock;
    void *tree; /* of listed pairs, by cookie: balanced, whatever cookies a peer may choose */
};

struct pair {
    char cookie[HTTP_COOKIE_MAX + 1]; /* immutable */
    struct pairing *pairing;
    /* Under the lock: */
    unsigned refs;
    bool listed;
    struct conn *get;
    struct rtsp_worker *get_worker;
    struct conn *post; /* waits for the GET */
    struct rtsp_worker *post_worker;
    void (*on_met)(struct conn *post);
    struct message met; /* to the POST's worker; has a reference while it is in the mail */
    bool met_posted;
};

static int by_cookie(const void *a, const void *b)
{
    const struct pair *left = a, *right = b;
    return strcmp(left->cookie, right->cookie);
}

struct pairing *pairing_create(void)
{
    struct pairing *p = calloc(1, sizeof *p);
    if (p && pthread_mutex_init(&p->lock, NULL) != 0) {
        free(p);
        return NULL;
    }
    return p;
}

void pairing_destroy(struct pairing *p)
{
    if (!p)
        return;
    pthread_mutex_destroy(&p->lock);
    free(p);
}

/* -- under the lock -- */

static void drop(struct pair *pair)
{
    if (--pair->refs == 0)
        free(pair);
}

static void list_pair(struct pair *pair)
{
    pair->listed = tsearch(pair, &pair->pairing->tree, by_cookie) != NULL;
}

static void unlist_if_alone(struct pair *pair)
{
    if (!pair->listed || pair->get || pair->post)
        return;
    tdelete(pair, &pair->pairing->tree, by_cookie);
    pair->listed = false;
}

static struct pair *make_pair(struct pairing *p, const struct pair *key)
{
    struct pair *pair = malloc(sizeof *pair);
    if (!pair)
        return NULL;
    *pair = *key;
    pair->pairing = p;
    list_pair(pair);
    if (pair->listed)
        return pair;
    free(pair);
    return NULL;
}

/* The listed pair of that cookie, new if need be, with a reference for the caller. */
static struct pair *take_pair(struct pairing *p, struct slice cookie)
{
    struct pair key = {0};
    memcpy(key.cookie, cookie.ptr, size_min(cookie.len, HTTP_COOKIE_MAX));
    struct pair *const *found = tfind(&key, &p->tree, by_cookie);
    struct pair *pair = found ? *found : make_pair(p, &key);
    if (pair)
        pair->refs++;
    return pair;
}

static void refuse(struct pair **pair)
{
    if (*pair)
        drop(*pair);
    *pair = NULL;
}

static void on_met_delivered(struct message *m);

static void tell_post(struct pair *pair)
{
    if (!pair->post || pair->met_posted)
        return;
    pair->met_posted = true;
    pair->refs++;
    pair->met.on_delivery = on_met_delivered;
    mailbox_post(&pair->post_worker->base.loop.mailbox, &pair->met);
}

static int add_get(struct pair *pair, struct rtsp_worker *w, struct conn *get)
{
    if (pair->get)
        return -EEXIST;
    pair->get = get;
    pair->get_worker = w;
    tell_post(pair);
    return 0;
}

static int add_post(struct pair *pair, struct rtsp_worker *w, struct conn *post,
                    void (*on_met)(struct conn *post))
{
    if (pair->get)
        return 0; /* no need to wait */
    if (pair->post)
        return -EEXIST;
    pair->post = post;
    pair->post_worker = w;
    pair->on_met = on_met;
    return 0;
}

/* -- on the workers -- */

/* Neither the POST nor the GET need to be there any more. */
static void on_met_delivered(struct message *m)
{
    struct pair *pair = CONTAINER_OF(m, struct pair, met);
    pthread_mutex_t *lock = &pair->pairing->lock;
    pthread_mutex_lock(lock);
    struct conn *post = pair->post;
    void (*on_met)(struct conn *) = pair->on_met;
    pair->met_posted = false;
    drop(pair);
    pthread_mutex_unlock(lock);
    if (post)
        on_met(post);
}

int pairing_add_get(struct pairing *p, struct slice cookie, struct rtsp_worker *w, struct conn *get,
                    struct pair **pair)
{
    pthread_mutex_lock(&p->lock);
    *pair = take_pair(p, cookie);
    int err = *pair ? add_get(*pair, w, get) : -ENOMEM;
    if (err)
        refuse(pair);
    pthread_mutex_unlock(&p->lock);
    return err;
}

int pairing_add_post(struct pairing *p, struct slice cookie, struct rtsp_worker *w,
                     struct conn *post, void (*on_met)(struct conn *post), struct pair **pair)
{
    pthread_mutex_lock(&p->lock);
    *pair = take_pair(p, cookie);
    int err = *pair ? add_post(*pair, w, post, on_met) : -ENOMEM;
    if (err)
        refuse(pair);
    pthread_mutex_unlock(&p->lock);
    return err;
}

struct rtsp_worker *pair_worker(struct pair *pair)
{
    pthread_mutex_lock(&pair->pairing->lock);
    struct rtsp_worker *w = pair->get ? pair->get_worker : NULL;
    pthread_mutex_unlock(&pair->pairing->lock);
    return w;
}

struct conn *pair_get(struct pair *pair)
{
    pthread_mutex_lock(&pair->pairing->lock);
    struct conn *get = pair->get;
    pthread_mutex_unlock(&pair->pairing->lock);
    return get;
}

void pair_leave_get(struct pair **pair)
{
    pthread_mutex_t *lock = &(*pair)->pairing->lock;
    pthread_mutex_lock(lock);
    (*pair)->get = NULL;
    unlist_if_alone(*pair);
    drop(*pair);
    pthread_mutex_unlock(lock);
    *pair = NULL;
}

void pair_stop_waiting(struct pair *pair, const struct conn *post)
{
    pthread_mutex_lock(&pair->pairing->lock);
    if (pair->post == post)
        pair->post = NULL;
    unlist_if_alone(pair);
    pthread_mutex_unlock(&pair->pairing->lock);
}

void pair_unref(struct pair **pair)
{
    pthread_mutex_t *lock = &(*pair)->pairing->lock;
    pthread_mutex_lock(lock);
    drop(*pair);
    pthread_mutex_unlock(lock);
    *pair = NULL;
}
