#include "judge.h"

#include "arena.h"
#include "path.h"
#include "policy.h"
#include "rules.h"
#include "shell.h"

#include <string.h>

enum { MAX_STEPS = 8192 };

const char *const decision_names[] = {"none", "ask", "deny"};

static bool same(const char *a, const char *b)
{
    return a == b || (a && b && !strcmp(a, b));
}

void add_finding(struct judgement *out, const struct finding *finding)
{
    for (size_t i = 0; i < out->count; i++) {
        const struct finding *other = &out->findings[i];
        if (same(other->shown, finding->shown) && same(other->rule, finding->rule) &&
            same(other->through, finding->through) && other->decision == finding->decision)
            return;
    }
    out->findings = grow(out->findings, out->count, &out->capacity, sizeof *out->findings);
    out->findings[out->count] = *finding;
    if (finding->decision > out->findings[out->worst].decision)
        out->worst = out->count;
    out->count++;
}

enum decision judgement_decision(const struct judgement *judgement)
{
    return judgement->count ? judgement->findings[judgement->worst].decision : NONE;
}

/* ---- what is not what it looks like ---- */

/*
 * Characters that nobody sees, or that turn the order of what is seen: direction marks, spaces
 * without width, tags. In UTF-8.
 */
static bool is_invisible(const unsigned char *at)
{
    if (at[0] == 0xe2 && at[1] == 0x80)
        return (at[2] >= 0x8b && at[2] <= 0x8f) || (at[2] >= 0xaa && at[2] <= 0xae);
    if (at[0] == 0xe2 && at[1] == 0x81)
        return at[2] >= 0xa0 && at[2] <= 0xaf;
    return at[0] == 0xf3 && at[1] == 0xa0 && (at[2] == 0x80 || at[2] == 0x81);
}

static const char *hidden_problem(const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
        if (*at < 0x20 && !strchr("\t\n\r", *at))
            return "it has control characters";
        if (is_invisible(at))
            return "it has characters that nobody sees";
    }
    return NULL;
}

/* ---- judging ---- */

void judge_command(struct judgement *out, const struct context *context, const char *command)
{
    const char *problem = hidden_problem(command);
    struct shell shell = {.context = context,
                          .out = out,
                          .state.cwd = context->cwd,
                          .input.text = "",
                          .budget = MAX_STEPS};
    *out = (struct judgement){0};
    path_init(context->home, context->paii);
    if (problem && !policy_is_off(context->policy, "hidden-text")) {
        struct finding finding = {
            .shown = command, .decision = ASK, .rule = "hidden-text", .reason = problem};
        add_finding(out, &finding);
    }
    shell_run_text(&shell, command, NULL, NULL);
}

void judge_file(struct judgement *out, const struct context *context, const char *path,
                enum access access)
{
    *out = (struct judgement){0};
    path_init(context->home, context->paii);
    struct finding finding = {.shown = path};
    rules_judge_file(context->policy, path_clean(path, context->cwd), access, &finding);
    add_finding(out, &finding);
}
