/* paii hold, paii unhold: what is installed stays as it is, whatever is updated (docs/resolver.md).
 */
#include "base/data.h"
#include "base/paths.h"
#include "change/project.h"
#include "cli/command.h"
#include "cli/marked.h"

#include <stddef.h>

struct options {
    const char *project;
};

struct holding {
    struct invocation *call;
    struct installed set;
    bool hold;
    struct strings changed;
};

static int mark(struct holding *in, const char *name)
{
    int result = installed_check(&in->set, name);
    if (result < 0)
        return result;
    struct package *package = installed_find(&in->set, name);
    if (in->hold == ((package->flags & PACKAGE_HELD) != 0))
        return 0;
    package->flags ^= PACKAGE_HELD;
    strings_add(&in->changed, in->call->arena, name);
    return 0;
}

static int run(struct invocation *call, bool hold)
{
    struct holding in = {.call = call, .hold = hold};
    int result = paths.project ? project_begin(call->dry_run, call->yes, call->arena) : 0;
    if (result == 0)
        result = installed_read(&in.set, call->arena);
    for (size_t i = 0; i < call->arg_count && result == 0; i++)
        result = mark(&in, call->args[i]);
    if (result == 0 && in.changed.count && !call->dry_run)
        result = change_write(&in.set, call->arena);
    if (result == 0)
        print_marked(call, &in.set, hold ? "held" : "released", &in.changed,
                     hold ? "already held" : "nothing of it is held");
    return result;
}

static int run_hold(struct invocation *call)
{
    return run(call, true);
}

static int run_unhold(struct invocation *call)
{
    return run(call, false);
}

static const struct positional positionals[] = {
    {"PLUGIN", 1, 0, "an installed plugin", COMPLETE_INSTALLED, NULL},
    {0},
};

static const struct option options[] = {
    PROJECT_OPTION(struct options, "for everybody in this repository"),
    {0},
};

const struct command cmd_hold = {
    .name = "hold",
    .summary = "keep plugins at the version that is installed",
    .description = "A held plugin is not updated, not replaced and not removed until it is "
                   "released with 'paii unhold'. What would need another version of it is refused.",
    .examples = "paii hold jira      stays as it is\n"
                "paii unhold jira    moves with the next update",
    .group = GROUP_PLUGINS,
    .needs = NEEDS_LOCK,
    .options = options,
    .options_size = sizeof(struct options),
    .positionals = positionals,
    .run = run_hold,
};

const struct command cmd_unhold = {
    .name = "unhold",
    .summary = "release held plugins",
    .group = GROUP_PLUGINS,
    .needs = NEEDS_LOCK,
    .options = options,
    .options_size = sizeof(struct options),
    .positionals = positionals,
    .run = run_unhold,
};
