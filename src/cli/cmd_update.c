#include "change/project.h"
#include "cli/command.h"

#include "base/paths.h"
#include "registry/fetch.h"

#include <stddef.h>
#include <string.h>

struct options {
    const char *project;
    bool offline;
    struct strings prefer;
};

/* The newest of everything starts with the newest indexes. */
static int update_registries(struct arena *arena)
{
    struct config config;
    int result = config_read(&config, arena);
    if (result < 0)
        return result;
    const struct registry_config **all = arena_array(arena, config.registry_count + 1, sizeof *all);
    for (size_t i = 0; i < config.registry_count; i++)
        all[i] = &config.registries[i];
    struct registry_update *results =
        arena_array(arena, config.registry_count + 1, sizeof *results);
    return registry_update(&config, all, config.registry_count, results, arena);
}

static int run(struct invocation *call)
{
    const struct options *options = call->options;
    struct change_request request = {
        .dry_run = call->dry_run,
        .yes = call->yes,
        .update_all = call->arg_count == 0,
        .prefer = options->prefer,
    };
    struct installed set;
    if (options->offline)
        fetch_go_offline();
    int result = paths.project ? project_begin(call->dry_run, call->yes, call->arena) : 0;
    if (result == 0)
        result = installed_read(&set, call->arena);
    for (size_t i = 0; i < call->arg_count && result == 0; i++) {
        result = installed_check(&set, call->args[i]);
        strings_add(&request.update, call->arena, call->args[i]);
    }
    if (result == 0 && !fetch_offline())
        result = update_registries(call->arena);
    if (result < 0)
        return result;
    return paths.project ? project_change(&request, call->arena)
                         : change_run(&request, call->arena);
}

const struct command cmd_update = {
    .name = "update",
    .summary = "update plugins to the newest version in their range",
    .description = "Without names, all of them. Registries are updated first.",
    .group = GROUP_PLUGINS,
    .needs = NEEDS_LOCK,
    .options =
        (const struct option[]){
            PREFER_OPTION(struct options),
            {.name = "offline",
             .kind = OPTION_FLAG,
             .offset = offsetof(struct options, offline),
             .help = "connect to nothing: registries as last seen, sources from the caches"},
            PROJECT_OPTION(struct options, "those of this repository, and its paii.lock"),
            {0},
        },
    .options_size = sizeof(struct options),
    .positionals =
        (const struct positional[]){
            {.name = "PLUGIN",
             .min = 0,
             .max = 0,
             .help = "an installed plugin",
             .complete = COMPLETE_INSTALLED},
            {0},
        },
    .run = run,
};
