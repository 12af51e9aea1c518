/*
 * Child processes: an argument vector (never a shell), an environment built from zero, a session
 * and process group of its own, output to descriptors or a log, a deadline after which the whole
 * group is gone. A child has no controlling terminal: it can neither ask there nor be stopped by
 * it.
 */
#ifndef PAII_BASE_PROCESS_H
#define PAII_BASE_PROCESS_H

#include "base/arena.h"
#include "base/buf.h"

#include <stdbool.h>
#include <sys/types.h>

/* An environment under construction: "NAME=value" entries, in the arena. */
struct environment {
    struct strings entries;
    struct arena *arena;
};
void environment_set(struct environment *env, const char *name, const char *value);
/* Copies the named variable from ours, if it is set. */
void environment_pass(struct environment *env, const char *name);
char *const *environment_vector(struct environment *env); /* NULL-terminated, in the arena */

struct process {
    char *const *argv; /* argv[0] is an absolute path: see process_find() */
    char *const *envp;
    const char *cwd; /* NULL: ours */
    /* Descriptors for the child's 0, 1, 2; -1 means /dev/null. Not closed by us. */
    int in, out, err;
    const int *extra; /* become 3, 4, ... in the child; NULL for none */
    size_t extra_count;
    int deadline_ms; /* 0: none */
};

/* PATH without its relative folders, which would let the working directory choose programs. */
const char *process_path(struct arena *arena);
/* Finds an executable in PATH (absolute entries only, threat 29); NULL if absent. In the arena. */
char *process_find(struct arena *arena, const char *name);

/*
 * Starts the child. Returns 0 and its pid, or an error naming argv[0]. All descriptors but those
 * named in `process` are closed in it. To be ended by process_finish().
 */
int process_start(pid_t *out, const struct process *process);
/*
 * Waits until a started child ends, or for `deadline_ms` (0: no limit, negative: not at all).
 * Whatever is left of its group is then killed. `status` is as a shell says it: 0-255, 128+signal;
 * 124 past the deadline. When SIGINT, SIGTERM, SIGHUP or SIGQUIT arrives meanwhile, the group is
 * killed, the signal raised again for whoever handles it, and the result is ERR_INTERRUPTED.
 */
int process_finish(int *status, pid_t pid, int deadline_ms);
/* Starts it and waits, as the two above; the deadline is that of `process`. */
int process_run(int *status, const struct process *process);
/*
 * As process_run(), feeding `input` and collecting stdout; `in` and `out` of `process` are not
 * used. A child that writes more than out->max is killed (`out->overflow` is set).
 */
int process_capture(int *status, struct buf *out, const struct process *process, const void *input,
                    size_t input_len);

#endif
