/*
 * Skills, agents and commands under their own names, beside those that the client names by their
 * plugin: docs/claude.md, "Without the prefix".
 */
#ifndef PAII_CLAUDE_FLAT_H
#define PAII_CLAUDE_FLAT_H

#include "claude/claude.h"

struct flat_part {
    enum component_kind kind;
    const char *name; /* as the client will know it */
    const char *plugin;
    const char *prefix, *file; /* of the plugin: "skills/x/SKILL.md" */
};
struct flat_parts {
    struct arena *arena;
    struct flat_part *items;
    size_t count, capacity;
    struct strings left_out; /* "agent 'x' of plugin 'y' (why)" */
};

/* Adds those of a package whose files are in `prefix`; none unless it is flat and not disabled. */
int flat_add(struct flat_parts *out, const struct package *package, const char *prefix);
/* ERR_REFUSED naming both owners if a name is another plugin's, too, or the person's own. `plugins`
 * are the names of all that will be installed. */
int flat_check(const struct flat_parts *parts, const struct strings *plugins);

/* A step of claude_project(): GENERATION/flat, and the list of its links. */
int flat_project(const struct installed *set, const char *generation_dir, struct arena *arena);

#endif
