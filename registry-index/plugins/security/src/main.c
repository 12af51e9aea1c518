/*
 * security: judges what is about to run. One request in, one response out.
 *
 *   main.c       the protocol
 *   policy.c     the user's own rules
 *   report.c     the answer in words
 *   judge.c      from a command or a file to findings
 *   shell.c      follows a command line without running it
 *     lexer.c, parser.c        text to grammar
 *     words.c                  grammar to arguments
 *     builtins.c, output.c     what commands change and print
 *     unwrap.c, code.c         commands in other commands
 *   rules*.c     what is dangerous
 *   access.c     which files a command reads and writes
 *   places.c     which files may be read and written
 *   path.c       one spelling for a path
 */
#include "json.h"
#include "judge.h"
#include "policy.h"
#include "report.h"
#include "text.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_REQUEST = 64 << 20, MAX_CONFIG = 4 << 20 };

static const char *read_all(struct text *out, int fd, size_t limit)
{
    static char chunk[65536];
    ssize_t n;
    text_add(out, "", 0);
    while ((n = read(fd, chunk, sizeof chunk)) > 0) {
        text_add(out, chunk, (size_t)n);
        if (out->len > limit)
            return "it is too large";
    }
    return n < 0 ? "it cannot be read" : NULL;
}

static const struct json *read_object(int fd, size_t limit, const char **why)
{
    struct text text = {0};
    *why = read_all(&text, fd, limit);
    const struct json *document = *why ? NULL : json_read(text.data, text.len, why);
    if (document && document->type != JSON_OBJECT)
        *why = "it is not an object";
    return *why ? NULL : document;
}

/* ---- the response ---- */

static int finish(struct text *out, int status)
{
    text_puts(out, "}\n");
    bool written = fwrite(out->data, 1, out->len, stdout) == out->len && fflush(stdout) == 0;
    return written ? status : 2;
}

static int refuse(struct text *out, const char *code, const char *message, const char *why)
{
    text_puts(out, ",\"ok\":false,\"error\":{");
    report_member(out, "code", code);
    report_member(out, "message", text_join(message, why ? ": " : "", why ? why : ""));
    text_putc(out, '}');
    return finish(out, 1);
}

/* ---- what is judged ---- */

static const struct policy *read_policy(const char **why)
{
    const char *path = getenv("PAII_CONFIG");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    const struct json *config = NULL;
    *why = path && fd < 0 ? "it cannot be opened" : NULL;
    if (fd >= 0)
        config = read_object(fd, MAX_CONFIG, why);
    return *why ? NULL : policy_read(config, why);
}

/*
 * A tool's input, or what a person gives: a command is run, the path of a file is opened. Other
 * tools have neither. False: there should be one of them, as a string without NUL.
 */
static bool judge_request(struct judgement *out, const struct context *context,
                          const struct json *params)
{
    const struct json *input = json_member(params, "tool_input");
    const struct json *holder = input ? input : params;
    const char *tool = json_string(params, "tool_name");
    const char *command = json_string(holder, "command");
    const char *path = json_string(holder, "file_path");
    bool opens = tool && is_one(tool, "Read|Write|Edit|MultiEdit|NotebookEdit|NotebookRead");
    bool runs = tool && is_one(tool, "Bash");
    if (!path)
        path = json_string(holder, "notebook_path");
    if (command && !opens)
        judge_command(out, context, command);
    else if (path && !runs)
        judge_file(out, context, path, !tool || ends(tool, "Read") ? READS : WRITES);
    else
        return tool && !opens && !runs;
    return true;
}

static int answer(struct text *out, const struct json *request)
{
    const char *why, *action = json_string(request, "action");
    const struct json *params = json_member(request, "params");
    struct context context = {
        .home = getenv("HOME"), .cwd = json_string(params, "cwd"), .paii = getenv("PAII_DIR")};
    struct judgement judgement = {0};
    bool explain = action && !strcmp(action, "explain");
    if (!action || (!explain && strcmp(action, "check") != 0))
        return refuse(out, "unsupported", "the actions are check and explain", NULL);
    context.policy = read_policy(&why);
    if (!context.policy)
        return refuse(out, "not_configured", "the configuration cannot be used", why);
    if (!context.cwd)
        context.cwd = json_string(json_member(request, "context"), "cwd");
    if (!context.home || context.home[0] != '/')
        context.home = "/home/user";
    if (context.cwd && context.cwd[0] != '/')
        context.cwd = NULL;
    if (!judge_request(&judgement, &context, params))
        return refuse(out, "invalid_params", "a command or a file_path is expected, without NUL",
                      NULL);
    text_puts(out, ",\"ok\":true,");
    if (explain)
        report_explain(out, &judgement);
    else
        report_check(out, &judgement);
    return finish(out, 0);
}

int main(void)
{
    struct text out = {0};
    const char *why;
    if (!getenv("PAII_PROTOCOL")) {
        fputs("run me with: paii run security ACTION\n", stderr);
        return 1;
    }
    const struct json *request = read_object(STDIN_FILENO, MAX_REQUEST, &why);
    text_puts(&out, "{\"paii\":1");
    if (!request)
        return refuse(&out, "invalid_params", "the request cannot be read", why);
    const char *id = json_string(request, "id");
    if (id)
        report_member(&out, "id", id);
    return answer(&out, request);
}
