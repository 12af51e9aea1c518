/* GENERATION/claude/NAME: the plugin as the client is to see it (docs/claude.md). */
#include "claude/claude.h"

#include "base/data.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/text.h"
#include "claude/built.h"
#include "claude/declared.h"
#include "claude/dispatcher.h"
#include "claude/flat.h"
#include "claude/native_hooks.h"

#include <string.h>

enum { JSON_MAX = 4 * 1024 * 1024 };

static bool is_plain_skill(const struct components *parts)
{
    return parts->root_skill && parts->skills.count == 1 && !parts->manifest &&
           parts->agents.count == 0 && parts->commands.count == 0 &&
           parts->mcp_servers.count == 0 && parts->lsp_servers.count == 0 &&
           parts->output_styles.count == 0 && !parts->hooks;
}

/* One plugin on its way into a generation. */
struct projection {
    const struct package *package;
    struct components parts;  /* without what is switched off */
    const char *prefix, *dir; /* its files, and GENERATION/claude/NAME */
    bool built;
    struct arena *arena;
};

/* ---- plugin.json ---- */

/* What the manifest names, one by one, without what is switched off. */
static void write_declared(struct json_writer *json, const struct projection *in,
                           enum component_kind kind, const struct data *value)
{
    struct declared all;
    struct strings left = {0};
    claude_declared(&all, kind, value, in->package->name, in->prefix, in->arena);
    for (size_t i = 0; i < all.names.count; i++) {
        const char *file = all.files.items[i];
        if (claude_is_disabled(in->package, kind, all.names.items[i]))
            continue;
        if (kind == COMPONENT_SKILL)
            file = strchr(file, '/') ? path_dir(in->arena, file) : "";
        strings_add(&left, in->arena, file);
    }
    claude_write_paths(json, value->key, &left, in->arena);
}

/* Whether the servers are written by us: some are switched off, or all get a PATH. */
static bool writes_servers(const struct projection *in)
{
    return claude_is_disabled(in->package, COMPONENT_SERVER, NULL) ||
           (in->built && in->parts.mcp_servers.count);
}

static void write_servers(struct json_writer *json, const struct projection *in)
{
    const struct servers *tables = &in->parts.mcp_tables;
    if (tables->count == 0)
        return;
    json_key(json, "mcpServers");
    json_object(json);
    for (size_t i = 0; i < tables->count; i++) {
        json_key(json, tables->items[i]->key);
        claude_write_server(json, tables->items[i], in->built, in->arena);
    }
    json_end_object(json);
}

/* The client loads nothing of a plugin whose agents are other than files. */
static bool names_agent_folder(enum component_kind kind, const struct data *value)
{
    const struct data *first = value->type == DATA_ARRAY ? value->children : value;
    if (kind != COMPONENT_AGENT)
        return false;
    for (const struct data *c = first; c; c = value->type == DATA_ARRAY ? c->next : NULL)
        if (c->type == DATA_STRING && !text_ends(c->text, ".md"))
            return true;
    return false;
}

/* All keys that the client knows and we do not, as they are. */
static void write_own(struct json_writer *json, const struct projection *in, const struct data *own)
{
    for (const struct data *c = own->children; c; c = c->next) {
        int kind = component_kind_of_key(c->key);
        if (strcmp(c->key, "name") == 0 || strcmp(c->key, "hooks") == 0 ||
            claude_write_metadata(json, c))
            continue;
        if (kind == COMPONENT_SERVER && writes_servers(in))
            continue;
        if (kind < 0 || (!claude_is_disabled(in->package, (enum component_kind)kind, NULL) &&
                         !names_agent_folder((enum component_kind)kind, c))) {
            json_key(json, c->key);
            json_data(json, c);
        } else {
            write_declared(json, in, (enum component_kind)kind, c);
        }
    }
}

static int write_manifest(const struct projection *in)
{
    AUTO_BUF text = {0};
    struct json_writer json = {.out = &text, .indent = true};
    const struct package *package = in->package;
    const struct data *own = NULL;
    int result = in->parts.manifest
                     ? claude_read_json(&own, in->prefix, ".claude-plugin/plugin.json", in->arena)
                     : 0;
    if (result < 0)
        return result;
    json_object(&json);
    json_field(&json, "name", package->name);
    if (!own) {
        json_field(&json, "version", package->version);
        json_field(&json, "description", *package->description ? package->description : NULL);
    } else {
        write_own(&json, in, own);
    }
    if (in->parts.agents_by_path && in->parts.agent_files.count &&
        (!own || !data_get(own, "agents")))
        claude_write_paths(&json, "agents", &in->parts.agent_files, in->arena);
    if (writes_servers(in))
        write_servers(&json, in);
    json_end_object(&json);
    buf_putc(&text, '\n');

    const char *folder = path_join(in->arena, in->dir, ".claude-plugin");
    result = fs_mkdirs(folder, 0755);
    return result < 0
               ? result
               : fs_write(path_join(in->arena, folder, "plugin.json"), text.data, text.len, 0644);
}

/* ---- the directory ---- */

static bool is_for_client(const char *entry)
{
    if (entry[0] == '.')
        return strcmp(entry, ".mcp.json") == 0 || strcmp(entry, ".lsp.json") == 0;
    return strcmp(entry, "hooks") != 0 && strcmp(entry, "plugin.toml") != 0;
}

/* A file is copied: the client does not follow links to files everywhere. */
static int show_entry(const struct projection *in, const char *folder, const char *entry)
{
    const char *path = arena_printf(in->arena, "%s/%s", folder, entry);
    const char *from = path_join(in->arena, in->prefix, path);
    const char *to = path_join(in->arena, in->dir, path);
    AUTO_BUF text = {0};
    int result = fs_mkdirs(path_dir(in->arena, to), 0755);
    if (result < 0)
        return result;
    if (!fs_is_file(from))
        return fs_symlink(arena_printf(in->arena, "../../../prefix/%s/%s", in->package->name, path),
                          to);
    result = fs_read(&text, from, JSON_MAX);
    return result < 0 ? result : fs_write(to, text.data, text.len, 0644);
}

/* Whether an entry of a folder of components is shown. One that is no component is. */
static bool is_left(const struct projection *in, enum component_kind kind, const char *folder,
                    const char *entry)
{
    const char *name = entry;
    if (kind == COMPONENT_SKILL) {
        const char *file = arena_printf(in->arena, "%s/%s/SKILL.md", folder, entry);
        return strings_has(&in->parts.skill_files, file) ||
               !fs_is_file(path_join(in->arena, in->prefix, file));
    }
    if (text_ends(entry, ".md"))
        name = arena_strndup(in->arena, entry, strlen(entry) - 3);
    return !claude_is_disabled(in->package, kind, name);
}

/* Entry by entry, without those that are not to be shown. */
static int split_folder(const struct projection *in, enum component_kind kind, const char *folder)
{
    struct strings entries = {0};
    int result = fs_list(&entries, in->arena, path_join(in->arena, in->prefix, folder));
    for (size_t i = 0; i < entries.count && result == 0; i++)
        if (is_left(in, kind, folder, entries.items[i]))
            result = show_entry(in, folder, entries.items[i]);
    return result;
}

/* Programs of a venv stand beside those that the plugin has itself. */
static bool has_own_bin(const struct projection *in)
{
    return in->built && claude_has_venv(in->prefix, in->arena);
}

static int show(const struct projection *in, const char *entry)
{
    const struct package *package = in->package;
    const char *path = path_join(in->arena, in->prefix, entry);
    if (strcmp(entry, "SKILL.md") == 0 &&
        claude_is_disabled(package, COMPONENT_SKILL, package->name))
        return 0;
    if (strcmp(entry, ".mcp.json") == 0 && writes_servers(in))
        return 0;
    if (strcmp(entry, "bin") == 0 && has_own_bin(in))
        return 0;
    if (strcmp(entry, "agents") == 0 && in->parts.agents.count == 0 &&
        claude_is_disabled(package, COMPONENT_AGENT, NULL))
        return 0;
    bool some_skills = in->parts.only_skills || claude_is_disabled(package, COMPONENT_SKILL, NULL);
    if (strcmp(entry, "skills") == 0 && some_skills && fs_is_dir(path))
        return split_folder(in, COMPONENT_SKILL, entry);
    if (strcmp(entry, "commands") == 0 && claude_is_disabled(package, COMPONENT_COMMAND, NULL) &&
        fs_is_dir(path))
        return split_folder(in, COMPONENT_COMMAND, entry);
    return fs_symlink(arena_printf(in->arena, "../../prefix/%s/%s", package->name, entry),
                      path_join(in->arena, in->dir, entry));
}

static int show_entries(const struct projection *in)
{
    struct strings entries = {0};
    int result = fs_list(&entries, in->arena, in->prefix);
    for (size_t i = 0; i < entries.count && result == 0; i++)
        if (is_for_client(entries.items[i]))
            result = show(in, entries.items[i]);
    if (result == 0 && has_own_bin(in))
        result = claude_project_bin(in->dir, in->package->name, in->prefix, in->arena);
    return result;
}

/* The dispatcher runs commands; the client keeps what only it can do. */
static int project_hooks(const struct projection *in)
{
    struct native_hooks hooks;
    claude_native_hooks(&hooks, in->prefix, NULL, in->arena);
    return claude_write_own_hooks(path_join(in->arena, in->dir, "hooks/hooks.json"), &hooks,
                                  in->arena);
}

static int project_plugin(const struct package *package, const char *root, struct arena *arena)
{
    struct projection in = {
        .package = package,
        .prefix = installed_prefix(package, arena),
        .dir = path_join(arena, root, package->name),
        .built = installed_is_built(package),
        .arena = arena,
    };
    int result = claude_components_left(&in.parts, arena, package);
    if (result < 0 || !claude_has_link(&in.parts))
        return result;
    bool whole = !package->disabled_components || !*package->disabled_components;
    if (whole && !in.built && is_plain_skill(&in.parts))
        return fs_symlink(arena_printf(arena, "../prefix/%s", package->name), in.dir);
    result = fs_mkdirs(in.dir, 0755);
    if (result == 0)
        result = show_entries(&in);
    if (result == 0)
        result = write_manifest(&in);
    return result < 0 ? result : project_hooks(&in);
}

int claude_project(const struct installed *set, const char *generation_dir, struct arena *arena)
{
    const char *root = path_join(arena, generation_dir, "claude");
    if (installed_find(set, DISPATCHER_NAME)) {
        fail(ERR_REFUSED, "no plugin can be named '" DISPATCHER_NAME "'");
        error_hint("that is the name under which paii registers hooks with Claude Code");
        return -ERR_REFUSED;
    }
    int result = fs_mkdirs(root, 0755);
    for (size_t i = 0; i < set->count && result == 0; i++)
        result = project_plugin(&set->packages[i], root, arena);
    return result < 0 ? result : flat_project(set, generation_dir, arena);
}
