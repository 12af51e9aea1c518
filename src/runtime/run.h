/*
 * Running an action of an installed plugin, and calling what a plugin consumes (docs/protocol.md).
 */
#ifndef PAII_RUNTIME_RUN_H
#define PAII_RUNTIME_RUN_H

#include "base/buf.h"
#include "registry/manifest.h"
#include "store/store.h"

struct action_call {
    const char *plugin;
    const char *action;
    const char *contract;  /* "MemoryProvider/1" when called through a contract, else NULL */
    const char *params;    /* JSON object text */
    const char *caller, *alias; /* plugin that calls and by which alias, or NULL */
    bool dry_run;
    int deadline_ms; /* 0: the action's own */
};

struct action_result {
    bool ok;
    struct buf raw;      /* the response document as it came (or as we made it for a crash) */
    const char *text;    /* for people, or NULL */
    const char *result;  /* JSON text of result, or NULL */
    const char *code, *message; /* when not ok */
};

/* Runs the action by the protocol. A plugin's failure is ok=false and success here; an error return means
 * that it could not be asked at all. */
int action_run(struct action_result *out, const struct action_call *call, struct arena *arena);

/* Runs a plugin without [run] by convention: argv, our own stdin and stdout. Returns its exit status or
 * an error. */
int action_exec_convention(const struct manifest *manifest, const char *prefix, const char *action,
                           size_t argc, char *const *argv, struct arena *arena);

/* Resolves an alias of `consumer` through the current bindings. *provider is NULL if unbound. */
int contract_provider(const char **provider, const char **contract, const char *consumer,
                      const char *alias, struct arena *arena);

#endif
