/*
 * Running what is installed: actions by the protocol, programs by convention, and calls between
 * plugins through contracts (docs/protocol.md).
 */
#ifndef PAII_RUNTIME_RUN_H
#define PAII_RUNTIME_RUN_H

#include "base/buf.h"
#include "base/data.h"
#include "registry/manifest.h"

#include <stdbool.h>
#include <stddef.h>

/* An installed plugin that is to be run. */
struct target {
    const char *name, *version;
    const char *prefix; /* its files, absolute */
    bool disabled;      /* nobody but a person may run it (docs/claude.md) */
    struct manifest manifest;
};

/* Finds an installed plugin and reads its manifest. ERR_NOT_FOUND with the nearest name as hint. */
int target_open(struct target *out, const char *plugin, struct arena *arena);
/* Whether it knows the protocol: it declares actions. If not, action_exec_convention() runs it. */
bool target_has_protocol(const struct target *target);
/* The argument vector that runs it, with `count` words appended; NULL-terminated, in the arena. */
int target_command(char *const **out, const struct target *target, const char *const *words,
                   size_t count, struct arena *arena);

/* A name for one request: 16 hex digits, in the arena. */
const char *action_request_id(struct arena *arena);

struct action_call {
    const char *action;
    const char *contract;       /* "MemoryProvider/1" when called through a contract, else NULL */
    const char *params;         /* JSON object text; NULL for none */
    const char *caller, *alias; /* plugin that calls and by which alias, or NULL */
    bool dry_run;
    int deadline_ms; /* 0: the action's own */
};

struct action_result {
    bool ok;
    struct buf raw;            /* the response document: as it came, or as we made it */
    const char *text;          /* for people, or NULL */
    const struct data *result; /* NULL when not ok */
    struct strings warnings;
    const char *code, *message; /* when not ok */
};

/*
 * Runs the action by the protocol. Whatever the plugin does wrong, and a request that cannot be
 * asked for, is ok=false and success here; an error return means that something of ours failed.
 * Strings are in the arena; `raw` is to be released.
 */
int action_run(struct action_result *out, const struct target *target,
               const struct action_call *call, struct arena *arena);

/*
 * Runs a plugin that declares no actions: `words` are its arguments, our stdin, stdout and stderr
 * are its own. Returns its exit status or an error.
 */
int action_exec_convention(const struct target *target, const char *const *words, size_t count,
                           struct arena *arena);

/* Fills `out` with a failure that we found ourselves. */
void action_fail(struct action_result *out, struct arena *arena, const char *id, const char *code,
                 const char *format, ...) __attribute__((format(printf, 5, 6)));

/*
 * `paii call`: the plugin that runs us (PAII_PLUGIN) calls `method` of the contract that it
 * consumes as `alias`. As action_run() otherwise. ERR_GENERIC if no plugin runs us.
 */
int contract_call(struct action_result *out, const char *alias, const char *method,
                  const char *params, struct arena *arena);

#endif
