/* Which skills, agents, commands and servers a plugin's tree holds, where the client looks for
 * them. */
#include "claude/declared.h"

#include "base/error.h"
#include "base/fs.h"
#include "base/text.h"
#include "claude/native_hooks.h"
#include "registry/manifest.h"

#include <string.h>

/* What is absent, or nothing to be read, is not there for the client; what cannot be read is an
 * error. */
static int absent_is_fine(int result)
{
    if (result != -ERR_NOT_FOUND && result != -ERR_REFUSED)
        return result;
    error_clear();
    return 0;
}

/* Names in a folder; an absent folder has none. */
static int names_in(struct strings *out, struct arena *arena, const char *prefix,
                    const char *folder)
{
    const char *path = path_join(arena, prefix, folder);
    return fs_is_dir(path) ? absent_is_fine(fs_list(out, arena, path)) : 0;
}

static const char *without_md(struct arena *arena, const char *name)
{
    return text_ends(name, ".md") ? arena_strndup(arena, name, strlen(name) - 3) : NULL;
}

static int find_skills(struct components *out, struct arena *arena, const char *name,
                       const char *prefix, const struct data *manifest)
{
    struct strings names = {0};
    out->only_skills = manifest && data_get(manifest, ONLY_SKILLS);
    out->root_skill = fs_is_file(path_join(arena, prefix, "SKILL.md"));
    if (out->root_skill) {
        strings_add(&out->skills, arena, name);
        strings_add(&out->skill_files, arena, "SKILL.md");
    }
    int result = out->only_skills ? 0 : names_in(&names, arena, prefix, "skills");
    for (size_t i = 0; i < names.count; i++) {
        const char *file = arena_printf(arena, "skills/%s/SKILL.md", names.items[i]);
        if (!fs_is_file(path_join(arena, prefix, file)))
            continue;
        strings_add(&out->skills, arena, names.items[i]);
        strings_add(&out->skill_files, arena, file);
    }
    return result;
}

static int find_agents(struct components *out, struct arena *arena, const char *prefix)
{
    struct strings names = {0};
    int result = names_in(&names, arena, prefix, "agents");
    for (size_t i = 0; i < names.count && result == 0; i++) {
        const char *agent = without_md(arena, names.items[i]);
        const char *file =
            arena_printf(arena, "agents/%s%s", names.items[i], agent ? "" : "/AGENT.md");
        const char *name;
        result = claude_read_agent(&name, arena, prefix, file, agent ? agent : names.items[i]);
        out->agents_by_path |= !name || !agent;
        if (!name)
            continue;
        strings_add(&out->agents, arena, name);
        strings_add(&out->agent_files, arena, file);
    }
    return result;
}

static int find_markdown(struct strings *out, struct strings *files, struct arena *arena,
                         const char *prefix, const char *folder)
{
    struct strings names = {0};
    int result = names_in(&names, arena, prefix, folder);
    for (size_t i = 0; i < names.count; i++) {
        const char *stem = without_md(arena, names.items[i]);
        if (!stem)
            continue;
        strings_add(out, arena, stem);
        if (files)
            strings_add(files, arena, path_join(arena, folder, names.items[i]));
    }
    return result;
}

/* Those of a file of their own and those of the manifest, one of each name. */
static int find_servers(struct strings *out, struct servers *tables, struct arena *arena,
                        const char *prefix, const char *file, const struct data *manifest,
                        const char *key)
{
    struct servers found = {0};
    const struct data *own;
    int result = claude_read_json(&own, prefix, file, arena);
    if (result == 0)
        result = claude_declared_servers(&found, own, key, prefix, arena);
    if (result == 0 && manifest)
        result = claude_declared_servers(&found, data_get(manifest, key), key, prefix, arena);
    for (size_t i = 0; i < found.count; i++) {
        if (strings_has(out, found.items[i]->key))
            continue;
        strings_add(out, arena, found.items[i]->key);
        if (tables)
            *arena_push(arena, &tables->items, &tables->count, &tables->capacity) = found.items[i];
    }
    return result;
}

/* Skills are in addition to those of the folder; agents and commands are instead of them. */
static void find_declared(struct components *out, struct arena *arena, const char *name,
                          const char *prefix, const struct data *manifest)
{
    struct strings *const names[] = {&out->skills, &out->agents, &out->commands};
    struct strings *const files[] = {&out->skill_files, &out->agent_files, &out->command_files};
    for (const struct data *c = manifest ? manifest->children : NULL; c; c = c->next) {
        int kind = component_kind_of_key(c->key);
        struct declared found;
        if (kind < 0 || kind == COMPONENT_SERVER)
            continue;
        claude_declared(&found, (enum component_kind)kind, c, name, prefix, arena);
        if (kind != COMPONENT_SKILL)
            *names[kind] = *files[kind] = (struct strings){0};
        for (size_t i = 0; i < found.names.count; i++) {
            if (strings_has(files[kind], found.files.items[i]))
                continue;
            strings_add(names[kind], arena, found.names.items[i]);
            strings_add(files[kind], arena, found.files.items[i]);
        }
    }
}

int claude_components(struct components *out, struct arena *arena, const char *name,
                      const char *prefix)
{
    *out = (struct components){
        .manifest = fs_is_file(path_join(arena, prefix, ".claude-plugin/plugin.json")),
    };
    if (!fs_is_dir(prefix))
        return fail(ERR_NOT_FOUND, "the files of plugin '%s' are missing from '%s'", name, prefix);
    struct native_hooks hooks;
    claude_native_hooks(&hooks, prefix, NULL, arena);
    out->hooks = claude_has_own_hooks(&hooks);
    const struct data *own = NULL;
    int result;
    if ((out->manifest &&
         (result = claude_read_json(&own, prefix, ".claude-plugin/plugin.json", arena)) < 0) ||
        (result = find_skills(out, arena, name, prefix, own)) < 0 ||
        (result = find_agents(out, arena, prefix)) < 0 ||
        (result = find_markdown(&out->commands, &out->command_files, arena, prefix, "commands")) <
            0 ||
        (result = find_markdown(&out->output_styles, NULL, arena, prefix, "output-styles")) < 0 ||
        (result = find_servers(&out->mcp_servers, &out->mcp_tables, arena, prefix, ".mcp.json", own,
                               "mcpServers")) < 0 ||
        (result = find_servers(&out->lsp_servers, &out->lsp_tables, arena, prefix, ".lsp.json", own,
                               "lspServers")) < 0)
        return error_context(result, "plugin '%s'", name);
    find_declared(out, arena, name, prefix, own);
    return 0;
}

bool claude_has_link(const struct components *components)
{
    return components->manifest || components->skills.count || components->agents.count ||
           components->commands.count || components->mcp_servers.count ||
           components->lsp_servers.count || components->output_styles.count || components->hooks;
}

/* ---- what is switched off ---- */

const struct strings *claude_names(const struct components *components, enum component_kind kind)
{
    const struct strings *const lists[] = {
        [COMPONENT_SKILL] = &components->skills,
        [COMPONENT_AGENT] = &components->agents,
        [COMPONENT_COMMAND] = &components->commands,
        [COMPONENT_SERVER] = &components->mcp_servers,
    };
    return lists[kind];
}

bool claude_is_disabled(const struct package *package, enum component_kind kind, const char *name)
{
    const char *lines = package->disabled_components ? package->disabled_components : "";
    size_t kind_len = strlen(component_kinds[kind]);
    for (size_t len; *lines; lines += len + (lines[len] == '\n')) {
        len = strcspn(lines, "\n");
        if (len <= kind_len || strncmp(lines, component_kinds[kind], kind_len) != 0 ||
            lines[kind_len] != ':')
            continue;
        const char *one = lines + kind_len + 1;
        size_t one_len = len - kind_len - 1;
        if (!name || (strlen(name) == one_len && memcmp(one, name, one_len) == 0))
            return true;
    }
    return false;
}

/* The files of the names that stay, stay. */
static void leave_out(struct strings *names, struct strings *files, const struct package *package,
                      enum component_kind kind)
{
    size_t kept = 0;
    for (size_t i = 0; i < names->count; i++) {
        if (claude_is_disabled(package, kind, names->items[i]))
            continue;
        names->items[kept] = names->items[i];
        files->items[kept++] = files->items[i];
    }
    names->count = files->count = kept;
}

int claude_components_left(struct components *out, struct arena *arena,
                           const struct package *package)
{
    int result = claude_components(out, arena, package->name, installed_prefix(package, arena));
    if (result == 0 && package->flags & PACKAGE_DISABLED)
        *out = (struct components){0};
    if (result < 0 || !package->disabled_components || !*package->disabled_components)
        return result;
    leave_out(&out->skills, &out->skill_files, package, COMPONENT_SKILL);
    leave_out(&out->agents, &out->agent_files, package, COMPONENT_AGENT);
    leave_out(&out->commands, &out->command_files, package, COMPONENT_COMMAND);
    out->agents_by_path |= claude_is_disabled(package, COMPONENT_AGENT, NULL);
    size_t kept = 0;
    for (size_t i = 0; i < out->mcp_servers.count; i++) {
        if (claude_is_disabled(package, COMPONENT_SERVER, out->mcp_servers.items[i]))
            continue;
        out->mcp_servers.items[kept] = out->mcp_servers.items[i];
        out->mcp_tables.items[kept++] = out->mcp_tables.items[i];
    }
    out->mcp_servers.count = out->mcp_tables.count = kept;
    return 0;
}
