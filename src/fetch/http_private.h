/*
 * What the files of HTTP share: http_send.c puts one request on the wire, http.c decides what comes
 * after it.
 */
#ifndef PAII_FETCH_HTTP_PRIVATE_H
#define PAII_FETCH_HTTP_PRIVATE_H

#include "fetch/http.h"
#include "fetch/library.h"

struct http {
    struct job *job;
    CURL *curl;
    bool proxied;
    char error[CURL_ERROR_SIZE];
};

/* One request to one URL, with as many tries as it takes. */
struct transfer {
    struct http *http;
    const struct http_request *request;
    struct http_reply *reply;
    bool public_only; /* for this URL */

    /* Of all tries. */
    uint64_t kept;         /* bytes of the body that the sink has */
    const char *validator; /* of those: a strong ETag or a date that goes on with them; or NULL */
    bool validator_is_date;

    /* Of the last try. */
    bool ranged; /* it asked for the rest alone */
    size_t header_bytes;
    bool head_ended; /* by its empty line */
    uint64_t body_bytes;
    bool body_begun;
    uint64_t active_ms; /* when something came last */
    bool silent;        /* for too long since then */
    bool stale;         /* the rest was not of what we have */
    const char *content_range, *now;
    uint64_t whole;       /* what Content-Range says that the file has; 0: nothing */
    const char *wait;     /* Retry-After, or NULL */
    bool private_refused; /* its name led to a private network */
    bool peer_private;    /* so is the address that it was sent to */
    int result;           /* of the sink, or ours */
    bool finished;        /* the sink wants no more */
};

/* One try. Fills reply->status; the code is libcurl's. */
CURLcode http_send(struct transfer *transfer, const char *url);
/* What came is void: the next try begins anew. */
int http_begin_anew(struct transfer *transfer);

#endif
