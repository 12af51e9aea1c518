/*
 * A seed of Claude Code: the marketplace of an export in the place where the client looks for it
 * when CLAUDE_CODE_PLUGIN_SEED_DIR names the folder (docs/export.md).
 */
#include "base/data.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/text.h"
#include "claude/declared.h"
#include "claude/export.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MARK_MAX = 1 << 20 };

/* Names the marketplaces that are in the seed, one a line. */
static const char mark[] = "exported-by-paii";

static const char *const own_entries[] = {
    mark, "cache", "known_marketplaces.json", "marketplaces", "settings.json", NULL};

/* ---- the place ---- */

static int refuse_foreign(const char *dir, const char *what)
{
    fail(ERR_REFUSED, "'%s/%s' was not written by an export of a seed", dir, what);
    error_hint("name a folder that is not there, is empty, or holds such an export");
    return -ERR_REFUSED;
}

/* The marketplaces that exports have written; none if there is no seed. */
static void read_mark(struct strings *names, const char *dir, struct arena *arena)
{
    AUTO_BUF text = {0};
    if (fs_read(&text, path_join(arena, dir, mark), MARK_MAX) < 0)
        error_clear();
    strings_split(names, arena, buf_text(&text), '\n');
}

static bool is_own_entry(const char *name)
{
    for (size_t i = 0; own_entries[i]; i++)
        if (strcmp(own_entries[i], name) == 0)
            return true;
    return false;
}

static int check_folder(const char *dir, const char *folder, const struct strings *names,
                        struct arena *arena)
{
    struct strings entries = {0};
    const char *path = path_join(arena, dir, folder);
    int result = fs_exists(path) ? fs_list(&entries, arena, path) : 0;
    for (size_t i = 0; i < entries.count && result == 0; i++)
        if (!strings_has(names, entries.items[i]) && !text_ends(entries.items[i], ".paii-export"))
            result = refuse_foreign(dir, path_join(arena, folder, entries.items[i]));
    return result;
}

static int check_existing(const char *dir, struct arena *arena)
{
    struct strings entries = {0}, names = {0};
    int result = fs_list(&entries, arena, dir);
    bool ours = fs_is_file(path_join(arena, dir, mark));
    for (size_t i = 0; i < entries.count && result == 0; i++)
        if (!ours || !is_own_entry(entries.items[i]))
            result = refuse_foreign(dir, entries.items[i]);
    read_mark(&names, dir, arena);
    if (result == 0)
        result = check_folder(dir, "marketplaces", &names, arena);
    return result < 0 ? result : check_folder(dir, "cache", &names, arena);
}

int export_check_seed(struct export_marketplace *market, struct arena *arena)
{
    const char *dir = path_absolute(arena, market->dir);
    int result = 0;
    if (fs_exists(dir) && !fs_is_dir(dir))
        return fail(ERR_REFUSED, "'%s' is not a folder", dir);
    if (!fs_exists(dir) && !fs_is_dir(path_dir(arena, dir))) {
        fail(ERR_NOT_FOUND, "cannot write to '%s': there is no folder '%s'", dir,
             path_dir(arena, dir));
        return -ERR_NOT_FOUND;
    }
    if (fs_exists(dir))
        result = check_existing(dir, arena);
    market->seed = dir;
    market->dir = arena_printf(arena, "%s/marketplaces/%s", dir, market->name);
    return result == 0 && fs_exists(market->dir) ? export_check(market, arena) : result;
}

/* ---- cache/MARKETPLACE/PLUGIN/VERSION ---- */

/* As the client names the folder of a version. */
static const char *version_folder(const struct export_marketplace *market,
                                  const struct package *package, struct arena *arena)
{
    const struct data *own = NULL, *said = NULL;
    const char *tree = arena_printf(arena, "%s/plugins/%s", market->dir, package->name);
    if (claude_read_json(&own, tree, ".claude-plugin/plugin.json", arena) < 0)
        error_clear();
    said = own ? data_get(own, "version") : NULL;
    char *version = arena_strdup(arena, said && said->type == DATA_STRING      ? said->text
                                        : package->flags & PACKAGE_UNVERSIONED ? "unknown"
                                                                               : package->version);
    for (char *c = version; *c; c++)
        if (!isascii(*c) || (!isalnum((unsigned char)*c) && !strchr("-_.", *c)))
            *c = '-';
    return version;
}

/* Links, for the client copies nothing out of a seed. */
static int link_versions(const struct export_marketplace *market, struct arena *arena)
{
    const char *cache = arena_printf(arena, "%s/cache/%s", market->seed, market->name);
    int result = fs_remove_tree(cache);
    for (size_t i = 0; i < market->count && result == 0; i++) {
        const struct package *package = market->plugins[i].package;
        if (market->plugins[i].left_out)
            continue;
        const char *folder = path_join(arena, cache, package->name);
        result = fs_mkdirs(folder, 0755);
        if (result == 0)
            result = fs_symlink(arena_printf(arena, "../../../marketplaces/%s/plugins/%s",
                                             market->name, package->name),
                                path_join(arena, folder, version_folder(market, package, arena)));
    }
    return result;
}

/* ---- the files at the top ---- */

static int write_json(const struct export_marketplace *market, const char *name, struct buf *text,
                      struct arena *arena)
{
    buf_putc(text, '\n');
    return fs_write(path_join(arena, market->seed, name), text->data, text->len, 0644);
}

/* The client puts the seed's own place before the paths, so the folder may be moved. */
static int write_known(const struct export_marketplace *market, const struct strings *names,
                       struct arena *arena)
{
    AUTO_BUF text = {0};
    struct json_writer json = {.out = &text, .indent = true};
    json_object(&json);
    for (size_t i = 0; i < names->count; i++) {
        const char *place = path_join(arena, "marketplaces", names->items[i]);
        json_key(&json, names->items[i]);
        json_object(&json);
        json_key(&json, "source");
        json_object(&json);
        json_field(&json, "source", "directory");
        json_field(&json, "path", place);
        json_end_object(&json);
        json_field(&json, "installLocation", place);
        json_field(&json, "lastUpdated", "1970-01-01T00:00:00.000Z");
        json_end_object(&json);
    }
    json_end_object(&json);
    return write_json(market, "known_marketplaces.json", &text, arena);
}

/* Which plugins are on is never said by a seed itself: a settings.json that says it, to be copied.
 */
static int write_settings(const struct export_marketplace *market, const struct strings *names,
                          struct arena *arena)
{
    AUTO_BUF text = {0};
    struct json_writer json = {.out = &text, .indent = true};
    int result = 0;
    json_object(&json);
    json_key(&json, "enabledPlugins");
    json_object(&json);
    for (size_t i = 0; i < names->count && result == 0; i++) {
        struct strings plugins = {0};
        const char *name = names->items[i];
        result = fs_list(&plugins, arena,
                         arena_printf(arena, "%s/marketplaces/%s/plugins", market->seed, name));
        for (size_t p = 0; p < plugins.count; p++) {
            json_key(&json, arena_printf(arena, "%s@%s", plugins.items[p], name));
            json_boolean(&json, true);
        }
    }
    json_end_object(&json);
    json_end_object(&json);
    return result < 0 ? result : write_json(market, "settings.json", &text, arena);
}

static int write_mark(const char *dir, const struct strings *names, struct arena *arena)
{
    const char *text = arena_printf(arena, "%s\n", strings_join(names, arena, "\n"));
    return fs_write(path_join(arena, dir, mark), text, strlen(text), 0644);
}

static int write_all(const struct export_marketplace *market, struct arena *arena)
{
    struct strings marked = {0}, names = {0};
    read_mark(&marked, market->seed, arena);
    if (!strings_has(&marked, market->name))
        strings_add(&marked, arena, market->name);
    strings_sort(&marked);
    int result = write_mark(market->seed, &marked, arena); /* first: what is left of a killed run is
                                                              ours */
    if (result == 0)
        result = export_write(market, arena);
    for (size_t i = 0; i < marked.count; i++)
        if (fs_is_dir(arena_printf(arena, "%s/marketplaces/%s", market->seed, marked.items[i])))
            strings_add(&names, arena, marked.items[i]);
    if (result == 0)
        result = link_versions(market, arena);
    if (result == 0)
        result = write_settings(market, &names, arena);
    return result < 0 ? result : write_known(market, &names, arena);
}

int export_write_seed(const struct export_marketplace *market, struct arena *arena)
{
    bool there = fs_exists(market->seed);
    int result = fs_mkdirs(path_dir(arena, market->dir), 0755);
    if (result == 0)
        result = write_all(market, arena);
    if (result < 0 && !there)
        export_discard(market->seed, arena);
    return result;
}
