/*
 * Hooks that a plugin declares for Claude Code itself: hooks/hooks.json, and `hooks` of
 * .claude-plugin/plugin.json, which is a path, a list of them, or the hooks themselves.
 */
#ifndef PAII_CLAUDE_NATIVE_HOOKS_H
#define PAII_CLAUDE_NATIVE_HOOKS_H

#include "base/arena.h"
#include "base/data.h"

#include <stdbool.h>
#include <stddef.h>

/* One entry of a group of an event. */
struct native_hook {
    int event;               /* of registry/events.h */
    const char *matcher;     /* of its group; "" for none */
    const struct data *data; /* a table */
    const char *file;        /* below the plugin: "hooks/hooks.json" */
    unsigned group, entry;   /* its place there, from 1 */
    bool command;            /* of type "command": for the dispatcher; others are the client's */
};
struct native_hooks {
    struct native_hook *items;
    size_t count, capacity;
};

/* All of the tree `prefix`, in their order. What cannot be read is left out, with a warning each in
 * `warnings` (may be NULL). */
void claude_native_hooks(struct native_hooks *out, const char *prefix, struct strings *warnings,
                         struct arena *arena);
/* Whether an entry is there that only the client can run. */
bool claude_has_own_hooks(const struct native_hooks *hooks);
/* Writes FILE with those entries that only the client can run; nothing if there are none. */
int claude_write_own_hooks(const char *file, const struct native_hooks *hooks, struct arena *arena);

#endif
