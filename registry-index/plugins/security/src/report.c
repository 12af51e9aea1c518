#include "report.h"

#include "json.h"

#include <string.h>

void report_member(struct text *out, const char *key, const char *value)
{
    if (!value)
        return;
    if (out->data[out->len - 1] != '{')
        text_putc(out, ',');
    json_quote(out, key);
    text_putc(out, ':');
    json_quote(out, value);
}

/* "it deletes a whole home (rm-home): rm -rf ~" */
static void add_reason(struct text *out, const struct finding *finding)
{
    text_puts(out, finding->reason);
    text_puts(out, " (");
    text_puts(out, finding->rule);
    text_puts(out, "): ");
    text_puts(out, finding->shown);
}

void report_check(struct text *out, const struct judgement *judgement)
{
    enum decision decision = judgement_decision(judgement);
    struct text reason = {0}, text = {0};
    text_puts(out, "\"result\":{");
    report_member(out, "decision", decision_names[decision]);
    text_puts(&text, decision_names[decision]);
    if (decision != NONE) {
        const struct finding *worst = &judgement->findings[judgement->worst];
        add_reason(&reason, worst);
        report_member(out, "reason", reason.data);
        report_member(out, "rule", worst->rule);
        report_member(out, "command", worst->shown);
        text_puts(&text, ": ");
        text_puts(&text, reason.data);
    }
    text_puts(out, "},\"text\":");
    json_quote(out, text.data);
}

/* ---- explain ---- */

static void write_finding(struct text *out, const struct finding *finding)
{
    text_putc(out, '{');
    report_member(out, "command", finding->shown);
    report_member(out, "through", finding->through);
    report_member(out, "decision", decision_names[finding->decision]);
    report_member(out, "rule", finding->rule);
    report_member(out, "reason", finding->reason);
    text_putc(out, '}');
}

/*
 *     deny  rm -rf /  [through bash]
 *           rm-root: it deletes the whole system
 */
static void add_lines(struct text *out, const struct finding *finding)
{
    const char *decision = decision_names[finding->decision];
    text_puts(out, decision);
    text_add(out, "      ", 6 - strlen(decision));
    text_puts(out, finding->shown);
    if (finding->through) {
        text_puts(out, "  [through ");
        text_puts(out, finding->through);
        text_putc(out, ']');
    }
    if (finding->rule) {
        text_puts(out, "\n      ");
        text_puts(out, finding->rule);
        text_puts(out, ": ");
        text_puts(out, finding->reason);
    }
    text_putc(out, '\n');
}

void report_explain(struct text *out, const struct judgement *judgement)
{
    enum decision decision = judgement_decision(judgement);
    struct text text = {0};
    text_puts(out, "\"result\":{");
    report_member(out, "decision", decision_names[decision]);
    text_puts(out, ",\"commands\":[");
    for (size_t i = 0; i < judgement->count; i++) {
        if (i)
            text_putc(out, ',');
        write_finding(out, &judgement->findings[i]);
        add_lines(&text, &judgement->findings[i]);
    }
    text_puts(out, "]},\"text\":");
    text_puts(&text, "so: ");
    text_puts(&text, decision_names[decision]);
    json_quote(out, text.data);
}
