#include "base/fs.h"
#include "base/paths.h"
#include "change/project.h"
#include "cli/command.h"
#include "registry/fetch.h"

#include <stddef.h>

struct options {
    const char *registry;
    const char *build, *flat;
    const char *project;
    bool dev, locked, offline, with_optional;
    struct strings prefer;
};

static const char *const builds[] = {"pip", "cargo", "make", NULL};

static int check_dev(const struct spec *spec)
{
    if (spec->kind == SPEC_SOURCE && spec->source.kind == SOURCE_FOLDER)
        return 0;
    fail(ERR_GENERIC, "--dev links a folder, and '%s' is not one", spec->text);
    error_hint("give the folder of the plugin: paii install --dev ./my-plugin");
    return -ERR_GENERIC;
}

/* The file that was named, else that of the folder, else the one of what is installed. */
static int run_locked(struct invocation *call)
{
    const struct options *options = call->options;
    struct change_request request = {.locked = true, .dry_run = call->dry_run, .yes = call->yes};
    if (paths.project) {
        fail(ERR_GENERIC, "--locked and --project do not go together");
        error_hint("'paii sync' installs what the project's lock file says");
        return -ERR_GENERIC;
    }
    if (call->arg_count > 1 || options->dev || options->registry || options->build ||
        options->flat) {
        fail(ERR_GENERIC, "--locked installs what one lock file says, and nothing else");
        error_hint("paii install --locked [FILE]");
        return -ERR_GENERIC;
    }
    if (call->arg_count)
        request.lock_file = path_absolute(call->arena, call->args[0]);
    else if (fs_exists("paii.lock"))
        request.lock_file = path_absolute(call->arena, "paii.lock");
    else if (!fs_exists(path_join(call->arena, paths.current, "paii.lock"))) {
        fail(ERR_NOT_FOUND, "there is no 'paii.lock' here, and nothing is installed");
        error_hint("name the lock file: paii install --locked FILE");
        return -ERR_NOT_FOUND;
    }
    return change_run(&request, call->arena);
}

static int run(struct invocation *call)
{
    const struct options *options = call->options;
    if (options->offline)
        fetch_go_offline();
    if (options->locked)
        return run_locked(call);
    if (options->flat && paths.project) {
        fail(ERR_GENERIC, "--flat and --project do not go together");
        error_hint("what a repository has for everybody keeps its plugin's prefix");
        return -ERR_GENERIC;
    }
    if (call->arg_count == 0 && !paths.project) {
        fail(ERR_GENERIC, "'paii install' needs PLUGIN");
        error_hint("'paii install --help' shows how it is used");
        return -ERR_GENERIC;
    }
    struct change_request request = {
        .install = arena_array(call->arena, call->arg_count, sizeof *request.install),
        .install_count = call->arg_count,
        .registry = options->registry,
        .build = options->build,
        .flat = options->flat,
        .dev = options->dev,
        .with_optional = options->with_optional,
        .prefer = options->prefer,
        .dry_run = call->dry_run,
        .yes = call->yes,
    };
    for (size_t i = 0; i < call->arg_count; i++) {
        int result = spec_parse(&request.install[i], call->arena, call->args[i]);
        if (result == 0 && options->dev)
            result = check_dev(&request.install[i]);
        if (result < 0)
            return result;
    }
    return paths.project ? project_change(&request, call->arena)
                         : change_run(&request, call->arena);
}

const struct command cmd_install = {
    .name = "install",
    .summary = "install plugins",
    .description =
        "A plugin is a name, registry/name, name@range, a Git URL (with //subfolder and #ref), an "
        "archive (a file or an https URL) or a folder. Several plugins are one transaction: all of "
        "them are installed, or nothing is.\n"
        "Plugins that provide a required contract are pulled in and shown.",
    .examples = "paii install jira                       from whichever registry has it\n"
                "paii install work/jira@^1.2             from the registry 'work', in a range\n"
                "paii install https://host/repo.git//plugins/jira#v1.2\n"
                "paii install ./jira-1.2.0.tar.gz        an archive\n"
                "paii install --dev ./jira               a folder, linked live\n"
                "paii install --locked team.lock         exactly what that file says",
    .group = GROUP_PLUGINS,
    .needs = NEEDS_LOCK,
    .options =
        (const struct option[]){
            {.name = "registry",
             .letter = 'r',
             .kind = OPTION_STRING,
             .offset = offsetof(struct options, registry),
             .value = "NAME",
             .help = "look for names in this registry only",
             .complete = COMPLETE_REGISTRY},
            {.name = "dev",
             .kind = OPTION_FLAG,
             .offset = offsetof(struct options, dev),
             .help = "link a folder live instead of copying it"},
            PROJECT_OPTION(struct options,
                           "for everybody in this repository: into its paii.toml and paii.lock"),
            {.name = "with-optional",
             .kind = OPTION_FLAG,
             .offset = offsetof(struct options, with_optional),
             .help = "pull in providers of optional contracts as well"},
            {.name = "build",
             .kind = OPTION_MAYBE,
             .offset = offsetof(struct options, build),
             .value = "TYPE",
             .choices = builds,
             .help = "build a Claude Code plugin from the pyproject.toml, Cargo.toml or Makefile "
                     "that it carries; --no-build if its marketplace asks for that"},
            PREFER_OPTION(struct options),
            {.name = "flat",
             .kind = OPTION_MAYBE,
             .offset = offsetof(struct options, flat),
             .help =
                 "let Claude Code know its skills, agents and commands by their own names, too; "
                 "--no-flat ends that"},
            {.name = "locked",
             .kind = OPTION_FLAG,
             .offset = offsetof(struct options, locked),
             .help = "install exactly what a lock file says: the one named, else ./paii.lock, else "
                     "that of what is installed"},
            {.name = "offline",
             .kind = OPTION_FLAG,
             .offset = offsetof(struct options, offline),
             .help = "connect to nothing: registries as last seen, sources from the caches"},
            {0},
        },
    .options_size = sizeof(struct options),
    .positionals =
        (const struct positional[]){
            {.name = "PLUGIN",
             .min = 0,
             .max = 0,
             .help = "what to install; with --locked, a lock file",
             .complete = COMPLETE_AVAILABLE},
            {0},
        },
    .run = run,
};
