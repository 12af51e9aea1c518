/*
 * `paii hook`: what its files share.
 */
#ifndef PAII_CLI_CMD_HOOK_H
#define PAII_CLI_CMD_HOOK_H

#include "cli/command.h"

extern const struct command hook_dispatch_command, hook_list_command, hook_test_command,
    hook_trace_command;

/* The event's number; an error that names the nearest one. */
int hook_event_of(const char *word);

#endif
