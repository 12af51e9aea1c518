/*
 * What Claude Code sees: a generated directory per plugin below the generation, and one link each in
 * ~/.claude/skills (docs/claude.md). A path there that is not ours is never replaced.
 */
#ifndef PAII_CLAUDE_CLAUDE_H
#define PAII_CLAUDE_CLAUDE_H

#include "store/store.h"

/* The `project` step of generation_write(): GENERATION/claude/NAME for every plugin that has something
 * for the client. */
int claude_project(const struct installed *set, const char *generation_dir, struct arena *arena);

/* ERR_REFUSED when a link that `set` needs would replace a path that is not ours; names it. */
int claude_check_links(const struct installed *set, const char *generation_dir, struct arena *arena);

/*
 * Makes ~/.claude/skills and plugins/ agree with the current generation: adds, removes and leaves alone.
 * Idempotent. Folders that this made are removed again when they become empty.
 */
int claude_sync_links(const struct installed *set, struct arena *arena);

/* What a plugin shows the client: for info, install's summary and --json. */
struct components {
    struct strings skills, agents, commands, mcp_servers, lsp_servers, output_styles;
    bool hooks; /* carries hooks of its own */
};
int claude_components(struct components *out, struct arena *arena, const char *prefix);

/* The client's program and version, if found: "2.1.197"; NULL if there is none. Runs it once. */
const char *claude_version(struct arena *arena, const char **program);

#endif
