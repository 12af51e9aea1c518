#include "change/project.h"
#include "cli/command.h"
#include "cli/run_help.h"
#include "cli/run_words.h"

#include "base/paths.h"
#include "runtime/run.h"

#include <string.h>

static void print_result(const struct action_result *result)
{
    for (size_t i = 0; i < result->warnings.count; i++)
        warning("%s", result->warnings.items[i]);
    if (result->text) {
        size_t len = strlen(result->text);
        out("%s%s", result->text, len && result->text[len - 1] == '\n' ? "" : "\n");
        return;
    }
    AUTO_BUF text = {0};
    struct json_writer json = {.out = &text, .indent = true};
    json_data(&json, result->result);
    out("%s\n", buf_text(&text));
}

static void print_raw(const struct action_result *result)
{
    out_bytes(result->raw.data, result->raw.len);
    if (result->raw.len && result->raw.data[result->raw.len - 1] != '\n')
        out_bytes("\n", 1);
}

static int failed(const struct target *target, const struct action_result *result)
{
    fail(ERR_GENERIC, "%s (%s)", *result->message ? result->message : "no reason was given",
         result->code);
    if (!strcmp(result->code, "invalid_params") || !strcmp(result->code, "unsupported"))
        error_hint("'paii run %s' lists its actions, '--help' after one its parameters",
                   target->name);
    return -ERR_GENERIC;
}

static int run_action(const struct target *target, struct run_words *words, struct invocation *call)
{
    const struct action *action = manifest_action(&target->manifest, words->action);
    if (action) {
        int result = run_words_params(words, action, call->arena);
        if (result < 0)
            return result;
    }
    if (words->help && action) {
        run_help_action(target, action, call->arena);
        return 0;
    }
    struct action_call request = {
        .action = words->action,
        .params = action ? buf_text(&words->params) : NULL,
        .dry_run = words->dry_run || call->dry_run,
    };
    struct action_result answer;
    int result = action_run(&answer, target, &request, call->arena);
    if (result == 0 && (words->json || term_json())) {
        print_raw(&answer);
        result = answer.ok ? 0 : 1; /* a status, not an error: the document says it all */
    } else if (result == 0 && answer.ok) {
        print_result(&answer);
    } else if (result == 0) {
        result = failed(target, &answer);
    }
    buf_release(&answer.raw);
    return result;
}

/* The options that stand without an action: --json and --help. */
static int describe(const struct target *target, struct run_words *words, struct invocation *call)
{
    int result = run_words_params(words, NULL, call->arena);
    if (result < 0)
        return result;
    run_help_plugin(target, words->json || term_json());
    return 0;
}

static int run_by_convention(const struct target *target, const struct run_words *words,
                             struct invocation *call)
{
    struct strings argv = {0};
    if (words->action)
        strings_add(&argv, call->arena, words->action);
    for (size_t i = 0; i < words->count; i++)
        strings_add(&argv, call->arena, words->items[i]);
    if (!call->dry_run)
        return action_exec_convention(target, argv.items, argv.count, call->arena);

    char *const *command;
    int result = target_command(&command, target, argv.items, argv.count, call->arena);
    for (size_t i = 0; result == 0 && command[i]; i++)
        out("%s%s", i ? " " : "would run: ", command[i]);
    if (result == 0)
        out("\n");
    return result;
}

/* The person's own, as the client has it; else that of the project around, if they agreed to it. */
static int find_target(struct target *target, const char *name, struct arena *arena)
{
    const char *scope = paths.dir;
    int result = target_open(target, name, arena);
    if (result != -ERR_NOT_FOUND || paths.project)
        return result;
    error_clear();
    if (project_enter(".") == 0 && target_open(target, name, arena) == 0)
        return 0;
    error_clear();
    result = paths_enter(scope);
    return result < 0 ? result : target_open(target, name, arena);
}

static int run(struct invocation *call)
{
    struct run_words words = {.items = call->args + 1, .count = call->arg_count - 1};
    struct target target;
    int result = find_target(&target, call->args[0], call->arena);
    if (result == 0)
        result = run_words_action(&words, call->arena);
    if (result < 0)
        return result;
    if (target.disabled)
        note("'%s' is disabled: Claude Code and other plugins do not see it", target.name);
    if (!target_has_protocol(&target))
        return run_by_convention(&target, &words, call);
    result = words.action ? run_action(&target, &words, call) : describe(&target, &words, call);
    buf_release(&words.params);
    return result;
}

static const struct positional positionals[] = {
    {"PLUGIN", 1, 1, "an installed plugin", COMPLETE_INSTALLED},
    {"ACTION", 0, 1, "what it is to do; without one its actions are listed", COMPLETE_ACTION},
    {"WORD", 0, 0, "parameters: --NAME VALUE, as 'paii run PLUGIN ACTION --help' lists them"},
    {0},
};

const struct command cmd_run = {
    .name = "run",
    .summary = "run an action of a plugin",
    .description =
        "Runs one action of an installed plugin and prints what it answers. Parameters are\n"
        "options, checked against what the plugin declares; '-' as a value reads standard\n"
        "input. A plugin that declares no actions is given the words as they are.",
    .examples = "paii run history                              what it can do\n"
                "paii run history recent --limit 3             run an action\n"
                "paii run history capture --help               its parameters\n"
                "git log -1 | paii run secretscan text --text -",
    .group = GROUP_USE,
    .needs = NEEDS_PATHS | RAW_ARGUMENTS,
    .positionals = positionals,
    .run = run,
};
