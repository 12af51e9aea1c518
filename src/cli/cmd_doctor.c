#include "base/data.h"
#include "base/paths.h"
#include "cli/command.h"
#include "cli/doctor.h"

static const char *const level_names[] = {
    [FINDING_OK] = "ok",
    [FINDING_ADVICE] = "advice",
    [FINDING_PROBLEM] = "problem",
};

static bool has_problem(const struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        if (findings->items[i].level == FINDING_PROBLEM)
            return true;
    }
    return false;
}

static void print_json(const struct findings *findings)
{
    AUTO_BUF text = {0};
    struct json_writer json = {.out = &text, .indent = true};

    json_object(&json);
    json_key(&json, "ok");
    json_boolean(&json, !has_problem(findings));
    json_key(&json, "findings");
    json_array(&json);
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];
        json_object(&json);
        json_field(&json, "subject", finding->subject);
        json_field(&json, "level", level_names[finding->level]);
        json_field(&json, "message", finding->message);
        json_field(&json, "fix", finding->fix);
        json_end_object(&json);
    }
    json_end_array(&json);
    json_end_object(&json);
    buf_putc(&text, '\n');
    out_bytes(text.data, text.len);
}

/* problem  cargo       not found; it is needed to build cargo plugins
 *          fix: apt-get install cargo                                   */
static void print_text(const struct findings *findings)
{
    static const enum term_style styles[] = {
        [FINDING_OK] = STYLE_GREEN,
        [FINDING_ADVICE] = STYLE_YELLOW,
        [FINDING_PROBLEM] = STYLE_RED,
    };
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];
        out_styled(styles[finding->level], "%-8s", level_names[finding->level]);
        out(" %-11s %s\n", finding->subject, finding->message);
        if (finding->fix)
            out("%21s fix: %s\n", "", finding->fix);
    }
}

static int run(struct invocation *call)
{
    struct findings findings = {.arena = call->arena};
    struct hooks_status hooks;

    if (paths_init() < 0) {
        finding_add(&findings, FINDING_PROBLEM, "paths",
                    arena_strdup(call->arena,
                                 *error_hint_text() ? error_hint_text() : "set HOME or PAII_DIR"),
                    "%s", error_text());
        error_clear();
    } else {
        doctor_state(&findings);
        doctor_settings(&findings);
        doctor_hooks(&findings);
        doctor_handlers(&findings, &hooks);
        doctor_dispatch(&findings);
        doctor_collisions(&findings);
        doctor_project(&findings);
        doctor_programs(&findings);
        doctor_tools(&findings);
    }
    if (term_json())
        print_json(&findings);
    else
        print_text(&findings);
    return has_problem(&findings) ? ERR_GENERIC : 0;
}

const struct command cmd_doctor = {
    .name = "doctor",
    .summary = "look for what is missing, and say how to get it",
    .description = "Exits with 1 if something that an installed plugin needs is missing or wrong; "
                   "what other plugins may need one day is advice.",
    .group = GROUP_STATE,
    .run = run,
};
