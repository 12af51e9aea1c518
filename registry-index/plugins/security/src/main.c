/*
 * security: judges shell commands before they run. The protocol's side: one request in, one
 * response out.
 */
#include "arena.h"
#include "json.h"
#include "judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_REQUEST = 16 << 20 };

static bool read_request(struct text *out)
{
    static char chunk[65536];
    ssize_t n;
    text_add(out, "", 0);
    while ((n = read(STDIN_FILENO, chunk, sizeof chunk)) > 0) {
        text_add(out, chunk, (size_t)n);
        if (out->len > MAX_REQUEST)
            return false;
    }
    return n == 0;
}

static void member(struct text *out, const char *key, const char *value)
{
    if (!value)
        return;
    if (out->data[out->len - 1] != '{')
        text_putc(out, ',');
    json_quote(out, key);
    text_putc(out, ':');
    json_quote(out, value);
}

/* ---- check ---- */

/*
 * A hook says "none" where a person is told "allow": "allow" would run the command without the
 * question that the client asks of its own accord, and that is not ours to skip.
 */
static void write_check(struct text *out, const struct judgement *judgement, bool hook)
{
    const struct finding *worst = judgement->worst;
    enum decision decision = worst ? worst->decision : ALLOW;
    text_puts(out, "\"result\":{");
    member(out, "decision", hook && decision == ALLOW ? "none" : decision_names[decision]);
    if (decision != ALLOW) {
        member(out, "rule", worst->rule);
        member(out, "reason", worst->reason);
        member(out, "command", worst->shown);
    }
    text_puts(out, "},\"text\":");
    struct text words = {0};
    text_puts(&words, decision_names[decision]);
    if (decision != ALLOW) {
        text_puts(&words, ": ");
        text_puts(&words, worst->reason);
        text_puts(&words, " (");
        text_puts(&words, worst->rule);
        text_puts(&words, "): ");
        text_puts(&words, worst->shown);
    }
    json_quote(out, words.data);
}

/* ---- explain ---- */

static void write_finding(struct text *out, const struct finding *finding)
{
    text_putc(out, '{');
    member(out, "command", finding->shown);
    member(out, "through", finding->through);
    member(out, "decision", decision_names[finding->decision]);
    member(out, "rule", finding->rule);
    member(out, "reason", finding->reason);
    text_putc(out, '}');
}

static void add_line(struct text *out, const struct finding *finding)
{
    text_puts(out, finding->decision == ALLOW ? "allow  "
                   : finding->decision == ASK ? "ask    "
                                              : "deny   ");
    text_puts(out, finding->shown);
    if (finding->through) {
        text_puts(out, "  [through ");
        text_puts(out, finding->through);
        text_putc(out, ']');
    }
    if (finding->reason) {
        text_puts(out, "\n         ");
        text_puts(out, finding->rule);
        text_puts(out, ": ");
        text_puts(out, finding->reason);
    }
    text_putc(out, '\n');
}

static void write_explain(struct text *out, const struct judgement *judgement)
{
    enum decision decision = judgement->worst ? judgement->worst->decision : ALLOW;
    struct text words = {0};
    text_puts(out, "\"result\":{");
    member(out, "decision", decision_names[decision]);
    text_puts(out, ",\"commands\":[");
    for (size_t i = 0; i < judgement->count; i++) {
        if (i)
            text_putc(out, ',');
        write_finding(out, &judgement->findings[i]);
        add_line(&words, &judgement->findings[i]);
    }
    text_puts(out, "]},\"text\":");
    text_puts(&words, "so: ");
    text_puts(&words, decision_names[decision]);
    json_quote(out, words.data);
}

/* ---- the response ---- */

static int finish(struct text *out, int status)
{
    text_puts(out, "}\n");
    bool written = fwrite(out->data, 1, out->len, stdout) == out->len && fflush(stdout) == 0;
    return written ? status : 2;
}

static int refuse(struct text *out, const char *code, const char *message)
{
    text_puts(out, ",\"ok\":false,\"error\":{");
    member(out, "code", code);
    member(out, "message", message);
    text_putc(out, '}');
    return finish(out, 1);
}

/* A tool that is not a shell has no command; there is nothing to judge, which a hook may say. */
static int answer(struct text *out, const struct json *request)
{
    const struct json *params = json_member(request, "params");
    const struct json *input = json_member(params, "tool_input");
    const char *action = json_string(request, "action");
    bool explain = action && !strcmp(action, "explain");
    if (!action || (!explain && strcmp(action, "check") != 0))
        return refuse(out, "unsupported", "the actions are check and explain");
    const char *command = json_string(input ? input : params, "command");
    bool given = json_member(input ? input : params, "command") != NULL;
    if (!command && (given || !input))
        return refuse(out, "invalid_params", "'command' must be a string without NUL");
    struct judgement judgement;
    judge(&judgement, command ? command : "");
    text_puts(out, ",\"ok\":true,");
    if (explain)
        write_explain(out, &judgement);
    else
        write_check(out, &judgement, input != NULL);
    return finish(out, 0);
}

int main(void)
{
    struct text request = {0}, out = {0};
    const char *why = "it is larger than 16 MiB";
    if (!getenv("PAII_PROTOCOL")) {
        fputs("run me with: paii run security ACTION\n", stderr);
        return 1;
    }
    struct json *document =
        read_request(&request) ? json_read(request.data, request.len, &why) : NULL;
    text_puts(&out, "{\"paii\":1");
    if (!document || document->type != JSON_OBJECT) {
        struct text message = {0};
        text_puts(&message, "the request cannot be read: ");
        text_puts(&message, document ? "it is not an object" : why);
        return refuse(&out, "invalid_params", message.data);
    }
    const char *id = json_string(document, "id");
    if (id)
        member(&out, "id", id);
    return answer(&out, document);
}
