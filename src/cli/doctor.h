/*
 * What may be wrong around paii: programs that are missing, folders that are not as they should be.
 */
#ifndef PAII_CLI_DOCTOR_H
#define PAII_CLI_DOCTOR_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>

enum finding_level {
    FINDING_OK,
    FINDING_ADVICE,  /* would be good to have, or will be needed for other plugins */
    FINDING_PROBLEM, /* something that is installed does not work without it */
};

struct finding {
    enum finding_level level;
    const char *subject; /* "cargo" */
    const char *message; /* "1.63.0 at /usr/bin/cargo" */
    const char *fix;     /* what to type; NULL when all is well */
};

struct findings {
    struct arena *arena;
    struct finding *items;
    size_t count, capacity;
};

/* Folders, permissions, links and the helper: no program is run. Needs paths_init(). */
void doctor_state(struct findings *out);
/* Settings and secrets that installed plugins require and that have no value. */
void doctor_settings(struct findings *out);
/* Whether Claude Code runs the hooks of what is installed; asks the client. Needs paths_init(). */
void doctor_hooks(struct findings *out);
/* Names that several installed plugins have. */
void doctor_collisions(struct findings *out);
/* Whether the plugins of the project around the working directory are as its files say. */
void doctor_project(struct findings *out);
/* Programs that installed plugins need: which, by whom, and what is missing. */
void doctor_programs(struct findings *out);
/* Programs that builds and Claude Code need: runs each for its version. Needs paths_init(). */
void doctor_tools(struct findings *out);

struct hooks_status {
    size_t handlers, events; /* in the table */
    size_t left_out;         /* after failures */
    size_t waiting, failed;  /* of what was spooled */
};
/* The table, handlers that are left out, spooled work that does not get done: nothing is run. */
void doctor_handlers(struct findings *out, struct hooks_status *status);
/* Fires an event through the command that is registered with the client; starts no handler. */
void doctor_dispatch(struct findings *out);

void finding_add(struct findings *out, enum finding_level level, const char *subject,
                 const char *fix, const char *format, ...) __attribute__((format(printf, 5, 6)));

#endif
