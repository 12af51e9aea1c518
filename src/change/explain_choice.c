/*
 * There is a plan, but it leaves open whom a contract is bound to: several of what is chosen fit,
 * and nothing prefers one. That is for the person to say, so the hints are the commands that say
 * it.
 */
#include "change/explain_trial.h"

#include <string.h>

/* ---- what is open ---- */

static struct crowds crowds_of(const struct explanation *explanation,
                               const struct answer_plan *answer, const struct strings *names)
{
    uint32_t *choices = arena_array(explanation->arena, answer->selected_count, sizeof *choices);
    size_t count = 0;
    for (size_t i = 0; i < answer->selected_count; i++)
        if (strings_has(names, explain_package(explanation, answer->selected[i])->name))
            choices[count++] = answer->selected[i];
    return explain_crowds(explanation, choices, count);
}

static void add_line(struct explanation *explanation, const struct answer_plan *answer,
                     uint32_t consumer, const struct consumed *consumed, const struct strings *fits)
{
    struct arena *arena = explanation->arena;
    struct wanted want = {
        .contract = consumed->contract, .service = consumed->service, .range = consumed->range};
    *arena_push(arena, &explanation->lines, &explanation->line_count, &explanation->line_capacity) =
        (struct line){.kind = FACT_NEED,
                      .who = {arena_copy(arena, &consumer, sizeof consumer), 1},
                      .want = arena_copy(arena, &want, sizeof want),
                      .want_count = 1,
                      .others = crowds_of(explanation, answer, fits),
                      .alias = consumed->alias};
}

static void add_lines(struct explanation *explanation, const struct answer_plan *answer)
{
    struct planner *planner = explanation->planner;
    struct choice **chosen = plan_chosen(planner, answer, explanation->arena);
    struct unbound *unbound;
    size_t count = plan_unbound(planner, chosen, answer->selected_count, &unbound);
    for (size_t i = 0; i < count; i++)
        add_line(explanation, answer, answer->selected[unbound[i].consumer], unbound[i].consumed,
                 &unbound[i].fits);
}

/* ---- who may be chosen ---- */

static const char *other_of(const struct explanation *explanation, const struct line *line,
                            size_t other)
{
    return explain_package(explanation, line->others.items[other].items[0])->name;
}

static bool is_settled(const struct explanation *explanation, const struct line *line,
                       const struct strings *names)
{
    for (size_t i = 0; i < line->others.count; i++)
        if (strings_has(names, other_of(explanation, line, i)))
            return true;
    return false;
}

/* That one for the first line, and for the others their first if that does not settle them. */
static void help_choose(struct helper *helper, const char *name)
{
    const struct explanation *explanation = helper->explanation;
    struct arena *arena = helper->arena;
    struct trial *trial = trial_new(helper);
    struct strings names = {0}, prefer = {0}, quoted = {0};
    strings_add(&names, arena, name);
    for (size_t i = 1; i < explanation->line_count; i++)
        if (!is_settled(explanation, &explanation->lines[i], &names))
            strings_add(&names, arena, other_of(explanation, &explanation->lines[i], 0));
    for (size_t i = 0; i < trial->request.prefer.count; i++)
        strings_add(&prefer, arena, trial->request.prefer.items[i]);
    for (size_t i = 0; i < names.count; i++) {
        strings_add(&prefer, arena, names.items[i]);
        strings_add(&quoted, arena, arena_printf(arena, "'%s'", names.items[i]));
    }
    trial->request.prefer = prefer;
    if (trial_works(helper, trial))
        trial_hint(helper, arena_printf(arena, "use %s", explain_list(arena, &quoted, "and")),
                   trial_command(helper, trial));
}

int plan_explain_choice(struct planner *planner, const struct answer_plan *answer)
{
    struct explanation explanation = {.planner = planner, .arena = planner->arena};
    struct helper helper = {
        .explanation = &explanation, .arena = planner->arena, .change = planner->change};
    add_lines(&explanation, answer);
    for (size_t i = 0; i < explanation.lines[0].others.count && !trial_enough(&helper); i++)
        help_choose(&helper, other_of(&explanation, &explanation.lines[0], i));
    error_clear();
    return explain_refuse(
        &explanation, ERR_CONTRACT,
        explain_text(&explanation, "nothing says which of several plugins is to be used"));
}
