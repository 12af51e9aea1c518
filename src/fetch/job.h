/*
 * One job of the helper: the request as it was read, the answer as it is gathered.
 */
#ifndef PAII_FETCH_JOB_H
#define PAII_FETCH_JOB_H

#include "base/arena.h"
#include "base/hash.h"
#include "base/tree.h"
#include "base/url.h"

#include <stdbool.h>
#include <stdint.h>

/* Descriptors that the starter opened (docs/helper-protocol.md). */
enum { STAGING_FD = 3, CACHE_FD = 4 };

struct job {
    struct arena arena; /* everything here lives as long as the process */

    /* The request; absent strings are NULL. */
    const char *op, *url, *ref, *commit, *path, *into, *known, *known_date, *sha256, *archive;
    struct strings files;
    uint64_t max;
    bool public_only;     /* addresses of private networks are refused */
    bool offline;         /* what the object cache holds, or nothing */
    bool require_sandbox; /* no work without full confinement */
    struct url parts;     /* of url */

    /* The answer. */
    const char *sandbox; /* how far this process is confined */
    bool unchanged;
    const char *found_commit, *etag, *date, *found_sha256;
    const char *tree;
    struct strings found;
    uint64_t size, received;
    unsigned written, requests;
};

/* Reads the request from descriptor 0. 0 or ERR_REFUSED. */
int request_read(struct job *job);

/* A progress line, at most ten a second. */
void event_progress(const char *phase, uint64_t done, uint64_t total);
/* A line for --verbose. */
void event_log(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The last line: of success, or of the recorded error. Returns the exit status. */
int event_finish(const struct job *job, int result);

/* The operations. */
int op_git_files(struct job *job);
int op_git_tree(struct job *job);
int op_get(struct job *job);
int op_unpack(struct job *job);

/* Makes the folder job->into below staging (it must not exist) and opens it; or a negative error.
 */
int job_open_into(const struct job *job);
/* Ends a tree: finishes the writer and fills the answer. Frees the writer in any case. */
int job_finish_tree(struct job *job, struct tree_writer *writer, int result);

#endif
