/* What a plugin may do beyond being read: docs/lock.md, `capabilities`. */
#include "change/change.h"

#include "build/build.h"
#include "claude/claude.h"
#include "claude/native_hooks.h"
#include "registry/events.h"

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

/* What it declares for Claude Code itself. */
static void add_client_hooks(struct strings *out, struct arena *arena, const char *dir)
{
    struct native_hooks hooks;
    claude_native_hooks(&hooks, dir, NULL, arena);
    for (size_t i = 0; i < hooks.count; i++)
        add(out, arena, "hook", hook_events[hooks.items[i].event].name);
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
