/*
 * HTTP by our own rules over libcurl: https (plain http to loopback alone), at most five redirects
 * that never go down to http or into a private network, no cookies, credentials for their own
 * origin alone, limits on bytes, silence and time, and more tries for what failed in passing. A
 * download that broke goes on where it was (Range and If-Range).
 */
#ifndef PAII_FETCH_HTTP_H
#define PAII_FETCH_HTTP_H

#include "fetch/job.h"

struct http; /* connections that are kept between requests */

struct http_request {
    const char *url;
    const char *const *headers; /* "Name: value", NULL-terminated; NULL for none */
    const void *body;           /* sent by POST; NULL: GET */
    size_t body_len;
    uint64_t max; /* bytes of the body that is answered */
    unsigned
        patience_s; /* seconds of (near) silence that end the transfer, if the job says nothing */
    unsigned min_speed;  /* bytes a second that count as silence */
    const char *subject; /* for messages: what is asked for */
    /* Gets the body of a 200 piece by piece; a negative result ends the transfer with that error, a
     * positive one ends it well. */
    int (*sink)(void *payload, const void *data, size_t len);
    /* What the sink got is void, the body begins anew; 0 or an error. NULL: that cannot be, so what
     * breaks in the middle is not tried again. */
    int (*restart)(void *payload);
    void *payload;
};

struct http_reply {
    long status;                            /* 200 or 304 */
    const char *url;                        /* after redirects, in the job's arena */
    const char *etag, *date, *content_type; /* or NULL */
};

/* NULL after fail(). */
struct http *http_open(struct job *job);
/* 0 for 200 and 304; else ERR_NETWORK, ERR_AUTH (401, 403), ERR_NOT_FOUND (404, 410), ERR_REFUSED.
 */
int http_perform(struct http *http, const struct http_request *request, struct http_reply *reply);
void http_close(struct http *http); /* NULL is fine */
/* The end of what stayed open for job->keeps_connections, if anything did. */
void http_close_kept(struct job *job);

#endif
