#include "change/project.h"
#include "cli/cmd_hook.h"
#include "cli/command.h"

#include "base/data.h"
#include "base/fs.h"
#include "hooks/dispatch.h"
#include "hooks/reply_fields.h"

#include <stddef.h>
#include <string.h>

enum { SHOWN_MAX = 2000 };

struct test_options {
    bool async;
    const char *project, *payload;
};

static const char *ended(const struct handler_run *run, struct arena *arena)
{
    switch (run->outcome) {
    case OUTCOME_EXITED:
        return arena_printf(arena, "exit %d", run->status);
    case OUTCOME_KILLED:
        return arena_printf(arena, "killed by signal %d", run->status);
    case OUTCOME_TIMEOUT:
        return "ended at its deadline";
    case OUTCOME_MISSING:
    case OUTCOME_REFUSED:
        return "not started";
    case OUTCOME_SKIPPED:
        break;
    }
    return "skipped";
}

static const char *cleaned(const struct handler_run *run, const struct buf *text,
                           struct arena *arena)
{
    size_t len = text->len < SHOWN_MAX ? text->len : SHOWN_MAX;
    return hide_secrets(arena_strndup(arena, buf_text(text), len), &run->secrets, arena);
}

/* ---- for people ---- */

static void print_output(const char *name, const char *text)
{
    while (*text) {
        size_t len = strcspn(text, "\n");
        out("    %s  %.*s\n", name, (int)len, text);
        text += len + (text[len] == '\n');
    }
}

/* security:check  exit 0  12.1 ms  deny: rm of a home
 *     stdout  {"paii":1,…}                             */
static void print_run(const struct handler_run *run, const struct reply *reply, struct arena *arena)
{
    out_styled(STYLE_BOLD, "%s", run->handler->label);
    if (run->outcome == OUTCOME_SKIPPED) {
        out("  skipped: %s\n", run->why);
        return;
    }
    out("  %s  %.1f ms  %s", ended(run, arena), (double)run->took_us / 1000,
        decision_names[reply->decision]);
    if (reply->failure)
        out("  failed: %s\n", reply->failure);
    else
        out(reply->reason ? ": %s\n" : "\n", reply->reason);
    print_output("stdout", cleaned(run, &run->out, arena));
    print_output("stderr", cleaned(run, &run->err, arena));
}

static void print_text(const struct dispatch *dispatch, struct arena *arena)
{
    const struct answer *answer = &dispatch->answer;

    for (size_t i = 0; i < dispatch->count && dispatch->replies; i++)
        print_run(&dispatch->runs[i], &dispatch->replies[i], arena);
    if (!dispatch->count)
        note("no installed plugin handles %s", hook_events[dispatch->event].name);
    for (size_t i = 0; i < answer->notes.count; i++)
        out("-> %s\n", answer->notes.items[i]);
    out("answer: exit %d%s\n", answer->exit_status, answer->out.len ? "" : ", nothing to say");
    out("%s", buf_text(&answer->out));
    if (answer->err.len)
        print_output("stderr", buf_text(&answer->err));
}

/* ---- for programs ---- */

static void run_json(struct json_writer *json, const struct handler_run *run,
                     const struct reply *reply, struct arena *arena)
{
    bool ran = run->outcome != OUTCOME_SKIPPED;

    json_object(json);
    json_field(json, "name", run->handler->label);
    json_key(json, "ran");
    json_boolean(json, ran);
    if (!ran) {
        json_field(json, "why", run->why);
    } else {
        json_field(json, "end", ended(run, arena));
        json_key(json, "us");
        json_integer(json, run->took_us);
        json_field(json, "decision", decision_names[reply->decision]);
        json_field(json, "reason", reply->reason);
        json_field(json, "failure", reply->failure);
        json_field(json, "stdout", cleaned(run, &run->out, arena));
        json_field(json, "stderr", cleaned(run, &run->err, arena));
    }
    json_end_object(json);
}

static void print_json(const struct dispatch *dispatch, struct arena *arena)
{
    const struct answer *answer = &dispatch->answer;
    AUTO_BUF text = {0};
    struct json_writer json = {.out = &text, .indent = true};

    json_object(&json);
    json_field(&json, "event", hook_events[dispatch->event].name);
    json_key(&json, "generation");
    json_integer(&json, dispatch->table.generation);
    json_key(&json, "handlers");
    json_array(&json);
    for (size_t i = 0; i < dispatch->count && dispatch->replies; i++)
        run_json(&json, &dispatch->runs[i], &dispatch->replies[i], arena);
    json_end_array(&json);
    json_strings(&json, "notes", &answer->notes);
    json_field(&json, "decision", decision_names[answer->decision]);
    json_key(&json, "exit");
    json_integer(&json, answer->exit_status);
    json_field(&json, "stdout", buf_text(&answer->out));
    json_field(&json, "stderr", buf_text(&answer->err));
    json_end_object(&json);
    buf_putc(&text, '\n');
    out_bytes(text.data, text.len);
}

static int run(struct invocation *call)
{
    const struct test_options *options = call->options;
    struct dispatch dispatch = {
        .event = hook_event_of(call->args[0]),
        .async = options->async,
        .observe = true,
        .dry_run = call->dry_run,
    };
    AUTO_BUF payload = {0};

    if (dispatch.event < 0)
        return dispatch.event;
    dispatch.text = hook_sample(dispatch.event, call->arena);
    dispatch.text_len = strlen(dispatch.text);
    if (options->payload) {
        int result = fs_read(&payload, options->payload, PAYLOAD_MAX);
        if (result < 0)
            return result;
        dispatch.text = buf_text(&payload);
        dispatch.text_len = payload.len;
    }
    hook_dispatch(&dispatch, -1, call->arena);
    if (term_json())
        print_json(&dispatch, call->arena);
    else
        print_text(&dispatch, call->arena);
    hook_dispatch_release(&dispatch);
    return 0;
}

const struct command hook_test_command = {
    .name = "test",
    .summary = "try an event, and see which handlers run and what becomes of it",
    .description =
        "Dispatches as Claude Code would. Handlers really run; but spooled work is only named, "
        "and failures are not counted. Without --payload the event is made up: its session_id is "
        "'paii-test', its tool is Bash with the command 'echo hi'.",
    .examples = "paii hook test pre-tool-use\n"
                "paii hook test stop --payload stop.json",
    .needs = NEEDS_PATHS,
    .options =
        (const struct option[]){
            {"payload", 0, OPTION_STRING, offsetof(struct test_options, payload), "FILE",
             "the payload, as Claude Code sends it", COMPLETE_FILE},
            {"async", 0, OPTION_FLAG, offsetof(struct test_options, async), NULL,
             "try the asynchronous handlers instead of the others"},
            PROJECT_OPTION(struct test_options, "those of this repository"),
            {0},
        },
    .options_size = sizeof(struct test_options),
    .positionals =
        (const struct positional[]){
            {"EVENT", 1, 1, "such as pre-tool-use"},
            {0},
        },
    .run = run,
};
