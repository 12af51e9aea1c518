#include "cli/cmd_hook.h"
#include "cli/command.h"

#include "base/data.h"
#include "base/text.h"
#include "hooks/state.h"

int hook_event_of(const char *word)
{
    const char *names[HOOK_EVENTS];
    int event = hook_event_index(word);

    if (event >= 0)
        return event;
    for (int i = 0; i < HOOK_EVENTS; i++)
        names[i] = hook_events[i].name;
    fail(ERR_NOT_FOUND, "there is no event '%s'", word);
    const char *nearest = text_nearest(word, names, HOOK_EVENTS);
    if (nearest)
        error_hint("did you mean '%s'?", nearest);
    else
        error_hint("events are named as in docs/hooks.md, such as pre-tool-use");
    return -ERR_NOT_FOUND;
}

static void print_counts(const char *a, unsigned first, const char *b, unsigned second)
{
    AUTO_BUF text = {0};
    struct json_writer json = {.out = &text};

    json_object(&json);
    json_key(&json, a);
    json_integer(&json, first);
    if (b) {
        json_key(&json, b);
        json_integer(&json, second);
    }
    json_end_object(&json);
    buf_putc(&text, '\n');
    out_bytes(text.data, text.len);
}

/* ---- reset ---- */

static int run_reset(struct invocation *call)
{
    unsigned count;
    int result = breaker_reset(call->arg_count ? call->args[0] : NULL, &count, call->arena);

    if (result < 0)
        return result;
    if (term_json())
        print_counts("reset", count, NULL, 0);
    else if (count)
        note("%u %s again", count, count == 1 ? "handler runs" : "handlers run");
    else
        note("no handler was counted as failing");
    return 0;
}

static const struct command hook_reset = {
    .name = "reset",
    .summary = "let handlers run again that were left out after failures",
    .needs = NEEDS_PATHS,
    .positionals =
        (const struct positional[]){
            {"PLUGIN", 0, 1, "only those of this plugin", COMPLETE_INSTALLED},
            {0},
        },
    .run = run_reset,
};

/* ---- drain ---- */

struct drain_options {
    bool detached;
};

static int run_drain(struct invocation *call)
{
    const struct drain_options *options = call->options;
    const char *plugin = call->arg_count ? call->args[0] : NULL;
    unsigned handled = 0, left = 0;
    int result = spool_drain(plugin, !options->detached, &handled, &left, call->arena);

    if (result < 0 || options->detached)
        return result;
    if (term_json())
        print_counts("handled", handled, "left", left);
    else if (left)
        note("%u handled, %u left", handled, left);
    else
        note("%u handled", handled);
    return 0;
}

static const struct command hook_drain = {
    .name = "drain",
    .summary = "handle what was spooled, now",
    .description = "Work of handlers with mode = \"spool\" is normally done in the background, "
                   "right after its event. This does what is left, and waits for it.",
    .needs = NEEDS_PATHS,
    .options =
        (const struct option[]){
            {"detached", 0, OPTION_FLAG, offsetof(struct drain_options, detached), NULL,
             "as the dispatcher starts it: silent, and gone if another one is at it"},
            {0},
        },
    .options_size = sizeof(struct drain_options),
    .positionals =
        (const struct positional[]){
            {"PLUGIN", 0, 1, "only the work of this plugin", COMPLETE_INSTALLED},
            {0},
        },
    .run = run_drain,
};

const struct command cmd_hook = {
    .name = "hook",
    .summary = "answer Claude Code's events, and see how",
    .description =
        "Claude Code calls 'paii hook dispatch' once an event. The handlers of all installed "
        "plugins run, and their answers become one.",
    .group = GROUP_USE,
    .subcommands =
        (const struct command *const[]){&hook_dispatch_command, &hook_drain, &hook_list_command,
                                        &hook_reset, &hook_test_command, &hook_trace_command, NULL},
};
