#include "base/name.h"
#include "base/paths.h"
#include "change/project.h"
#include "cli/command.h"

#include <stddef.h>

struct options {
    const char *project;
    struct strings prefer;
};

/* What depends on a removed plugin by name goes with it, or nothing goes. */
static int add_dependents(struct change_request *request, struct invocation *call)
{
    struct installed set;
    struct strings dependents = {0};
    int result = installed_read(&set, call->arena);
    for (size_t i = 0; i < request->remove.count && result == 0; i++)
        result = installed_check(&set, request->remove.items[i]);
    if (result < 0)
        return result;
    change_dependents(&dependents, &set, &request->remove, call->arena);
    if (dependents.count == 0)
        return 0;
    const char *names = strings_join(&request->remove, call->arena, " ");
    const char *others = strings_join(&dependents, call->arena, ", ");
    bool too = call->yes;
    if (!too && term_is_interactive()) {
        note("%s depends on what is to be removed", others);
        too = term_ask("Remove that, too?");
    }
    if (!too) {
        fail(ERR_CONTRACT, "what is to be removed is needed by %s", others);
        error_hint("remove both: paii remove%s %s %s", project_flag(), names,
                   strings_join(&dependents, call->arena, " "));
        return -ERR_CONTRACT;
    }
    for (size_t i = 0; i < dependents.count; i++)
        strings_add(&request->remove, call->arena, dependents.items[i]);
    return 0;
}

static int run(struct invocation *call)
{
    const struct options *options = call->options;
    struct change_request request = {
        .dry_run = call->dry_run, .yes = call->yes, .prefer = options->prefer};
    for (size_t i = 0; i < call->arg_count; i++) {
        int result = name_check("plugin", call->args[i]);
        if (result < 0)
            return result;
        strings_add(&request.remove, call->arena, call->args[i]);
    }
    int result = paths.project ? project_begin(call->dry_run, call->yes, call->arena) : 0;
    if (result == 0)
        result = add_dependents(&request, call);
    if (result < 0)
        return result;
    return paths.project ? project_change(&request, call->arena)
                         : change_run(&request, call->arena);
}

const struct command cmd_remove = {
    .name = "remove",
    .summary = "remove plugins",
    .description =
        "Plugins that were pulled in for a removed one and that nothing else needs go with it. "
        "Plugins that depend on a removed one by name are named, and go if you agree (--yes does). "
        "With --prefer, another plugin may come in the place of a removed one. "
        "The configuration and data that a plugin has in PAII_DIR/plugins/NAME stay.",
    .group = GROUP_PLUGINS,
    .needs = NEEDS_LOCK,
    .options =
        (const struct option[]){
            PREFER_OPTION(struct options),
            PROJECT_OPTION(struct options,
                           "from this repository: out of its paii.toml and paii.lock"),
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
