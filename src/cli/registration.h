/*
 * Changing how hooks are registered with Claude Code: paii.toml and the client's folder together.
 */
#ifndef PAII_CLI_REGISTRATION_H
#define PAII_CLI_REGISTRATION_H

#include "registry/config.h"

/* Sets [claude] hooks (NULL: takes the key away) and does what it says. Refuses before anything is
 * changed; with `dry_run` changes nothing at all. Needs the lock. */
int registration_set(const enum hook_registration *hooks, bool dry_run, struct arena *arena);

#endif
