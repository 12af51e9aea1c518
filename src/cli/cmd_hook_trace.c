#include "cli/cmd_hook.h"
#include "cli/command.h"

#include "hooks/state.h"

#include <string.h>

static int run(struct invocation *call)
{
    if (call->arg_count == 0)
        return trace_print(call->arena);
    int level = 0;
    while (strcmp(trace_level_names[level], call->args[0]) != 0)
        level++;
    int result = trace_set_level((enum trace_level)level, call->arena);
    if (result == 0)
        note("the trace is now: %s", trace_level_names[level]);
    return result;
}

const struct command hook_trace_command = {
    .name = "trace",
    .summary = "print what was answered, or say how much of it is recorded",
    .description = "A summary has each event with its handlers, times and decisions; full adds "
                   "payloads and answers. Values of declared secrets are left out. The record is "
                   "bounded: of 8 MiB the oldest half goes.",
    .needs = NEEDS_PATHS,
    .positionals =
        (const struct positional[]){
            {"LEVEL", 0, 1, "off, summary or full; the record is printed if left out",
             COMPLETE_NONE, trace_level_names},
            {0},
        },
    .run = run,
};
