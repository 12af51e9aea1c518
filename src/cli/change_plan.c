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

/* Whether the choice is what a person asks for by its version, and in the range. */
static bool is_exact(const struct planner *planner, uint32_t choice, const struct range *range)
{
    const struct standing *standing = &planner->standings[choice];
    return standing->exact && (!range || range_matches(range, &standing->version, false));
}

static size_t find_dependency(struct planner *planner, uint32_t *items, const struct term *term)
{
    const struct place *place = &term->who->place;
    const struct name *name = plan_name(planner, place->name);
    bool open = plan_is_open(planner->change, place);
    size_t count = 0;
    for (int prereleases = 0; name && prereleases < 2 && count == 0; prereleases++)
        for (uint32_t i = name[0].first; i < name[1].first; i++)
            if (planner->standings[i].eligible && plan_is_at(place, open, planner->choices[i]) &&
                (plan_choosable(planner, i, term->range, prereleases) ||
                 is_exact(planner, i, term->range)))
                items[count++] = i;
    plan_sort(planner, term->range != NULL, items, count);
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

static int offer_providers(struct planner *planner, const struct package *package)
{
    struct term_list terms = plan_terms(planner, TERM_CONSUMES, package);
    int result = 0;
    for (size_t t = 0; t < terms.count && result == 0; t++) {
        const struct consumed *term = &terms.items[t]->consumed;
        uint32_t *done = plan_mark(planner, terms.items[t]->who);
        if (*done || (term->optional && !planner->change->request->with_optional))
            continue;
        *done = true;
        result = change_offer_providers(planner->change, term->contract);
    }
    return result;
}

static int offer_dependencies(struct planner *planner, const struct package *package)
{
    struct term_list terms = plan_terms(planner, TERM_DEPENDS, package);
    int result = 0;
    for (size_t t = 0; t < terms.count && result == 0; t++) {
        const struct place *place = &terms.items[t]->who->place;
        uint32_t *done = plan_mark(planner, terms.items[t]->who);
        /* What is not permitted may be once more is offered. */
        if (*done || !plan_is_open(planner->change, place))
            continue;
        *done = true;
        result = plan_offer_place(planner->change, place);
    }
    return result;
}

/* Offers what choices need until nothing new is needed. Removing alone brings in nothing but what
 * is preferred in its place. */
static int close_over_needs(struct planner *planner)
{
    struct change *change = planner->change;
    const struct change_request *request = change->request;
    int result = 0;
    if (!request->install_count && !request->update_all && !request->update.count &&
        !request->prefer.count)
        return 0;
    for (size_t i = 0; i < change->choice_count && result == 0; i++) {
        result = offer_providers(planner, &change->choices[i]->package);
        if (result == 0)
            result = offer_dependencies(planner, &change->choices[i]->package);
    }
    return result;
}

/* Choices that were offered one after the other, all of one name. */
struct run {
    const char *name;
    uint32_t first, count;
};

static int compare_runs(const void *pa, const void *pb)
{
    const struct run *a = pa, *b = pb;
    int order = strcmp(a->name, b->name);
    return order ? order : (a->first > b->first) - (a->first < b->first);
}

static size_t find_runs(struct planner *planner, struct run **runs)
{
    const struct change *change = planner->change;
    size_t count = 0, capacity = 0;
    *runs = NULL;
    for (uint32_t i = 0; i < change->choice_count; i++) {
        const char *name = change->choices[i]->package.name;
        if (count == 0 || strcmp((*runs)[count - 1].name, name) != 0)
            *arena_push(planner->arena, runs, &count, &capacity) = (struct run){name, i, 0};
        (*runs)[count - 1].count++;
    }
    if (count)
        qsort(*runs, count, sizeof **runs, compare_runs);
    return count;
}

static void add_name(struct planner *planner, const char *text, size_t first)
{
    *arena_push(planner->arena, &planner->names, &planner->name_count, &planner->name_capacity) =
        (struct name){.text = text, .first = (uint32_t)first};
}

/* Choices get numbers in the order of their names; of one name, in that in which they were
 * offered. */
static void give_numbers(struct planner *planner)
{
    const struct change *change = planner->change;
    struct run *runs;
    size_t run_count = find_runs(planner, &runs);
    planner->choices =
        arena_array(planner->arena, change->choice_count + 1, sizeof *planner->choices);
    for (size_t r = 0; r < run_count; r++) {
        if (r == 0 || strcmp(runs[r - 1].name, runs[r].name) != 0) {
            add_name(planner, runs[r].name, planner->choice_count);
            index_add_name(planner->builder);
        }
        for (uint32_t i = 0; i < runs[r].count; i++) {
            planner->choices[planner->choice_count++] = change->choices[runs[r].first + i];
            index_add_candidate(planner->builder);
        }
    }
    add_name(planner, NULL, planner->choice_count);
    planner->name_count--;
}

static void add_need(struct planner *planner, struct need need)
{
    *arena_push(planner->arena, &planner->needs, &planner->need_count, &planner->need_capacity) =
        need;
}

static void add_contracts(struct planner *planner, uint32_t candidate)
{
    struct term_list terms =
        plan_terms(planner, TERM_CONSUMES, &planner->choices[candidate]->package);
    for (size_t t = 0; t < terms.count; t++) {
        const struct consumed *consumed = &terms.items[t]->consumed;
        if (consumed->optional && !planner->change->request->with_optional)
            continue;
        uint32_t gate = plan_contract_gate(planner, terms.items[t]);
        (consumed->optional ? index_add_wish : index_add_need)(planner->builder, candidate, gate);
        add_need(planner, (struct need){candidate, gate, .consumed = consumed});
    }
}

static void add_dependencies(struct planner *planner, uint32_t candidate, uint32_t *items)
{
    struct term_list terms =
        plan_terms(planner, TERM_DEPENDS, &planner->choices[candidate]->package);
    for (size_t t = 0; t < terms.count; t++) {
        const struct term *term = terms.items[t];
        uint32_t *gate = plan_mark(planner, term);
        if (!*gate) {
            size_t found = find_dependency(planner, items, term);
            *gate = index_add_gate(planner->builder, items, (uint32_t)found) + 1;
        }
        index_add_need(planner->builder, candidate, *gate - 1);
        add_need(planner, (struct need){candidate, *gate - 1, .depends = &term->depends});
    }
}

/* The choices of the name that are in the range. */
static size_t find_named(struct planner *planner, uint32_t *items, const struct term *term)
{
    const struct name *name = plan_name(planner, term->conflict.plugin.name);
    size_t count = 0;
    for (uint32_t i = name ? name[0].first : 0; name && i < name[1].first; i++) {
        const struct standing *standing = &planner->standings[i];
        if (!term->range || (!plan_is_unseen(planner->choices[i]) && standing->versioned &&
                             range_matches(term->range, &standing->version, false)))
            items[count++] = i;
    }
    return count;
}

static void add_conflicts(struct planner *planner, uint32_t candidate, uint32_t *items)
{
    struct term_list terms =
        plan_terms(planner, TERM_CONFLICTS, &planner->choices[candidate]->package);
    for (size_t t = 0; t < terms.count; t++) {
        const struct term *term = terms.items[t];
        uint32_t *set = plan_mark(planner, term);
        if (!*set) {
            size_t found = term->who ? plan_contract_set(planner, term, items)
                                     : find_named(planner, items, term);
            *set = found ? index_add_set(planner->builder, items, (uint32_t)found) + 1 : NOTHING;
        }
        if (*set != NOTHING)
            index_add_avoid(planner->builder, candidate, *set - 1);
    }
}

static void make_index(struct planner *planner)
{
    planner->builder = index_begin(planner->arena);
    give_numbers(planner);
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

bool plan_would(struct change *change, const struct planner *failed, struct plan *out)
{
    struct planner planner = {
        .change = change, .arena = failed->arena, .terms = failed->terms, .trial = true};
    struct answer_plan answer;
    *out = (struct plan){0};
    if (solve(&planner, false, &answer) < 0 || !answer.found)
        return false;
    out->chosen = arena_array(planner.arena, answer.selected_count + 1, sizeof(struct choice *));
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
