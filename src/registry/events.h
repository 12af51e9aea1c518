/*
 * The events of Claude Code that hooks are for (docs/hooks.md). Measured on 2.1.197.
 */
#ifndef PAII_REGISTRY_EVENTS_H
#define PAII_REGISTRY_EVENTS_H

#include <stdbool.h>

enum { HOOK_EVENTS = 30 };

struct event {
    const char *name;        /* "pre-tool-use" */
    const char *client_name; /* "PreToolUse" */
    const char *subject;     /* payload key that matchers look at; NULL for none */
    bool tool;               /* it is about a tool call: `if` applies */
};
extern const struct event hook_events[HOOK_EVENTS]; /* sorted by name */
/* Its index, for any spelling ("pre_tool_use", "PreToolUse"); -1 if it is none. */
int hook_event_index(const char *text);

#endif
