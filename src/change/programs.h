/* Which programs a plugin needs on the machine, as far as its files tell: for `info`, the plan of
 * an install, and `doctor`. What is said and not meant is worse than what is missed. */
#ifndef PAII_CHANGE_PROGRAMS_H
#define PAII_CHANGE_PROGRAMS_H

#include "claude/claude.h"
#include "registry/manifest.h"

enum program_use {                 /* the strongest counts */
                   PROGRAM_STARTS, /* a hook, a server or the plugin itself does not run without it
                                    */
                   PROGRAM_IN_FILES, /* programs and scripts of the plugin are written for it */
                   PROGRAM_MAYBE,    /* used if it is there, or allowed to be used */
};
struct program {
    const char *name;
    enum program_use use;
    const char *by; /* one that does: "hook stop", "MCP server 'x'", "scripts/x.py" */
};
struct programs {
    struct arena *arena;
    struct program *items; /* sorted by name */
    size_t count, capacity;
};

/* Those of the plugin in `dir`. */
void programs_find(struct programs *out, const struct manifest *manifest,
                   const struct components *parts, const char *dir);
bool program_is_here(const struct program *program, struct arena *arena);
/* The package of Debian that has it; NULL if it is in none, or not known. */
const char *program_package(const char *name);
/* "jq, node (not found)" of those that are needed, or may be used. */
const char *programs_text(const struct programs *programs, bool maybe);
/* "programs": all of them. */
void programs_json(struct json_writer *json, const struct programs *programs);

/* ---- programs_shell.c ---- */

enum shell_place {
    SHELL_RUN,
    SHELL_OTHERWISE, /* run if something else fails */
    SHELL_TESTED,    /* looked for: command -v jq */
    SHELL_SCRIPT,    /* a file that a shell reads: bash x.sh */
    SHELL_GIVEN,     /* an argument of such a one */
};
/*
 * Calls `tell` for each name at such a place of a shell's text. Quoted text, here-documents and
 * patterns are no commands. Rather too few than too many: hooks/condition.h does the contrary.
 */
void shell_programs(const char *text, struct arena *arena,
                    void (*tell)(void *context, const char *word, enum shell_place place),
                    void *context);

#endif
