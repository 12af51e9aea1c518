/* Generations: written whole, committed by one rename, never changed (docs/state.md). */
#include "store/store.h"

#include "base/error.h"
#include "base/fs.h"
#include "base/name.h"
#include "base/paths.h"
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The one being written. Under the lock there is one at most. */
#define NEW_GENERATION ".new"
/* While a generation gets its number: a link to it. It tells one that was never current, after a
 * commit that was killed, from one that a rollback left behind. */
#define FRESH_NUMBER ".fresh"

enum { LOCK_MAX = 16 * 1024 * 1024 };

static const char *generation_path(struct arena *arena, const char *name)
{
    return path_join(arena, paths.generations, name);
}

static unsigned number_of(const char *name)
{
    char *end;
    unsigned long n = isdigit((unsigned char)*name) ? strtoul(name, &end, 10) : 0;
    return n && !*end && n < 1000000000 ? (unsigned)n : 0;
}

static int compare_numbers(const void *a, const void *b)
{
    unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;
    return (x > y) - (x < y);
}

int generation_list(unsigned **out, size_t *count, struct arena *arena)
{
    struct strings names = {0};
    size_t capacity = 0;
    *out = NULL;
    *count = 0;
    if (!fs_is_dir(paths.generations))
        return 0;
    int result = fs_list(&names, arena, paths.generations);
    for (size_t i = 0; i < names.count && result == 0; i++)
        if (number_of(names.items[i]))
            *arena_push(arena, out, count, &capacity) = number_of(names.items[i]);
    if (*count)
        qsort(*out, *count, sizeof **out, compare_numbers);
    return result;
}

/* 0 before the first generation. A link that cannot be read must not pass for that. */
static int read_current(unsigned *out, struct arena *arena)
{
    *out = 0;
    const char *target = fs_read_link(arena, paths.current);
    if (!target && errno == ENOENT)
        return 0;
    if (!target)
        return fail_errno(ERR_GENERIC, "cannot read link '%s'", paths.current);
    *out = number_of(path_base(target));
    return 0;
}

/* ---- reading ---- */

int installed_read_generation(struct installed *out, struct arena *arena, unsigned n)
{
    *out = (struct installed){.generation = n};
    if (n == 0)
        return 0;
    const char *file = arena_printf(arena, "%s/%u/paii.lock", paths.generations, n);
    AUTO_BUF text = {0};
    int result = fs_read(&text, file, LOCK_MAX);
    return result < 0 ? result : lockfile_read(out, arena, file, buf_text(&text), text.len);
}

int installed_read(struct installed *out, struct arena *arena)
{
    unsigned current;
    *out = (struct installed){0};
    int result = read_current(&current, arena);
    return result < 0 ? result : installed_read_generation(out, arena, current);
}

/* Leaves the head of a lock as lockfile_write() makes it, and the table of one plugin: most of the
 * time of reading goes into the others. A text of another shape is left as it is. */
static void keep_one(struct buf *text, const char *name)
{
    static const char table[] = "\n[[plugin]]\n";
    AUTO_BUF kept = {0};
    AUTO_BUF wanted = {0};
    buf_printf(&wanted, "%sname = \"%s\"\n", table, name);
    const char *all = buf_text(text), *first = strstr(all, table),
               *mine = strstr(all, buf_text(&wanted));
    if (!mine)
        return;
    const char *end = strstr(mine + 1, "\n[");
    buf_add(&kept, all, (size_t)(first - all));
    buf_add(&kept, mine, end ? (size_t)(end - mine) : strlen(mine));
    buf_clear(text);
    buf_puts(text, buf_text(&kept));
}

int installed_read_one(struct installed *out, struct arena *arena, const char *name)
{
    const char *file = path_join(arena, paths.current, "paii.lock");
    AUTO_BUF text = {0};
    *out = (struct installed){0};
    int result = fs_read(&text, file, LOCK_MAX);
    if (result < 0)
        return result;
    keep_one(&text, name);
    return lockfile_read(out, arena, file, buf_text(&text), text.len);
}

struct package *installed_find(const struct installed *set, const char *name)
{
    for (size_t i = 0; i < set->count; i++)
        if (strcmp(set->packages[i].name, name) == 0)
            return &set->packages[i];
    return NULL;
}

const char *installed_bound(const struct installed *set, const char *consumer, const char *alias)
{
    struct arena scratch = {0};
    const char *key = arena_printf(&scratch, "%s.%s=", consumer, alias), *found = NULL;
    for (size_t i = 0; i < set->bindings.count && !found; i++)
        if (text_starts(set->bindings.items[i], key))
            found = set->bindings.items[i] + strlen(key);
    arena_release(&scratch);
    return found;
}

int installed_absent(const char *name, const struct strings *names)
{
    const char *nearest = text_nearest(name, names->items, names->count);
    fail(ERR_NOT_FOUND, "plugin '%s' is not installed", name);
    if (nearest)
        error_hint("did you mean '%s'?", nearest);
    else
        error_hint("'paii list' shows what is, 'paii install %s' installs it", name);
    return -ERR_NOT_FOUND;
}

int installed_check(const struct installed *set, const char *name)
{
    struct arena arena = {0};
    struct strings names = {0};
    int result = name_check("plugin", name);
    if (result < 0 || installed_find(set, name))
        return result;
    for (size_t i = 0; i < set->count; i++)
        strings_add(&names, &arena, set->packages[i].name);
    result = installed_absent(name, &names);
    arena_release(&arena);
    return result;
}

/* The catalog is derived: without it the lock says what is installed. */
static int open_from_lock(struct catalog *out, struct arena *arena)
{
    struct installed set;
    AUTO_BUF image = {0};
    int result = installed_read(&set, arena);
    if (result < 0 || set.generation == 0)
        return result;
    catalog_image(&image, set.packages, set.count, &(struct catalog_about){0});
    return catalog_from_image(out, image.data, image.len);
}

int installed_open(struct catalog *out)
{
    struct arena arena = {0};
    *out = (struct catalog){0};
    int result = catalog_open(out, path_join(&arena, paths.current, "catalog"));
    if (result == -ERR_NOT_FOUND) {
        error_clear();
        result = open_from_lock(out, &arena);
    }
    arena_release(&arena);
    return result;
}

const char *installed_by_user(const char *name, struct arena *arena)
{
    struct catalog catalog;
    struct package package = {.flags = PACKAGE_DISABLED};
    size_t row;
    if (!paths.project ||
        catalog_open(&catalog, path_join(arena, paths.user, "current/catalog")) < 0) {
        error_clear();
        return NULL;
    }
    if (catalog_find(&catalog, name, &row))
        catalog_get(&catalog, row, &package);
    const char *version =
        package.flags & PACKAGE_DISABLED ? NULL : arena_strdup(arena, package.version);
    catalog_close(&catalog);
    return version;
}

const char *installed_prefix(const struct package *package, struct arena *arena)
{
    return path_join(arena, paths.store, package->prefix);
}

bool installed_is_built(const struct package *package)
{
    return package->capabilities && text_starts(package->capabilities, "build:"); /* sorted */
}

/* ---- writing ---- */

/* GENERATION/prefix/NAME, relative so that a whole PAII_DIR may be moved. */
static int link_prefixes(const struct installed *set, const char *dir, struct arena *arena)
{
    const char *links = path_join(arena, dir, "prefix");
    int result = fs_mkdirs(links, 0700);
    for (size_t i = 0; i < set->count && result == 0; i++) {
        const struct package *package = &set->packages[i];
        const char *target = package->flags & PACKAGE_DEV
                                 ? package->prefix
                                 : arena_printf(arena, "../../../%sstore/%s",
                                                paths.project ? "../../" : "", package->prefix);
        result = fs_symlink(target, path_join(arena, links, package->name));
    }
    return result;
}

static int compare_packages(const void *a, const void *b)
{
    return strcmp(((const struct package *)a)->name, ((const struct package *)b)->name);
}

int generation_write(struct installed *set, struct arena *arena,
                     int (*project)(const struct installed *set, const char *generation_dir,
                                    struct arena *arena))
{
    unsigned *numbers;
    size_t count;
    int result = generation_list(&numbers, &count, arena);
    if (result < 0)
        return result;
    set->generation = count ? numbers[count - 1] + 1 : 1;
    if (set->count)
        qsort(set->packages, set->count, sizeof *set->packages, compare_packages);
    strings_sort(&set->bindings);

    const char *dir = generation_path(arena, NEW_GENERATION);
    AUTO_BUF lock = {0};
    lockfile_write(&lock, set);
    fs_sync_later(dir); /* generation_commit() does, once for all files */
    result = fs_mkdirs(dir, 0700);
    if (result == 0)
        result = link_prefixes(set, dir, arena);
    if (result == 0)
        result = fs_write(path_join(arena, dir, "paii.lock"), lock.data, lock.len, 0600);
    if (result == 0)
        result = catalog_write(path_join(arena, dir, "catalog"), set->packages, set->count,
                               &(struct catalog_about){0});
    if (result == 0)
        result = project(set, dir, arena);
    fs_sync_later(NULL);
    return result;
}

/* Gives what generation_write() wrote its number. */
static int number_new(struct arena *arena, const char *name)
{
    int result = fs_symlink(name, generation_path(arena, FRESH_NUMBER));
    if (result == 0 &&
        rename(generation_path(arena, NEW_GENERATION), generation_path(arena, name)) != 0)
        result = fail_errno(ERR_GENERIC, "cannot make generation %s", name);
    return result;
}

int generation_commit(unsigned n)
{
    if (n == 0) /* back to the time before the first one */
        return unlink(paths.current) == 0 || errno == ENOENT
                   ? 0
                   : fail_errno(ERR_GENERIC, "cannot remove '%s'", paths.current);
    struct arena arena = {0};
    const char *name = arena_printf(&arena, "%u", n);
    int result = fs_is_dir(generation_path(&arena, name)) ? 0 : number_new(&arena, name);
    if (result == 0)
        result = fs_syncfs(paths.dir);
    if (result == 0)
        result = fs_symlink(arena_printf(&arena, "generations/%u", n), paths.current);
    if (result == 0)
        result = fs_fsync(paths.dir);
    arena_release(&arena);
    return result;
}

static int discard_fresh(struct arena *arena)
{
    const char *file = generation_path(arena, FRESH_NUMBER);
    const char *name = fs_read_link(arena, file);
    unsigned n = name ? number_of(name) : 0, current;
    if (!n)
        return 0;
    int result = read_current(&current, arena);
    if (result == 0 && n != current)
        result = fs_remove_tree(generation_path(arena, name));
    if (result == 0 && unlink(file) != 0)
        result = fail_errno(ERR_GENERIC, "cannot remove '%s'", file);
    return result;
}

int generation_discard(void)
{
    struct arena arena = {0};
    int result = fs_remove_tree(generation_path(&arena, NEW_GENERATION));
    if (result == 0)
        result = discard_fresh(&arena);
    if (result == 0)
        result = fs_sweep(paths.generations);
    if (result == 0)
        result = fs_sweep(paths.dir);
    arena_release(&arena);
    return result;
}
