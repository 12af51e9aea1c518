/*
 * The universe of a plan: what could be chosen gets numbers, and what it needs becomes gates.
 *
 * A trial differs little from the plan that failed, so what is the same is not made again: numbers,
 * if no more is offered; and gates, if nothing else may be a member, though in another order.
 */
#include "change/plan.h"

#include <stdlib.h>
#include <string.h>

/* ---- offering ---- */

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
        if (*done)
            continue;
        planner->closed &= !place->foreign; /* whether it is open is up to the request */
        if (!plan_is_open(planner->change, place))
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
    planner->closed = true;
    for (size_t i = 0; i < change->choice_count && result == 0; i++) {
        result = offer_providers(planner, &change->choices[i]->package);
        if (result == 0)
            result = offer_dependencies(planner, &change->choices[i]->package);
    }
    return result;
}

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

static bool same_choices(const struct planner *planner)
{
    const struct planner *failed = planner->failed;
    return failed && planner->change->choices == failed->change->choices &&
           planner->change->choice_count == failed->change->choice_count;
}

static int offer_all(struct planner *planner)
{
    if (same_choices(planner) && planner->failed->closed)
        return 0;
    int result = offer_standing(planner->change);
    return result < 0 ? result : close_over_needs(planner);
}

/* ---- numbers ---- */

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
        if (count == 0 ||
            ((*runs)[count - 1].name != name && strcmp((*runs)[count - 1].name, name) != 0))
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

/* The last name ends where one more would begin. */
static void end_names(struct planner *planner)
{
    add_name(planner, NULL, planner->choice_count);
    planner->name_count--;
}

static void add_choice(struct planner *planner, struct choice *choice)
{
    struct identity *identity = &planner->identities[planner->choice_count];
    identity->name = (uint32_t)planner->name_count - 1;
    identity->versioned = version_parse(&identity->version, choice->package.version, true);
    planner->choices[planner->choice_count++] = choice;
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
    planner->identities =
        arena_array(planner->arena, change->choice_count + 1, sizeof *planner->identities);
    for (size_t r = 0; r < run_count; r++) {
        if (r == 0 || strcmp(runs[r - 1].name, runs[r].name) != 0)
            add_name(planner, runs[r].name, planner->choice_count);
        for (uint32_t i = 0; i < runs[r].count; i++)
            add_choice(planner, change->choices[runs[r].first + i]);
    }
    end_names(planner);
}

static void take_numbers(struct planner *planner)
{
    const struct planner *failed = planner->failed;
    planner->choices = failed->choices;
    planner->identities = failed->identities;
    planner->choice_count = failed->choice_count;
    for (size_t i = 0; i < failed->name_count; i++)
        add_name(planner, failed->names[i].text, failed->names[i].first);
    end_names(planner);
}

/* ---- gates ---- */

/* Whether the choice is what a person asks for by its version, and in the range. */
static bool is_exact(const struct planner *planner, uint32_t choice, const struct range *range)
{
    return planner->standings[choice].exact &&
           (!range || range_matches(range, &planner->identities[choice].version, false));
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
        const struct identity *identity = &planner->identities[i];
        if (!term->range || (!plan_is_unseen(planner->choices[i]) && identity->versioned &&
                             range_matches(term->range, &identity->version, false)))
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
            size_t found = term->who
                               ? plan_offers(planner, term->who, term->conflict.contract.service,
                                             term->range, items)
                               : find_named(planner, items, term);
            *set = found ? index_add_set(planner->builder, items, (uint32_t)found) + 1 : NOTHING;
        }
        if (*set != NOTHING)
            index_add_avoid(planner->builder, candidate, *set - 1);
    }
}

static int make_index(struct planner *planner)
{
    size_t size;
    uint32_t *items = arena_array(planner->arena, planner->choice_count + 1, sizeof *items);
    planner->builder = index_begin(planner->arena);
    for (uint32_t i = 0; i < planner->choice_count; i++) {
        if (i == 0 || planner->identities[i].name != planner->identities[i - 1].name)
            index_add_name(planner->builder);
        index_add_candidate(planner->builder);
    }
    planner->providers = plan_providers(planner);
    for (uint32_t i = 0; i < planner->choice_count; i++) {
        add_contracts(planner, i);
        add_dependencies(planner, i, items);
        add_conflicts(planner, i, items);
    }
    const void *block = index_finish(planner->builder, &size);
    if (!index_open(&planner->index, block, size))
        return fail(ERR_GENERIC, "the plugins that could be chosen are too many to plan with");
    return 0;
}

/* ---- the same gates ---- */

/* Whether a gate that is made now would have the members that it had in the plan that failed. */
static bool same_members(const struct planner *planner)
{
    const struct planner *failed = planner->failed;
    if (!same_choices(planner) || !failed->closed ||
        planner->change->config.bindings != failed->change->config.bindings)
        return false;
    for (size_t i = 0; i < planner->choice_count; i++)
        if (planner->standings[i].eligible != failed->standings[i].eligible ||
            planner->standings[i].exact != failed->standings[i].exact)
            return false;
    return true;
}

static int compare_providers(const void *a, const void *b, void *planner)
{
    return plan_compare(planner, *(const uint32_t *)a, *(const uint32_t *)b);
}

/* Among plugins the request decides who is preferred, among versions of one it does not. */
static void take_gates(struct planner *planner)
{
    const struct lists *gates = &planner->failed->index.gate;
    uint32_t count = planner->failed->index.gates;
    uint32_t *items = arena_copy(planner->arena, gates->items, gates->at[count] * sizeof *items);
    for (uint32_t g = 0; g < count; g++) {
        uint32_t first = gates->at[g], end = gates->at[g + 1];
        if (end - first > 1 &&
            planner->identities[items[first]].name != planner->identities[items[end - 1]].name)
            qsort_r(items + first, end - first, sizeof *items, compare_providers, planner);
    }
    planner->index = planner->failed->index;
    planner->index.gate.items = items;
}

int plan_universe(struct planner *planner)
{
    int result = offer_all(planner);
    if (result < 0)
        return result;
    if (same_choices(planner))
        take_numbers(planner);
    else
        give_numbers(planner);
    plan_judge(planner);
    if (!same_members(planner))
        return make_index(planner);
    take_gates(planner);
    return 0;
}
