/*
 * One job of the helper: the request as it was read, the answer as it is gathered.
 */
#ifndef PAII_FETCH_JOB_H
#define PAII_FETCH_JOB_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/tree.h"
#include "base/url.h"

#include <stdbool.h>
#include <stdint.h>

/* Descriptors that the starter opened (docs/helper-protocol.md). */
enum { STAGING_FD = 3, CACHE_FD = 4 };

/* One of several things that a request asks for; absent strings are NULL. */
struct item {
    const char
        *folder; /* its own folder below the staging folder; NULL for a request without items */
    const char *url, *path, *into, *sha256, *archive, *base;
};

struct job {
    struct arena arena; /* everything here lives as long as the process */

    /* The request; absent strings are NULL. */
    const char *op, *url, *ref, *commit, *path, *into, *known, *known_date, *sha256, *archive;
    const char *base;              /* git-tree: a commit that the asker has the folder of */
    const char *package, *version; /* of npm */
    const char *integrity;         /* of the file that is fetched, as integrity_finish() has it */
    struct strings files;
    struct item *items; /* at least one: a request without items is one itself */
    size_t item_count, item_capacity;
    bool has_items;
    uint64_t max;
    bool public_only;                                /* addresses of private networks are refused */
    bool offline;                                    /* what the object cache holds, or nothing */
    bool wants_tags;                                 /* git-files: those of plugins' versions */
    bool require_sandbox;                            /* no work without full confinement */
    unsigned connect_s, stall_s, timeout_s, retries; /* [network]; stall_s 0: by kind */
    /* A secret, for https to the origin of `secret_origin` alone; without a user it is a bearer's.
     */
    const char *secret, *secret_user, *secret_origin;
    struct url parts;       /* of url */
    bool keeps_connections; /* from one use of http_open() to the next */
    struct http *http;      /* those */
    uint64_t deadline_ms;   /* of now_ms(); set by deadline_start() */

    /* The answer. */
    const char *sandbox; /* how far this process is confined */
    bool unchanged;
    const char *found_commit, *etag, *date, *found_sha256;
    const char *found_url, *found_version; /* npm: of the tarball */
    const char *tree;
    const char *peer; /* "public" or "private": the address that answered; NULL: not known */
    struct strings found;
    struct strings tags; /* "NAME--v1.2.0 COMMIT" */
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
/* The last line of the recorded error, as text. */
void event_failure(struct buf *line);
/* The item at hand, for the answers from now on; -1 for none. */
void event_at_item(int index);
/* The answer for the item at hand. What it said is taken out of the job. */
void event_item(struct job *job);

/* deadline.c: the job ends by itself in job->timeout_s, whatever it waits for. */
void deadline_start(struct job *job);
uint64_t now_ms(void);
uint64_t deadline_left_ms(const struct job *job); /* at least 1 */
bool deadline_is_over(const struct job *job);
int deadline_error(const struct job *job);

/* ---- items.c: requests for several things at once ---- */

/* What items of a request have in common is checked. 0 or ERR_REFUSED. */
int items_check(struct job *job);
/* Makes item `index` the one at hand: the job's strings and STAGING_FD become its own. */
int items_enter(struct job *job, size_t index);
/* Runs `operation` for every item: here, or each in a process of its own. */
int items_run(struct job *job, int (*operation)(struct job *job));
int items_run_apart(struct job *job, int (*operation)(struct job *job));

/* The operations. */
int op_git_files(struct job *job);
int op_git_tree(struct job *job);
int op_get(struct job *job);
int op_npm(struct job *job);
int op_unpack(struct job *job);

/* Makes the folder job->into below staging (it must not exist) and opens it; or a negative error.
 */
int job_open_into(const struct job *job);
/* Ends a tree: finishes the writer and fills the answer. Frees the writer in any case. */
int job_finish_tree(struct job *job, struct tree_writer *writer, int result);

#endif
