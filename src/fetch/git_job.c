/*
 * The operations `git-files` and `git-tree`.
 *
 * A name becomes an id once, by the remote's list of references (or is a pinned id from the start).
 * Objects that the store lacks are asked for by id, first the commit with its folders, then the
 * files that are wanted. What is written comes from the store alone, walked from the commit of that
 * id.
 */
#include "base/error.h"
#include "base/fs.h"
#include "base/name.h"
#include "base/semver.h"
#include "base/text.h"
#include "fetch/git.h"

#include <string.h>

enum {
    MAX_WANTS = 64, /* more missing files than this: ask for their folder instead */
    MAX_TAGS = 2000,
    TAG_LENGTH = 255,
};

/* ---- offline: the cache is all there is ---- */

static int not_here(struct git_remote *remote)
{
    fail(ERR_NETWORK, "'%s' is not in the object cache as it is wanted, and paii is offline",
         remote->job->url);
    error_hint("run it again without --offline and PAII_OFFLINE");
    return -ERR_NETWORK;
}

static int list_nothing(struct git_remote *remote, const char *ref, struct git_refs *out)
{
    (void)ref;
    (void)out;
    return not_here(remote);
}

static int fetch_nothing(struct git_remote *remote, const struct git_want *want)
{
    (void)want;
    return not_here(remote);
}

static void close_nothing(struct git_remote *remote)
{
    (void)remote;
}

static const struct git_transport git_offline = {list_nothing, fetch_nothing, close_nothing};

/* ---- where it is ---- */

static int start(struct git_remote *remote, struct git_store *store, struct job *job)
{
    *remote = (struct git_remote){.job = job, .store = store};
    if (job->offline && job->parts.scheme != URL_FILE) {
        remote->transport = &git_offline;
        return store_open_cache(store);
    }
    switch (job->parts.scheme) {
    case URL_FILE:
        remote->transport = &GIT_LOCAL;
        return store_open_local(store, job->parts.path);
    case URL_SSH:
        remote->transport = &GIT_SSH;
        return store_open_cache(store);
    default:
        remote->transport = &GIT_HTTP;
        return store_open_cache(store);
    }
}

static int finish(struct git_remote *remote, int result)
{
    if (remote->state)
        remote->transport->close(remote);
    store_close(remote->store);
    return result;
}

/* ---- from a name to an id ---- */

static const char *ref_id(const struct git_refs *refs, const char *name)
{
    for (size_t i = 0; i < refs->count; i++) {
        if (strcmp(refs->items[i].name, name) == 0)
            return refs->items[i].id;
    }
    return NULL;
}

/* Whether it is the tag of a plugin's version: NAME--vVERSION, as Claude Code has it. */
static bool is_version_tag(const char *tag)
{
    const char *mark = strstr(tag, "--v");
    struct version version;

    for (const char *next = mark; next; next = strstr(next + 1, "--v"))
        mark = next; /* a name may hold the mark, a version hardly */
    return mark && strlen(tag) <= TAG_LENGTH && name_valid_n(tag, (size_t)(mark - tag)) &&
           version_parse(&version, mark + 3, false);
}

static void keep_tags(struct job *job, const struct git_refs *refs)
{
    static const char prefix[] = "refs/tags/";

    for (size_t i = 0; i < refs->count; i++) {
        const char *tag = refs->items[i].name + strlen(prefix);

        if (!text_starts(refs->items[i].name, prefix) || !is_version_tag(tag))
            continue;
        if (job->tags.count == MAX_TAGS) {
            event_log("of the tags of '%s' the first %d are read", job->url, MAX_TAGS);
            return;
        }
        strings_add(&job->tags, &job->arena,
                    arena_printf(&job->arena, "%s %s", tag, refs->items[i].id));
    }
}

/* The commit that the job's reference is at, as 40 digits; NULL after fail(). Branches come first.
 */
static const char *resolve_ref(struct git_remote *remote)
{
    struct job *job = remote->job;
    struct git_refs refs = {0};
    const char *id = NULL;

    if (remote->transport->list(remote, job->ref, &refs) < 0)
        return NULL;
    if (job->wants_tags)
        keep_tags(job, &refs);
    if (!job->ref) {
        id = ref_id(&refs, "HEAD");
        if (!id)
            fail(ERR_NOT_FOUND, "'%s' has no default branch, or no commit yet", job->url);
        return id;
    }
    id = ref_id(&refs, arena_printf(&job->arena, "refs/heads/%s", job->ref));
    if (!id)
        id = ref_id(&refs, arena_printf(&job->arena, "refs/tags/%s", job->ref));
    if (!id && strncmp(job->ref, "refs/", 5) == 0)
        id = ref_id(&refs, job->ref);
    if (!id) {
        fail(ERR_NOT_FOUND, "'%s' has no branch or tag '%s'", job->url, job->ref);
        error_hint("check the name for a typing error");
    }
    return id;
}

/* ---- objects ---- */

static int fetch_one(struct git_remote *remote, const char *id, bool shallow, bool no_blobs)
{
    struct git_want want = {.shallow = shallow, .no_blobs = no_blobs};

    strings_add(&want.ids, &remote->job->arena, id);
    return remote->transport->fetch(remote, &want);
}

/* A pin that the server does not hand out by itself may be in the history of the reference. */
static int fetch_history(struct git_remote *remote, const git_oid *id)
{
    struct job *job = remote->job;
    const char *tip = resolve_ref(remote);
    int result;

    if (!tip && error_code() == ERR_NOT_FOUND) { /* the pin is what was asked for, so it decides */
        fail(ERR_MISMATCH, "'%s' has neither the pinned commit %s nor %s", job->url, job->commit,
             job->ref ? arena_printf(&job->arena, "the branch or tag '%s'", job->ref)
                      : "a default branch");
        error_hint("its history was rewritten, or the pin belongs to another repository");
    }
    if (!tip)
        return -(int)error_code();
    event_log("asking for the whole history of '%s'", job->ref ? job->ref : "the default branch");
    result = fetch_one(remote, tip, false, true);
    if (result == 0 && !store_has(remote->store, id)) {
        fail(ERR_MISMATCH, "'%s' does not have the pinned commit %s", job->url, job->commit);
        error_hint("its history was rewritten, or the pin belongs to another repository");
        result = -ERR_MISMATCH;
    }
    return result;
}

/* Sees to it that the commit and its folders are in the store. */
static int need_commit(struct git_remote *remote, const git_oid *id, bool no_blobs)
{
    char hex[GIT_HEX + 1];
    int result;

    if (store_has(remote->store, id))
        return 0;
    git_oid_tostr(hex, sizeof hex, id);
    result = fetch_one(remote, hex, true, no_blobs);
    if (result == -ERR_NETWORK && remote->job->commit &&
        strstr(error_text(), "refuses")) { /* the server's own words, not a broken connection */
        error_clear();
        return fetch_history(remote, id);
    }
    if (result == 0 && !store_has(remote->store, id))
        result = fail(ERR_MISMATCH, "'%s' sent something else than the commit %s", remote->job->url,
                      hex);
    return result;
}

/* The commit of the job, in the store: its id as text and its tree. `unchanged` when it is `known`.
 */
static int reach_commit(struct git_remote *remote, bool no_blobs, git_oid *tree)
{
    struct job *job = remote->job;
    const char *hex = job->commit ? job->commit : resolve_ref(remote);
    git_oid id;
    int result;

    if (!hex)
        return -(int)error_code();
    if (git_oid_fromstr(&id, hex) < 0)
        return fail(ERR_REFUSED, "'%s' is no commit id", hex);
    job->found_commit = hex;
    job->unchanged = job->known && strcmp(job->known, hex) == 0;
    if (job->unchanged)
        return 0;
    result = need_commit(remote, &id, no_blobs);
    return result < 0 ? result : store_commit_tree(remote->store, &id, tree);
}

/* ---- git-tree ---- */

static int find_folder(struct git_remote *remote, const git_oid *root, git_oid *tree)
{
    const char *path = remote->job->path ? remote->job->path : "";
    unsigned mode;
    int result = store_find(remote->store, root, path, tree, &mode);

    if (result == 0 && mode != GIT_FILEMODE_TREE)
        result = fail(ERR_NOT_FOUND, "'%s' is no folder in the commit", path);
    return error_context(result, "'%s'", remote->job->url);
}

/* Whether the folder is the same in the commit that the asker has it of. One that the store does
 * not have is not fetched to find out. */
static bool same_as_base(struct git_remote *remote, const git_oid *tree)
{
    const struct job *job = remote->job;
    git_oid base, root, old;
    unsigned mode;
    bool same = job->base && git_oid_fromstr(&base, job->base) == 0 &&
                store_has(remote->store, &base) &&
                store_commit_tree(remote->store, &base, &root) == 0 &&
                store_find(remote->store, &root, job->path ? job->path : "", &old, &mode) == 0 &&
                git_oid_equal(&old, tree);

    error_clear();
    return same;
}

/* What is the same is not written, and needs nothing: its tree is left zero. */
static int find_folders(struct git_remote *remote, const git_oid *root, git_oid *trees)
{
    int result = 0;

    for (size_t i = 0; i < remote->job->item_count && result == 0; i++) {
        result = items_enter(remote->job, i);
        if (result == 0)
            result = find_folder(remote, root, &trees[i]);
        if (result == 0 && same_as_base(remote, &trees[i]))
            trees[i] = (git_oid){0};
    }
    return result;
}

/* Adds what the folder `tree` lacks: by its ids, or by that of the folder if there are many. */
static int add_missing(struct git_remote *remote, const git_oid *tree, struct strings *wants)
{
    struct arena *arena = &remote->job->arena;
    struct strings missing = {0};
    char hex[GIT_HEX + 1];
    int result = store_missing(remote->store, tree, &missing, arena);

    if (missing.count > MAX_WANTS) {
        missing.count = 0;
        strings_add(&missing, arena, arena_strdup(arena, git_oid_tostr(hex, sizeof hex, tree)));
    }
    for (size_t i = 0; i < missing.count && result == 0; i++) {
        if (!strings_has(wants, missing.items[i]))
            strings_add(wants, arena, missing.items[i]);
    }
    return result;
}

/*
 * Sees to it that all of the folders is in the store, by one request for what they lack together.
 * Folders may be missing too, hence more than one round.
 */
static int need_folders(struct git_remote *remote, const git_oid *trees)
{
    struct job *job = remote->job;

    for (int round = 0;; round++) {
        struct git_want want = {0};
        int result = 0;

        for (size_t i = 0; i < job->item_count && result == 0; i++) {
            if (git_oid_is_zero(&trees[i]))
                continue;
            result = items_enter(job, i);
            if (result == 0)
                result = add_missing(remote, &trees[i], &want.ids);
        }
        if (result < 0 || want.ids.count == 0)
            return result;
        if (round == 2)
            return fail(ERR_NETWORK, "'%s' did not send the object %s", job->url,
                        want.ids.items[0]);
        event_at_item(-1);
        result = remote->transport->fetch(remote, &want);
        if (result < 0)
            return result;
    }
}

static int write_folder(struct git_remote *remote, const git_oid *tree)
{
    struct job *job = remote->job;
    struct tree_writer *writer;
    AUTO_FD fd = job_open_into(job);

    if (fd < 0)
        return fd;
    writer = tree_begin(fd, &TREE_LIMITS);
    return job_finish_tree(job, writer, store_write_tree(remote->store, tree, writer));
}

static int write_folders(struct git_remote *remote, const git_oid *trees)
{
    struct job *job = remote->job;
    int result = 0;

    for (size_t i = 0; i < job->item_count && result == 0; i++) {
        result = items_enter(job, i);
        job->unchanged = git_oid_is_zero(&trees[i]);
        if (result == 0 && !job->unchanged)
            result = write_folder(remote, &trees[i]);
        if (result == 0 && job->has_items)
            event_item(job);
    }
    return result;
}

/* Whether something smaller than the commit is wanted. */
static bool wants_a_part(const struct job *job)
{
    bool part = true;

    for (size_t i = 0; i < job->item_count; i++)
        part = part && job->items[i].path && *job->items[i].path;
    return part;
}

int op_git_tree(struct job *job)
{
    struct git_store store = {0};
    struct git_remote remote;
    git_oid *trees = arena_array(&job->arena, job->item_count, sizeof *trees);
    git_oid root;
    int result = start(&remote, &store, job);

    job->known = NULL; /* a tree is always written */
    if (result == 0)
        result = reach_commit(&remote, wants_a_part(job), &root);
    if (result == 0)
        result = find_folders(&remote, &root, trees);
    if (result == 0)
        result = need_folders(&remote, trees);
    if (result == 0)
        result = write_folders(&remote, trees);
    return finish(&remote, result);
}

/* ---- git-files ---- */

struct wanted {
    const char *name;
    git_oid id;
    unsigned mode;
};

/* Which of the names exist; those whose bytes are missing are asked for. */
static int find_files(struct git_remote *remote, const git_oid *root, struct wanted *wanted,
                      size_t *count)
{
    struct job *job = remote->job;
    struct strings missing = {0};
    char hex[GIT_HEX + 1];
    int result;

    for (size_t i = 0; i < job->files.count; i++) {
        struct wanted *w = &wanted[*count];

        result = store_find(remote->store, root, job->files.items[i], &w->id, &w->mode);
        if (result == -ERR_NOT_FOUND) {
            error_clear();
            continue;
        }
        if (result < 0)
            return result;
        w->name = job->files.items[i];
        ++*count;
        if (!store_has(remote->store, &w->id) && w->mode != GIT_FILEMODE_TREE)
            strings_add(&missing, &job->arena,
                        arena_strdup(&job->arena, git_oid_tostr(hex, sizeof hex, &w->id)));
    }
    return missing.count ? remote->transport->fetch(remote, &(struct git_want){.ids = missing}) : 0;
}

static int write_files(struct git_remote *remote, const struct wanted *wanted, size_t count)
{
    struct job *job = remote->job;
    struct tree_writer *writer = tree_begin(STAGING_FD, &TREE_LIMITS);
    int result = 0;

    for (size_t i = 0; i < count && result == 0; i++) {
        strings_add(&job->found, &job->arena, wanted[i].name);
        result =
            store_write_file(remote->store, &wanted[i].id, wanted[i].mode, wanted[i].name, writer);
    }
    return job_finish_tree(job, writer, result);
}

int op_git_files(struct job *job)
{
    struct git_store store = {0};
    struct git_remote remote;
    struct wanted *wanted = arena_array(&job->arena, job->files.count, sizeof *wanted);
    size_t count = 0;
    git_oid root;
    int result = start(&remote, &store, job);

    if (result == 0)
        result = reach_commit(&remote, true, &root);
    if (result == 0 && !job->unchanged)
        result = find_files(&remote, &root, wanted, &count);
    if (result == 0 && !job->unchanged)
        result = write_files(&remote, wanted, count);
    return finish(&remote, result);
}
