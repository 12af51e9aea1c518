/* Which skills, agents, commands and servers a plugin's tree holds, where the client looks for
 * them. */
#include "claude/claude.h"

#include "base/data.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/text.h"
#include "claude/native_hooks.h"

#include <string.h>

enum { JSON_MAX = 4 * 1024 * 1024 };

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
                       const char *prefix)
{
    struct strings names = {0};
    out->root_skill = fs_is_file(path_join(arena, prefix, "SKILL.md"));
    if (out->root_skill)
        strings_add(&out->skills, arena, name);
    int result = names_in(&names, arena, prefix, "skills");
    for (size_t i = 0; i < names.count; i++)
        if (fs_is_file(arena_printf(arena, "%s/skills/%s/SKILL.md", prefix, names.items[i])))
            strings_add(&out->skills, arena, names.items[i]);
    return result;
}

static int has_front_matter(bool *out, const char *path)
{
    AUTO_BUF text = {0};
    int result = absent_is_fine(fs_read(&text, path, JSON_MAX));
    *out = result == 0 &&
           (text_starts(buf_text(&text), "---\n") || text_starts(buf_text(&text), "---\r\n"));
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
        bool is_agent;
        result = has_front_matter(&is_agent, path_join(arena, prefix, file));
        out->agents_by_path |= !is_agent || !agent;
        if (!is_agent)
            continue;
        strings_add(&out->agents, arena, agent ? agent : names.items[i]);
        strings_add(&out->agent_files, arena, file);
    }
    return result;
}

static int find_markdown(struct strings *out, struct arena *arena, const char *prefix,
                         const char *folder)
{
    struct strings names = {0};
    int result = names_in(&names, arena, prefix, folder);
    for (size_t i = 0; i < names.count; i++) {
        const char *stem = without_md(arena, names.items[i]);
        if (stem)
            strings_add(out, arena, stem);
    }
    return result;
}

/* The keys of a server file, with or without its wrapper. */
static int find_servers(struct strings *out, struct arena *arena, const char *prefix,
                        const char *file, const char *wrapper)
{
    struct diags diags = {.arena = arena};
    AUTO_BUF text = {0};
    int result = absent_is_fine(fs_read(&text, path_join(arena, prefix, file), JSON_MAX));
    if (result < 0)
        return result;
    struct data *root = data_parse_json(arena, file, buf_text(&text), text.len, false, &diags);
    struct data *inner = root ? data_get(root, wrapper) : NULL;
    for (struct data *c = inner ? inner->children : root ? root->children : NULL; c; c = c->next)
        if (c->key && c->type == DATA_TABLE)
            strings_add(out, arena, c->key);
    return 0;
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
    int result;
    if ((result = find_skills(out, arena, name, prefix)) < 0 ||
        (result = find_agents(out, arena, prefix)) < 0 ||
        (result = find_markdown(&out->commands, arena, prefix, "commands")) < 0 ||
        (result = find_markdown(&out->output_styles, arena, prefix, "output-styles")) < 0 ||
        (result = find_servers(&out->mcp_servers, arena, prefix, ".mcp.json", "mcpServers")) < 0 ||
        (result = find_servers(&out->lsp_servers, arena, prefix, ".lsp.json", "lspServers")) < 0)
        return error_context(result, "plugin '%s'", name);
    return 0;
}

bool claude_has_link(const struct components *components)
{
    return components->manifest || components->skills.count || components->agents.count ||
           components->commands.count || components->mcp_servers.count ||
           components->lsp_servers.count || components->output_styles.count || components->hooks;
}
