#include "cli/project.h"

#include "base/fs.h"
#include "base/paths.h"
#include "registry/fetch.h"

#include <stddef.h>
#include <string.h>

struct options {
    const char *project;
    bool check, offline;
};

/* What is wrong, one a line; they are what was asked for, not errors. */
static int report(const struct strings *lines, const char *fix)
{
    for (size_t i = 0; i < lines->count; i++)
        out("%s\n", lines->items[i]);
    note("%s", fix);
    return ERR_GENERIC;
}

static int check(struct arena *arena)
{
    struct strings unlocked = {0}, unsynced = {0};
    int result = project_unlocked(&unlocked, arena);
    if (result == 0 && unlocked.count)
        return report(&unlocked, "'paii install --project' brings the two files together");
    if (result == 0)
        result = project_unsynced(&unsynced, arena);
    if (result < 0 || unsynced.count == 0)
        return result;
    return report(&unsynced, "'paii sync' makes it so");
}

static int sync(const struct invocation *call)
{
    struct strings unlocked = {0};
    int result = project_unlocked(&unlocked, call->arena);
    if (result == 0 && unlocked.count) {
        fail(ERR_CONFIG, "'%s': %s", paths.project, strings_join(&unlocked, call->arena, "; "));
        error_hint("'paii install --project' brings the two files together");
        return -ERR_CONFIG;
    }
    if (result == 0)
        result = project_sync(call->dry_run, call->yes, call->arena);
    if (result == 0 && !call->dry_run)
        project_tell(call->arena);
    return result;
}

static int run(struct invocation *call)
{
    const struct options *options = call->options;
    if (options->check)
        return check(call->arena);
    if (options->offline)
        fetch_go_offline();
    AUTO_FD lock = command_lock("paii sync");
    return lock < 0 ? lock : sync(call);
}

const struct command cmd_sync = {
    .name = "sync",
    .summary = "make a project's plugins what its paii.lock says",
    .description =
        "The project is the folder around that has a paii.toml, else a .git. Its plugins come "
        "exactly as locked, and are linked into its .claude folder. Nothing is resolved, and no "
        "file of the repository is changed. What the project wants for the first time is shown "
        "and asked about before anything of it is fetched.",
    .examples = "paii sync                 after a clone, a pull or a change of branch\n"
                "paii sync --dry-run       what it would bring, and what that may do\n"
                "paii sync --check         for CI: is everything as the files say?",
    .group = GROUP_PLUGINS,
    .needs = NEEDS_PATHS | NEEDS_PROJECT,
    .options =
        (const struct option[]){
            {.name = "check",
             .kind = OPTION_FLAG,
             .offset = offsetof(struct options, check),
             .help = "change nothing; exit with 1 if something is not as the files say"},
            {.name = "offline",
             .kind = OPTION_FLAG,
             .offset = offsetof(struct options, offline),
             .help = "connect to nothing: sources from the caches"},
            PROJECT_OPTION(struct options, "the project around DIR"),
            {0},
        },
    .options_size = sizeof(struct options),
    .run = run,
};
