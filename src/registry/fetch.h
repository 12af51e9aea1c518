/*
 * Asking the helper (libexec/paii/paii-fetch) for what is far away: one job, one process, one JSON
 * document each way (docs/helper-protocol.md). It writes beneath the staging folder of the job
 * alone.
 */
#ifndef PAII_REGISTRY_FETCH_H
#define PAII_REGISTRY_FETCH_H

#include "base/hash.h"
#include "base/term.h"
#include "registry/source.h"

#include <stdint.h>

struct registry_config;

enum fetch_op {
    FETCH_GIT_FILES, /* named files of a commit's root: an index */
    FETCH_GIT_TREE,  /* a subfolder of a commit: a plugin */
    FETCH_GET,       /* one file over https, conditional */
    FETCH_NPM,       /* a package of the npm registry at source.url: its tarball */
    FETCH_UNPACK,    /* an archive already in staging, no network */
    FETCH_PROBE,     /* nothing but how far the helper can be confined; needs no staging */
};

/* A secret; without a user it is a token. */
struct credential {
    const char *user, *secret;
};

struct fetch_job {
    enum fetch_op op;
    struct source source; /* url, path, ref, commit, sha256 */
    const char *staging;  /* existing folder of this job alone */
    /* The folder that `staging` is right in, with others of jobs that one helper may do together:
     * trees of one commit, or archives of one origin. The first that fails ends the others. NULL:
     * this job has a helper to itself. */
    const char *group;
    const char *into;       /* name below staging: the tree's folder, or the file */
    const char *known;      /* GIT_FILES: commit we have; GET: ETag we have; NULL for none */
    const char *known_date; /* GET: Last-Modified we have, or NULL */
    const char *base;       /* GIT_TREE: commit of which we have that folder, or NULL */
    const struct registry_config *registry; /* whose index or entry it is; NULL: nobody's */
    bool public_only;         /* refuse addresses of private networks (url_is_private()) */
    const char *const *files; /* GIT_FILES: names wanted, NULL-terminated */
    bool wants_tags;          /* GIT_FILES: tags of plugins\' versions too */
    const char *archive;      /* UNPACK: name of the archive below staging, or an absolute path */
    const char *package, *version; /* NPM: a name; a version, range or tag, NULL: the latest */
    struct credential login;   /* for the origin of source.url; without a secret: the registry's */
    struct progress *progress; /* or NULL; updated while the job runs */

    /* Results, in the arena given to fetch_run(). */
    int result;               /* 0 or a negative error */
    const char *error, *hint; /* error: NULL if another job of the group failed */
    bool unchanged;           /* nothing new, nothing written (`known`, `base`) */
    const char *commit;       /* GIT_*: full object id of what was written */
    struct strings tags;      /* GIT_FILES: "NAME--v1.2.0 COMMIT" */
    const char *etag, *date;  /* GET */
    const char *sha256;       /* GET: of the file; UNPACK: of the archive */
    const char *sandbox;      /* how far the helper was confined: "full" is all of it */
    const char *peer;         /* "public" or "private": what answered; NULL: not known */
    const char *tree;         /* GIT_TREE, UNPACK: tree hash of what was written */
    const char *chosen, *url; /* NPM: the version, and where its tarball is */
    uint64_t size;            /* bytes written */
    uint64_t received;        /* bytes that came over the wire */
    unsigned requests;        /* round trips made */
    unsigned files_written;
};

/*
 * Offline: PAII_OFFLINE=1, which --offline sets. No helper is started for what needs a connection;
 * a Git job for a pinned commit is answered from the object cache or fails. Builds read the same
 * variable.
 */
bool fetch_offline(void);
void fetch_go_offline(void);
/* ERR_NETWORK for a job that cannot be done offline, when we are. */
int fetch_check_offline(const struct fetch_job *job);

/*
 * Runs all jobs, by at most 8 helpers at a time, and fills their results. Returns 0 when every job
 * succeeded, else the first job's error, recorded. Interrupting the process ends the helpers.
 */
int fetch_run(struct fetch_job *jobs, size_t count, struct arena *arena);

/* From now on no job is done by a helper that cannot be confined fully: ERR_REFUSED. */
void fetch_require_sandbox(bool required);

#endif
