/*
 * A project's paii.toml and paii.lock: written by others, and read with that in mind
 * (docs/project.md). All of it is about the project of paths.project.
 */
#ifndef PAII_REGISTRY_PROJECT_H
#define PAII_REGISTRY_PROJECT_H

#include "base/buf.h"
#include "registry/config.h"

#define PROJECT_CONFIG "paii.toml"
#define PROJECT_LOCK   "paii.lock"

/* Reads that file of the project's folder; one that is not there is empty. ERR_REFUSED for a link.
 */
int project_read(struct buf *out, const char *name);

/* Puts the registries, bindings and plugins of its paii.toml in place of the user's. */
int project_config(struct config *out, struct arena *arena);
/* From here on project_config() gives that registry of the user's, too, as the last to be asked. */
void project_lend(const char *registry);
/* Whether it is such a one. */
bool project_is_lent(const struct registry_config *registry);

/*
 * Places on this machine, as a file for others can say them: "./tools/lint" of the project, or
 * "builtin:plugins/history" of what comes with paii. NULL for one that is elsewhere.
 */
const char *project_place(const char *path, struct arena *arena);
/* The absolute path of such a place below `root`, or `text` itself if it is none. ERR_REFUSED if
 * links on the way lead out. */
int project_resolve(const char **out, const char *text, const char *root, struct arena *arena);

#endif
