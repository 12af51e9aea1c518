/* What a plugin may do beyond being read: docs/lock.md, `capabilities`. */
#include "cli/change.h"

#include "base/data.h"
#include "base/fs.h"
#include "build/build.h"
#include "claude/claude.h"

enum { HOOKS_MAX = 4 * 1024 * 1024 };

static void add(struct strings *out, struct arena *arena, const char *kind, const char *what)
{
    const char *line = arena_printf(arena, "%s:%s", kind, what);
    if (!strings_has(out, line))
        strings_add(out, arena, line);
}

static void add_all(struct strings *out, struct arena *arena, const char *kind,
                    const struct strings *items)
{
    for (size_t i = 0; i < items->count; i++)
        add(out, arena, kind, items->items[i]);
}

/* The events of a hooks.json as Claude Code knows it. */
static void add_client_hooks(struct strings *out, struct arena *arena, const char *dir)
{
    struct diags diags = {.arena = arena};
    const char *file = path_join(arena, dir, "hooks/hooks.json");
    AUTO_BUF text = {0};
    if (fs_read(&text, file, HOOKS_MAX) < 0) {
        error_clear();
        return;
    }
    struct data *root = data_parse_json(arena, file, buf_text(&text), text.len, false, &diags);
    struct data *events = root && root->type == DATA_TABLE ? data_get(root, "hooks") : NULL;
    if (!events || events->type != DATA_TABLE)
        return;
    for (const struct data *event = events->children; event; event = event->next)
        add(out, arena, "hook", hook_event(event->key) ? hook_event(event->key) : event->key);
}

const char *change_capabilities(const struct choice *choice, struct arena *arena)
{
    const struct manifest *manifest = choice->manifest;
    struct strings out = {0};
    struct components parts = {0};
    if (build_adapter(manifest->build.type)->needed(manifest, choice->tree_dir))
        add(&out, arena, "build", build_type_names[manifest->build.type]);
    for (size_t i = 0; i < manifest->env_count; i++)
        add(&out, arena, "env", manifest->env[i].name);
    for (size_t i = 0; i < manifest->config_count; i++)
        if (manifest->config[i].env)
            add(&out, arena, "env", manifest->config[i].env);
    for (size_t i = 0; i < manifest->hook_count; i++)
        add(&out, arena, "hook", manifest->hooks[i].event);
    add_client_hooks(&out, arena, choice->tree_dir);
    if (claude_components(&parts, arena, manifest->name, choice->tree_dir) < 0)
        error_clear();
    add_all(&out, arena, "lsp", &parts.lsp_servers);
    add_all(&out, arena, "mcp", &parts.mcp_servers);
    strings_sort(&out);
    return strings_join(&out, arena, "\n");
}
