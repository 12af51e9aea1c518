/* What is said of plugins that are installed, without changing what they are. */
#ifndef PAII_CLI_MARKED_H
#define PAII_CLI_MARKED_H

#include "cli/command.h"
#include "store/store.h"

/* What hold, disable and their like did: "held jira"; `nothing` if there was nothing to do. */
void print_marked(const struct invocation *call, const struct installed *set, const char *word,
                  const struct strings *names, const char *nothing);

#endif
