#include "judge.h"

#include "arena.h"

#include <string.h>

enum { MAX_DEPTH = 16 };

const char *const decision_names[] = {"allow", "ask", "deny"};

static void add_finding(struct judgement *out, const struct finding *finding)
{
    size_t worst = out->worst ? (size_t)(out->worst - out->findings) : 0;
    bool first = !out->worst;
    out->findings = grow(out->findings, out->count, &out->capacity, sizeof *out->findings);
    out->findings[out->count++] = *finding;
    if (first || finding->decision > out->findings[worst].decision)
        worst = out->count - 1;
    out->worst = &out->findings[worst];
}

static const char *shown(const struct task *task)
{
    struct text text = {0};
    text_add(&text, "", 0);
    for (size_t i = 0; i < task->count; i++) {
        if (i)
            text_putc(&text, ' ');
        text_puts(&text, task->words[i].text);
    }
    for (size_t i = 0; i < task->command->redirect_count; i++) {
        const struct redirect *redirect = &task->command->redirects[i];
        text_puts(&text, redirect->kind == '>' ? " > " : " < ");
        text_puts(&text, redirect->target.text);
    }
    return text.data + (text.data[0] == ' ');
}

/* ---- {a,b} ---- */

struct words {
    struct word *items;
    size_t count, capacity;
};

static void add_word(struct words *out, const struct word *word, const char *text)
{
    out->items = grow(out->items, out->count, &out->capacity, sizeof *out->items);
    out->items[out->count] = *word;
    out->items[out->count++].text = text;
}

/* One level at a time: the first "{…}" with a comma; what is inside is expanded by the next call.
 */
static void expand_braces(struct words *out, const struct word *word, const char *text,
                          unsigned depth)
{
    const char *open = strchr(text, '{'), *close = open ? strchr(open, '}') : NULL;
    const char *comma = close ? memchr(open, ',', (size_t)(close - open)) : NULL;
    if (!comma || depth > 4 || out->count > 256) {
        add_word(out, word, text);
        return;
    }
    for (const char *at = open + 1; at <= close;) {
        size_t len = strcspn(at, ",}");
        struct text one = {0};
        text_add(&one, text, (size_t)(open - text));
        text_add(&one, at, len);
        text_puts(&one, close + 1);
        expand_braces(out, word, one.data, depth + 1);
        at += len + 1;
    }
}

/* ---- one command ---- */

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool is_computed(const struct word *program)
{
    if (program->expands)
        return true;
    return !program->quoted && strcspn(program->text, "*?[") < strlen(program->text) &&
           strcmp(program->text, "[") != 0;
}

void judge_task(struct judging *judging, const struct task *task)
{
    struct task named = *task;
    named.program = task->count ? base_of(task->words[0].text) : "";
    struct finding finding = {.shown = shown(&named), .through = named.through};
    const struct rule *rule = rules_judge(&named);
    if (rule) {
        finding.decision = rule->decision;
        finding.rule = rule->id;
        finding.reason = rule->reason;
    } else if (named.count && is_computed(&named.words[0])) {
        finding.decision = ASK;
        finding.rule = "computed-program";
        finding.reason = "which program runs is only known when it runs";
    }
    add_finding(judging->out, &finding);
    if (named.count)
        unwrap(judging, &named);
}

/* A "cd" decides what relative paths after it mean. */
static void follow_cd(struct judging *judging, const struct command *command)
{
    bool moves = command->count && !strcmp(command->words[0].text, "cd");
    if (!moves)
        return;
    const struct word *target = command->count > 1 ? &command->words[command->count - 1] : NULL;
    if (!target) {
        judging->cwd = "~";
    } else if (target->expands || !strcmp(target->text, "-")) {
        judging->cwd = NULL;
    } else if (strchr("/~$", target->text[0])) {
        judging->cwd = target->text;
    } else if (judging->cwd) {
        struct text joined = {0};
        text_puts(&joined, judging->cwd);
        text_putc(&joined, '/');
        text_puts(&joined, target->text);
        judging->cwd = joined.data;
    }
}

static void judge_command(struct judging *judging, const struct command *command,
                          const char *through)
{
    struct words words = {0};
    for (size_t i = 0; i < command->count; i++) {
        if (command->words[i].braces)
            expand_braces(&words, &command->words[i], command->words[i].text, 0);
        else
            add_word(&words, &command->words[i], command->words[i].text);
    }
    struct task task = {
        .words = words.items,
        .count = words.count,
        .command = command,
        .script = judging->script,
        .through = through,
        .cwd = judging->cwd,
    };
    judge_task(judging, &task);
    follow_cd(judging, command);
}

void judge_text(struct judging *judging, const char *text, const char *through)
{
    struct script script;
    script_read(&script, text);
    const char *problem = script.problem;
    if (!problem && judging->depth >= MAX_DEPTH)
        problem = "commands are nested too deeply";
    struct judging inner = *judging;
    inner.script = &script;
    inner.depth++;
    for (size_t i = 0; i < script.count && judging->depth < MAX_DEPTH; i++)
        judge_command(&inner, &script.commands[i], through);
    if (problem) {
        struct finding finding = {.shown = text,
                                  .through = through,
                                  .decision = ASK,
                                  .rule = "unreadable",
                                  .reason = problem};
        add_finding(judging->out, &finding);
    }
}

void judge(struct judgement *out, const char *text)
{
    struct judging judging = {.out = out};
    *out = (struct judgement){0};
    judge_text(&judging, text, NULL);
}
