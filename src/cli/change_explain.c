/* Why there is no solution, in words. */
#include "cli/change_plan.h"

#include <string.h>

static const char *who_could(struct planner *planner, const struct consumed *consumed)
{
    struct strings could = {0};
    for (size_t i = 0; i < planner->change->choice_count; i++) {
        const struct package *package = &planner->change->choices[i]->package;
        struct strings lines = {0};
        strings_split(&lines, planner->arena, package->provides, '\n');
        for (size_t l = 0; l < lines.count; l++) {
            struct provided term;
            if (provided_parse(&term, planner->arena, lines.items[l]) &&
                strcmp(term.contract, consumed->contract) == 0)
                strings_add(&could, planner->arena,
                            arena_printf(planner->arena, "%s %s (provides %s)", package->name,
                                         package->version, lines.items[l]));
        }
    }
    return could.count ? strings_join(&could, planner->arena, ", ") : NULL;
}

int plan_explain(struct planner *planner, const struct solution *solution)
{
    struct change *change = planner->change;
    AUTO_BUF text = {0};
    const struct consumed *unmet = NULL;
    for (uint32_t i = 0; i < solution->step_count; i++) {
        const struct conflict_step *step = &solution->steps[i];
        const struct reason *reason = &planner->reasons[step->tag];
        if (!reason->consumed)
            continue;
        const char *plugin =
            step->candidate == UINT32_MAX ? "?" : change->choices[step->candidate]->package.name;
        buf_printf(&text, "%s'%s' requires %s", text.len ? ", and " : "", plugin,
                   consumed_words(reason->consumed, planner->arena));
        if (step->blocked_by != UINT32_MAX) {
            const struct package *blocker = &change->choices[step->blocked_by]->package;
            buf_printf(&text, ", which conflicts with %s %s", blocker->name, blocker->version);
        } else {
            unmet = reason->consumed;
        }
    }
    if (text.len == 0)
        buf_puts(&text, "the plugins asked for cannot be installed together");
    fail(ERR_CONTRACT, "%s%s", buf_text(&text), unmet ? ", and no plugin provides it" : "");
    if (unmet && change->request->remove.count) {
        error_hint("remove what needs it as well, or install another provider first");
    } else if (unmet) {
        const char *could = who_could(planner, unmet);
        if (could)
            error_hint("nearest: %s", could);
        else
            error_hint("add a registry that has a provider of %s: paii registry add NAME URL",
                       unmet->contract);
    }
    return -ERR_CONTRACT;
}
