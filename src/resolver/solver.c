/* Wishes, and the way of a request through the solver. */
#include "resolver/solver_private.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

void stack_push(struct stack *stack, uint32_t item)
{
    if (stack->count == stack->capacity) {
        stack->capacity = stack->capacity ? 2 * stack->capacity : 64;
        stack->items = realloc(stack->items, stack->capacity * sizeof *stack->items);
        if (!stack->items)
            out_of_memory();
    }
    stack->items[stack->count++] = item;
}

/* ---- memory ---- */

/* Zeroed; the pages that nobody touches cost nothing. */
static void *numbers(size_t count, size_t size)
{
    void *items = calloc(count + 1, size);
    if (!items)
        out_of_memory();
    return items;
}

static void allocate_variables(struct solver *solver, uint32_t roots)
{
    uint32_t gates = solver->index.gates + roots;
    solver->capacity = solver->index.candidates + gates;
    solver->value = numbers(solver->capacity, 1);
    solver->variables = numbers(solver->capacity, sizeof *solver->variables);
    solver->gates = numbers(gates, sizeof *solver->gates);
}

static void free_variables(struct solver *solver)
{
    free(solver->value);
    free(solver->variables);
    free(solver->gates);
}

struct solver *resolver_new(const struct index *index)
{
    struct solver *solver = numbers(1, sizeof *solver);
    solver->index = *index;
    solver->chosen = numbers(index->names, sizeof(uint32_t));
    solver->preferred = numbers(index->names, sizeof(uint32_t));
    solver->installed = numbers(index->names, sizeof(uint32_t));
    solver->loose = numbers(index->names, 1);
    solver->proven = numbers(index->names, sizeof(uint32_t));
    solver->limit = UINT64_MAX;
    allocate_variables(solver, 16);
    return solver;
}

void resolver_free(struct solver *solver)
{
    struct stack *stacks[] = {
        &solver->literals,      &solver->clause_next, &solver->trail,  &solver->agenda,
        &solver->conflict,      &solver->learnt,      &solver->order,  &solver->touched_candidates,
        &solver->touched_gates, &solver->watched,     &solver->members};
    for (size_t i = 0; i < sizeof stacks / sizeof *stacks; i++)
        free(stacks[i]->items);
    free_variables(solver);
    free(solver->chosen);
    free(solver->preferred);
    free(solver->installed);
    free(solver->loose);
    free(solver->proven);
    free(solver->roots);
    free(solver->given_up);
    free(solver->clauses);
    free(solver->proof);
    free(solver->levels);
    free(solver);
}

/* ---- wishes ---- */

/* Tries the members of a wish, best first, with what was selected before it as it is. A conflict
 * takes back the member alone: it always leaves a new clause behind, so this ends. */
static void grant_wish(struct solver *solver, uint32_t gate)
{
    solver->floor = solver->level;
    watch_gate(solver, gate);
    while (settle(solver) && !holds(solver, gate)) {
        uint32_t member = best_member(solver, gate);
        if (member == NOTHING)
            return;
        decide(solver, member);
        while (!settle(solver))
            ;
    }
}

/* The wishes of what is selected, owners in the order of selection. */
static void grant_wishes(struct solver *solver)
{
    begin_level(solver); /* so that what the needs selected is below a floor */
    for (uint32_t t = 0; t < solver->trail.count; t++) {
        uint32_t owner = solver->trail.items[t];
        if (!is_candidate(solver, owner) || solver->value[owner] != TRUE)
            continue;
        struct span wishes = list_of(&solver->index.wish, owner);
        for (uint32_t i = 0; i < wishes.count; i++)
            if (!holds(solver, wishes.items[i]))
                grant_wish(solver, wishes.items[i]);
    }
}

/* ---- the way of a request ---- */

static void add_root(struct solver *solver, struct root root)
{
    if (solver->root_count == solver->root_capacity) {
        solver->root_capacity = solver->root_capacity ? 2 * solver->root_capacity : 16;
        solver->roots = realloc(solver->roots, solver->root_capacity * sizeof *solver->roots);
        solver->given_up = realloc(solver->given_up, solver->root_capacity);
        if (!solver->roots || !solver->given_up)
            out_of_memory();
    }
    solver->given_up[solver->root_count] = 0;
    solver->roots[solver->root_count++] = root;
}

/* An installed name that is to stay, at whatever version. */
static void add_name_root(struct solver *solver, uint32_t name)
{
    uint32_t first = solver->index.first[name], end = solver->index.first[name + 1];
    for (uint32_t c = first; c < end; c++)
        stack_push(&solver->members, c);
    add_root(solver, (struct root){.count = end - first});
}

static void add_soft_roots(struct solver *solver, const struct request *request)
{
    const uint32_t *name = solver->index.name;
    solver->soft = solver->root_count;
    for (uint32_t i = 0; i < request->raised_count; i++)
        add_root(solver, request->raised[i]);
    uint32_t first = solver->root_count;
    for (uint32_t i = 0; request->stay && i < request->installed_count; i++)
        if (!solver->loose[name[request->installed[i]]])
            add_name_root(solver, name[request->installed[i]]);
    const uint32_t *members = solver->members.items; /* does not move any more */
    for (uint32_t i = first; i < solver->root_count; members += solver->roots[i++].count)
        solver->roots[i].members = members;
}

/* What is there already, and what of it may go to another version. */
static void note_names(struct solver *solver, const struct request *request)
{
    const uint32_t *name = solver->index.name;
    for (uint32_t i = 0; i < request->raised_count; i++)
        if (request->raised[i].count)
            solver->loose[name[request->raised[i].members[0]]] = 1;
    for (uint32_t i = 0; i < request->preferred_count; i++)
        solver->preferred[name[request->preferred[i]]] = request->preferred[i] + 1;
    for (uint32_t i = 0; i < request->installed_count; i++)
        solver->installed[name[request->installed[i]]] = request->installed[i] + 1;
}

void request_begin(struct solver *solver, const struct request *request)
{
    solver->request = request;
    solver->new_counts = request->fewest_new;
    solver->root_count = solver->members.count = 0;
    solver->decisions = solver->conflicts = solver->propagations = 0;
    note_names(solver, request);
    for (uint32_t i = 0; i < request->root_count; i++)
        add_root(solver, request->roots[i]);
    add_soft_roots(solver, request);
    if (solver->index.candidates + solver->index.gates + solver->root_count > solver->capacity) {
        free_variables(solver);
        allocate_variables(solver, 2 * solver->root_count);
    }
}

void request_end(struct solver *solver)
{
    const struct request *request = solver->request;
    const uint32_t *name = solver->index.name;
    solver->strict = false;
    for (uint32_t i = 0; i < request->preferred_count; i++)
        solver->preferred[name[request->preferred[i]]] = 0;
    for (uint32_t i = 0; i < request->installed_count; i++)
        solver->installed[name[request->installed[i]]] = 0;
    for (uint32_t i = 0; i < request->raised_count; i++)
        if (request->raised[i].count)
            solver->loose[name[request->raised[i].members[0]]] = 0;
}

static void ask(struct solver *solver, uint32_t root)
{
    if (!solver->given_up[root])
        assign(solver, POSITIVE(gate_variable(solver, solver->index.gates + root)), 0, BY_ROOT,
               root);
}

/* What is raised is asked for first: it gets the first of its candidates that can be had. */
void search_begin(struct solver *solver)
{
    uint32_t raised = solver->soft + solver->request->raised_count;
    for (uint32_t i = solver->soft; i < raised; i++)
        ask(solver, i);
    for (uint32_t i = 0; i < solver->root_count; i++)
        if (i < solver->soft || i >= raised)
            ask(solver, i);
}

void search_end(struct solver *solver)
{
    solver->floor = 0;
    back_to(solver, 0);
    for (uint32_t i = 0; i < solver->trail.count; i++) {
        uint32_t variable = solver->trail.items[i];
        if (is_candidate(solver, variable))
            solver->chosen[solver->index.name[variable]] = 0;
        solver->value[variable] = UNKNOWN;
    }
    for (uint32_t i = 0; i < solver->touched_candidates.count; i++)
        solver->variables[solver->touched_candidates.items[i]] = (struct variable){0};
    for (uint32_t i = 0; i < solver->touched_gates.count; i++)
        solver->gates[solver->touched_gates.items[i]] = (struct gate){0};
    for (uint32_t i = 0; i < solver->watched.count; i++)
        solver->variables[solver->watched.items[i]] = (struct variable){0};
    solver->trail.count = solver->agenda.count = solver->done = solver->head = 0;
    solver->touched_candidates.count = solver->touched_gates.count = 0;
    solver->watched.count = solver->literals.count = solver->clause_next.count = 0;
    solver->clause_count = solver->proof_count = 0;
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void take_selected(const struct solver *solver, struct answer_plan *out, struct arena *arena)
{
    out->selected = arena_array(arena, solver->trail.count + 1, sizeof *out->selected);
    for (uint32_t i = 0; i < solver->trail.count; i++) {
        uint32_t variable = solver->trail.items[i];
        if (is_candidate(solver, variable) && solver->value[variable] == TRUE)
            out->selected[out->selected_count++] = variable;
    }
    qsort(out->selected, out->selected_count, sizeof *out->selected, compare);
}

bool resolver_can(struct solver *solver, const struct request *request)
{
    request_begin(solver, request);
    search_begin(solver);
    bool found = settle_anyhow(solver);
    search_end(solver);
    request_end(solver);
    return found;
}

/* With everything that can be given up, unless that is too much to ask; else with nothing of it. */
static bool find_any(struct solver *solver)
{
    bool soft = solver->soft < solver->root_count;
    search_begin(solver);
    solver->limit = soft ? LEAST_WORK_MAX : UINT64_MAX;
    bool found = settle(solver);
    solver->limit = UINT64_MAX;
    if (found || !soft)
        return found;
    search_end(solver);
    memset(solver->given_up + solver->soft, 1, solver->root_count - solver->soft);
    search_begin(solver);
    found = settle(solver);
    memset(solver->given_up, 0, solver->root_count);
    return found;
}

/* Replaces what was found by a selection with the least change: a search that finds it, so that
 * wishes can be added. */
static bool change_less(struct solver *solver, struct arena *arena)
{
    struct selection selection;
    bool least = change_least(solver, arena, &selection);
    if (!selection.candidates)
        return least;
    for (uint32_t i = 0; i < selection.count; i++)
        assign(solver, POSITIVE(selection.candidates[i]), 0, BY_ROOT, NOTHING);
    settle(solver);
    return least;
}

void resolver_solve(struct solver *solver, const struct request *request, struct answer_plan *out,
                    struct arena *arena)
{
    *out = (struct answer_plan){0};
    request_begin(solver, request);
    out->found = out->least = find_any(solver);
    if (out->found && (request->installed_count || request->raised_count || request->fewest_new))
        out->least = change_less(solver, arena);
    if (out->found && request->wishes)
        grant_wishes(solver);
    if (out->found)
        take_selected(solver, out, arena);
    else if (request->explain)
        explain(solver, out, arena);
    out->decisions = solver->decisions;
    out->conflicts = solver->conflicts;
    out->propagations = solver->propagations;
    search_end(solver);
    request_end(solver);
}
