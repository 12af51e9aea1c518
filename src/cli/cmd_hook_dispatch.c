/* `paii hook dispatch`: on the path of every tool call, so it looks at nothing that it need not. */
#include "cli/cmd_hook.h"
#include "cli/command.h"

#include "base/fs.h"
#include "base/paths.h"
#include "base/text.h"
#include "hooks/crash.h"
#include "hooks/dispatch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct dispatch_options {
    bool async;
    const char *payload;
};

static int open_payload(const char *file)
{
    int fd = file ? open(file, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
    return fd < 0 ? fail_errno(ERR_NOT_FOUND, "cannot open '%s'", file) : fd;
}

/* stderr is for people, and at exit status 2 for the model: through the one printer. */
static void print_talk(const struct buf *text)
{
    AUTO_BUF safe = {0};
    text_print_safe(&safe, buf_text(text), text->len, true);
    fwrite(buf_text(&safe), 1, safe.len, stderr);
}

/* A block that cannot be written is still one. */
static int give(const struct answer *answer)
{
    out_bytes(buf_text(&answer->out), answer->out.len);
    if (answer->err.len)
        print_talk(&answer->err);
    if (answer->decision != DECISION_DENY || answer->exit_status)
        return answer->exit_status;
    return term_finish() < 0 ? ERR_BLOCKED : 0;
}

/* Without our folders nobody can be asked: as if all had crashed. */
static int refuse(int event)
{
    struct answer answer;
    AUTO_BUF why = {0};

    buf_printf(&why, "paii: %s", error_text());
    if (*error_hint_text())
        buf_printf(&why, "; %s", error_hint_text());
    error_clear();
    answer_failure(&answer, event, true, buf_text(&why));
    int status = give(&answer);
    answer_release(&answer);
    return status;
}

static int run(struct invocation *call)
{
    const struct dispatch_options *options = call->options;
    struct dispatch dispatch = {
        .event = hook_event_index(call->args[0]),
        .async = options->async,
        .dry_run = call->dry_run,
    };
    int fd = open_payload(options->payload);

    if (fd < 0)
        return fd;
    if (dispatch.event >= 0)
        hook_block_on_crash(dispatch.event);
    if (dispatch.event < 0)
        hook_drain_input(fd);
    else if (paths_init() < 0)
        return refuse(dispatch.event);
    else
        hook_dispatch(&dispatch, fd, call->arena);
    int status = give(&dispatch.answer);
    hook_dispatch_release(&dispatch);
    if (options->payload)
        close(fd);
    return status;
}

const struct command hook_dispatch_command = {
    .name = "dispatch",
    .summary = "answer one event, as Claude Code asks for it",
    .description =
        "Reads the event's payload from standard input and prints what Claude Code understands, "
        "or nothing. Exits with 2 where an event is blocked that knows no other way. An event "
        "that is not known, or that nobody wants, is answered with nothing. With --dry-run no "
        "handler is started.",
    .options =
        (const struct option[]){
            {"payload", 0, OPTION_STRING, offsetof(struct dispatch_options, payload), "FILE",
             "the payload, instead of standard input", COMPLETE_FILE},
            {"async", 0, OPTION_FLAG, offsetof(struct dispatch_options, async), NULL,
             "ask the asynchronous handlers instead of the others"},
            {0},
        },
    .options_size = sizeof(struct dispatch_options),
    .positionals =
        (const struct positional[]){
            {"EVENT", 1, 1, "such as pre-tool-use"},
            {0},
        },
    .run = run,
};
