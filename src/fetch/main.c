/*
 * paii-fetch: the helper that touches the network, Git's packs and archives
 * (docs/helper-protocol.md).
 *
 *     main.c          reads the request, runs its operation, prints the last line
 *     request.c       the request document
 *     events.c        what goes to descriptors 1 and 2
 *     sandbox_linux.c confinement: landlock_linux.c of files, seccomp_linux.c of system calls
 *     library.c       libcurl and libarchive, loaded when a job needs them
 *     items.c         several things in one request
 *     deadline.c      no job lasts longer than it may
 *     http.c          redirects, retries;  http_send.c: one request
 *     http_get.c      the operation `get`;  npm_job.c: `npm`
 *     git_job.c       the operations `git-files` and `git-tree`
 *     git_http.c      a repository over https;  git_ssh.c, git_local.c: by ssh, on this machine
 *     git_wire.c      Git's protocol, version 2;  git_objects.c: packs in, trees out
 *     archive.c       the operation `unpack`;  tar_check.c, zip_check.c: what the reader may see
 */
#include "base/error.h"
#include "fetch/job.h"
#include "fetch/sandbox.h"

#include <string.h>

struct operation {
    const char *name;
    int (*run)(struct job *job);
    bool remote; /* has a URL */
    /* How it does several items; NULL: it sees to that itself, or takes one alone. */
    int (*run_items)(struct job *job, int (*operation)(struct job *job));
    bool items; /* there may be several */
};

/* Says how far this machine can confine it, and nothing else. */
static int op_probe(struct job *job)
{
    (void)job;
    return 0;
}

static const struct operation OPERATIONS[] = {
    {"git-files", op_git_files, true, NULL, false},
    {"git-tree", op_git_tree, true, NULL, true},
    {"get", op_get, true, items_run, true},
    {"npm", op_npm, true, NULL, false},
    {"unpack", op_unpack, false, items_run_apart, true},
    {"probe", op_probe, false, NULL, false},
};

static const struct operation *find_operation(const char *name)
{
    for (size_t i = 0; i < sizeof OPERATIONS / sizeof *OPERATIONS; i++) {
        if (strcmp(OPERATIONS[i].name, name) == 0)
            return &OPERATIONS[i];
    }
    return NULL;
}

static int run(struct job *job)
{
    const struct operation *operation;
    int result = request_read(job);
    struct sandbox needs = {.job = job, .required = job->require_sandbox};

    if (result < 0)
        return result;
    operation = find_operation(job->op);
    if (!operation)
        return fail(ERR_REFUSED, "the request has an unknown op '%s'", job->op);
    if (operation->remote && !job->url)
        return fail(ERR_REFUSED, "the request '%s' has no url", job->op);
    if (job->has_items && !operation->items)
        return fail(ERR_REFUSED, "the request '%s' has items", job->op);
    if (operation->remote) {
        result = url_parse(&job->parts, &job->arena, job->url, true);
        needs.network = job->parts.scheme != URL_FILE;
        needs.spawns = job->parts.scheme == URL_SSH;
        needs.reads_anywhere = job->parts.scheme == URL_FILE;
    }
    if (result == 0)
        result = items_check(job);
    if (result == 0 && job->public_only && operation->remote && url_is_private(&job->parts))
        result = fail(ERR_REFUSED, "refused '%s': an address of a private network", job->url);
    if (result == 0 && needs.network)
        deadline_start(job);
    if (result == 0)
        result = sandbox_enter(&job->sandbox, &needs);
    if (result < 0)
        return result;
    return operation->run_items ? operation->run_items(job, operation->run) : operation->run(job);
}

int main(void)
{
    struct job job = {0};
    int status = event_finish(&job, run(&job));

    arena_release(&job.arena);
    return status;
}
