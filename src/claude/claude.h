/*
 * What Claude Code sees: a generated directory per plugin below the generation, and one link each
 * in
 * ~/.claude/skills (docs/claude.md). A path there that is not ours is never replaced.
 */
#ifndef PAII_CLAUDE_CLAUDE_H
#define PAII_CLAUDE_CLAUDE_H

#include "base/data.h"
#include "registry/config.h"
#include "store/store.h"

enum component_kind {
    COMPONENT_SKILL,
    COMPONENT_AGENT,
    COMPONENT_COMMAND,
    COMPONENT_SERVER,
    COMPONENT_KINDS
};
extern const char *const client_folders[]; /* "skills", "agents", "commands", as the first kinds */
extern const char
    *const component_kinds[]; /* "skill", "agent", "command", "mcp"; NULL-terminated */

/* Tables of servers, each under its name: `key`. */
struct servers {
    const struct data **items;
    size_t count, capacity;
};

/* What a plugin shows the client. Files are below the plugin, in the order of the names. */
struct components {
    struct strings skills;      /* as the client names them, without the plugin's prefix */
    struct strings skill_files; /* "skills/x/SKILL.md" */
    struct strings agents;
    struct strings agent_files; /* "agents/x.md", "agents/y/AGENT.md" */
    struct strings commands, command_files;
    struct strings mcp_servers, lsp_servers, output_styles;
    struct servers mcp_tables, lsp_tables; /* same order as mcp_servers and lsp_servers */
    bool agents_by_path; /* agents/ holds more than agents, or some in folders: the client must be
                            told */
    bool root_skill;     /* a SKILL.md at its root: a skill of the plugin's own name */
    bool only_skills;    /* its folder of skills holds others than are its own */
    bool manifest;       /* carries a .claude-plugin/plugin.json */
    bool hooks;          /* has hooks that only the client can run */
};
/* Looks at the tree of plugin `name`; what cannot be read is left out. */
int claude_components(struct components *out, struct arena *arena, const char *name,
                      const char *prefix);
/* The same of an installed one, without what is switched off of it (docs/claude.md). */
int claude_components_left(struct components *out, struct arena *arena,
                           const struct package *package);
/* Its components of that kind. */
const struct strings *claude_names(const struct components *components, enum component_kind kind);
/* Whether the package's lock says that the component is switched off; NULL: any of the kind. */
bool claude_is_disabled(const struct package *package, enum component_kind kind, const char *name);
/* Whether the client is given a link for a plugin of these components. */
bool claude_has_link(const struct components *components);

/* The links that a generation, or `current`, wants in the client's folder. */
struct client_link {
    const char *path, *target;
    const char *plugin;
    const char *part; /* "skill 'lint'" of a flat one; NULL: the plugin */
};
struct client_links {
    struct client_link *items;
    size_t count, capacity;
    bool listed; /* the generation says which of them are flat */
};
int claude_links(struct client_links *out, const struct installed *set, const char *dir,
                 enum hook_registration hooks, struct arena *arena);
/* Where the link to the plugin itself stands. */
const char *claude_plugin_link(const char *plugin, const char *dir, struct arena *arena);

/* The `project` step of generation_write(): GENERATION/claude/NAME for every plugin that has
 * something for the client. */
int claude_project(const struct installed *set, const char *generation_dir, struct arena *arena);

/* ERR_REFUSED when a link that the generation needs would replace a path that is not ours, or the
 * client's settings.json cannot take its entries. */
int claude_check_links(const struct installed *set, const char *generation_dir,
                       struct arena *arena);
/* The same, if paii.toml said so of hooks. */
int claude_check_links_as(const struct installed *set, const char *generation_dir,
                          enum hook_registration hooks, struct arena *arena);

/*
 * Makes ~/.claude/skills, plugins/ and, if hooks are registered there, the client's settings.json
 * agree with the current generation, which holds `set`: adds, removes and leaves alone. Idempotent.
 * Folders that this made are removed again when they are empty.
 */
int claude_sync_links(const struct installed *set, struct arena *arena);
/* The same, as if paii.toml said so of hooks; what claude_expect_sync() noted stays. */
int claude_sync_links_as(const struct installed *set, enum hook_registration hooks,
                         struct arena *arena);

/* Where the links are not what claude_sync_links() makes, in words. Changes nothing. */
int claude_links_differ(struct strings *out, const struct installed *set, struct arena *arena);

/* Notes that the links do not agree with `current` for a moment, until claude_sync_links() is done.
 */
int claude_expect_sync(void);
/* Finishes what a killed process had noted so. For every writer, once it has the lock. */
int claude_recover(void);

/* The client's version ("2.1.197") and program, if found; NULL if there is none. Starts it once. */
const char *claude_version(struct arena *arena, const char **program);
/* What the client finds wrong with the plugin in `dir`, or NULL: nothing, or it cannot be asked. It
 * is given a folder of its own to write into. */
const char *claude_objection(const char *dir, struct arena *arena);

#endif
