/*
 * What is chosen. Names and terms become integers for the resolver, its answer becomes steps.
 *
 * Roots are what the request names and what was requested before; whatever else is installed stays
 * only if something still needs it. Optional consumption pulls nothing in: it is bound afterwards,
 * among what is there.
 */
#include "cli/change_plan.h"

#include <stdlib.h>
#include <string.h>

/* ---- requirements ---- */

static struct requirement make_requirement(struct planner *planner, const uint32_t *items,
                                           size_t count, struct reason reason)
{
    uint32_t *sorted = arena_array(planner->arena, count + 1, sizeof *sorted);
    if (count)
        memcpy(sorted, items, count * sizeof *sorted);
    plan_sort(planner->change, reason.consumed, sorted, count);
    uint32_t tag = (uint32_t)planner->reason_count;
    *arena_push(planner->arena, &planner->reasons, &planner->reason_count,
                &planner->reason_capacity) = reason;
    return (struct requirement){.candidates = sorted, .count = (uint32_t)count, .tag = tag};
}

static struct requirement require_name(struct planner *planner, const char *name,
                                       const struct range *range, const char *registry)
{
    struct change *change = planner->change;
    uint32_t *items = arena_array(planner->arena, change->choice_count + 1, sizeof *items);
    size_t count = 0;
    for (int prereleases = 0; prereleases < 2 && count == 0; prereleases++)
        for (size_t i = 0; i < change->choice_count; i++) {
            const struct choice *choice = change->choices[i];
            if (strcmp(choice->package.name, name) != 0 || plan_removes(change, name))
                continue;
            if (registry && strcmp(choice->package.registry, registry) != 0)
                continue;
            if (plan_choosable(choice, range, prereleases))
                items[count++] = (uint32_t)i;
        }
    return make_requirement(planner, items, count, (struct reason){.plugin = name});
}

static struct requirement require_contract(struct planner *planner, const struct consumed *consumed)
{
    struct change *change = planner->change;
    uint32_t *items = arena_array(planner->arena, change->choice_count + 1, sizeof *items);
    size_t count = 0;
    for (size_t i = 0; i < change->choice_count; i++) {
        const struct choice *choice = change->choices[i];
        if (!plan_removes(change, choice->package.name) && plan_choosable(choice, NULL, false) &&
            choice_provides(choice, consumed, planner->arena))
            items[count++] = (uint32_t)i;
    }
    return make_requirement(planner, items, count, (struct reason){.consumed = consumed});
}

/* ---- the universe ---- */

/* Offers providers of what choices need until nothing new is needed. */
static int close_over_contracts(struct planner *planner)
{
    struct change *change = planner->change;
    struct strings seen = {0};
    bool registries = change->request->install_count || change->request->update_all ||
                      change->request->update.count;
    for (size_t i = 0; i < change->choice_count; i++) {
        struct consumed *terms;
        size_t count = choice_consumes(change->choices[i], &terms, planner->arena);
        for (size_t t = 0; t < count; t++) {
            if (terms[t].optional || strings_has(&seen, terms[t].contract))
                continue;
            strings_add(&seen, planner->arena, terms[t].contract);
            int result = registries ? change_offer_providers(change, terms[t].contract) : 0;
            if (result < 0)
                return result;
        }
    }
    return 0;
}

static uint32_t name_number(struct planner *planner, const char *name)
{
    for (size_t i = 0; i < planner->name_count; i++)
        if (strcmp(planner->names[i], name) == 0)
            return (uint32_t)i;
    *arena_push(planner->arena, &planner->names, &planner->name_count, &planner->name_capacity) =
        name;
    return (uint32_t)planner->name_count - 1;
}

static void fill_candidates(struct planner *planner)
{
    struct change *change = planner->change;
    planner->candidates =
        arena_array(planner->arena, change->choice_count + 1, sizeof *planner->candidates);
    for (size_t i = 0; i < change->choice_count; i++) {
        const struct choice *choice = change->choices[i];
        struct consumed *terms;
        size_t count = choice_consumes(choice, &terms, planner->arena);
        struct requirement *needs = arena_array(planner->arena, count + 1, sizeof *needs);
        uint32_t needed = 0;
        for (size_t t = 0; t < count; t++)
            if (!terms[t].optional)
                needs[needed++] = require_contract(planner, &terms[t]);
        planner->candidates[i] = (struct candidate){
            .name = name_number(planner, choice->package.name),
            .needs = needs,
            .need_count = needed,
        };
    }
}

static void add_root(struct planner *planner, struct requirement root)
{
    *arena_push(planner->arena, &planner->roots, &planner->root_count, &planner->root_capacity) =
        root;
}

static int no_version_matches(const struct change *change, const struct spec *spec)
{
    struct strings versions = {0};
    for (size_t i = 0; i < change->choice_count; i++)
        if (strcmp(change->choices[i]->package.name, spec->name) == 0)
            strings_add(&versions, change->arena, change->choices[i]->package.version);
    if (versions.count == 0)
        return registry_unknown_plugin(&change->config, change->catalogs, spec->name);
    fail(ERR_NOT_FOUND, "no version of '%s' matches '%s'", spec->name,
         spec->range ? spec->range : "*");
    error_hint("there is %s", strings_join(&versions, change->arena, ", "));
    return -ERR_NOT_FOUND;
}

static int add_named_roots(struct planner *planner)
{
    struct change *change = planner->change;
    for (size_t i = 0; i < change->request->install_count; i++) {
        const struct spec *spec = &change->request->install[i];
        if (spec->kind != SPEC_NAME)
            continue;
        struct range *range = NULL;
        if (spec->range && !(range = range_parse(planner->arena, spec->range, true))) {
            fail(ERR_GENERIC, "'%s' is not a version range, in '%s'", spec->range, spec->text);
            error_hint("write one like 1.2.0, ^1.2, ~1.2, '>=1 <2' or 1.x");
            return -ERR_GENERIC;
        }
        const char *registry = spec->registry ? spec->registry : change->request->registry;
        struct requirement root = require_name(planner, spec->name, range, registry);
        if (root.count == 0)
            return no_version_matches(change, spec);
        add_root(planner, root);
    }
    return 0;
}

static void add_direct_roots(struct planner *planner)
{
    struct change *change = planner->change;
    for (size_t i = 0; i < change->choice_count; i++) {
        const struct choice *choice = change->choices[i];
        uint32_t item = (uint32_t)i;
        if (choice->direct && !choice->current && !choice->same_as_current)
            add_root(planner, make_requirement(planner, &item, 1,
                                               (struct reason){.plugin = choice->package.name}));
    }
}

/* What was requested before stays, in its range if it is to be updated. */
static void add_standing_roots(struct planner *planner)
{
    struct change *change = planner->change;
    for (size_t i = 0; i < change->before.count; i++) {
        const struct package *package = &change->before.packages[i];
        if (!(package->flags & PACKAGE_REQUESTED) || plan_removes(change, package->name) ||
            plan_spec(change, package->name))
            continue;
        struct range *range = NULL;
        if (plan_updates(change, package->name) && *package->range)
            range = range_parse(planner->arena, package->range, true);
        add_root(planner, require_name(planner, package->name, range, NULL));
    }
}

/* ---- the way ---- */

static int offer_standing(struct change *change)
{
    for (size_t i = 0; i < change->before.count; i++) {
        const struct package *package = &change->before.packages[i];
        int result =
            plan_removes(change, package->name) ? 0 : change_offer(change, package->name, NULL);
        if (result < 0)
            return result;
    }
    return 0;
}

static int solve(struct planner *planner)
{
    struct change *change = planner->change;
    int result = offer_standing(change);
    if (result == 0)
        result = close_over_contracts(planner);
    if (result == 0)
        result = add_named_roots(planner);
    if (result < 0)
        return result;
    add_direct_roots(planner);
    add_standing_roots(planner);
    fill_candidates(planner);

    struct universe universe = {.candidates = planner->candidates,
                                .candidate_count = (uint32_t)change->choice_count,
                                .name_count = (uint32_t)planner->name_count};
    struct solution solution;
    resolver_solve(&solution, &universe, planner->roots, planner->root_count, planner->arena);
    return solution.found ? plan_steps(planner, &solution) : plan_explain(planner, &solution);
}

static int check_removals(const struct change *change)
{
    const struct strings *remove = &change->request->remove;
    for (size_t i = 0; i < remove->count; i++) {
        if (installed_find(&change->before, remove->items[i]))
            continue;
        struct strings names = {0};
        for (size_t p = 0; p < change->before.count; p++)
            strings_add(&names, change->arena, change->before.packages[p].name);
        const char *nearest = text_nearest(remove->items[i], names.items, names.count);
        fail(ERR_NOT_FOUND, "plugin '%s' is not installed", remove->items[i]);
        if (nearest)
            error_hint("did you mean '%s'?", nearest);
        else
            error_hint("'paii list' shows what is");
        return -ERR_NOT_FOUND;
    }
    return 0;
}

int change_plan(struct change *change)
{
    struct arena scratch = {0};
    struct planner planner = {.change = change, .arena = &scratch};
    int result = check_removals(change);
    if (result == 0)
        result = solve(&planner);
    if (result == 0)
        change->dirty = planner.dirty;
    arena_release(&scratch);
    return result;
}

size_t change_count(const struct change *change)
{
    size_t count = change->dirty;
    for (size_t i = 0; i < change->step_count; i++)
        count += change->steps[i].kind != STEP_KEEP;
    return count;
}
