/*
 * Which jobs one helper does, and the request that tells it.
 *
 * All folders of one commit are one request to its server, so they are one helper. Downloads of one
 * origin share a few connections, archives are unpacked by as many helpers as there are processors.
 */
#include "registry/fetch_private.h"

#include "base/data.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/paths.h"
#include "registry/access.h"

#include <string.h>
#include <unistd.h>

enum {
    MAX_ITEMS = 64,       /* of a request */
    MAX_BYTES = 40 << 10, /* of a request: it has to fit into a pipe */
    MAX_CONNECTIONS = 4,  /* to one origin */
    MIN_DOWNLOADS = 4,    /* that a connection of its own is worth, */
    MIN_ARCHIVES = 8,     /* and a helper of its own */
};

/* ---- who does what ---- */

static bool is_git(const struct fetch_job *job)
{
    return job->op == FETCH_GIT_FILES || job->op == FETCH_GIT_TREE;
}

static const char *cache_of(const struct fetch_job *job, struct arena *arena)
{
    const char *url = job->source.url;
    char hex[HASH_HEX_SIZE];

    if (!is_git(job) || *url == '/' || strncmp(url, "file:", 5) == 0)
        return NULL;
    hash_bytes(hex, url, strlen(url));
    return arena_printf(arena, "%s/git/%.16s", paths.cache, hex);
}

static bool same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool fit_together(const struct fetch_job *a, const struct fetch_job *b)
{
    if (!a->group || !same(a->group, b->group) || a->op != b->op || a->known || b->known ||
        a->public_only != b->public_only || a->registry != b->registry ||
        !same(a->login.user, b->login.user) || !same(a->login.secret, b->login.secret))
        return false;
    if (a->op == FETCH_GIT_TREE)
        return same(a->source.url, b->source.url) && same(a->source.ref, b->source.ref) &&
               same(a->source.commit, b->source.commit);
    return a->op == FETCH_GET || a->op == FETCH_UNPACK;
}

static size_t length(const char *text)
{
    return text ? strlen(text) : 0;
}

/* Bytes of an item of the request, at most (text that is escaped aside). */
static size_t item_bytes(const struct fetch_job *job)
{
    return 200 + length(job->source.url) + length(job->source.path) + length(job->archive);
}

/* How many of `count` jobs that fit together one helper does. */
static size_t share(enum fetch_op op, size_t count)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t helpers = op == FETCH_GET ? MAX_CONNECTIONS : processors > 0 ? (size_t)processors : 1;
    size_t least = op == FETCH_GET ? MIN_DOWNLOADS : MIN_ARCHIVES;
    size_t each;

    if (op == FETCH_GIT_TREE)
        return MAX_ITEMS;
    if (helpers > MAX_CONNECTIONS)
        helpers = MAX_CONNECTIONS;
    each = (count + helpers - 1) / helpers;
    if (each < least)
        each = least;
    return each < MAX_ITEMS ? each : MAX_ITEMS;
}

/* Gives `batch` the job `first` and those after it that fit, as many as one helper does. */
static void gather(struct fetch_batch *batch, struct fetch_job *jobs, size_t count, size_t first,
                   bool *taken, struct arena *arena)
{
    struct fetch_job *job = &jobs[first];
    size_t fitting = 0, bytes = 0, max;

    for (size_t i = 0; i < count; i++)
        fitting += i == first || fit_together(job, &jobs[i]);
    max = fitting > 1 ? share(job->op, fitting) : 1;
    *batch = (struct fetch_batch){.jobs = arena_array(arena, fitting, sizeof(struct fetch_job *)),
                                  .staging = fitting > 1 ? job->group : job->staging,
                                  .cache = cache_of(job, arena)};
    for (size_t i = first; i < count && batch->count < max; i++) {
        if (taken[i] || (i != first && !fit_together(job, &jobs[i])))
            continue;
        bytes += item_bytes(&jobs[i]);
        if (i != first && bytes > MAX_BYTES)
            break;
        taken[i] = true;
        batch->jobs[batch->count++] = &jobs[i];
    }
    if (batch->count == 1)
        batch->staging = job->staging;
}

size_t fetch_divide(struct fetch_batch **out, struct fetch_job *jobs, size_t count,
                    struct arena *arena)
{
    bool *taken = arena_array(arena, count, sizeof *taken);
    size_t batches = 0;

    *out = arena_array(arena, count, sizeof **out);
    for (size_t i = 0; i < count; i++) {
        if (!taken[i])
            gather(&(*out)[batches++], jobs, count, i, taken, arena);
    }
    return batches;
}

/* ---- the request ---- */

static bool sandbox_required;

void fetch_require_sandbox(bool required)
{
    sandbox_required = required;
}

static void write_files(struct json_writer *json, const char *const *files)
{
    json_key(json, "files");
    json_array(json);
    for (; files && *files; files++)
        json_string(json, *files);
    json_end_array(json);
}

static void field(struct json_writer *json, const char *key, const char *value)
{
    if (value)
        json_field(json, key, value);
}

static void flag(struct json_writer *json, const char *key, bool value)
{
    if (!value)
        return;
    json_key(json, key);
    json_boolean(json, true);
}

/* What a job may have in an item of its own. */
static void write_wanted(struct json_writer *json, const struct fetch_job *job)
{
    const struct source *source = &job->source;

    if (job->op == FETCH_GIT_TREE || job->op == FETCH_UNPACK)
        field(json, "path", source->path);
    if (job->op == FETCH_GIT_TREE)
        field(json, "base", job->base);
    if (job->op != FETCH_GIT_FILES)
        field(json, "into", job->into);
    if (job->op == FETCH_GET || job->op == FETCH_UNPACK)
        field(json, "sha256", source->sha256);
    if (job->op == FETCH_UNPACK)
        field(json, "archive", job->archive);
    if (job->op == FETCH_NPM) {
        field(json, "package", job->package);
        field(json, "version", job->version);
    }
}

static void write_items(struct json_writer *json, const struct fetch_batch *batch)
{
    json_key(json, "items");
    json_array(json);
    for (size_t i = 0; i < batch->count; i++) {
        const struct fetch_job *job = batch->jobs[i];

        json_object(json);
        json_field(json, "folder", path_base(job->staging));
        if (job->op == FETCH_GET)
            field(json, "url", job->source.url);
        write_wanted(json, job);
        json_end_object(json);
    }
    json_end_array(json);
}

int fetch_request(struct buf *out, const struct fetch_batch *batch)
{
    static const char *const ops[] = {[FETCH_GIT_FILES] = "git-files",
                                      [FETCH_GIT_TREE] = "git-tree",
                                      [FETCH_GET] = "get",
                                      [FETCH_NPM] = "npm",
                                      [FETCH_UNPACK] = "unpack",
                                      [FETCH_PROBE] = "probe"};
    const struct fetch_job *job = batch->jobs[0];
    struct json_writer json = {.out = out};
    int result;

    json_object(&json);
    json_key(&json, "paii");
    json_integer(&json, 1);
    json_field(&json, "op", ops[job->op]);
    if (job->op != FETCH_UNPACK)
        field(&json, "url", job->source.url);
    if (is_git(job)) {
        field(&json, "ref", job->source.ref);
        field(&json, "commit", job->source.commit);
    }
    if (job->op == FETCH_GIT_FILES)
        write_files(&json, job->files);
    if (batch->count > 1)
        write_items(&json, batch);
    else
        write_wanted(&json, job);
    field(&json, "known", job->known);
    field(&json, "known_date", job->known_date);
    flag(&json, "tags", job->wants_tags);
    flag(&json, "public", job->public_only);
    flag(&json, "offline", fetch_offline());
    flag(&json, "require_sandbox", sandbox_required);
    result = job->op == FETCH_UNPACK ? 0 : access_write(&json, job); /* no archive sees a secret */
    json_end_object(&json);
    return result;
}
