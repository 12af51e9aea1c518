/*
 * What surrounds one run: a private folder and an environment built from zero.
 */
#ifndef PAII_RUNTIME_SANDBOX_H
#define PAII_RUNTIME_SANDBOX_H

#include "base/process.h"
#include "runtime/run.h"

struct sandbox {
    const char *folder;     /* private, below PAII_DIR/run */
    struct environment env; /* everything but what belongs to the protocol's request */
    int log;                /* the plugin's stderr */
};

/*
 * `*wrong` becomes what is not configured, in the arena, or NULL; the sandbox is open either way.
 * After an error it is closed.
 */
int sandbox_open(struct sandbox *out, const struct target *target, const char **wrong,
                 struct arena *arena);
/* The end of what the plugin wrote to stderr, at most `lines` lines, in the arena. */
const char *sandbox_log_tail(const struct sandbox *sandbox, unsigned lines, struct arena *arena);
void sandbox_close(struct sandbox *sandbox);

#endif
