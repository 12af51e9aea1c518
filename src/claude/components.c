/* Which skills, agents, commands and servers a plugin's tree holds, where the client looks for
 * them. */
#include "claude/claude.h"

#include "base/data.h"
#include "base/error.h"
#include "base/fs.h"
#include "base/text.h"

#include <string.h>

enum { JSON_MAX = 4 * 1024 * 1024 };

/* Names in a folder; an absent folder has none. */
static struct strings names_in(struct arena *arena, const char *prefix, const char *folder)
{
    struct strings names = {0};
    const char *path = path_join(arena, prefix, folder);
    if (fs_is_dir(path) && fs_list(&names, arena, path) < 0)
        error_clear();
    return names;
}

static const char *without_md(struct arena *arena, const char *name)
{
    return text_ends(name, ".md") ? arena_strndup(arena, name, strlen(name) - 3) : NULL;
}

static void find_skills(struct components *out, struct arena *arena, const char *name,
                        const char *prefix)
{
    out->root_skill = fs_is_file(path_join(arena, prefix, "SKILL.md"));
    if (out->root_skill)
        strings_add(&out->skills, arena, name);
    struct strings names = names_in(arena, prefix, "skills");
    for (size_t i = 0; i < names.count; i++)
        if (fs_is_file(arena_printf(arena, "%s/skills/%s/SKILL.md", prefix, names.items[i])))
            strings_add(&out->skills, arena, names.items[i]);
}

static bool has_front_matter(const char *path)
{
    AUTO_BUF text = {0};
    if (fs_read(&text, path, JSON_MAX) < 0) {
        error_clear();
        return false;
    }
    return text_starts(buf_text(&text), "---\n") || text_starts(buf_text(&text), "---\r\n");
}

static void find_agents(struct components *out, struct arena *arena, const char *prefix)
{
    struct strings names = names_in(arena, prefix, "agents");
    for (size_t i = 0; i < names.count; i++) {
        const char *agent = without_md(arena, names.items[i]);
        const char *file =
            arena_printf(arena, "agents/%s%s", names.items[i], agent ? "" : "/AGENT.md");
        bool is_agent = has_front_matter(path_join(arena, prefix, file));
        out->agents_by_path |= !is_agent || !agent;
        if (!is_agent)
            continue;
        strings_add(&out->agents, arena, agent ? agent : names.items[i]);
        strings_add(&out->agent_files, arena, file);
    }
}

static void find_markdown(struct strings *out, struct arena *arena, const char *prefix,
                          const char *folder)
{
    struct strings names = names_in(arena, prefix, folder);
    for (size_t i = 0; i < names.count; i++) {
        const char *stem = without_md(arena, names.items[i]);
        if (stem)
            strings_add(out, arena, stem);
    }
}

/* The keys of a server file, with or without its wrapper. */
static void find_servers(struct strings *out, struct arena *arena, const char *prefix,
                         const char *file, const char *wrapper)
{
    struct diags diags = {.arena = arena};
    AUTO_BUF text = {0};
    if (fs_read(&text, path_join(arena, prefix, file), JSON_MAX) < 0) {
        error_clear();
        return;
    }
    struct data *root = data_parse_json(arena, file, buf_text(&text), text.len, false, &diags);
    struct data *inner = root ? data_get(root, wrapper) : NULL;
    for (struct data *c = inner ? inner->children : root ? root->children : NULL; c; c = c->next)
        if (c->key && c->type == DATA_TABLE)
            strings_add(out, arena, c->key);
}

int claude_components(struct components *out, struct arena *arena, const char *name,
                      const char *prefix)
{
    *out = (struct components){
        .manifest = fs_is_file(path_join(arena, prefix, ".claude-plugin/plugin.json")),
        .hooks = fs_is_file(path_join(arena, prefix, "hooks/hooks.json")),
    };
    if (!fs_is_dir(prefix))
        return fail(ERR_NOT_FOUND, "the files of plugin '%s' are missing from '%s'", name, prefix);
    find_skills(out, arena, name, prefix);
    find_agents(out, arena, prefix);
    find_markdown(&out->commands, arena, prefix, "commands");
    find_markdown(&out->output_styles, arena, prefix, "output-styles");
    find_servers(&out->mcp_servers, arena, prefix, ".mcp.json", "mcpServers");
    find_servers(&out->lsp_servers, arena, prefix, ".lsp.json", "lspServers");
    return 0;
}

bool claude_has_link(const struct components *components)
{
    return components->manifest || components->skills.count || components->agents.count ||
           components->commands.count || components->mcp_servers.count ||
           components->lsp_servers.count || components->output_styles.count;
}
