#include "base/fs.h"
#include "cli/change.h"

#include <stddef.h>

struct options {
    const char *registry;
    bool dev;
};

static int check_dev(const struct spec *spec)
{
    if (spec->kind == SPEC_SOURCE && spec->source.kind == SOURCE_FOLDER)
        return 0;
    fail(ERR_GENERIC, "--dev links a folder, and '%s' is not one", spec->text);
    error_hint("give the folder of the plugin: paii install --dev ./my-plugin");
    return -ERR_GENERIC;
}

static int run(struct invocation *call)
{
    const struct options *options = call->options;
    struct change_request request = {
        .install = arena_array(call->arena, call->arg_count, sizeof *request.install),
        .install_count = call->arg_count,
        .registry = options->registry,
        .dev = options->dev,
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
    return change_run(&request, call->arena);
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
                "paii install --dev ./jira               a folder, linked live",
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
            {0},
        },
    .options_size = sizeof(struct options),
    .positionals =
        (const struct positional[]){
            {.name = "PLUGIN",
             .min = 1,
             .max = 0,
             .help = "what to install",
             .complete = COMPLETE_AVAILABLE},
            {0},
        },
    .run = run,
};
