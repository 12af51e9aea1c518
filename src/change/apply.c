/* The plan becomes true: build, store, generation, commit, links (docs/state.md). */
#include "change/change.h"

#include "base/fs.h"
#include "base/paths.h"
#include "build/build.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static bool changes(const struct step *step)
{
    return (step->kind == STEP_INSTALL || step->kind == STEP_UPDATE) && !step->choice->stored;
}

/* Where the prefix will stand: known before it is built. A live folder is its own prefix. */
static int choose_prefix(struct change *change, struct choice *choice)
{
    struct package *package = &choice->package;
    char key[17];
    if (package->flags & PACKAGE_DEV)
        return 0;
    int result = build_key(key, choice->manifest, choice->tree_dir,
                           manifest_identity(change->arena, package));
    if (result == 0)
        package->prefix =
            arena_printf(change->arena, "%s/%s-%s", package->name, package->version, key);
    return result;
}

static int build_choice(struct change *change, const struct choice *choice)
{
    const struct package *package = &choice->package;
    const struct build_adapter *adapter = build_adapter(choice->manifest->build.type);
    if (!adapter->needed(choice->manifest, choice->tree_dir))
        return 0;
    struct arena *arena = change->arena;
    const char *work = arena_printf(arena, "%s/work-%s", change->staging, package->name);
    const char *logs = path_join(arena, paths.dir, "logs");
    const char *log = arena_printf(arena, "%s/%s.log", logs, package->name);
    struct progress *progress = progress_begin("Building", package->name);
    int result = fs_mkdirs(work, 0700);
    if (result == 0)
        result = fs_mkdirs(logs, 0700);
    if (result == 0)
        result = build_plugin(arena, choice->manifest, choice->tree_dir,
                              installed_prefix(package, arena), work, log);
    progress_end(progress, result == 0);
    return result;
}

/* Where it stands is where what is built will think that it stands. */
static int rebuild_choice(struct change *change, const struct choice *choice)
{
    const char *prefix = choice->package.prefix;
    const struct build_adapter *adapter = build_adapter(choice->manifest->build.type);
    if (!store_has_prefix(prefix) || !adapter->needed(choice->manifest, choice->tree_dir))
        return build_choice(change, choice);
    int result = store_set_aside(prefix);
    if (result < 0)
        return result;
    result = build_choice(change, choice);
    int back = store_put_back(prefix);
    return result < 0 ? result : back;
}

/* Builds what the store does not have yet. Everything is built before anything moves. */
static int build_all(struct change *change)
{
    for (size_t i = 0; i < change->step_count; i++) {
        struct choice *choice = change->steps[i].choice;
        if (!changes(&change->steps[i]))
            continue;
        int result = choose_prefix(change, choice);
        if (result < 0)
            return result;
        bool dev = choice->package.flags & PACKAGE_DEV;
        if (!dev && !choice->damaged && store_has_prefix(choice->package.prefix))
            continue;
        result = choice->damaged ? rebuild_choice(change, choice) : build_choice(change, choice);
        if (result == 0 && !dev)
            result = build_seal(choice->tree_dir);
        if (result == 0 && !dev)
            result = store_record_prefix(choice->tree_dir, choice->package.tree);
        if (result < 0)
            return result;
    }
    return 0;
}

/* Whether its prefix was built just now. */
static bool is_built(const struct step *step)
{
    const struct choice *choice = step->choice;
    return changes(step) && !(choice->package.flags & PACKAGE_DEV) &&
           (choice->damaged || !store_has_prefix(choice->package.prefix));
}

static int store_all(struct change *change)
{
    bool built = false;
    for (size_t i = 0; i < change->step_count; i++)
        built |= is_built(&change->steps[i]);
    /* What the store has, it has whole, even after a power cut: contents reach the disk first. */
    int result = built ? fs_syncfs(change->staging) : 0;
    for (size_t i = 0; i < change->step_count && result == 0; i++) {
        const struct step *step = &change->steps[i];
        if (changes(step) && !(step->choice->package.flags & PACKAGE_DEV))
            result = store_add_prefix(step->choice->tree_dir, step->choice->package.prefix,
                                      step->choice->damaged);
    }
    return result;
}

static struct installed planned_set(const struct change *change)
{
    struct installed set = {.bindings = change->bindings};
    for (size_t i = 0; i < change->step_count; i++)
        if (change->steps[i].kind != STEP_REMOVE)
            *arena_push(change->arena, &set.packages, &set.count, &set.capacity) =
                change->steps[i].choice->package;
    return set;
}

static bool same_lock(const struct installed *a, const struct installed *b)
{
    AUTO_BUF one = {0}, other = {0};
    lockfile_write(&one, a);
    lockfile_write(&other, b);
    return strcmp(buf_text(&one), buf_text(&other)) == 0;
}

int change_apply(struct change *change)
{
    int result = build_all(change);
    if (result == 0)
        result = store_all(change);
    if (result < 0)
        return result;
    struct installed set = planned_set(change);
    /* A prefix that is as it was again is no new set. */
    if (change->request->repair && !change->request->rewrite && same_lock(&set, &change->before))
        return 0;
    result = change_link_folders(change);
    if (result == 0)
        result = change_write(&set, change->arena);
    if (result < 0)
        change_unlink_folders(change);
    if (result == 0)
        change->generation = set.generation;
    return result;
}
