/*
 * `if` conditions of native hooks: rules like those of the client's permissions (docs/hooks.md).
 */
#ifndef PAII_HOOKS_CONDITION_H
#define PAII_HOOKS_CONDITION_H

#include "hooks/payload.h"

enum verdict { VERDICT_NO, VERDICT_YES, VERDICT_UNKNOWN };

/* Whether the condition holds of the tool call that the payload is about. */
enum verdict condition_holds(const char *condition, const struct payload *payload,
                             struct arena *arena);

/*
 * The simple commands of a shell's command line, each as its words with one space between, without
 * quotes, redirections and assignments in front; those inside $(…), `…` and groups too. Rather one
 * too many than one too few. False if it is nested too deeply to tell.
 */
bool shell_commands(struct strings *out, const char *line, struct arena *arena);

/* Keys of tool_input that conditions look at; NULL-terminated. */
extern const char *const condition_keys[];

#endif
