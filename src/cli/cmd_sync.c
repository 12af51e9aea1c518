#include "change/project.h"
#include "cli/command.h"

#include "base/data.h"
#include "base/fs.h"
#include "base/paths.h"
#include "registry/fetch.h"

#include <stddef.h>
#include <string.h>

struct options {
    const char *project;
    bool check, offline;
};

static void print_json(const struct strings *differences)
{
    AUTO_BUF text = {0};
    struct json_writer json = {.out = &text, .indent = true};
    json_object(&json);
    json_key(&json, "in_sync");
    json_boolean(&json, differences->count == 0);
    json_strings(&json, "differences", differences);
    json_end_object(&json);
    buf_putc(&text, '\n');
    out_bytes(text.data, text.len);
}

/* The differences are what was asked for, and no error. */
static int check(struct arena *arena)
{
    struct strings differences = {0};
    const char *fix = "'paii install --project' brings the two files together";
    int result = project_unlocked(&differences, arena);
    if (result == 0 && differences.count == 0) {
        fix = "'paii sync' makes it so";
        result = project_unsynced(&differences, arena);
    }
    if (result < 0)
        return result;
    if (term_json())
        print_json(&differences);
    for (size_t i = 0; i < differences.count && !term_json(); i++)
        out("%s\n", differences.items[i]);
    if (differences.count)
        note("%s", fix);
    return differences.count ? ERR_GENERIC : 0;
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
