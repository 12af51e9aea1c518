/* What a person wants to know of a plugin before trusting it, told from its files: for `info`. */
#ifndef PAII_CLI_CMD_INFO_H
#define PAII_CLI_CMD_INFO_H

#include "base/data.h"
#include "change/programs.h"
#include "claude/claude.h"
#include "registry/manifest.h"

struct fact_hook {
    const char *event;   /* "pre-tool-use" */
    const char *matcher; /* "" for none */
    const char *runs;    /* an action, a command, or the type of what only the client runs */
    const char *file;    /* where it is declared */
    bool closed;         /* a failure blocks */
    int priority;
};

struct fact_variable {
    const char *name;
    const char *description; /* "" when not said */
    bool required, secret;
};

struct facts {
    struct components components;
    struct manifest manifest;
    struct fact_hook *hooks;
    size_t hook_count, hook_capacity;
    struct fact_variable *variables; /* settings and secrets that it asks for */
    size_t variable_count, variable_capacity;
    struct programs programs;
    size_t always_tokens; /* names and descriptions, in every session; estimated */
    size_t used_tokens;   /* all skills, agents and commands besides; estimated */
};

/* False if the files in `dir` cannot be read; what of them cannot is left out. */
bool facts_read(struct facts *out, struct arena *arena, const char *name, const char *dir);
/* "node server.js --stdio", or its URL. */
const char *facts_server(const struct data *server, struct arena *arena);

void facts_print(const struct facts *facts, struct arena *arena);
void facts_json(struct json_writer *json, const struct facts *facts, struct arena *arena);

/* One field a line: nothing if there is no value. */
void info_field(const char *key, const char *value, struct arena *arena);
/* One line each, the key only at the first. */
void info_fields(const char *key, const struct strings *values, struct arena *arena);

#endif
