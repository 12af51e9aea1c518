/* Folders, the writers' lock, staging, and prefixes in the store. */
#include "store/store.h"

#include "base/error.h"
#include "base/fs.h"
#include "base/paths.h"
#include "base/term.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The link that says whose folder of state this is. */
static int name_project(void)
{
    struct arena arena = {0};
    const char *root = path_join(&arena, paths.dir, "root");
    const char *there = fs_read_link(&arena, root);
    int result = there && strcmp(there, paths.project) == 0 ? 0 : fs_symlink(paths.project, root);
    arena_release(&arena);
    return result;
}

int store_init(void)
{
    const char *const folders[] = {paths.dir,   paths.plugins, paths.registries,
                                   paths.store, paths.staging, paths.generations};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        int result = fs_mkdirs(folders[i], 0700);
        if (result < 0)
            return result;
    }
    return paths.project ? name_project() : 0;
}

static void say_waiting(const char *holder)
{
    note("waiting for %s", holder);
}

/* ---- a prefix that makes room for its own building ---- */

/* What stands in staging/aside/NAME/VERSION-KEY belongs to store/NAME/VERSION-KEY, always: a killed
 * command needs no other journal. */
static const char *aside_of(struct arena *arena, const char *prefix)
{
    return arena_printf(arena, "%s/aside/%s", paths.staging, prefix);
}

/* A sealed folder cannot be moved to another parent by an ordinary user. */
static int move_open(const char *from, const char *to)
{
    chmod(from, 0755);
    return rename(from, to) == 0 ? 0 : fail_errno(ERR_GENERIC, "cannot move '%s'", from);
}

int store_set_aside(const char *prefix)
{
    struct arena arena = {0};
    const char *place = path_join(&arena, paths.store, prefix);
    const char *aside = aside_of(&arena, prefix);
    int result = fs_mkdirs(path_dir(&arena, aside), 0700);
    if (result == 0)
        result = move_open(place, aside);
    arena_release(&arena);
    return result;
}

int store_put_back(const char *prefix)
{
    struct arena arena = {0};
    const char *place = path_join(&arena, paths.store, prefix);
    int result = fs_remove_tree(place); /* by a build that was killed and heeds no DESTDIR */
    if (result == 0)
        result = fs_mkdirs(path_dir(&arena, place), 0700);
    if (result == 0)
        result = move_open(aside_of(&arena, prefix), place);
    if (result == 0 && chmod(place, 0555) != 0)
        result = fail_errno(ERR_GENERIC, "cannot make '%s' read-only", place);
    const char *folder = path_dir(&arena, aside_of(&arena, prefix));
    if (result == 0 && rmdir(folder) == 0)
        rmdir(path_dir(&arena, folder));
    arena_release(&arena);
    return result;
}

static int put_all_back(struct arena *arena)
{
    const char *folder = path_join(arena, paths.staging, "aside");
    struct strings names = {0};
    int result = fs_is_dir(folder) ? fs_list(&names, arena, folder) : 0;
    for (size_t i = 0; i < names.count && result == 0; i++) {
        struct strings keys = {0};
        result = fs_list(&keys, arena, path_join(arena, folder, names.items[i]));
        for (size_t k = 0; k < keys.count && result == 0; k++)
            result = store_put_back(path_join(arena, names.items[i], keys.items[k]));
    }
    return result;
}

/* ---- the lock ---- */

/* What a killed writer left: nothing of it was ever visible but a prefix that is set aside. */
static int clear_leftovers(struct arena *arena)
{
    struct strings names = {0}, registries = {0};
    int result = put_all_back(arena);
    if (result == 0)
        result = fs_list(&names, arena, paths.staging);
    for (size_t i = 0; i < names.count && result == 0; i++)
        result = fs_remove_tree(path_join(arena, paths.staging, names.items[i]));
    if (result == 0)
        result = fs_list(&registries, arena, paths.registries);
    for (size_t i = 0; i < registries.count && result == 0; i++)
        result = fs_sweep(path_join(arena, paths.registries, registries.items[i]));
    return result < 0 ? result : generation_discard();
}

int store_lock(const char *what)
{
    int result = store_init();
    if (result < 0)
        return result;
    int fd = fs_lock(paths.lock, what, say_waiting);
    if (fd < 0)
        return fd;
    struct arena arena = {0};
    result = clear_leftovers(&arena);
    arena_release(&arena);
    if (result < 0) {
        close(fd);
        return result;
    }
    return fd;
}

/* ---- staging ---- */

int store_stage(const char **out, struct arena *arena)
{
    static unsigned serial;
    *out = arena_printf(arena, "%s/%ld-%u", paths.staging, (long)getpid(), serial++);
    return fs_mkdirs(*out, 0700);
}

void store_unstage(const char *staging)
{
    /* Best effort: the next writer sweeps what remains. */
    if (fs_remove_tree(staging) < 0)
        error_clear();
}

bool store_has_prefix(const char *prefix)
{
    struct arena arena = {0};
    bool there = fs_is_dir(path_join(&arena, paths.store, prefix));
    arena_release(&arena);
    return there;
}

static int move_in(const char *built, const char *place, bool exchange)
{
    chmod(built, 0755);
    if (exchange)
        chmod(place, 0755);
    int result = exchange ? store_exchange(built, place)
                 : rename(built, place) == 0
                     ? 0
                     : fail_errno(ERR_GENERIC, "cannot move '%s' into the store", built);
    if (result == 0 && chmod(place, 0555) != 0)
        result = fail_errno(ERR_GENERIC, "cannot make '%s' read-only", place);
    return result;
}

int store_add_prefix(const char *built, const char *prefix, bool replace)
{
    struct arena arena = {0};
    const char *place = path_join(&arena, paths.store, prefix);
    bool there = fs_is_dir(place);
    int result = fs_mkdirs(path_dir(&arena, place), 0700);
    if (result == 0 && (!there || replace)) {
        /* The record first: a prefix without one is damaged, a record without a prefix is nothing.
         */
        if (rename(store_record_of(&arena, built), store_record_of(&arena, place)) != 0)
            result = fail_errno(ERR_GENERIC, "cannot move the record of '%s'", prefix);
        else
            result = move_in(built, place, there);
    } else if (result == 0) {
        chmod(place, 0555); /* a killed command may have left it open */
    }
    arena_release(&arena);
    return result;
}
