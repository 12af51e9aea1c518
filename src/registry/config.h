/*
 * paii.toml: the user's configuration (docs/config.md).
 */
#ifndef PAII_REGISTRY_CONFIG_H
#define PAII_REGISTRY_CONFIG_H

#include "base/data.h"
#include "base/term.h"

#include <stdbool.h>
#include <stddef.h>

struct registry_config {
    const char *name;
    const char *url; /* "builtin:" for core */
    const char *ref; /* branch or tag, or NULL */
    int priority;    /* higher wins when a person asks for no registry; core is 0 as all are */
    bool builtin;
    const char *token_env;  /* variable (or name in .env) of the token for its origin, or NULL */
    const char *token_user; /* user of that token; NULL: as Git servers have it */
    bool netrc;             /* the login for its host is taken from ~/.netrc */
};

/* Seconds and tries; 0, and of retries -1, for the usual ones (docs/limits.md). */
struct network_limits {
    int connect, stall, timeout, retries;
};

struct binding {
    const char *contract; /* "MemoryProvider" or "IntegrationProvider[jira]" */
    const char *plugin;
};

/* [plugins] of a project's paii.toml. */
struct wanted_plugin {
    const char *name;
    const char *range;    /* "*": any version */
    const char *registry; /* NULL: whichever has it */
    const char *url;      /* as `paii install` takes it, instead of the two; else NULL */
};

/* How Claude Code comes to call the dispatcher (docs/hooks.md, "Registration"). */
enum hook_registration { HOOKS_BY_PLUGIN, HOOKS_BY_SETTINGS, HOOKS_OFF };
extern const char *const hook_registrations[]; /* their words; NULL-terminated */

struct config {
    const char *file;
    struct data *root;                  /* NULL when there is no paii.toml */
    struct registry_config *registries; /* sorted by name; core is always there */
    size_t registry_count, registry_capacity;
    struct binding *bindings;
    size_t binding_count, binding_capacity;
    struct wanted_plugin *wanted; /* of a project */
    size_t wanted_count, wanted_capacity;
    const char *default_language;
    bool require_sandbox;
    struct network_limits network;
    enum hook_registration hooks;
    bool flat; /* of what is installed from now on */
    enum term_level log_level;
};

/* Reads paii.toml, and of a project what its own says; absent gives the defaults. Warnings are
 * printed, an error is ERR_CONFIG. */
int config_read(struct config *out, struct arena *arena);
/* The same of a text, with the findings in `diags`. */
int config_parse(struct config *out, struct arena *arena, const char *file, const char *text,
                 size_t len, struct diags *diags);
const struct registry_config *config_registry(const struct config *config, const char *name);
/* Names of one plugin that are followed; links that lead in a circle end there. */
enum { CONFIG_MAX_NAMES = 16 };
/* The name that a plugin had before: plugins/NEW is a link to OLD then (docs/state.md). NULL for
 * none. */
const char *config_called_before(const char *plugin, struct arena *arena);
/* [config.PLUGIN] out of the table [config], be it under a name that the plugin had before. NULL
 * for none. */
const struct data *config_of_plugin(const struct data *all, const char *plugin,
                                    struct arena *arena);
/* Sets one dotted key to TOML text, or deletes it (NULL); every other byte stays. Makes the file.
 */
int config_edit(const char *dotted, const char *toml_value);

#endif
