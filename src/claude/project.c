/* GENERATION/claude/NAME: the plugin as the client is to see it (docs/claude.md). */
#include "claude/claude.h"

#include "base/data.h"
#include "base/error.h"
#include "base/fs.h"
#include "claude/dispatcher.h"
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

/* ---- plugin.json ---- */

static void write_agents(struct json_writer *json, const struct components *parts,
                         struct arena *arena)
{
    if (parts->agent_files.count == 0 || !parts->agents_by_path)
        return;
    json_key(json, "agents");
    json_array(json);
    for (size_t i = 0; i < parts->agent_files.count; i++)
        json_string(json, arena_printf(arena, "./%s", parts->agent_files.items[i]));
    json_end_array(json);
}

/* The plugin's own manifest, for all its keys that the client knows and we do not. */
static struct data *own_manifest(const char *prefix, struct arena *arena)
{
    struct diags diags = {.arena = arena};
    AUTO_BUF text = {0};
    const char *path = path_join(arena, prefix, ".claude-plugin/plugin.json");
    if (fs_read(&text, path, JSON_MAX) < 0) {
        error_clear();
        return NULL;
    }
    struct data *root = data_parse_json(arena, path, buf_text(&text), text.len, false, &diags);
    return root && root->type == DATA_TABLE ? root : NULL;
}

static int write_manifest(const struct package *package, const struct components *parts,
                          const char *prefix, const char *dir, struct arena *arena)
{
    AUTO_BUF text = {0};
    struct json_writer json = {.out = &text, .indent = true};
    struct data *own = parts->manifest ? own_manifest(prefix, arena) : NULL;
    json_object(&json);
    json_field(&json, "name", package->name);
    if (!own) {
        json_field(&json, "version", package->version);
        json_field(&json, "description", *package->description ? package->description : NULL);
    }
    for (struct data *c = own ? own->children : NULL; c; c = c->next) {
        if (strcmp(c->key, "name") == 0 || strcmp(c->key, "hooks") == 0)
            continue;
        json_key(&json, c->key);
        json_data(&json, c);
    }
    if (!own || !data_get(own, "agents"))
        write_agents(&json, parts, arena);
    json_end_object(&json);
    buf_putc(&text, '\n');

    const char *folder = path_join(arena, dir, ".claude-plugin");
    int result = fs_mkdirs(folder, 0755);
    return result < 0
               ? result
               : fs_write(path_join(arena, folder, "plugin.json"), text.data, text.len, 0644);
}

/* ---- the directory ---- */

static bool is_for_client(const char *entry)
{
    if (entry[0] == '.')
        return strcmp(entry, ".mcp.json") == 0 || strcmp(entry, ".lsp.json") == 0;
    return strcmp(entry, "hooks") != 0 && strcmp(entry, "plugin.toml") != 0;
}

static int link_entries(const struct package *package, const char *prefix, const char *dir,
                        struct arena *arena)
{
    struct strings entries = {0};
    int result = fs_list(&entries, arena, prefix);
    for (size_t i = 0; i < entries.count && result == 0; i++) {
        const char *entry = entries.items[i];
        if (is_for_client(entry))
            result = fs_symlink(arena_printf(arena, "../../prefix/%s/%s", package->name, entry),
                                path_join(arena, dir, entry));
    }
    return result;
}

/* The dispatcher runs commands; the client keeps what only it can do. */
static int project_hooks(const char *prefix, const char *dir, struct arena *arena)
{
    struct native_hooks hooks;
    claude_native_hooks(&hooks, prefix, NULL, arena);
    return claude_write_own_hooks(path_join(arena, dir, "hooks/hooks.json"), &hooks, arena);
}

static int project_plugin(const struct package *package, const char *root, struct arena *arena)
{
    const char *prefix = installed_prefix(package, arena);
    const char *dir = path_join(arena, root, package->name);
    struct components parts;
    int result = claude_components(&parts, arena, package->name, prefix);
    if (result < 0 || !claude_has_link(&parts))
        return result;
    if (is_plain_skill(&parts))
        return fs_symlink(arena_printf(arena, "../prefix/%s", package->name), dir);
    result = fs_mkdirs(dir, 0755);
    if (result == 0)
        result = link_entries(package, prefix, dir, arena);
    if (result == 0)
        result = write_manifest(package, &parts, prefix, dir, arena);
    return result < 0 ? result : project_hooks(prefix, dir, arena);
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
    return result;
}
