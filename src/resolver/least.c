/*
 * What is there already changes as little as can be.
 *
 * A term is something that is rather kept: a soft root, or that a name stays as it is. A selection
 * costs what it breaks. First the broken terms of what was found are tried one by one with all that
 * hold (that is often the answer); each that cannot hold leaves a core: terms that do not hold
 * together. Any selection breaks one of each core, so the lightest set of terms that hits every
 * core costs no more than any selection. Either there is a selection that breaks just these, or
 * there is another core.
 */
#include "resolver/solver_private.h"

#include <stdlib.h>

/* So far apart that no number of the lighter ones outweighs a heavier one. */
#define WEIGHT_RAISED  (UINT64_C(1) << 56)
#define WEIGHT_DROPPED (UINT64_C(1) << 36)
#define WEIGHT_CHANGED (UINT64_C(1) << 18)
#define WEIGHT_NEW     UINT64_C(1)

struct term {
    bool root;
    uint32_t number; /* of the root, or name */
};

struct found {
    struct stack candidates; /* in the order of their selection */
    struct stack broken;     /* terms */
    uint64_t cost;
};

struct least {
    struct solver *solver;
    struct arena scratch;
    struct term *terms;
    uint64_t *weights; /* by term */
    size_t term_count, term_capacity, weight_count, weight_capacity;
    uint32_t *term_of_root, *term_of_name; /* + 1 */
    bool strict;                           /* names count */
    struct sets cores;
    struct found best, last;
    uint64_t work;    /* in sets */
    uint64_t started; /* after so much of the solver's */
    bool gave_up;
};

enum outcome { FOUND, REFUTED, TOO_MUCH };

static uint32_t term_of(struct least *least, bool root, uint32_t number, uint64_t weight)
{
    uint32_t *known = root ? &least->term_of_root[number] : &least->term_of_name[number];
    if (*known == 0) {
        *arena_push(&least->scratch, &least->terms, &least->term_count, &least->term_capacity) =
            (struct term){root, number};
        *arena_push(&least->scratch, &least->weights, &least->weight_count,
                    &least->weight_capacity) = weight;
        *known = (uint32_t)least->term_count;
    }
    return *known - 1;
}

static uint32_t root_term(struct least *least, uint32_t root)
{
    return term_of(least, true, root, WEIGHT_DROPPED);
}

static uint32_t name_term(struct least *least, uint32_t name)
{
    return term_of(least, false, name,
                   least->solver->installed[name] ? WEIGHT_CHANGED : WEIGHT_NEW);
}

/* ---- what a search found ---- */

static bool name_changes(const struct solver *solver, uint32_t candidate)
{
    uint32_t name = solver->index.name[candidate], installed = solver->installed[name];
    return !solver->loose[name] && (installed ? installed != candidate + 1 : solver->new_counts);
}

static bool is_selected(const struct solver *solver, uint32_t variable)
{
    return is_candidate(solver, variable) && solver->value[variable] == TRUE;
}

/* What the search selected for a root, or NOTHING. */
static uint32_t selected_for(const struct solver *solver, uint32_t root)
{
    const struct root *members = &solver->roots[root];
    for (uint32_t i = 0; i < members->count; i++)
        if (solver->value[members->members[i]] == TRUE)
            return members->members[i];
    return NOTHING;
}

static bool changes_anything(const struct solver *solver)
{
    for (uint32_t i = solver->soft; i < solver->root_count; i++)
        if (selected_for(solver, i) == NOTHING)
            return true;
    for (uint32_t i = 0; i < solver->trail.count; i++)
        if (is_selected(solver, solver->trail.items[i]) &&
            name_changes(solver, solver->trail.items[i]))
            return true;
    return false;
}

static void note_broken(struct least *least, struct found *found, uint32_t term)
{
    stack_push(&found->broken, term);
    found->cost += least->weights[term];
}

static void note_found(struct least *least, struct found *found)
{
    struct solver *solver = least->solver;
    found->candidates.count = found->broken.count = 0;
    found->cost = 0;
    for (uint32_t i = solver->soft; i < solver->root_count; i++)
        if (selected_for(solver, i) == NOTHING)
            note_broken(least, found, root_term(least, i));
    for (uint32_t i = 0; i < solver->trail.count; i++) {
        uint32_t variable = solver->trail.items[i];
        if (!is_selected(solver, variable))
            continue;
        stack_push(&found->candidates, variable);
        if (least->strict && name_changes(solver, variable))
            note_broken(least, found, name_term(least, solver->index.name[variable]));
    }
}

/* ---- searches ---- */

static void set_free(struct least *least, const struct stack *terms, bool freed)
{
    for (uint32_t i = 0; i < terms->count; i++) {
        struct term term = least->terms[terms->items[i]];
        (term.root ? least->solver->given_up : least->solver->loose)[term.number] = freed;
    }
}

static int compare(const void *pa, const void *pb, void *payload)
{
    const uint64_t *weights = payload;
    uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;
    if (weights[a] != weights[b])
        return weights[a] < weights[b] ? -1 : 1;
    return (a > b) - (a < b);
}

/* Light terms first, of equals those that were met first: such as what the first answer broke. */
static void note_core(struct least *least)
{
    struct stack roots = {0}, names = {0};
    struct stack *elements = &least->cores.elements;
    uint32_t begin = elements->count;
    find_core(least->solver, &roots, &names);
    for (uint32_t i = 0; i < roots.count; i++)
        stack_push(elements, root_term(least, roots.items[i]));
    for (uint32_t i = 0; i < names.count; i++)
        stack_push(elements, name_term(least, names.items[i]));
    stack_push(&least->cores.ends, elements->count);
    if (elements->count > begin)
        qsort_r(elements->items + begin, elements->count - begin, sizeof *elements->items, compare,
                least->weights);
    free(roots.items);
    free(names.items);
}

static uint64_t work_left(const struct least *least)
{
    uint64_t done = least->work + (work_of(least->solver) - least->started);
    return done < LEAST_WORK_MAX ? LEAST_WORK_MAX - done : 0;
}

/* With all terms but those; what is found, or a new core, is noted. */
static enum outcome search(struct least *least, const struct stack *without, bool strict)
{
    struct solver *solver = least->solver;
    enum outcome outcome = TOO_MUCH;
    set_free(least, without, true);
    solver->strict = strict;
    solver->limit = work_of(solver) + work_left(least);
    search_begin(solver);
    if (settle(solver)) {
        outcome = FOUND;
        set_free(least, without, false);
        note_found(least, &least->last);
    } else if (work_of(solver) <= solver->limit) {
        outcome = REFUTED;
        note_core(least);
    }
    search_end(solver);
    solver->strict = false;
    solver->limit = UINT64_MAX;
    set_free(least, without, false);
    least->gave_up = least->gave_up || outcome == TOO_MUCH;
    return outcome;
}

static void take_if_better(struct least *least)
{
    if (least->last.cost >= least->best.cost)
        return;
    struct found best = least->last;
    least->last = least->best;
    least->best = best;
}

/* ---- the least ---- */

static void copy_without(struct stack *out, const struct stack *from, uint32_t item)
{
    out->count = 0;
    for (uint32_t i = 0; i < from->count; i++)
        if (from->items[i] != item)
            stack_push(out, from->items[i]);
}

/* Tries to mend what is broken, the heaviest first, without breaking anything else. */
static void mend(struct least *least)
{
    struct stack terms = {0}, others = {0};
    copy_without(&terms, &least->best.broken, NOTHING);
    if (terms.count)
        qsort_r(terms.items, terms.count, sizeof *terms.items, compare, least->weights);
    for (uint32_t i = terms.count; i-- > 0 && !least->gave_up;) {
        copy_without(&others, &least->best.broken, terms.items[i]);
        if (others.count == least->best.broken.count)
            continue; /* mended along with another */
        if (search(least, &others, least->strict) == FOUND)
            take_if_better(least);
    }
    free(terms.items);
    free(others.items);
}

/* The terms to break, if something lighter than the best could break every core. */
static bool lighter(struct least *least, struct stack *terms)
{
    struct hitting hitting = {.sets = &least->cores,
                              .weight = least->weights,
                              .element_count = (uint32_t)least->term_count,
                              .below = least->best.cost,
                              .limit = work_left(least)};
    terms->count = 0;
    bool found = hitting_set(&hitting, terms);
    least->work += hitting.work;
    least->gave_up = least->gave_up || hitting.work > hitting.limit;
    return found && !least->gave_up;
}

/* The elements of the newest core are broken too. */
static void break_core(const struct least *least, struct stack *terms)
{
    const struct stack *ends = &least->cores.ends;
    uint32_t begin = ends->count > 1 ? ends->items[ends->count - 2] : 0;
    for (uint32_t i = begin; i < ends->items[ends->count - 1]; i++)
        stack_push(terms, least->cores.elements.items[i]);
}

/* Either what breaks the fewest terms is found, or another core. */
static void prove(struct least *least)
{
    struct stack terms = {0};
    bool done = false;
    while (!done && lighter(least, &terms)) {
        enum outcome outcome = search(least, &terms, least->strict);
        done = outcome != REFUTED;
        while (outcome == REFUTED) { /* cores that have nothing in common are worth the most */
            break_core(least, &terms);
            outcome = search(least, &terms, least->strict);
        }
        if (outcome == FOUND)
            take_if_better(least);
    }
    free(terms.items);
}

static void minimise(struct least *least)
{
    mend(least);
    if (!least->gave_up)
        prove(least);
}

/* ---- what is raised ---- */

/* What contradicted the root as it was says nothing any more. */
static void set_root(struct least *least, uint32_t root, struct root members)
{
    least->solver->roots[root] = members;
    least->cores.elements.count = least->cores.ends.count = 0;
}

/* Finds the best again under other rules: without what it broke, and perhaps a root. */
static void start_again(struct least *least, uint32_t root)
{
    struct stack terms = {0};
    copy_without(&terms, &least->best.broken, NOTHING);
    if (root != NOTHING)
        stack_push(&terms, root_term(least, root));
    if (search(least, &terms, false) == FOUND) {
        least->best.cost = UINT64_MAX;
        take_if_better(least);
    }
    free(terms.items);
}

/* The first candidate of what is raised with which no more is dropped; it is not dropped for
 * anything else from then on. */
static void raise_one(struct least *least, uint32_t root)
{
    const struct root all = least->solver->roots[root];
    const uint32_t term = root_term(least, root);
    uint64_t cost = least->best.cost;
    least->weights[term] = WEIGHT_RAISED;
    for (uint32_t i = 0; i < all.count && !least->gave_up; i++) {
        set_root(least, root, (struct root){&all.members[i], 1});
        start_again(least, root);
        minimise(least);
        if (least->best.cost == cost)
            return;
    }
    least->weights[term] = WEIGHT_DROPPED; /* it is dropped */
    set_root(least, root, all);
    start_again(least, root);
    minimise(least);
}

/* What the first search gave each. */
static uint32_t *picks_of(struct least *least)
{
    struct solver *solver = least->solver;
    uint32_t count = solver->request->raised_count;
    uint32_t *picks = arena_array(&least->scratch, count + 1, sizeof *picks);
    for (uint32_t i = 0; i < count; i++)
        picks[i] = selected_for(solver, solver->soft + i);
    return picks;
}

/* If nothing was dropped the first search gave each the first that it can have. */
static void raise_all(struct least *least, const uint32_t *picks)
{
    struct solver *solver = least->solver;
    bool nothing_dropped = least->best.cost == 0;
    minimise(least);
    for (uint32_t i = 0; i < solver->request->raised_count; i++)
        if (nothing_dropped)
            set_root(least, solver->soft + i, (struct root){&picks[i], 1});
        else
            raise_one(least, solver->soft + i);
    least->strict = true;
    start_again(least, NOTHING);
}

/* Names that are not installed count from now on. Had they counted before, any number of them would
 * have had to be tried in the place of one change. */
static void count_new(struct least *least)
{
    const struct solver *solver = least->solver;
    least->solver->new_counts = true;
    for (uint32_t i = 0; i < least->best.candidates.count; i++) {
        uint32_t name = solver->index.name[least->best.candidates.items[i]];
        if (!solver->installed[name] && !solver->loose[name])
            note_broken(least, &least->best, name_term(least, name));
    }
}

bool change_least(struct solver *solver, struct arena *arena, struct selection *out)
{
    *out = (struct selection){0};
    if (!changes_anything(solver))
        return true;
    bool raises = solver->request->raised_count > 0;
    struct least least = {.solver = solver, .strict = !raises, .started = work_of(solver)};
    least.term_of_root = arena_array(&least.scratch, solver->root_count + 1u, sizeof(uint32_t));
    least.term_of_name = arena_array(&least.scratch, solver->index.names + 1u, sizeof(uint32_t));
    solver->new_counts = false;
    note_found(&least, &least.best);
    const uint32_t *picks = picks_of(&least);
    search_end(solver);
    if (raises)
        raise_all(&least, picks);
    minimise(&least);
    if (solver->request->fewest_new) {
        count_new(&least);
        minimise(&least);
    }
    out->count = least.best.candidates.count;
    out->candidates = arena_array(arena, out->count + 1u, sizeof *out->candidates);
    for (uint32_t i = 0; i < out->count; i++)
        out->candidates[i] = least.best.candidates.items[i];
    struct stack *stacks[] = {&least.cores.elements, &least.cores.ends,      &least.best.candidates,
                              &least.best.broken,    &least.last.candidates, &least.last.broken};
    for (size_t i = 0; i < sizeof stacks / sizeof *stacks; i++)
        free(stacks[i]->items);
    arena_release(&least.scratch);
    return !least.gave_up;
}
