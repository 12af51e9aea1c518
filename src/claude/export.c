#include "claude/export.h"

#include "base/data.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/text.h"
#include "base/tree.h"
#include "claude/claude.h"
#include "claude/declared.h"
#include "claude/native_hooks.h"
#include "registry/dependency.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MARK_MAX = 4 * 1024 * 1024, PIECE = 64 * 1024 };

/* Lists the folders in plugins/ that are ours, one a line. */
static const char mark[] = ".claude-plugin/exported-by-paii";
static const char index_file[] = ".claude-plugin/marketplace.json";

static const char *said(const char *text)
{
    return text && *text ? text : NULL;
}

/* One that nobody says is the client's to find. */
static const char *version_of(const struct package *package)
{
    return package->flags & PACKAGE_UNVERSIONED ? NULL : said(package->version);
}

/* ---- what can go ---- */

static void look_at_manifest(struct export_plugin *plugin, struct arena *arena)
{
    const struct manifest *manifest = plugin->manifest;
    if (manifest->build.type != BUILD_SKILL)
        plugin->left_out =
            arena_printf(arena, "it has to be built (%s)", build_type_names[manifest->build.type]);
    for (size_t i = 0; i < manifest->action_count; i++)
        strings_add(&plugin->actions, arena, manifest->actions[i].name);
    for (size_t i = 0; i < manifest->hook_count; i++)
        if (!strings_has(&plugin->hooks, manifest->hooks[i].event))
            strings_add(&plugin->hooks, arena, manifest->hooks[i].event);
}

int export_look(struct export_marketplace *market, struct arena *arena)
{
    for (size_t i = 0; i < market->count; i++) {
        struct export_plugin *plugin = &market->plugins[i];
        struct components parts;
        struct native_hooks hooks;
        if (plugin->left_out)
            continue;
        int result = claude_components(&parts, arena, plugin->package->name, plugin->tree);
        if (result < 0)
            return result;
        claude_native_hooks(&hooks, plugin->tree, NULL, arena);
        if (!claude_has_link(&parts) && hooks.count == 0)
            plugin->left_out = "it has nothing that Claude Code loads";
        if (plugin->manifest)
            look_at_manifest(plugin, arena);
    }
    return 0;
}

/* ---- the place ---- */

static const char *staging_of(const char *dir, struct arena *arena)
{
    return arena_printf(arena, "%s/.%s.paii-export", path_dir(arena, dir), path_base(dir));
}

/* Adds the names that the export in `dir` wrote. Whether there is one. */
static bool read_mark(struct strings *names, const char *dir, struct arena *arena)
{
    AUTO_BUF text = {0};
    bool found = fs_read(&text, path_join(arena, dir, mark), MARK_MAX) == 0;
    error_clear();
    strings_split(names, arena, buf_text(&text), '\n');
    return found;
}

static int refuse_foreign(const char *dir, const char *what)
{
    fail(ERR_REFUSED, "'%s/%s' was not written by an export, and one would replace it", dir, what);
    error_hint("move it away, or name a folder that is not there");
    return -ERR_REFUSED;
}

/* Every entry of FOLDER is one that an export wrote. */
static int check_folder(const char *dir, const char *folder, const struct strings *ours,
                        struct arena *arena)
{
    struct strings entries = {0};
    const char *path = path_join(arena, dir, folder);
    int result = fs_exists(path) ? fs_list(&entries, arena, path) : 0;
    for (size_t i = 0; i < entries.count && result == 0; i++)
        if (!strings_has(ours, entries.items[i]))
            result = refuse_foreign(dir, path_join(arena, folder, entries.items[i]));
    return result;
}

static int check_existing(const char *dir, struct arena *arena)
{
    struct strings entries = {0}, plugins = {0}, meta = {0};
    bool ours = read_mark(&plugins, dir, arena);
    int result = fs_list(&entries, arena, dir);
    /* A run that was killed has exchanged the one folder and not the other. */
    read_mark(&plugins, staging_of(dir, arena), arena);
    strings_add(&meta, arena, path_base(mark));
    strings_add(&meta, arena, path_base(index_file));
    if (result == 0 && !ours && entries.count)
        result = refuse_foreign(dir, entries.items[0]);
    if (result == 0)
        result = check_folder(dir, "plugins", &plugins, arena);
    return result < 0 ? result : check_folder(dir, ".claude-plugin", &meta, arena);
}

/* The place that `dir` names, links resolved: where it is, or is to be. */
static int resolve(struct export_marketplace *market, struct arena *arena)
{
    const char *path = path_absolute(arena, market->dir);
    bool there = fs_exists(path);
    char *real = realpath(there ? path : path_dir(arena, path), NULL);
    if (!real) {
        fail_errno(ERR_NOT_FOUND, "cannot write to '%s'", path);
        error_hint("the folder that it lies in has to exist");
        return -ERR_NOT_FOUND;
    }
    market->dir = there ? arena_strdup(arena, real) : path_join(arena, real, path_base(path));
    free(real);
    return 0;
}

int export_check(struct export_marketplace *market, struct arena *arena)
{
    int result = resolve(market, arena);
    if (result < 0 || !fs_exists(market->dir))
        return result;
    if (!fs_is_dir(market->dir))
        return fail(ERR_REFUSED, "'%s' is not a folder", market->dir);
    return check_existing(market->dir, arena);
}

/* ---- one plugin ---- */

struct copying {
    struct tree_writer *writer;
    char *piece;
};

/* As in the client's folder of an installed plugin, with what belongs to hooks (docs/export.md). */
static bool goes_out(const char *file)
{
    if (text_starts(file, ".claude-plugin/"))
        return strcmp(file, ".claude-plugin/plugin.json") != 0 && strcmp(file, index_file) != 0;
    if (file[0] == '.')
        return strcmp(file, ".mcp.json") == 0 || strcmp(file, ".lsp.json") == 0;
    return strcmp(file, "plugin.toml") != 0;
}

static int copy_content(struct copying *copying, const char *file, int fd)
{
    ssize_t got;
    int result = 0;
    while (result == 0 && (got = read(fd, copying->piece, PIECE)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail_errno(ERR_GENERIC, "cannot read '%s'", file);
        result = tree_write(copying->writer, copying->piece, (size_t)got);
    }
    return result;
}

static int copy_file(void *payload, const char *file, int fd)
{
    struct copying *copying = payload;
    struct stat st;
    if (!goes_out(file))
        return 0;
    if (fstat(fd, &st) < 0)
        return fail_errno(ERR_GENERIC, "cannot read '%s'", file);
    int result = tree_open(copying->writer, file, st.st_mode & S_IXUSR);
    if (result == 0)
        result = copy_content(copying, file, fd);
    return result < 0 ? result : tree_close(copying->writer);
}

static int begin_tree(struct tree_writer **out, int *fd, const char *folder)
{
    int result = fs_mkdirs(folder, 0755);
    if (result < 0)
        return result;
    *fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*fd < 0)
        return fail_errno(ERR_GENERIC, "cannot open '%s'", folder);
    *out = tree_begin(*fd, &TREE_LIMITS);
    return 0;
}

static int copy_tree(const char *from, const char *to, struct arena *arena)
{
    AUTO_FD fd = -1;
    struct tree_summary summary;
    struct copying copying = {.piece = arena_alloc(arena, PIECE)};
    int result = begin_tree(&copying.writer, &fd, to);
    if (result < 0)
        return result;
    result = tree_visit(from, copy_file, &copying);
    if (result == 0)
        result = tree_finish(copying.writer, &summary);
    tree_free(copying.writer);
    return result;
}

/* A live folder may hold links, and what tools left in it: it is first copied as an install would.
 */
static int settle_live(const char **tree, const char *staging, struct arena *arena)
{
    AUTO_FD fd = -1;
    struct tree_summary summary;
    struct tree_writer *writer;
    const char *folder = path_join(arena, staging, ".live");
    int result = fs_remove_tree(folder);
    if (result == 0)
        result = begin_tree(&writer, &fd, folder);
    if (result < 0)
        return result;
    result = tree_copy_folder(writer, *tree);
    if (result == 0)
        result = tree_finish(writer, &summary);
    tree_free(writer);
    *tree = folder;
    return result;
}

static bool is_exported(const struct export_marketplace *market, const char *name)
{
    for (size_t i = 0; i < market->count; i++)
        if (!market->plugins[i].left_out && strcmp(market->plugins[i].package->name, name) == 0)
            return true;
    return false;
}

/* What comes along is meant by its name alone: it is of this marketplace now, in the version that
 * fits, and there are no tags that a range could be looked up in. */
static void write_dependencies(struct json_writer *json, const struct export_marketplace *market,
                               const struct package *package, struct arena *arena)
{
    struct dependency *terms;
    size_t count = dependency_parse_lines(&terms, package->depends, arena);
    if (count == 0)
        return;
    json_key(json, "dependencies");
    json_array(json);
    for (size_t i = 0; i < count; i++) {
        const char *registry = terms[i].registry ? terms[i].registry : package->registry;
        bool any = strcmp(terms[i].range, "*") == 0;
        if (is_exported(market, terms[i].name)) {
            json_string(json, terms[i].name);
            continue;
        }
        json_object(json);
        json_field(json, "name", terms[i].name);
        json_field(json, "version", any ? NULL : terms[i].range);
        json_field(json, "marketplace", said(registry));
        json_end_object(json);
    }
    json_end_array(json);
}

/* What the plugin says of itself, under the name that it is installed by. */
static int write_manifest(const struct export_marketplace *market, const struct package *package,
                          const struct components *parts, const char *tree, const char *to,
                          struct arena *arena)
{
    AUTO_BUF text = {0};
    struct json_writer json = {.out = &text, .indent = true};
    const struct data *own = NULL;
    int result =
        parts->manifest ? claude_read_json(&own, tree, ".claude-plugin/plugin.json", arena) : 0;
    if (result < 0)
        return result;
    json_object(&json);
    json_field(&json, "name", package->name);
    if (!own) {
        json_field(&json, "version", version_of(package));
        json_field(&json, "description", said(package->description));
    }
    for (const struct data *c = own ? own->children : NULL; c; c = c->next) {
        if (strcmp(c->key, "name") == 0 || strcmp(c->key, "dependencies") == 0)
            continue;
        json_key(&json, c->key);
        json_data(&json, c);
    }
    write_dependencies(&json, market, package, arena);
    if (parts->agents_by_path && parts->agent_files.count && !(own && data_get(own, "agents")))
        claude_write_paths(&json, "agents", &parts->agent_files, arena);
    json_end_object(&json);
    buf_putc(&text, '\n');
    result = fs_mkdirs(path_join(arena, to, ".claude-plugin"), 0755);
    return result < 0 ? result
                      : fs_write(path_join(arena, to, ".claude-plugin/plugin.json"), text.data,
                                 text.len, 0644);
}

static int write_plugin(const struct export_marketplace *market, const struct export_plugin *plugin,
                        const char *staging, struct arena *arena)
{
    const char *name = plugin->package->name, *tree = plugin->tree;
    const char *to = arena_printf(arena, "%s/plugins/%s", staging, name);
    struct components parts;
    int result = 0;
    if (plugin->package->flags & PACKAGE_DEV)
        result = settle_live(&tree, staging, arena);
    if (result == 0)
        result = claude_components(&parts, arena, name, tree);
    if (result == 0)
        result = copy_tree(tree, to, arena);
    if (result == 0)
        result = write_manifest(market, plugin->package, &parts, tree, to, arena);
    return result < 0 ? error_context(result, "cannot export plugin '%s'", name) : 0;
}

/* ---- marketplace.json ---- */

static bool is_web_address(const char *text)
{
    return text && (text_starts(text, "https://") || text_starts(text, "http://"));
}

static void write_person(struct json_writer *json, const char *key, const char *name)
{
    if (!name)
        return;
    json_key(json, key);
    json_object(json);
    json_field(json, "name", name);
    json_end_object(json);
}

static void write_entry(struct json_writer *json, const struct package *package,
                        struct arena *arena)
{
    struct strings tags = {0};
    json_object(json);
    json_field(json, "name", package->name);
    json_field(json, "source", arena_printf(arena, "./plugins/%s", package->name));
    json_field(json, "description", said(package->description));
    json_field(json, "version", version_of(package));
    write_person(json, "author", said(package->author));
    /* The client refuses a whole marketplace for one homepage that is no address. */
    json_field(json, "homepage", is_web_address(package->homepage) ? package->homepage : NULL);
    json_field(json, "license", said(package->license));
    strings_split(&tags, arena, package->tags, '\n');
    if (tags.count) {
        json_strings(json, "keywords", &tags);
    }
    json_end_object(json);
}

static int write_index(const struct export_marketplace *market, const char *staging,
                       struct arena *arena)
{
    AUTO_BUF text = {0};
    struct json_writer json = {.out = &text, .indent = true};
    json_object(&json);
    json_field(&json, "name", market->name);
    write_person(&json, "owner", market->name);
    json_key(&json, "metadata");
    json_object(&json);
    json_field(&json, "description", market->description);
    json_end_object(&json);
    json_key(&json, "plugins");
    json_array(&json);
    for (size_t i = 0; i < market->count; i++)
        if (!market->plugins[i].left_out)
            write_entry(&json, market->plugins[i].package, arena);
    json_end_array(&json);
    json_end_object(&json);
    buf_putc(&text, '\n');
    return fs_write(path_join(arena, staging, index_file), text.data, text.len, 0644);
}

static int write_mark(const struct export_marketplace *market, const char *staging,
                      struct arena *arena)
{
    AUTO_BUF text = {0};
    for (size_t i = 0; i < market->count; i++)
        if (!market->plugins[i].left_out)
            buf_printf(&text, "%s\n", market->plugins[i].package->name);
    int result = fs_mkdirs(path_join(arena, staging, ".claude-plugin"), 0755);
    return result < 0 ? result
                      : fs_write(path_join(arena, staging, mark), text.data, text.len, 0644);
}

/* ---- into its place ---- */

static bool has_foreign_entries(const char *dir, struct arena *arena)
{
    struct strings entries = {0};
    if (fs_list(&entries, arena, dir) < 0)
        return true;
    for (size_t i = 0; i < entries.count; i++)
        if (strcmp(entries.items[i], "plugins") != 0 &&
            strcmp(entries.items[i], ".claude-plugin") != 0)
            return true;
    return false;
}

static int exchange_folders(const char *staging, const char *dir, struct arena *arena)
{
    const char *new_plugins = path_join(arena, staging, "plugins");
    const char *plugins = path_join(arena, dir, "plugins");
    int result = fs_mkdirs(plugins, 0755); /* somebody may have removed it */
    if (result == 0)
        result = store_exchange(new_plugins, plugins);
    if (result < 0)
        return result;
    result = store_exchange(path_join(arena, staging, ".claude-plugin"),
                            path_join(arena, dir, ".claude-plugin"));
    if (result < 0)
        store_exchange(new_plugins, plugins);
    return result;
}

static int put_in_place(const char *staging, const char *dir, struct arena *arena)
{
    bool ours = fs_exists(path_join(arena, dir, mark));
    int result = 0;
    if (ours && has_foreign_entries(dir, arena))
        result = exchange_folders(staging, dir, arena);
    else if (ours)
        result = store_exchange(staging, dir);
    else if (rename(staging, dir) != 0) /* over an empty folder, or nothing */
        result = fail_errno(ERR_GENERIC, "cannot write '%s'", dir);
    return result < 0 ? result : fs_fsync(path_dir(arena, dir));
}

static int write_all(const struct export_marketplace *market, const char *staging,
                     struct arena *arena)
{
    int result =
        write_mark(market, staging, arena); /* first: what is left of a killed run is ours */
    if (result == 0)
        result = fs_mkdirs(path_join(arena, staging, "plugins"), 0755);
    for (size_t i = 0; i < market->count && result == 0; i++)
        if (!market->plugins[i].left_out)
            result = write_plugin(market, &market->plugins[i], staging, arena);
    if (result == 0)
        result = fs_remove_tree(path_join(arena, staging, ".live"));
    if (result == 0)
        result = write_index(market, staging, arena);
    return result < 0 ? result : fs_syncfs(staging);
}

void export_discard(const char *folder, struct arena *arena)
{
    enum err code = error_code();
    const char *text = arena_strdup(arena, error_text());
    const char *hint = arena_strdup(arena, error_hint_text());
    fs_remove_tree(folder);
    fail(code, "%s", text);
    if (*hint)
        error_hint("%s", hint);
}

int export_write(const struct export_marketplace *market, struct arena *arena)
{
    const char *staging = staging_of(market->dir, arena);
    struct strings names = {0};
    if (fs_exists(staging) && !read_mark(&names, staging, arena)) {
        fail(ERR_REFUSED, "'%s' is where an export is prepared, and is something else", staging);
        error_hint("move it away");
        return -ERR_REFUSED;
    }
    int result = fs_remove_tree(staging);
    if (result == 0)
        result = write_all(market, staging, arena);
    if (result == 0)
        result = put_in_place(staging, market->dir, arena);
    if (result == 0)
        return fs_remove_tree(staging);
    export_discard(staging, arena);
    return result;
}
