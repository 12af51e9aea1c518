/*
 * Plugins of a repository: its paii.toml says what is wanted, its paii.lock what that came to
 * (docs/project.md). All but project_enter() are about the project of paths.project.
 */
#ifndef PAII_CHANGE_PROJECT_H
#define PAII_CHANGE_PROJECT_H

#include "change/change.h"

/* Makes the scope of this process that of the project around that folder. ERR_CONFIG if there is
 * none. */
int project_enter(const char *dir);

/* For the commands of hints: " --project" if this one is about a project, with its folder if it is
 * not around the working directory; else "". */
const char *project_flag(void);

/* ---- project.c: do the files and what is here agree ---- */

/* paii.lock of the project, its places as paths of this machine; empty if there is none. */
int project_read_lock(struct installed *out, struct arena *arena);
/* Where paii.toml and paii.lock do not agree, in words. */
int project_unlocked(struct strings *out, struct arena *arena);
/* Where what is here is not what paii.lock says, in words. */
int project_unsynced(struct strings *out, struct arena *arena);
/* Where `here` is not what `lock` says, in words. */
void project_compare(struct strings *out, const struct installed *lock,
                     const struct installed *here, struct arena *arena);
/* What paii.toml says of that plugin, or NULL. */
const struct wanted_plugin *project_wanted(const struct config *config, const char *name);
/* 1 if the plugin of a lock is what is wanted, 0 if not, or an error. */
int project_is_met(const struct wanted_plugin *wanted, const struct package *locked,
                   struct arena *arena);
/* Whether the two mean the same plugin, wherever its prefix stands. */
bool project_same_plugin(const struct package *a, const struct package *b);

/* Makes what is here what paii.lock says, after asking. */
int project_sync(bool dry_run, bool yes, struct arena *arena);
/* What Claude Code will do with it, and what the person must know. */
void project_tell(struct arena *arena);
/* The same before a change, if it is not so. A dry run is ERR_CONFIG then. */
int project_begin(bool dry_run, bool yes, struct arena *arena);
/* The way of an install, update or remove of a project: what its lock says is brought here first,
 * and the request is completed by what paii.toml and paii.lock do not agree about. */
int project_change(struct change_request *request, struct arena *arena);

/* ---- project_agree.c: what a repository wants is not what the person wants ---- */

/* Asks about each plugin and binding of the lock that the person has not agreed to in this project.
 */
int project_agree(const struct change *change);
/* Asks about what paii.toml adds to the request, which is all but the first `named` to be
 * installed, and about registries that are elsewhere now. */
int project_agree_wishes(const struct change_request *request, size_t named, struct arena *arena);
/* Of a plan, what paii.toml is behind and the person has not agreed to: bindings, and what is
 * pulled in from its registries; and ERR_REFUSED naming them, for when nobody can be asked. */
int project_unagreed(struct strings *out, const struct change *change);
int project_refuse(const struct strings *names, struct arena *arena);
/* ERR_MISMATCH if the plugin that came may do more than the lock says, or is another. */
int project_check_claims(const struct package *locked, const struct package *came);

/* ---- project_publish.c: the files follow the commit ---- */

/* ERR_REFUSED for a plugin that nobody else could install from the two files. */
int project_check(const struct change *change);
/* Writes down in a generation that is being written what the files are to hold after its commit. */
int project_prepare(const struct installed *set, const char *generation_dir, struct arena *arena);
/* After the commit, or whenever it was not finished: makes them hold it, both or none. */
int project_publish(void);

#endif
