/*
 * What is chosen. Names and terms become integers for the resolver, its answer becomes steps.
 *
 * Roots are what the request names and what was requested before; whatever else is installed stays
 * only if something still needs it. Optional consumption is bound afterwards, among what is there;
 * it pulls nothing in, unless that was asked for.
 */
#include "change/plan.h"

#include <stdlib.h>
#include <string.h>

/* ---- requirements ---- */

static bool offers(const struct planner *planner, uint32_t choice, const char *registry)
{
    const struct choice *offered = planner->choices[choice];
    return !offered->aside && planner->standings[choice].eligible &&
           (!registry || strcmp(offered->package.registry, registry) == 0);
}

static size_t find_name(struct planner *planner, uint32_t *items, const char *text,
                        const struct range *range, const char *registry)
{
    const struct name *name = plan_name(planner, text);
    size_t count = 0;
    for (int prereleases = 0; name && prereleases < 2 && count == 0; prereleases++)
        for (uint32_t i = name[0].first; i < name[1].first; i++)
            if (offers(planner, i, registry) && plan_choosable(planner, i, range, prereleases))
                items[count++] = i;
    plan_sort(planner, range != NULL, items, count);
    return count;
}

static void add_root(struct planner *planner, const uint32_t *items, size_t count,
                     const char *plugin, const char *range)
{
    *arena_push(planner->arena, &planner->roots, &planner->root_count, &planner->root_capacity) =
        (struct root){arena_copy(planner->arena, items, count * sizeof *items), (uint32_t)count};
    *arena_push(planner->arena, &planner->asked, &planner->asked_count, &planner->asked_capacity) =
        (struct asked){plugin, range ? range : ""};
}

static uint32_t *room_for_all(struct planner *planner)
{
    return arena_array(planner->arena, planner->choice_count + 1, sizeof(uint32_t));
}

/* ---- what is asked for ---- */

static int no_version_matches(struct planner *planner, const struct spec *spec)
{
    const struct change *change = planner->change;
    for (size_t i = 0; i < change->choice_count && !planner->failed; i++)
        if (strcmp(change->choices[i]->package.name, spec->name) == 0)
            return plan_explain_find(planner, spec);
    return registry_unknown_plugin(&change->config, change->catalogs, spec->name);
}

static int add_named_roots(struct planner *planner)
{
    struct change *change = planner->change;
    uint32_t *items = room_for_all(planner);
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
        size_t count = find_name(planner, items, spec->name, range, registry);
        if (count == 0)
            return no_version_matches(planner, spec);
        add_root(planner, items, count, spec->name, spec->range);
    }
    return 0;
}

/* When everything is updated, what a source holds now is the best that its plugin can be, and need
 * not be had. */
static bool must_come(const struct change *change, const struct choice *choice)
{
    return choice->direct && !choice->current && !choice->same_as_current &&
           !(change->request->update_all && installed_find(&change->before, choice->package.name) &&
             !change_names(change->request, choice));
}

static void add_direct_roots(struct planner *planner)
{
    for (uint32_t i = 0; i < planner->choice_count; i++) {
        const struct choice *choice = planner->choices[i];
        if (must_come(planner->change, choice))
            add_root(planner, &i, 1, choice->package.name, NULL);
    }
}

/* What was requested before stays, in its range if it is to be updated. */
static void add_standing_roots(struct planner *planner)
{
    struct change *change = planner->change;
    uint32_t *items = room_for_all(planner);
    for (size_t i = 0; i < change->before.count; i++) {
        const struct package *package = &change->before.packages[i];
        if (!(package->flags & (PACKAGE_REQUESTED | PACKAGE_HELD)) ||
            plan_removes(change, package->name) || plan_spec(change, package->name))
            continue;
        struct range *range = NULL;
        if (plan_updates(change, package->name) && *package->range)
            range = range_parse(planner->arena, package->range, true);
        size_t count = find_name(planner, items, package->name, range, NULL);
        add_root(planner, items, count, package->name, range ? package->range : NULL);
    }
}

/* ---- what is there already ---- */

/* The versions that a name may have now, the best first. */
static struct root versions_of(struct planner *planner, const char *name)
{
    for (size_t i = 0; i < planner->root_count; i++)
        if (strcmp(planner->asked[i].plugin, name) == 0)
            return planner->roots[i];
    uint32_t *items = room_for_all(planner);
    size_t count = find_name(planner, items, name, NULL, NULL);
    return (struct root){items, (uint32_t)count};
}

static void raise_name(struct planner *planner, const char *name)
{
    struct root versions = versions_of(planner, name);
    if (versions.count)
        *arena_push(planner->arena, &planner->raised, &planner->raised_count,
                    &planner->raised_capacity) = versions;
}

/* What the person named gets its best version, and then the rest changes as little as it must. If
 * everything is to be updated nothing is asked to stay. */
static void add_changes(struct planner *planner, struct request *request)
{
    const struct change *change = planner->change;
    uint32_t *installed = room_for_all(planner);
    if (change->request->update_all)
        return;
    for (uint32_t i = 0; i < planner->choice_count; i++)
        if (planner->choices[i]->current)
            installed[request->installed_count++] = i;
    for (size_t i = 0; i < planner->root_count; i++)
        if (plan_spec(change, planner->asked[i].plugin))
            raise_name(planner, planner->asked[i].plugin);
    for (size_t i = 0; i < change->request->update.count; i++)
        raise_name(planner, change->request->update.items[i]);
    request->installed = installed;
    request->raised = planner->raised;
    request->raised_count = (uint32_t)planner->raised_count;
}

/* ---- the way ---- */

static int state(struct planner *planner)
{
    int result = plan_universe(planner);
    if (result == 0)
        result = add_named_roots(planner);
    if (result < 0)
        return result;
    add_direct_roots(planner);
    add_standing_roots(planner);
    return 0;
}

static int solve(struct planner *planner, bool explain, struct answer_plan *answer)
{
    int result = state(planner);
    if (result < 0)
        return result;
    struct solver *solver = resolver_new(&planner->index);
    struct request request = {.roots = planner->roots,
                              .root_count = (uint32_t)planner->root_count,
                              .wishes = planner->change->request->with_optional,
                              .explain = explain};
    add_changes(planner, &request);
    resolver_solve(solver, &request, answer, planner->arena);
    resolver_free(solver);
    return 0;
}

static bool is_clear(struct planner *planner, const struct answer_plan *answer, struct plan *out)
{
    struct choice **chosen = plan_chosen(planner, answer, planner->failed->arena);
    struct unbound *unbound;
    *out = (struct plan){chosen, answer->selected_count};
    return plan_unbound(planner, chosen, out->count, &unbound) == 0;
}

bool plan_would(struct change *change, const struct planner *failed, struct plan *out)
{
    struct arena scratch = {0};
    struct planner planner = {
        .change = change, .arena = &scratch, .terms = failed->terms, .failed = failed};
    struct answer_plan answer;
    *out = (struct plan){0};
    bool would =
        solve(&planner, false, &answer) == 0 && answer.found && is_clear(&planner, &answer, out);
    arena_release(&scratch);
    return would;
}

static int check_removals(const struct change *change)
{
    const struct strings *remove = &change->request->remove;
    int result = 0;
    for (size_t i = 0; i < remove->count && result == 0; i++)
        result = installed_check(&change->before, remove->items[i]);
    return result;
}

int change_plan(struct change *change)
{
    struct arena scratch = {0};
    struct planner planner = {
        .change = change, .arena = &scratch, .terms = plan_terms_new(&scratch)};
    int result = check_removals(change);
    struct answer_plan answer;
    if (result == 0)
        result = plan_check_holds(change);
    if (result == 0)
        result = solve(&planner, true, &answer);
    if (result == 0)
        result = answer.found ? plan_steps(&planner, &answer) : plan_explain(&planner, &answer);
    if (result == 0) {
        change->dirty = planner.dirty;
        change_join_renames(change);
    }
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
