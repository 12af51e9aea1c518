#include "cli/command.h"

#include "runtime/run.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { MAX_PARAMS = 16 << 20 };

static int read_input(struct buf *out)
{
    char chunk[16384];
    ssize_t n;
    out->max = MAX_PARAMS;
    while ((n = read(STDIN_FILENO, chunk, sizeof chunk)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail_errno(ERR_GENERIC, "cannot read standard input");
        buf_add(out, chunk, (size_t)n);
    }
    return out->overflow ? fail(ERR_GENERIC, "standard input is larger than 16 MiB") : 0;
}

/* A plugin reads one JSON document whatever happens; our own errors become one too. */
static void answer_error(struct action_result *out, struct arena *arena)
{
    bool gone = error_code() == ERR_NOT_FOUND;
    const char *text = arena_strdup(arena, error_text());
    action_fail(out, arena, NULL, gone ? "unavailable" : "internal", "%s", text);
}

static int run(struct invocation *call)
{
    AUTO_BUF input = {0};
    const char *params = call->arg_count > 2 ? call->args[2] : "{}";
    if (!strcmp(params, "-")) {
        int result = read_input(&input);
        if (result < 0)
            return result;
        params = buf_text(&input);
    }
    struct action_result answer;
    int result = contract_call(&answer, call->args[0], call->args[1], params, call->arena);
    if (result == -ERR_INTERRUPTED)
        return result;
    if (result < 0)
        answer_error(&answer, call->arena);
    out_bytes(answer.raw.data, answer.raw.len);
    if (answer.raw.len && answer.raw.data[answer.raw.len - 1] != '\n')
        out_bytes("\n", 1);
    buf_release(&answer.raw);
    return answer.ok ? 0 : 1;
}

static const struct positional positionals[] = {
    {"ALIAS", 1, 1, "a key of [consumes] in the calling plugin's manifest"},
    {"METHOD", 1, 1, "of the contract behind that alias"},
    {"PARAMS", 0, 1, "a JSON object; '-' reads standard input"},
    {0},
};

const struct command cmd_call = {
    .name = "call",
    .summary = "call a contract (for plugins)",
    .description = "A plugin reaches what it consumes by its own alias. The answer is one JSON\n"
                   "document on standard output; see the plugin protocol.",
    .examples = "\"$PAII_BIN\" call memory capture --json -   parameters on standard input",
    .group = GROUP_USE,
    .needs = NEEDS_PATHS,
    .positionals = positionals,
    .run = run,
};
