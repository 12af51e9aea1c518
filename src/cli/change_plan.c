/*
 * What is chosen. Names and terms become integers for the resolver, its answer becomes steps.
 *
 * Roots are what the request names and what was requested before; whatever else is installed stays
 * only if something still needs it. Optional consumption is bound afterwards, among what is there;
 * it pulls nothing in, unless that was asked for.
 */
#include "cli/change_plan.h"

#include <stdlib.h>
#include <string.h>

/* ---- requirements ---- */

bool plan_eligible(const struct planner *planner, const struct choice *choice)
{
    const struct change *change = planner->change;
    return !plan_removes(change, choice->package.name) && !plan_stays(change, choice);
}

/* The choices of a name: the first, and in `*end` behind the last. */
static uint32_t find_choices(const struct planner *planner, const char *name, uint32_t *end)
{
    uint32_t low = 0, high = (uint32_t)planner->choice_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (strcmp(planner->choices[middle]->package.name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (*end = low; *end < planner->choice_count; ++*end)
        if (strcmp(planner->choices[*end]->package.name, name) != 0)
            break;
    return low;
}

static bool offers(const struct planner *planner, const struct choice *choice, const char *registry)
{
    return !choice->aside && plan_eligible(planner, choice) &&
           (!registry || strcmp(choice->package.registry, registry) == 0);
}

static size_t find_name(struct planner *planner, uint32_t *items, const char *name,
                        const struct range *range, const char *registry)
{
    uint32_t end, first = find_choices(planner, name, &end);
    size_t count = 0;
    for (int prereleases = 0; prereleases < 2 && count == 0; prereleases++)
        for (uint32_t i = first; i < end; i++)
            if (offers(planner, planner->choices[i], registry) &&
                plan_choosable(planner->choices[i], range, prereleases))
                items[count++] = i;
    plan_sort(planner, range != NULL, items, count);
    return count;
}

static size_t find_dependency(struct planner *planner, uint32_t *items, const struct package *owner,
                              const struct dependency *term)
{
    struct range *range =
        strcmp(term->range, "*") == 0 ? NULL : range_parse(planner->arena, term->range, false);
    struct place place = plan_place(planner->change, owner, term);
    uint32_t end, first = find_choices(planner, place.name, &end);
    size_t count = 0;
    for (int prereleases = 0; prereleases < 2 && count == 0; prereleases++)
        for (uint32_t i = first; i < end; i++)
            if (plan_is_at(&place, planner->choices[i]) &&
                plan_eligible(planner, planner->choices[i]) &&
                (plan_choosable(planner->choices[i], range, prereleases) ||
                 (plan_asked_exactly(planner->change, planner->choices[i]) &&
                  dependency_takes(term, planner->choices[i]->package.version, planner->arena))))
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

/* ---- the universe ---- */

static int offer_providers(struct planner *planner, const struct package *package,
                           struct strings *seen)
{
    struct consumed *terms;
    size_t count = consumed_parse_lines(&terms, package->consumes, planner->arena);
    int result = 0;
    for (size_t t = 0; t < count && result == 0; t++) {
        if ((terms[t].optional && !planner->change->request->with_optional) ||
            strings_has(seen, terms[t].contract))
            continue;
        strings_add(seen, planner->arena, terms[t].contract);
        result = change_offer_providers(planner->change, terms[t].contract);
    }
    return result;
}

static int offer_dependencies(struct planner *planner, const struct package *package)
{
    struct dependency *terms;
    size_t count = dependency_parse_lines(&terms, package->depends, planner->arena);
    int result = 0;
    for (size_t t = 0; t < count && result == 0; t++)
        result = change_offer_dependency(planner->change, package, &terms[t]);
    return result;
}

/* Offers what choices need until nothing new is needed. Removing alone brings in nothing but what
 * is preferred in its place. */
static int close_over_needs(struct planner *planner)
{
    struct change *change = planner->change;
    const struct change_request *request = change->request;
    struct strings seen = {0};
    int result = 0;
    if (!request->install_count && !request->update_all && !request->update.count &&
        !request->prefer.count)
        return 0;
    for (size_t i = 0; i < change->choice_count && result == 0; i++) {
        result = offer_providers(planner, &change->choices[i]->package, &seen);
        if (result == 0)
            result = offer_dependencies(planner, &change->choices[i]->package);
    }
    return result;
}

static int compare_names(const void *pa, const void *pb, void *payload)
{
    struct choice *const *choices = payload;
    uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;
    int order = strcmp(choices[a]->package.name, choices[b]->package.name);
    return order ? order : (a > b) - (a < b);
}

static void add_need(struct planner *planner, struct need need)
{
    *arena_push(planner->arena, &planner->needs, &planner->need_count, &planner->need_capacity) =
        need;
}

static void add_contracts(struct planner *planner, uint32_t candidate)
{
    struct consumed *terms;
    size_t count =
        consumed_parse_lines(&terms, planner->choices[candidate]->package.consumes, planner->arena);
    for (size_t t = 0; t < count; t++) {
        if (terms[t].optional && !planner->change->request->with_optional)
            continue;
        uint32_t gate = plan_contract_gate(planner, &terms[t]);
        (terms[t].optional ? index_add_wish : index_add_need)(planner->builder, candidate, gate);
        add_need(planner, (struct need){candidate, gate, .consumed = &terms[t]});
    }
}

static void add_dependencies(struct planner *planner, uint32_t candidate, uint32_t *items)
{
    const struct package *owner = &planner->choices[candidate]->package;
    struct dependency *terms;
    size_t count = dependency_parse_lines(&terms, owner->depends, planner->arena);
    for (size_t t = 0; t < count; t++) {
        size_t found = find_dependency(planner, items, owner, &terms[t]);
        uint32_t gate = index_add_gate(planner->builder, items, (uint32_t)found);
        index_add_need(planner->builder, candidate, gate);
        add_need(planner, (struct need){candidate, gate, .depends = &terms[t]});
    }
}

static void add_conflicts(struct planner *planner, uint32_t candidate, uint32_t *items)
{
    struct conflict *terms;
    size_t count = conflict_parse_lines(&terms, planner->choices[candidate]->package.conflicts,
                                        planner->arena);
    for (size_t t = 0; t < count; t++) {
        uint32_t found = 0, first = 0, end = (uint32_t)planner->choice_count;
        if (!terms[t].with_contract)
            first = find_choices(planner, terms[t].plugin.name, &end);
        for (uint32_t i = first; i < end; i++)
            if (plan_is_conflict(&terms[t], planner->choices[i], planner->arena))
                items[found++] = i;
        if (found)
            index_add_avoid(planner->builder, candidate,
                            index_add_set(planner->builder, items, found));
    }
}

/* Choices get numbers in the order of their names; of one name, in that in which they were
 * offered. */
static void make_index(struct planner *planner)
{
    const struct change *change = planner->change;
    const char *last = NULL;
    planner->choice_count = change->choice_count;
    planner->choices =
        arena_array(planner->arena, change->choice_count + 1, sizeof *planner->choices);
    planner->builder = index_begin(planner->arena);
    uint32_t *order = room_for_all(planner);
    for (uint32_t i = 0; i < planner->choice_count; i++)
        order[i] = i;
    qsort_r(order, planner->choice_count, sizeof *order, compare_names, change->choices);
    for (size_t i = 0; i < planner->choice_count; i++) {
        struct choice *choice = planner->choices[i] = change->choices[order[i]];
        if (!last || strcmp(last, choice->package.name) != 0)
            index_add_name(planner->builder);
        last = choice->package.name;
        index_add_candidate(planner->builder);
    }
    plan_judge(planner);
    planner->providers = plan_providers(planner);
    uint32_t *items = room_for_all(planner);
    for (uint32_t i = 0; i < planner->choice_count; i++) {
        add_contracts(planner, i);
        add_dependencies(planner, i, items);
        add_conflicts(planner, i, items);
    }
}

static int no_version_matches(struct planner *planner, const struct spec *spec)
{
    const struct change *change = planner->change;
    for (size_t i = 0; i < change->choice_count && !planner->trial; i++)
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

static int state(struct planner *planner)
{
    struct change *change = planner->change;
    int result = offer_standing(change);
    if (result == 0)
        result = close_over_needs(planner);
    if (result < 0)
        return result;
    make_index(planner);
    result = add_named_roots(planner);
    if (result < 0)
        return result;
    add_direct_roots(planner);
    add_standing_roots(planner);
    return 0;
}

static int solve(struct planner *planner, bool explain, struct answer_plan *answer)
{
    size_t size;
    int result = state(planner);
    if (result < 0)
        return result;
    const void *block = index_finish(planner->builder, &size);
    if (!index_open(&planner->index, block, size))
        return fail(ERR_GENERIC, "the plugins that could be chosen are too many to plan with");
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

bool plan_would(struct change *change, struct arena *arena, struct plan *out)
{
    struct planner planner = {.change = change, .arena = arena, .trial = true};
    struct answer_plan answer;
    *out = (struct plan){0};
    if (solve(&planner, false, &answer) < 0 || !answer.found)
        return false;
    out->chosen = arena_array(arena, answer.selected_count + 1, sizeof(struct choice *));
    for (; out->count < answer.selected_count; out->count++)
        out->chosen[out->count] = planner.choices[answer.selected[out->count]];
    return plan_is_clear(&planner, out->chosen, out->count);
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
    struct planner planner = {.change = change, .arena = &scratch};
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
