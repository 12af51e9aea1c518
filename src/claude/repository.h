/*
 * The .claude folder of a repository: other people's, and under version control (docs/project.md).
 */
#ifndef PAII_CLAUDE_REPOSITORY_H
#define PAII_CLAUDE_REPOSITORY_H

#include "base/arena.h"

#include <stdbool.h>

/* ERR_REFUSED if .claude or .claude/skills is a link that leads out of the project. */
int repository_check(struct arena *arena);
/* Makes .claude/skills/.gitignore name these links, and itself; without any it goes. One that is
 * not ours stays as it is. */
int repository_ignore(const struct strings *names, struct arena *arena);
/* Whether there is such a one. */
bool repository_ignore_is_foreign(struct arena *arena);
/* Whether the client was told to trust the project; false if it cannot be known. */
bool repository_is_trusted(struct arena *arena);

#endif
