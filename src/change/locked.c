/*
 * What a lock file says becomes what is installed: no index, no plan, no newer version. `install
 * --locked` and `repair` come here (docs/lock.md).
 */
#include "change/project.h"

#include "base/fs.h"
#include "base/paths.h"
#include "registry/project.h"

#include <stdlib.h>
#include <string.h>

enum { LOCK_MAX = 16 * 1024 * 1024 };

static const char *current_lock(struct arena *arena)
{
    return path_join(arena, paths.current, "paii.lock");
}

static int read_lock(struct installed *out, const char *file, struct arena *arena)
{
    AUTO_BUF text = {0};
    *out = (struct installed){0};
    int result = fs_read(&text, file, LOCK_MAX);
    if (result == 0)
        result = lockfile_read(out, arena, file, buf_text(&text), text.len);
    for (size_t i = 0; i < out->count && result == 0; i++) {
        const char **url = &out->packages[i].source.url; /* a project's may be "./tools/x" */
        result = project_resolve(url, *url, path_dir(arena, file), arena);
    }
    return result;
}

/* A live folder of another machine cannot be had here, and what is not pinned cannot be checked. */
static int check_package(const struct package *package, const char *file, bool own)
{
    const struct source *source = &package->source;
    if (package->flags & PACKAGE_DEV) {
        if (own)
            return 0;
        fail(ERR_REFUSED, "'%s' has plugin '%s' linked live from a folder: that is not locked",
             file, package->name);
        error_hint("install it from a registry or a repository before the lock file is made");
        return -ERR_REFUSED;
    }
    bool pinned = *package->tree && (source->kind == SOURCE_GIT      ? source->commit != NULL
                                     : source->kind == SOURCE_FOLDER ? true
                                                                     : source->sha256 != NULL);
    if (pinned && source->kind != SOURCE_NONE)
        return 0;
    fail(ERR_CONFIG, "'%s' does not pin plugin '%s'", file, package->name);
    error_hint("a lock file names a commit or a sha256, and a tree, for each plugin");
    return -ERR_CONFIG;
}

static void add_step(struct change *change, struct step step)
{
    *arena_push(change->arena, &change->steps, &change->step_count, &change->step_capacity) = step;
}

static void add_locked(struct change *change, const struct package *package)
{
    struct choice *choice = arena_alloc(change->arena, sizeof *choice);
    const struct package *before = installed_find(&change->before, package->name);
    choice->package = *package;
    choice->locked = package;
    if (before && project_same_plugin(before, package)) /* as the tools of this machine made it */
        choice->package.prefix = before->prefix;
    choice->direct = !*package->registry;
    /* What was asked for may have been the pin itself. */
    const char *ref = package->source.ref;
    if (ref && (source_commit_valid(ref) || text_starts(ref, "sha256="))) {
        choice->pin = ref;
        choice->package.source.ref = NULL;
    }
    choice->damaged = strings_has(&change->request->damaged, package->name);
    choice->stored = !choice->damaged && (package->flags & PACKAGE_DEV ||
                                          store_has_tree(choice->package.prefix, package->tree));
    bool same = before && choice->stored && strcmp(before->prefix, choice->package.prefix) == 0 &&
                (!change->request->sync || project_same_plugin(before, package));
    add_step(change, (struct step){.kind = same     ? STEP_KEEP
                                           : before ? STEP_UPDATE
                                                    : STEP_INSTALL,
                                   .choice = choice,
                                   .before = before});
}

static int compare_steps(const void *a, const void *b)
{
    const struct step *x = a, *y = b;
    return strcmp(x->choice ? x->choice->package.name : x->before->name,
                  y->choice ? y->choice->package.name : y->before->name);
}

/* Here is what the team's file says, in its own words, once it is seen to be true. */
static int take_words(struct choice *choice)
{
    int result = project_check_claims(choice->locked, &choice->package);
    const char *prefix = choice->package.prefix;
    if (result == 0)
        choice->package = *choice->locked;
    choice->package.prefix = prefix;
    return result;
}

static int fetch_locked(struct change *change)
{
    struct choice **wanted = arena_array(change->arena, change->step_count + 1, sizeof *wanted);
    size_t count = 0;
    bool learned;
    for (size_t i = 0; i < change->step_count; i++)
        if (change->steps[i].choice)
            wanted[count++] = change->steps[i].choice;
    int result = change_fetch(change, wanted, count, &learned);
    for (size_t i = 0; i < count && result == 0 && change->request->sync; i++)
        result = take_words(wanted[i]);
    return result;
}

/* Whether the lock says of what stays something else than before: who asked for it, bindings. */
static bool says_otherwise(const struct change *change)
{
    AUTO_BUF before = {0}, after = {0};
    struct installed set = {.bindings = change->bindings};
    for (size_t i = 0; i < change->step_count; i++)
        if (change->steps[i].kind == STEP_KEEP)
            *arena_push(change->arena, &set.packages, &set.count, &set.capacity) =
                change->steps[i].choice->package;
    lockfile_write(&after, &set);
    set = (struct installed){.bindings = change->before.bindings};
    for (size_t i = 0; i < change->step_count; i++)
        if (change->steps[i].kind == STEP_KEEP)
            *arena_push(change->arena, &set.packages, &set.count, &set.capacity) =
                *change->steps[i].before;
    lockfile_write(&before, &set);
    return strcmp(buf_text(&before), buf_text(&after)) != 0;
}

int change_locked(struct change *change)
{
    const char *own = current_lock(change->arena);
    const char *file = change->request->lock_file ? change->request->lock_file : own;
    struct installed then;
    /* Secrets of registries are looked up there. */
    int result = config_read(&change->config, change->arena);
    if (result == 0)
        result = installed_read(&change->before, change->arena);
    if (result == 0)
        result = change->request->sync ? project_read_lock(&then, change->arena)
                                       : read_lock(&then, file, change->arena);
    for (size_t i = 0; i < then.count && result == 0; i++) {
        result = check_package(&then.packages[i], file, file == own && !change->request->sync);
        if (result == 0)
            add_locked(change, &then.packages[i]);
    }
    if (result < 0)
        return result;
    for (size_t i = 0; i < change->before.count; i++)
        if (!installed_find(&then, change->before.packages[i].name))
            add_step(change,
                     (struct step){.kind = STEP_REMOVE, .before = &change->before.packages[i]});
    if (change->step_count)
        qsort(change->steps, change->step_count, sizeof *change->steps, compare_steps);
    change->bindings = then.bindings;
    if (change->request->sync)
        result = project_agree(change);
    if (change->request->sync && change->request->dry_run)
        return result; /* before it is agreed to nobody is asked for anything */
    if (result == 0)
        result = fetch_locked(change);
    if (result == 0)
        change->dirty = change->request->rewrite || says_otherwise(change);
    return result;
}
