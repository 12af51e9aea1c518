/*
 * From what handlers said to the one answer (docs/hooks.md, "One answer").
 */
#ifndef PAII_HOOKS_ANSWER_H
#define PAII_HOOKS_ANSWER_H

#include "hooks/run.h"

enum decision { DECISION_NONE, DECISION_ALLOW, DECISION_ASK, DECISION_DEFER, DECISION_DENY };
extern const char *const decision_names[]; /* by enum decision */

/* What one handler said, whatever its dialect; and what all of them say together. Strings and
 * slices are in the arena. */
struct reply {
    const struct handler *handler;
    enum decision decision;
    const char *failure; /* why it is a failure, or NULL; `decision` is then as on_error says */
    const char *reason, *context, *system_message, *stop_reason;
    const char *text; /* of a native hook: its stdout, as it is no JSON; a worktree's path */
    bool stop;        /* continue: false */
    bool suppress_output, suppress_prompt, reload_skills, retry, interrupt;
    struct json_slice updated_input, updated_output, updated_mcp_output, display_content,
        initial_message, session_title, terminal_sequence, action, content, watch_paths,
        permissions; /* of permission-request: updatedPermissions */
};
/* Reads the reply of a finished run, by its dialect. */
void reply_read(struct reply *out, const struct handler_run *run, int event, struct arena *arena);

struct answer {
    int exit_status; /* 0 or 2 */
    struct buf out;  /* stdout: empty or one JSON document and a line end */
    struct buf err;  /* stderr */
    enum decision decision;
    struct json_slice updated_input; /* of all priorities so far */
    struct strings notes;            /* how it came about, for `paii hook test`, one a line */
};
/*
 * Merges replies in their order. The same replies give the same bytes. To be called once, with the
 * replies of all priorities; answer_release() in the end.
 */
void answer_merge(struct answer *out, const struct reply *replies, size_t count, int event,
                  struct arena *arena);
/* Of one priority: the input that it leaves to the next; no slice if it changes nothing. */
struct json_slice answer_updated_input(const struct reply *replies, size_t count,
                                       struct arena *arena);
/* The answer when nothing could be asked (damaged table, unusable payload): blocks if `closed`. */
void answer_failure(struct answer *out, int event, bool closed, const char *why);
void answer_release(struct answer *answer);

#endif
