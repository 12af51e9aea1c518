/* Removing what nobody needs: generations, prefixes, and caches beyond their bound (docs/state.md).
 */
#include "store/store.h"

#include "base/error.h"
#include "base/fs.h"
#include "base/name.h"
#include "base/paths.h"
#include "base/text.h"
#include "store/store_private.h"

#include <errno.h>
#include <fts.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct sweep {
    struct gc *gc;
    struct arena *arena;
    const char *staging;
    size_t moved;          /* numbers what is moved there */
    struct strings needed; /* prefixes */
    struct strings names;  /* of the plugins of the generations that stay */
    struct strings running;
};

struct cache {
    const char *path;
    uint64_t bytes;
    time_t used;
};
struct caches {
    struct cache *items;
    size_t count, capacity;
    uint64_t bytes;
};

/* Bytes of the files at and below `path`, and when one was last written. */
static uint64_t measure(const char *path, time_t *newest)
{
    char *const roots[] = {(char *)path, NULL};
    uint64_t bytes = 0;
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    for (FTSENT *entry; walk && (entry = fts_read(walk));) {
        if (entry->fts_info != FTS_F && entry->fts_info != FTS_SL)
            continue;
        bytes += (uint64_t)entry->fts_statp->st_size;
        if (newest && entry->fts_statp->st_mtime > *newest)
            *newest = entry->fts_statp->st_mtime;
    }
    if (walk)
        fts_close(walk);
    return bytes;
}

/* Out of sight by one rename; removed from there at leisure, by us or by the next writer. */
static int take(struct sweep *sweep, const char *path)
{
    sweep->gc->freed += measure(path, NULL);
    if (sweep->gc->dry_run)
        return 0;
    const char *to = arena_printf(sweep->arena, "%s/%zu", sweep->staging, sweep->moved++);
    struct stat st;
    if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && !(st.st_mode & S_IWUSR))
        chmod(path, 0755); /* a sealed folder cannot be moved */
    if (rename(path, to) != 0)
        return fail_errno(ERR_GENERIC, "cannot remove '%s'", path);
    return 0;
}

/* ---- generations ---- */

/* One that cannot be read can be no one's way back. */
static int drop_generation(struct sweep *sweep, unsigned n, const struct installed *set)
{
    struct gc *gc = sweep->gc;
    int result = set && !gc->dry_run ? store_remember(set, sweep->arena) : 0;
    if (!paths.project)
        *arena_push(sweep->arena, &gc->generations, &gc->generation_count,
                    &gc->generation_capacity) = n;
    return result < 0 ? result
                      : take(sweep, arena_printf(sweep->arena, "%s/%u", paths.generations, n));
}

static void need(struct sweep *sweep, const struct installed *set)
{
    for (size_t i = 0; i < set->count; i++) {
        strings_add(&sweep->names, sweep->arena, set->packages[i].name);
        if (!(set->packages[i].flags & PACKAGE_DEV))
            strings_add(&sweep->needed, sweep->arena, set->packages[i].prefix);
    }
}

/* Of this scope; of one that is `gone`, all. */
static int sweep_generations(struct sweep *sweep, bool gone)
{
    unsigned *numbers;
    size_t count;
    struct installed current;
    int result = installed_read(&current, sweep->arena);
    if (result == 0)
        result = generation_list(&numbers, &count, sweep->arena);
    if (result == 0 && !gone)
        need(sweep, &current);
    for (size_t i = 0; i < count && result == 0; i++) {
        struct installed set;
        bool readable = installed_read_generation(&set, sweep->arena, numbers[i]) == 0;
        if (!readable && error_code() == ERR_GENERIC)
            return -ERR_GENERIC; /* the disk's fault, perhaps only now */
        bool recent = !gone && count - i <= sweep->gc->keep;
        error_clear();
        if (numbers[i] == current.generation && !gone)
            continue;
        if (generation_is_held(numbers[i], sweep->arena))
            sweep->gc->in_use++;
        else if (!recent || !readable) {
            result = drop_generation(sweep, numbers[i], readable ? &set : NULL);
            continue;
        }
        if (readable)
            need(sweep, &set);
    }
    return result;
}

/* ---- prefixes ---- */

static bool is_wanted(struct sweep *sweep, const char *prefix)
{
    if (strings_has(&sweep->needed, prefix))
        return true;
    if (!strings_has(&sweep->running, prefix))
        return false;
    sweep->gc->in_use++;
    return true;
}

/* A prefix, or the record of one. */
static int sweep_entry(struct sweep *sweep, const char *name, const char *entry)
{
    struct arena *arena = sweep->arena;
    size_t len = strlen(entry);
    bool record = text_ends(entry, ".files");
    const char *path = arena_printf(arena, "%s/%s/%s", paths.store, name, entry);
    const char *prefix =
        arena_printf(arena, "%s/%.*s", name, (int)(record ? len - strlen(".files") : len), entry);
    if (record)
        return store_has_prefix(prefix) || strings_has(&sweep->needed, prefix) ? 0
                                                                               : take(sweep, path);
    if (is_wanted(sweep, prefix)) {
        sweep->gc->live += measure(path, NULL);
        return 0;
    }
    strings_add(&sweep->gc->prefixes, arena, prefix);
    int result = take(sweep, path);
    return result == 0 && fs_exists(store_record_of(arena, path))
               ? take(sweep, store_record_of(arena, path))
               : result;
}

static int sweep_store(struct sweep *sweep)
{
    struct strings names = {0};
    int result = fs_list(&names, sweep->arena, paths.store);
    for (size_t i = 0; i < names.count && result == 0; i++) {
        struct strings entries = {0};
        const char *folder = path_join(sweep->arena, paths.store, names.items[i]);
        result = fs_list(&entries, sweep->arena, folder);
        for (size_t e = 0; e < entries.count && result == 0; e++)
            if (fs_exists(path_join(sweep->arena, folder, entries.items[e])))
                result = sweep_entry(sweep, names.items[i], entries.items[e]);
        if (!sweep->gc->dry_run)
            rmdir(folder); /* when it is empty now */
    }
    return result;
}

/* ---- what builds said, and folders of runs ---- */

/* logs/NAME.log of a plugin that no generation left has; only names that a plugin can have. */
static bool is_old_log(const struct sweep *sweep, const char *entry)
{
    size_t len = strlen(entry);
    if (!text_ends(entry, ".log") || !name_valid_n(entry, len -= strlen(".log")))
        return false;
    for (size_t i = 0; i < sweep->names.count; i++)
        if (strncmp(sweep->names.items[i], entry, len) == 0 && !sweep->names.items[i][len])
            return false;
    return true;
}

/* run/PID-XXXXXX of a process that is gone, and so was killed. */
static bool is_old_run(const struct sweep *sweep, const char *entry)
{
    (void)sweep;
    char *end;
    long pid = strtol(entry, &end, 10);
    return pid > 1 && *end == '-' && kill((pid_t)pid, 0) != 0 && errno == ESRCH;
}

static int sweep_folder(struct sweep *sweep, const char *name, struct strings *out,
                        bool (*is_old)(const struct sweep *sweep, const char *entry))
{
    struct arena *arena = sweep->arena;
    const char *folder = path_join(arena, paths.dir, name);
    struct strings entries = {0};
    int result = fs_is_dir(folder) ? fs_list(&entries, arena, folder) : 0;
    for (size_t i = 0; i < entries.count && result == 0; i++) {
        if (!is_old(sweep, entries.items[i]))
            continue;
        strings_add(out, arena, entries.items[i]);
        result = take(sweep, path_join(arena, folder, entries.items[i]));
    }
    return result;
}

/* ---- scopes ---- */

static int sweep_scope(struct sweep *sweep, bool gone)
{
    int result = sweep_generations(sweep, gone);
    if (result == 0)
        result = sweep_folder(sweep, "logs", &sweep->gc->logs, is_old_log);
    if (result == 0)
        result = sweep_folder(sweep, "run", &sweep->gc->runs, is_old_run);
    return result;
}

/* Configuration and data of its plugins are the person's, so they stay where they are. */
static bool has_kept(struct arena *arena)
{
    struct strings names = {0};
    if (fs_is_dir(paths.plugins) && fs_list(&names, arena, paths.plugins) < 0)
        return true;
    for (size_t i = 0; i < names.count; i++) {
        const char *folder = path_join(arena, paths.plugins, names.items[i]);
        const char *link = path_join(arena, folder, "plugin.toml");
        if (fs_read_link(arena, link))
            unlink(link);
        if (rmdir(folder) != 0)
            return true;
    }
    return false;
}

/* The scope of a project whose folder is no longer there. */
static int forget_project(struct sweep *sweep)
{
    struct strings entries = {0};
    int result = sweep_scope(sweep, true);
    if (result < 0 || (!fs_exists(paths.current) && !fs_exists(paths.registries)))
        return result; /* forgotten before, but for what is kept */
    strings_add(&sweep->gc->projects, sweep->arena, paths.project);
    if (sweep->gc->dry_run)
        return 0;
    if (!has_kept(sweep->arena))
        return take(sweep, paths.dir);
    result = fs_list(&entries, sweep->arena, paths.dir);
    for (size_t i = 0; i < entries.count && result == 0; i++)
        if (strcmp(entries.items[i], "plugins") != 0 && strcmp(entries.items[i], "root") != 0)
            result = take(sweep, path_join(sweep->arena, paths.dir, entries.items[i]));
    return result;
}

static int sweep_projects(struct sweep *sweep)
{
    const char *folder = path_join(sweep->arena, paths.user, "projects");
    struct strings names = {0};
    int result = fs_is_dir(folder) ? fs_list(&names, sweep->arena, folder) : 0;
    for (size_t i = 0; i < names.count && result == 0; i++) {
        const char *dir = path_join(sweep->arena, folder, names.items[i]);
        if (!fs_read_link(sweep->arena, path_join(sweep->arena, dir, "root")))
            continue;
        result = paths_enter(dir);
        if (result == 0 && fs_is_dir(paths.project))
            result = sweep_scope(sweep, false);
        else if (result == 0)
            result = forget_project(sweep);
    }
    return result;
}

/* All of them share the store, so all are looked at, whichever it was called in. */
static int sweep_scopes(struct sweep *sweep)
{
    const char *scope = paths.dir;
    int result = paths_enter(paths.user);
    if (result == 0)
        result = sweep_scope(sweep, false);
    if (result == 0)
        result = sweep_projects(sweep);
    int back = paths_enter(scope);
    return result < 0 ? result : back;
}

/* ---- caches ---- */

static void add_cache(struct caches *out, struct arena *arena, const char *path)
{
    struct cache *cache = arena_push(arena, &out->items, &out->count, &out->capacity);
    cache->path = path;
    cache->bytes = measure(path, &cache->used);
    out->bytes += cache->bytes;
}

static int compare_use(const void *a, const void *b)
{
    const struct cache *x = a, *y = b;
    return (x->used > y->used) - (x->used < y->used);
}

/* What is removed of its own: a repository's objects, an archive, all that a build tool keeps. */
static int list_caches(struct caches *out, struct arena *arena)
{
    static const char *const single[] = {"git", "archives"};
    struct strings names = {0};
    int result = fs_is_dir(paths.cache) ? fs_list(&names, arena, paths.cache) : 0;
    for (size_t i = 0; i < names.count && result == 0; i++) {
        const char *path = path_join(arena, paths.cache, names.items[i]);
        struct strings inner = {0};
        if (strcmp(names.items[i], single[0]) != 0 && strcmp(names.items[i], single[1]) != 0) {
            add_cache(out, arena, path);
            continue;
        }
        result = fs_list(&inner, arena, path);
        for (size_t e = 0; e < inner.count; e++)
            add_cache(out, arena, path_join(arena, path, inner.items[e]));
    }
    if (out->count)
        qsort(out->items, out->count, sizeof *out->items, compare_use);
    return result;
}

/* Those used longest ago go, until all that is left is at most as large as what is installed. */
static int sweep_caches(struct sweep *sweep)
{
    struct caches caches = {0};
    struct gc *gc = sweep->gc;
    int result = list_caches(&caches, sweep->arena);
    for (size_t i = 0; i < caches.count && result == 0 && caches.bytes > gc->live; i++) {
        caches.bytes -= caches.items[i].bytes;
        gc->freed += caches.items[i].bytes;
        strings_add(&gc->caches, sweep->arena, caches.items[i].path + strlen(paths.cache) + 1);
        if (!gc->dry_run)
            result = fs_remove_tree(caches.items[i].path);
    }
    gc->cached = caches.bytes;
    return result;
}

int store_gc(struct gc *gc, struct arena *arena)
{
    struct sweep sweep = {.gc = gc, .arena = arena};
    int result = store_stage(&sweep.staging, arena);
    if (result < 0)
        return result;
    store_running_prefixes(&sweep.running, arena);
    result = sweep_scopes(&sweep);
    if (result == 0)
        result = sweep_store(&sweep);
    if (result == 0)
        result = sweep_caches(&sweep);
    store_unstage(sweep.staging);
    return result;
}
