/*
 * Skills, agents and commands of one name in several plugins. Claude Code tells them apart by the
 * plugin's name, so nothing is wrong; but a person, or a model, who says the name may mean either.
 */
#ifndef PAII_CHANGE_COLLISIONS_H
#define PAII_CHANGE_COLLISIONS_H

#include "claude/claude.h"

struct owner {
    enum component_kind kind;
    const char *name, *plugin;
    bool fresh; /* about to be installed */
};
struct owners {
    struct arena *arena;
    struct owner *items;
    size_t count, capacity;
};

void collisions_add(struct owners *owners, const char *plugin, const struct components *parts,
                    bool fresh);
/* Names with more than one owner, in order; calls `tell` for each with all its owners. */
void collisions_each(struct owners *owners, bool fresh_only,
                     void (*tell)(void *context, const struct owner *first, size_t count),
                     void *context);
/* "agent 'x' is in several plugins: a, b" */
const char *collisions_text(const struct owner *first, size_t count, struct arena *arena);

#endif
