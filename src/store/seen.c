/*
 * A published version does not change: what (registry, name, version) was once installed with is
 * remembered by the generations, and for those that are gone by the file `seen` (docs/lock.md).
 */
#include "store/store.h"

#include "base/error.h"
#include "base/fs.h"
#include "base/paths.h"
#include "base/text.h"

#include <string.h>

enum { SEEN_MAX = 64 * 1024 * 1024 };

static const char *seen_file(struct arena *arena)
{
    return path_join(arena, paths.user, "seen");
}

static bool is_published(const struct package *package)
{
    return *package->registry && *package->tree && package->origin && *package->origin &&
           !(package->flags & PACKAGE_UNVERSIONED);
}

/* "TREE NAME VERSION URL": the URL last, because a path may hold spaces. */
static const char *seen_line(const struct package *package, struct arena *arena)
{
    return arena_printf(arena, "%s %s %s %s", package->tree, package->name, package->version,
                        package->origin);
}

/* ---- what is remembered ---- */

/* Whether the lock of generation `n` has another tree of this very identity; sets *tree to it. */
static int differs_in_lock(const char **tree, const struct package *package, unsigned n,
                           struct arena *arena)
{
    struct installed set;
    int result = installed_read_generation(&set, arena, n);
    const struct package *then = result == 0 ? installed_find(&set, package->name) : NULL;
    if (then && is_published(then) && strcmp(then->version, package->version) == 0 &&
        strcmp(then->origin, package->origin) == 0 && strcmp(then->tree, package->tree) != 0)
        *tree = then->tree;
    return result;
}

/* The catalog is mapped and tells of nearly all generations that they agree. */
static int look_in_generation(const char **tree, const struct package *package, unsigned n,
                              struct arena *arena)
{
    struct catalog catalog;
    struct package then;
    size_t row;
    const char *file = arena_printf(arena, "%s/%u/catalog", paths.generations, n);
    if (catalog_open(&catalog, file) < 0) {
        error_clear();
        return differs_in_lock(tree, package, n, arena);
    }
    bool differs = false;
    if (catalog_find(&catalog, package->name, &row)) {
        catalog_get(&catalog, row, &then);
        differs =
            strcmp(then.version, package->version) == 0 && strcmp(then.tree, package->tree) != 0;
    }
    catalog_close(&catalog);
    return differs ? differs_in_lock(tree, package, n, arena) : 0;
}

static int read_seen(struct strings *lines, struct arena *arena)
{
    AUTO_BUF text = {0};
    int result = fs_read(&text, seen_file(arena), SEEN_MAX);
    if (result == -ERR_NOT_FOUND) {
        error_clear();
        return 0;
    }
    strings_split(lines, arena, buf_text(&text), '\n');
    return result;
}

static int look_in_file(const char **tree, const struct package *package, struct arena *arena)
{
    struct strings lines = {0};
    int result = read_seen(&lines, arena);
    const char *rest = seen_line(package, arena) + strcspn(seen_line(package, arena), " ");
    for (size_t i = 0; i < lines.count && !*tree; i++) {
        size_t len = strcspn(lines.items[i], " ");
        if (strcmp(lines.items[i] + len, rest) == 0 &&
            strncmp(lines.items[i], package->tree, len) != 0)
            *tree = arena_strndup(arena, lines.items[i], len);
    }
    return result;
}

/* ---- the rule ---- */

int store_check_seen(const struct package *package, struct arena *arena)
{
    unsigned *numbers;
    size_t count;
    const char *tree = NULL;
    if (!is_published(package))
        return 0;
    int result = generation_list(&numbers, &count, arena);
    for (size_t i = 0; i < count && result == 0 && !tree; i++)
        result = look_in_generation(&tree, package, numbers[i], arena);
    if (result == 0 && !tree)
        result = look_in_file(&tree, package, arena);
    if (result < 0 || !tree)
        return result;
    fail(ERR_MISMATCH, "registry '%s' changed what %s %s is: its tree was %.12s and now is %.12s",
         package->registry, package->name, package->version, tree, package->tree);
    error_hint("a published version never changes: ask who keeps the registry; if it is meant, "
               "they publish another version");
    return -ERR_MISMATCH;
}

int store_remember(const struct installed *set, struct arena *arena)
{
    struct strings lines = {0};
    AUTO_BUF text = {0};
    int result = read_seen(&lines, arena);
    size_t known = lines.count;
    if (result < 0)
        return result;
    for (size_t i = 0; i < set->count; i++) {
        const struct package *package = &set->packages[i];
        const char *line = is_published(package) ? seen_line(package, arena) : NULL;
        if (line && !strings_has(&lines, line))
            strings_add(&lines, arena, line);
    }
    if (lines.count == known)
        return 0;
    strings_sort(&lines);
    for (size_t i = 0; i < lines.count; i++)
        buf_printf(&text, "%s\n", lines.items[i]);
    return fs_write(seen_file(arena), text.data, text.len, 0600);
}
