/*
 * What the dispatcher keeps below PAII_DIR/hooks: breakers, the trace, the spool, and which `once`
 * handlers have run. All of it may be deleted at any time but the spool.
 */
#ifndef PAII_HOOKS_STATE_H
#define PAII_HOOKS_STATE_H

#include "hooks/answer.h"

#include <time.h>

/* ---- breakers (open handlers only) ---- */

enum { BREAKER_FAILURES = 5, BREAKER_PAUSE_S = 600 };
struct breaker {
    unsigned failures;
    time_t since; /* of the last failure */
};
/* Absent or unreadable: no failures. */
void breaker_read(struct breaker *out, const struct handler *handler, struct arena *arena);
/* Whether the handler is left out now. */
bool breaker_is_open(const struct breaker *breaker, time_t now);
/* Notes a failure, or a success after failures. Best effort: never an error. */
void breaker_note(const struct handler *handler, const struct breaker *before, bool failed,
                  struct arena *arena);
/* Of one plugin, or of all (NULL); `*count` is how many there were. */
int breaker_reset(const char *plugin, unsigned *count, struct arena *arena);

/* ---- the trace ---- */

enum trace_level { TRACE_OFF, TRACE_SUMMARY, TRACE_FULL };
extern const char *const trace_level_names[]; /* NULL-terminated */
enum trace_level trace_level(struct arena *arena);
int trace_set_level(enum trace_level level, struct arena *arena);
/* Appends one line. Best effort: never an error, never waits. */
void trace_add(enum trace_level level, int event, unsigned generation,
               const struct payload *payload, const struct handler_run *runs,
               const struct reply *replies, size_t count, const struct answer *answer,
               struct arena *arena);
/* Prints the record, oldest first; with --json as one array. */
int trace_print(struct arena *arena);

/* ---- the spool ---- */

/* Appends a record and sees to a drainer. Returns NULL, or why it could not be written. */
const char *spool_add(const struct handler *handler, const struct payload *payload,
                      struct arena *arena);
/* Handles what is waiting for one plugin (NULL: all), in this process; if another one is at it,
 * after that, or (no `wait`) not at all. `*left` is what stays. */
int spool_drain(const char *plugin, bool wait, unsigned *handled, unsigned *left,
                struct arena *arena);

struct backlog {
    const char *plugin;
    unsigned waiting, failed;
    time_t oldest;
};
int spool_backlog(struct backlog **out, size_t *count, struct arena *arena);

/* ---- once ---- */

/* True the first time in this session. */
bool once_first(const struct handler *handler, const char *session_id, struct arena *arena);

#endif
