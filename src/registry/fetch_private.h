/* What the files of fetching share: which jobs one helper does, and how it is told. */
#ifndef PAII_REGISTRY_FETCH_PRIVATE_H
#define PAII_REGISTRY_FETCH_PRIVATE_H

#include "base/buf.h"
#include "registry/fetch.h"

/* The jobs of one helper: one, or some of a group. */
struct fetch_batch {
    struct fetch_job **jobs;
    size_t count;
    const char *staging; /* of the only job, or the group's; NULL if it needs none */
    const char *cache;   /* object cache folder of the URL, or NULL */
    bool started;
};

/* Divides jobs among helpers, in the order of the first job of each. Returns how many those are. */
size_t fetch_divide(struct fetch_batch **out, struct fetch_job *jobs, size_t count,
                    struct arena *arena);

/* The request document. ERR_AUTH if a secret is not there. */
int fetch_request(struct buf *out, const struct fetch_batch *batch);

#endif
