#include "base/name.h"
#include "cli/project.h"

#include <stddef.h>

struct options {
    bool project;
};

static int run(struct invocation *call)
{
    const struct options *options = call->options;
    struct change_request request = {.dry_run = call->dry_run, .yes = call->yes};
    for (size_t i = 0; i < call->arg_count; i++) {
        int result = name_check("plugin", call->args[i]);
        if (result < 0)
            return result;
        strings_add(&request.remove, call->arena, call->args[i]);
    }
    return options->project ? project_change(&request, call->arena)
                            : change_run(&request, call->arena);
}

const struct command cmd_remove = {
    .name = "remove",
    .summary = "remove plugins",
    .description =
        "Plugins that were pulled in for a removed one and that nothing else needs go with it. The "
        "configuration and data that a plugin has in PAII_DIR/plugins/NAME stay.",
    .group = GROUP_PLUGINS,
    .needs = NEEDS_LOCK,
    .options =
        (const struct option[]){
            {.name = "project",
             .kind = OPTION_FLAG,
             .offset = offsetof(struct options, project),
             .help = "from this repository: out of its paii.toml and paii.lock"},
            {0},
        },
    .options_size = sizeof(struct options),
    .positionals =
        (const struct positional[]){
            {.name = "PLUGIN",
             .min = 1,
             .max = 0,
             .help = "an installed plugin",
             .complete = COMPLETE_INSTALLED},
            {0},
        },
    .run = run,
};
