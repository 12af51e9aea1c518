/*
 * GENERATION/claude/paii: the plugin of paii's own that registers the dispatcher with the client,
 * one entry an event (docs/hooks.md, "Registration").
 */
#ifndef PAII_CLAUDE_DISPATCHER_H
#define PAII_CLAUDE_DISPATCHER_H

#include "base/arena.h"
#include "base/data.h"

#include <stdbool.h>
#include <stddef.h>

/* The name of that plugin, and of its link. */
#define DISPATCHER_NAME "paii"

struct wanted_event {
    const char *client_name; /* "PreToolUse" */
    const char *name;        /* "pre-tool-use" */
    const char *matcher;     /* NULL for all; the client watches only the files that one of
                                FileChanged names */
    int timeout_s;
    bool sync, async; /* has handlers of that sort; at least one of the two */
};

/* Writes the plugin's plugin.json and hooks/hooks.json; nothing if no event is wanted. */
int claude_write_dispatcher(const char *generation_dir, const struct wanted_event *events,
                            size_t count, struct arena *arena);

/* What that plugin of a generation (or of `current`) wants; none without it. `program` (may be
 * NULL) becomes the one that its entries start. */
int claude_read_dispatcher(const char *generation_dir, struct wanted_event **events, size_t *count,
                           const char **program, struct arena *arena);

/* Writes that of the current generation again if this program, or our state, is elsewhere now. */
int claude_refresh_dispatcher(struct arena *arena);

/*
 * How an entry names its program: the words themselves, which need no shell, or one command line,
 * which clients of all versions understand.
 */
enum entry_form { ENTRY_WORDS, ENTRY_SHELL };
/* Writes one entry, an element of an event's array: {"matcher"?, "hooks": [...]}. */
void dispatcher_write_entry(struct json_writer *json, const struct wanted_event *event,
                            enum entry_form form, struct arena *arena);

/* Where in these words of a command the program .../paii stands that is told `hook dispatch`; -1 if
 * it is another command. */
int dispatcher_program(const struct strings *words);
/* Appends the words of a command line, as far as its quotes are plain. */
void dispatcher_split(struct strings *words, const char *command, struct arena *arena);

#endif
