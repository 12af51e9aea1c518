/*
 * What the files behind run.h share: one batch of handlers that run side by side.
 */
#ifndef PAII_HOOKS_RUN_PRIVATE_H
#define PAII_HOOKS_RUN_PRIVATE_H

#include "base/process.h"
#include "hooks/run.h"
#include "runtime/chain.h"

#include <sys/uio.h>

/* What a child reads: pieces that lie elsewhere. */
struct input {
    struct iovec *pieces;
    size_t count, len;
};

enum phase {
    PHASE_OVER, /* or never started */
    PHASE_RUNNING,
    PHASE_ASKED,  /* its group got SIGTERM */
    PHASE_KILLED, /* its group got SIGKILL */
};

struct child {
    struct handler_run *run;
    enum phase phase;
    pid_t pid;        /* leader of its group; stays a zombie until the phase is over */
    bool ended;       /* the leader has */
    int out, err;     /* our ends; -1 when closed */
    int64_t began_us; /* hook_clock_us() */
    int64_t next_us;  /* when its phase must change */
    int64_t killed_us;
    int deadline_ms;
    char *const *argv;
    char *const *envp;
    const char *mark;        /* "PAII_HANDLER=…": in the environment of all that comes from it */
    const char *config_file; /* made for this run, to be removed; or NULL */
};

struct batch {
    struct child *children;
    size_t count;
    const struct payload *payload;
    struct arena *arena;
    struct chain chain;
    struct environment common; /* what every handler has */
    int payload_file;          /* a large payload, shared by all; -1 until it is needed */
    int64_t deadline_us;
    /* Then each handler gets a session of its own, so that it can neither ask there nor be stopped
     * by it. Else it does not: Linux schedules each session apart, and ten of them on a busy
     * machine take twice as long. */
    bool has_terminal;
    int interrupted; /* the signal, or 0 */
};

/* ---- environment.c ---- */

/* What all handlers of the batch have in common. */
void environment_begin(struct batch *batch);
/* Fills envp, mark and config_file. NULL, or what is not configured. */
const char *environment_make(struct child *child, const struct batch *batch);

/* ---- request.c ---- */

/* The request to an action; also sets the run's id. */
void request_make(struct input *out, struct handler_run *run, const struct batch *batch);

/* ---- input.c ---- */

/* A descriptor to read `input` from, which needs no feeding; -1 with errno. */
int input_open(const struct input *input);
/* The same for the payload as it is. */
int input_open_payload(struct batch *batch);

/* ---- spawn.c ---- */

/* Starts the process. NULL, or why it could not be started, in the arena. */
const char *child_start(struct child *child, struct batch *batch);

#endif
