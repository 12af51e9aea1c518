/*
 * What an installed plugin can do, printed from its manifest.
 */
#ifndef PAII_CLI_RUN_HELP_H
#define PAII_CLI_RUN_HELP_H

#include "runtime/run.h"

void run_help_plugin(const struct target *target, bool json);
void run_help_action(const struct target *target, const struct action *action, struct arena *arena);

#endif
