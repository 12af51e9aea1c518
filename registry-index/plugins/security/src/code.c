/*
 * Commands in the code of other languages: os.system("rm -rf /"). This is no reader of Python or
 * Perl. If the code has a way to run commands, each of its texts is judged as a command, and what
 * would be denied as such is denied; everything else is left alone.
 */
#include "arena.h"
#include "policy.h"
#include "shell.h"
#include "text.h"

#include <string.h>

static bool mentions(const char *code, const char *const *words)
{
    for (; *words; words++) {
        if (strstr(code, *words))
            return true;
    }
    return false;
}

/* At a quote: the text up to its end; NULL if there is none. */
static const char *read_literal(const char **at)
{
    struct text out = {0};
    char quote = *(*at)++;
    text_add(&out, "", 0);
    for (; **at && **at != quote; (*at)++) {
        if (**at == '\\' && (*at)[1])
            (*at)++;
        text_putc(&out, **at);
    }
    if (!**at)
        return NULL;
    (*at)++;
    return out.data;
}

/* Only denials are kept: what reads like a command need not be one. */
static void judge_literal(struct shell *shell, const char *text, const char *through)
{
    struct judgement found = {0};
    struct shell inner = *shell;
    inner.out = &found;
    if (strlen(text) > 4096 || !strpbrk(text, " \t"))
        return;
    shell_run_text(&inner, text, through, NULL);
    shell->budget = inner.budget;
    shell->files = inner.files;
    for (size_t i = 0; i < found.count; i++) {
        if (found.findings[i].decision == DENY)
            add_finding(shell->out, &found.findings[i]);
    }
}

/* "['rm', '-rf', '/']": texts with nothing but commas between them are words of one command. */
static bool continues(const char *at)
{
    at += strspn(at, " \t\n");
    if (*at++ != ',')
        return false;
    at += strspn(at, " \t\n");
    return *at == '\'' || *at == '"';
}

static void judge_literals(struct shell *shell, const char *code, const char *through,
                           const char *prefix)
{
    struct text words = {0};
    text_add(&words, "", 0);
    for (const char *at = code; *(at += strcspn(at, "'\"`"));) {
        const char *text = read_literal(&at);
        if (!text)
            return;
        text_puts(&words, words.len ? " " : prefix);
        text_puts(&words, text);
        if (continues(at) && words.len < 4096)
            continue;
        judge_literal(shell, words.data, through);
        words = (struct text){0};
        text_add(&words, "", 0);
    }
}

/* A shell whose input and output are a connection. */
static void judge_sockets(struct shell *shell, const char *code, const char *through)
{
    static const char *const sockets[] = {"socket", "Socket", "fsockopen", "net.connect", NULL};
    static const char *const shells[] = {"/bin/sh", "/bin/bash", "dup2", "pty.spawn", NULL};
    struct finding finding = {.shown = "…",
                              .through = through,
                              .decision = DENY,
                              .rule = "reverse-shell",
                              .reason = "it connects a shell to the network"};
    if (mentions(code, sockets) && mentions(code, shells) &&
        !policy_is_off(shell->context->policy, finding.rule))
        add_finding(shell->out, &finding);
}

void judge_code(struct shell *shell, const char *code, const char *through)
{
    static const char *const runners[] = {
        "system", "popen", "subprocess", "exec",       "spawn",           "Popen",
        "qx",     "%x",    "`",          "check_call", "do shell script", NULL};
    static const char *const removers[] = {"rmtree",      "rmSync",         "rm_rf", "rmdirSync",
                                           "remove_tree", "remove_dir_all", NULL};
    if (mentions(code, runners))
        judge_literals(shell, code, through, "");
    if (mentions(code, removers))
        judge_literals(shell, code, through, "rm -rf ");
    judge_sockets(shell, code, through);
}
