#include "claude/adopt.h"

#include "base/error.h"
#include "base/fs.h"
#include "base/name.h"
#include "base/paths.h"
#include "base/text.h"
#include "claude/declared.h"
#include "claude/registration.h"
#include "claude/settings_edit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NOTE_MAX = 4 * 1024 * 1024 };

static const char *text_of(const struct data *table, const char *key)
{
    const struct data *value = table && table->type == DATA_TABLE ? data_get(table, key) : NULL;
    return value && value->type == DATA_STRING ? value->text : NULL;
}

/* ---- marketplaces ---- */

/* The folder of a marketplace.json that was added as a file. */
static const char *folder_of_file(const char *path, struct arena *arena)
{
    static const char tail[] = "/.claude-plugin/marketplace.json";
    if (!path || !text_ends(path, tail))
        return NULL;
    return arena_strndup(arena, path, strlen(path) - strlen(tail));
}

static const char *url_of_market(const struct data *source, struct arena *arena)
{
    const char *kind = text_of(source, "source");
    if (!kind)
        return NULL;
    if (strcmp(kind, "directory") == 0)
        return text_of(source, "path");
    if (strcmp(kind, "file") == 0)
        return folder_of_file(text_of(source, "path"), arena);
    if (strcmp(kind, "git") == 0 || strcmp(kind, "url") == 0)
        return text_of(source, "url");
    if (strcmp(kind, "github") == 0 && text_of(source, "repo"))
        return arena_printf(arena, "https://github.com/%s.git", text_of(source, "repo"));
    return NULL;
}

static void find_market(struct client_plugin *plugin, const struct data *markets,
                        struct arena *arena)
{
    const struct data *market = markets ? data_get(markets, plugin->market) : NULL;
    const struct data *source =
        market && market->type == DATA_TABLE ? data_get(market, "source") : NULL;
    plugin->url = url_of_market(source, arena);
    plugin->ref = text_of(source, "ref");
    if (!market)
        plugin->left = "its marketplace is not known to Claude Code any more";
    else if (!plugin->url)
        plugin->left = "its marketplace comes from a place that no registry can be at";
}

/* ---- plugins ---- */

/* The installation for the user among those of one plugin; a version 1 file has one without a list.
 */
static const struct data *for_user(const struct data *value)
{
    if (value->type == DATA_TABLE)
        return value;
    for (const struct data *c = value->type == DATA_ARRAY ? value->children : NULL; c; c = c->next)
        if (text_of(c, "scope") && strcmp(text_of(c, "scope"), "user") == 0)
            return c;
    return NULL;
}

static bool is_true(const struct data *table, const char *key)
{
    const struct data *value = table ? data_get(table, key) : NULL;
    return value && value->type == DATA_BOOLEAN && value->boolean;
}

static void read_plugin(struct client_plugins *out, const struct data *value,
                        const struct data *markets, const struct data *enabled, struct arena *arena)
{
    const char *at = strrchr(value->key, '@');
    const struct data *user = for_user(value);
    if (!at)
        return;
    struct client_plugin *plugin = arena_push(arena, &out->items, &out->count, &out->capacity);
    *plugin = (struct client_plugin){
        .id = value->key,
        .name = arena_strndup(arena, value->key, (size_t)(at - value->key)),
        .market = at + 1,
        .version = text_of(user, "version") ? text_of(user, "version") : "",
        .pulled_in = is_true(user, "auto"),
        .enabled = is_true(enabled, value->key),
    };
    find_market(plugin, markets, arena);
    if (!user)
        plugin->left = "it is installed for a project, not for the user";
    else if (!plugin->enabled)
        plugin->left = "it is not switched on in Claude Code";
    else if (!name_valid(plugin->name) || strchr(plugin->market, '\n'))
        plugin->left = "paii's plugins have no such names: a-z, 0-9 and '-'";
}

/* Reads settings.json as the client does, which takes strict JSON alone. */
static int read_settings(struct settings_text *out, struct buf *text, struct arena *arena)
{
    *out = (struct settings_text){.file = settings_path(arena)};
    int result = fs_read(text, out->file, SETTINGS_MAX);
    out->text = buf_text(text);
    out->len = text->len;
    return result < 0 ? result : settings_parse(out);
}

static int by_id(const void *a, const void *b)
{
    const struct client_plugin *left = a, *right = b;
    return strcmp(left->id, right->id);
}

int client_plugins_read(struct client_plugins *out, struct arena *arena)
{
    const struct data *markets, *installed, *settings;
    struct settings_text text;
    AUTO_BUF bytes = {0};
    *out = (struct client_plugins){0};
    int result = fs_exists(settings_path(arena)) ? read_settings(&text, &bytes, arena) : 0;
    if (result == 0)
        result = claude_read_json(&markets, paths.claude, "plugins/known_marketplaces.json", arena);
    if (result == 0)
        result =
            claude_read_json(&installed, paths.claude, "plugins/installed_plugins.json", arena);
    if (result == 0)
        result = claude_read_json(&settings, paths.claude, "settings.json", arena);
    if (result < 0)
        return result;
    const struct data *plugins = installed ? data_get(installed, "plugins") : NULL;
    const struct data *enabled = settings ? data_get(settings, "enabledPlugins") : NULL;
    if (enabled && enabled->type != DATA_TABLE)
        enabled = NULL;
    for (const struct data *c = plugins && plugins->type == DATA_TABLE ? plugins->children : NULL;
         c; c = c->next)
        read_plugin(out, c, markets, enabled, arena);
    if (out->count)
        qsort(out->items, out->count, sizeof *out->items, by_id);
    return 0;
}

/* ---- enabledPlugins ---- */

static bool is_named(struct json_slice key, const struct strings *ids)
{
    for (size_t i = 0; i < ids->count; i++)
        if (json_is(key, ids->items[i]))
            return true;
    return false;
}

static void edit_enabled(struct buf *out, const struct settings_text *settings,
                         struct json_slice table, const struct strings *ids, bool enabled)
{
    const char *done = settings->text;
    for (struct json_member m = {0}; json_next(table, &m);) {
        char kind = json_kind(m.value);
        if ((kind != 't' && kind != 'f') || !is_named(m.key, ids))
            continue;
        buf_add(out, done, (size_t)(m.value.start - done));
        buf_puts(out, enabled ? "true" : "false");
        done = m.value.start + m.value.len;
    }
    buf_add(out, done, (size_t)(settings->text + settings->len - done));
}

int client_plugins_enable(const struct strings *ids, bool enabled, struct arena *arena)
{
    AUTO_BUF before = {0}, after = {0};
    struct json_slice table = {0};
    struct settings_text settings;
    struct stat st;
    if (ids->count == 0 || stat(settings_path(arena), &st) < 0)
        return 0;
    int result = read_settings(&settings, &before, arena);
    if (result == 0)
        result = settings_member(&table, &settings, settings.root, "enabledPlugins");
    if (result < 0 || json_kind(table) != '{')
        return result;
    edit_enabled(&after, &settings, table, ids, enabled);
    if (after.len == before.len && memcmp(after.data, before.data, after.len) == 0)
        return 0;
    return fs_write(settings.file, after.data, after.len, st.st_mode & 0777);
}

/* ---- the note ----
 *
 *     plugin kit kit@lab
 *     registry lab
 */

static const char *note_path(struct arena *arena)
{
    return path_join(arena, paths.dir, "adopted");
}

int adopted_read(struct adopted *out, struct arena *arena)
{
    AUTO_BUF text = {0};
    struct strings lines = {0};
    *out = (struct adopted){0};
    if (!fs_exists(note_path(arena)))
        return 0;
    int result = fs_read(&text, note_path(arena), NOTE_MAX);
    strings_split(&lines, arena, buf_text(&text), '\n');
    for (size_t i = 0; i < lines.count; i++) {
        const char *line = lines.items[i];
        const char *id = text_starts(line, "plugin ") ? strchr(line + 7, ' ') : NULL;
        if (id) {
            strings_add(&out->names, arena,
                        arena_strndup(arena, line + 7, (size_t)(id - line) - 7));
            strings_add(&out->ids, arena, id + 1);
        } else if (text_starts(line, "registry ")) {
            strings_add(&out->registries, arena, line + 9);
        }
    }
    return result;
}

int adopted_write(const struct adopted *adopted, struct arena *arena)
{
    AUTO_BUF text = {0};
    const char *path = note_path(arena);
    for (size_t i = 0; i < adopted->ids.count; i++)
        buf_printf(&text, "plugin %s %s\n", adopted->names.items[i], adopted->ids.items[i]);
    for (size_t i = 0; i < adopted->registries.count; i++)
        buf_printf(&text, "registry %s\n", adopted->registries.items[i]);
    if (text.len)
        return fs_write(path, text.data, text.len, 0600);
    if (fs_exists(path) && unlink(path) != 0)
        return fail_errno(ERR_GENERIC, "cannot remove '%s'", path);
    return 0;
}
