/*
 * Child processes: an argument vector (never a shell), an environment built from zero, a process group
 * of its own, output to descriptors or a log, a deadline after which the whole group is gone.
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

/* Finds an executable in PATH (absolute entries only, threat 29); NULL if absent. In the arena. */
char *process_find(struct arena *arena, const char *name);

/* Starts the child. Returns 0 and its pid, or an error naming argv[0]. */
int process_start(pid_t *out, const struct process *process);
/* Starts it and waits. On return the group is gone. `status` is as a shell says it: 0-255, 128+signal;
 * past the deadline 124. */
int process_run(int *status, const struct process *process);
/* As process_run(), feeding `input` and collecting stdout (bounded by out->max). */
int process_capture(int *status, struct buf *out, const struct process *process, const void *input,
                    size_t input_len);

#endif
