/*
 * Running handlers side by side: processes with a deadline each, bounded output, an environment
 * from zero, and nothing left behind (docs/hooks.md, "Running").
 */
#ifndef PAII_HOOKS_RUN_H
#define PAII_HOOKS_RUN_H

#include "base/buf.h"
#include "hooks/payload.h"

enum outcome {
    OUTCOME_EXITED,  /* `status` is the exit status */
    OUTCOME_KILLED,  /* by a signal: `status` */
    OUTCOME_TIMEOUT, /* was still there at its deadline */
    OUTCOME_MISSING, /* the program could not be started: `why` */
    OUTCOME_REFUSED, /* content is not the locked one, or not configured: `why` */
    OUTCOME_SKIPPED, /* not run: spooled, breaker open, once, another one's double: `why` */
};

struct handler_run {
    const struct handler *handler;
    enum outcome outcome;
    int status;
    const char *id;              /* of an action's request; its response must name it */
    const char *why;             /* in the arena, or NULL */
    struct buf out, err;         /* to be released with handler_run_release() */
    bool cut;                    /* more than 64 KiB of stdout */
    int64_t started_us, took_us; /* since the dispatch began; duration */
    struct strings secrets;      /* values that were given to it: never to be shown */
};

/* Microseconds since this was first called: to be called when the dispatch begins. */
int64_t hook_clock_us(void);

/*
 * Runs `count` handlers at once and returns when all are over, at the latest at `deadline_ms` from
 * now plus one second. What a handler does wrong is its outcome; an error return means that
 * something of ours failed. Fill `handler` of each first; those whose outcome is set to something
 * but OUTCOME_EXITED are not started. When SIGINT, SIGTERM, SIGHUP or SIGQUIT arrives meanwhile,
 * all are ended, the signal is raised again, and the result is ERR_INTERRUPTED.
 */
int handlers_run(struct handler_run *runs, size_t count, const struct payload *payload,
                 int deadline_ms, struct arena *arena);
void handler_run_release(struct handler_run *run);

/* Asked by handlers_run() of each that it starts.
 * NULL if the handler's plugin is what was locked, else what is wrong. `why_slow` is set when all
 * files had to be hashed, as the fingerprint differs. */
const char *handler_check(const struct handler *handler, bool *why_slow, struct arena *arena);

#endif
