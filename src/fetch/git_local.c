/*
 * A repository on this machine: its objects are read where they are, nothing is copied.
 */
#include "base/error.h"
#include "base/text.h"
#include "fetch/git.h"

#include <string.h>

/* The commit that `name` leads to, added to `out`; a name that is not there adds nothing. */
static int add_ref(struct git_remote *remote, const char *name, struct git_refs *out)
{
    struct arena *arena = &remote->job->arena;
    git_repository *repo = remote->store->repo;
    git_object *object, *commit;
    char hex[GIT_HEX + 1];
    struct git_ref *ref;
    git_oid id;

    if (git_reference_name_to_id(&id, repo, name) < 0)
        return 0;
    if (git_object_lookup(&object, repo, &id, GIT_OBJECT_ANY) < 0)
        return error_context(store_error("cannot read a reference"), "'%s'", remote->job->url);
    if (git_object_peel(&commit, object, GIT_OBJECT_COMMIT) < 0) {
        git_object_free(object);
        return error_context(store_error("a reference leads to no commit"), "'%s'",
                             remote->job->url);
    }
    ref = arena_push(arena, &out->items, &out->count, &out->capacity);
    ref->name = arena_strdup(arena, name);
    ref->id = arena_strdup(arena, git_oid_tostr(hex, sizeof hex, git_object_id(commit)));
    git_object_free(commit);
    git_object_free(object);
    return 0;
}

/* A tag may name anything; one that names no commit is of no use here. */
static int add_tags(struct git_remote *remote, struct git_refs *out)
{
    git_strarray names = {0};

    if (git_tag_list(&names, remote->store->repo) < 0)
        return error_context(store_error("cannot list tags"), "'%s'", remote->job->url);
    for (size_t i = 0; i < names.count; i++) {
        const char *name = arena_printf(&remote->job->arena, "refs/tags/%s", names.strings[i]);

        if (add_ref(remote, name, out) < 0)
            error_clear();
    }
    git_strarray_dispose(&names);
    return 0;
}

static int local_list(struct git_remote *remote, const char *ref, struct git_refs *out)
{
    struct arena *arena = &remote->job->arena;
    int result;

    out->count = 0;
    result = add_ref(remote, ref ? arena_printf(arena, "refs/heads/%s", ref) : "HEAD", out);
    if (result == 0 && ref)
        result = add_ref(remote, arena_printf(arena, "refs/tags/%s", ref), out);
    if (result == 0 && ref && text_starts(ref, "refs/"))
        result = add_ref(remote, ref, out);
    return result == 0 && remote->job->wants_tags ? add_tags(remote, out) : result;
}

/* What is not here cannot be had: a shallow or partial clone, or a pin of another repository. */
static int local_fetch(struct git_remote *remote, const struct git_want *want)
{
    const char *id = want->ids.items[0];

    if (remote->job->commit && strcmp(remote->job->commit, id) == 0) {
        fail(ERR_MISMATCH, "'%s' does not have the pinned commit %s", remote->job->url, id);
        error_hint("its history was rewritten, or the pin belongs to another repository");
        return -ERR_MISMATCH;
    }
    fail(ERR_GENERIC, "'%s' lacks the object %s", remote->job->url, id);
    error_hint("it may be a shallow or partial clone; fetch the rest there with git");
    return -ERR_GENERIC;
}

static void local_close(struct git_remote *remote)
{
    (void)remote; /* the store owns all */
}

const struct git_transport GIT_LOCAL = {local_list, local_fetch, local_close};
