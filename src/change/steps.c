/* From the resolver's answer to steps and bindings. */
#include "base/paths.h"
#include "change/plan.h"

#include <stdlib.h>
#include <string.h>

const char *plan_provider(struct planner *planner, const struct choice *consumer,
                          const struct consumed *consumed, struct choice *const *chosen,
                          size_t count, struct strings *fits)
{
    struct change *change = planner->change;
    const char *bound = NULL, *liked = NULL,
               *before = installed_bound(&change->before, consumer->package.name, consumed->alias);
    for (size_t i = 0; i < count; i++) {
        const char *name = chosen[i]->package.name;
        if (!provided_lines_satisfy(chosen[i]->package.provides, consumed, planner->arena))
            continue;
        strings_add(fits, change->arena, name);
        if (plan_bound(change, consumed, name))
            bound = name;
        if (!liked && strings_has(&change->request->prefer, name))
            liked = name;
    }
    if (!bound && liked)
        bound = liked;
    if (!bound && before && strings_has(fits, before))
        bound = before;
    return !bound && fits->count == 1 ? fits->items[0] : bound;
}

struct choice **plan_chosen(const struct planner *planner, const struct answer_plan *answer,
                            struct arena *arena)
{
    struct choice **chosen = arena_array(arena, answer->selected_count + 1u, sizeof *chosen);
    for (uint32_t i = 0; i < answer->selected_count; i++)
        chosen[i] = planner->choices[answer->selected[i]];
    return chosen;
}

size_t plan_unbound(struct planner *planner, struct choice *const *chosen, size_t count,
                    struct unbound **out)
{
    size_t found = 0, capacity = 0;
    *out = NULL;
    for (size_t i = 0; i < count; i++) {
        struct consumed *terms;
        size_t term_count =
            consumed_parse_lines(&terms, chosen[i]->package.consumes, planner->arena);
        for (size_t t = 0; t < term_count; t++) {
            struct strings fits = {0};
            if (!terms[t].optional &&
                !plan_provider(planner, chosen[i], &terms[t], chosen, count, &fits) && fits.count)
                *arena_push(planner->arena, out, &found, &capacity) =
                    (struct unbound){i, &terms[t], fits};
        }
    }
    return found;
}

/* False if it must be bound, and several of the chosen fit. */
static bool bind_alias(struct planner *planner, const struct choice *consumer,
                       const struct consumed *consumed, struct choice *const *chosen, size_t count)
{
    struct change *change = planner->change;
    struct strings fits = {0};
    const char *bound = plan_provider(planner, consumer, consumed, chosen, count, &fits);
    if (bound)
        strings_add(&change->bindings, change->arena,
                    arena_printf(change->arena, "%s.%s=%s", consumer->package.name, consumed->alias,
                                 bound));
    else if (fits.count && consumed->optional)
        warning("'%s' can use more than one %s (%s), so it uses none; choose: %s",
                consumer->package.name, consumed->contract,
                strings_join(&fits, planner->arena, ", "),
                paths.project ? "[bindings] of paii.toml"
                              : arena_printf(planner->arena, "paii config set bindings.%s NAME",
                                             consumed->contract));
    return bound || fits.count == 0 || consumed->optional;
}

static bool bind_all(struct planner *planner, struct choice *const *chosen, size_t count)
{
    bool clear = true;
    planner->change->bindings = (struct strings){0};
    for (size_t i = 0; i < count; i++) {
        struct consumed *terms;
        size_t term_count =
            consumed_parse_lines(&terms, chosen[i]->package.consumes, planner->arena);
        for (size_t t = 0; t < term_count; t++)
            clear &= bind_alias(planner, chosen[i], &terms[t], chosen, count);
    }
    return clear;
}

static const char *needed_by(struct planner *planner, const struct choice *choice,
                             struct choice *const *chosen, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct dependency *terms;
        size_t term_count =
            dependency_parse_lines(&terms, chosen[i]->package.depends, planner->arena);
        for (size_t t = 0; t < term_count; t++)
            if (plan_is_dependency(planner->change, &chosen[i]->package, &terms[t], choice))
                return arena_printf(planner->change->arena, "needed by %s",
                                    chosen[i]->package.name);
    }
    return NULL;
}

/* Who needs the provider, or else who can use it. */
static const char *needed_for(struct planner *planner, const struct choice *provider,
                              struct choice *const *chosen, size_t count, bool optional)
{
    for (size_t i = 0; i < count; i++) {
        struct consumed *terms;
        size_t term_count =
            consumed_parse_lines(&terms, chosen[i]->package.consumes, planner->arena);
        for (size_t t = 0; t < term_count; t++)
            if (terms[t].optional == optional &&
                provided_lines_satisfy(provider->package.provides, &terms[t], planner->arena))
                return arena_printf(planner->change->arena, "%s for %s",
                                    consumed_words(&terms[t], planner->arena),
                                    chosen[i]->package.name);
    }
    return optional ? NULL : needed_for(planner, provider, chosen, count, true);
}

static const char *pulled_in(struct planner *planner, const struct choice *choice,
                             struct choice *const *chosen, size_t count)
{
    const char *by = needed_by(planner, choice, chosen, count);
    return by ? by : needed_for(planner, choice, chosen, count, false);
}

/* Whether it goes without its prefix, too: as asked now, or before, or for all that is new. */
static unsigned flat_flag(const struct change *change, const struct choice *choice,
                          const struct package *before)
{
    const char *asked = change_names(change->request, choice) ? change->request->flat : NULL;
    bool flat = asked    ? strcmp(asked, OPTION_OFF) != 0
                : before ? before->flags & PACKAGE_FLAT
                         : change->config.flat && !paths.project;
    return flat ? PACKAGE_FLAT : 0;
}

/* The plan's package carries what the person asked for now, or before. */
static void mark_request(struct planner *planner, struct choice *choice,
                         const struct package *before, const char *because)
{
    struct change *change = planner->change;
    const struct spec *spec = plan_spec(change, choice->package.name);
    bool wish = spec && !(because && strings_has(&change->request->as_needed, spec->name));
    unsigned flags = choice->package.flags & ~(unsigned)(PACKAGE_FLAT | PACKAGE_REQUESTED);
    flags |= flat_flag(change, choice, before);
    const char *range = before ? before->range : "";
    if (wish || (choice->direct && !choice->current) ||
        (before && (before->flags & PACKAGE_REQUESTED)))
        flags |= PACKAGE_REQUESTED;
    if (spec)
        range = spec->range ? spec->range : "";
    if (choice->current && (flags != before->flags || strcmp(range, before->range) != 0))
        planner->dirty = true;
    if (before) { /* what is switched off stays so in another version */
        flags |= before->flags & (PACKAGE_DISABLED | PACKAGE_PARTLY | PACKAGE_HELD);
        choice->package.disabled_components = before->disabled_components;
    }
    choice->package.flags = flags;
    choice->package.range = range;
}

static int compare_steps(const void *a, const void *b)
{
    const struct step *x = a, *y = b;
    const char *nx = x->choice ? x->choice->package.name : x->before->name;
    const char *ny = y->choice ? y->choice->package.name : y->before->name;
    return strcmp(nx, ny);
}

static void add_step(struct change *change, struct step step)
{
    *arena_push(change->arena, &change->steps, &change->step_count, &change->step_capacity) = step;
}

static bool same_bindings(const struct change *change)
{
    if (change->bindings.count != change->before.bindings.count)
        return false;
    for (size_t i = 0; i < change->bindings.count; i++)
        if (!strings_has(&change->before.bindings, change->bindings.items[i]))
            return false;
    return true;
}

int plan_steps(struct planner *planner, const struct answer_plan *answer)
{
    struct change *change = planner->change;
    size_t count = answer->selected_count;
    struct choice **chosen = plan_chosen(planner, answer, planner->arena);
    if (!bind_all(planner, chosen, count))
        return plan_explain_choice(planner, answer);

    change->step_count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct package *before = installed_find(&change->before, chosen[i]->package.name);
        chosen[i]->rebuild = change_wants_rebuild(change, chosen[i]);
        struct step step = {.kind = chosen[i]->current && !chosen[i]->rebuild ? STEP_KEEP
                                    : before                                  ? STEP_UPDATE
                                                                              : STEP_INSTALL,
                            .choice = chosen[i],
                            .before = before};
        const char *because = pulled_in(planner, chosen[i], chosen, count);
        if (step.kind == STEP_INSTALL && !plan_named(change, chosen[i]))
            step.because = because;
        mark_request(planner, chosen[i], before, because);
        add_step(change, step);
    }
    for (size_t i = 0; i < change->before.count; i++) {
        bool stays = false;
        for (size_t c = 0; c < count; c++)
            stays |= strcmp(chosen[c]->package.name, change->before.packages[i].name) == 0;
        if (!stays)
            add_step(change,
                     (struct step){.kind = STEP_REMOVE, .before = &change->before.packages[i]});
    }
    if (change->step_count)
        qsort(change->steps, change->step_count, sizeof *change->steps, compare_steps);
    planner->dirty |= !same_bindings(change);
    return 0;
}
