/*
 * The facts behind "no": gathered from the proof of the contradiction, then thrown out as long as
 * the rest still contradicts itself, then put in the order in which a person would tell them.
 */
#include "resolver/solver_private.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

struct facts {
    struct arena *arena;
    struct fact *items;
    size_t count, capacity;
};

/* ---- gathering ---- */

struct gathering {
    struct solver *solver;
    struct facts *facts;
    struct stack roots, names; /* soft ones, strict ones: not unique */
    struct stack variables;    /* whose reasons are to be looked at */
    uint8_t *clause_seen;
};

static void add_fact(struct facts *facts, enum fact_kind kind, uint32_t a, uint32_t b)
{
    *arena_push(facts->arena, &facts->items, &facts->count, &facts->capacity) =
        (struct fact){kind, a, b};
}

static void follow(struct gathering *gathering, uint32_t variable)
{
    struct solver *solver = gathering->solver;
    variable = cause_of(solver, variable);
    if (solver->variables[variable].seen)
        return;
    solver->variables[variable].seen = true;
    stack_push(&gathering->variables, variable);
}

static void gather_reason(struct gathering *gathering, struct reason reason, bool follow_literals);

static void gather_clause(struct gathering *gathering, uint32_t number)
{
    const struct clause *clause = &gathering->solver->clauses[number];
    if (gathering->clause_seen[number])
        return;
    gathering->clause_seen[number] = 1;
    for (uint32_t i = 0; i < clause->reasons; i++) {
        struct reason reason = gathering->solver->proof[clause->proof + i];
        if (reason.kind == BY_ROOT && reason.data == NOTHING)
            follow(gathering, reason.variable);
        else
            gather_reason(gathering, reason, false);
    }
}

static void gather_root(struct gathering *gathering, uint32_t number)
{
    const struct solver *solver = gathering->solver;
    if (number >= solver->soft)
        stack_push(&gathering->roots, number);
    else
        add_fact(gathering->facts, FACT_ROOT, number, 0);
}

/* A rule that was used. Of what it was applied to, what is true without decisions is followed. */
static void gather_reason(struct gathering *gathering, struct reason reason, bool follow_literals)
{
    struct solver *solver = gathering->solver;
    switch ((enum reason_kind)reason.kind) {
    case BY_ROOT:
        gather_root(gathering, reason.data);
        break;
    case BY_STAY:
        stack_push(&gathering->names, solver->index.name[reason.variable]);
        break;
    case BY_BAR:
        add_fact(gathering->facts, FACT_BARRED, reason.variable, 0);
        break;
    case BY_NEED:
        add_fact(gathering->facts, FACT_NEED, reason.data, gate_of(solver, reason.variable));
        break;
    case BY_DEAD_NEED:
        add_fact(gathering->facts, FACT_NEED, reason.variable, reason.data);
        break;
    case BY_AVOID:
        add_fact(gathering->facts, FACT_AVOID, reason.variable, reason.data);
        break;
    case BY_CLAUSE:
        gather_clause(gathering, reason.data);
        break;
    case BY_DECISION:
    case BY_GATE:
    case BY_MEMBERS:
        break;
    }
    if (!follow_literals)
        return;
    struct stack literals = {0};
    reason_literals(solver, reason, &literals);
    for (uint32_t i = 0; i < literals.count; i++)
        follow(gathering, VARIABLE(literals.items[i]));
    free(literals.items);
}

static int compare_facts(const void *pa, const void *pb)
{
    const struct fact *a = pa, *b = pb;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    if (a->a != b->a)
        return a->a < b->a ? -1 : 1;
    return (a->b > b->b) - (a->b < b->b);
}

static void sort_once(struct facts *facts)
{
    size_t kept = 0;
    if (facts->count)
        qsort(facts->items, facts->count, sizeof *facts->items, compare_facts);
    for (size_t i = 0; i < facts->count; i++)
        if (!kept || compare_facts(&facts->items[kept - 1], &facts->items[i]) != 0)
            facts->items[kept++] = facts->items[i];
    facts->count = kept;
}

static void gather(struct gathering *gathering)
{
    struct solver *solver = gathering->solver;
    gathering->clause_seen = arena_array(gathering->facts->arena, solver->clause_count + 1, 1);
    gather_reason(gathering, solver->why, false);
    for (uint32_t i = 0; i < solver->conflict.count; i++)
        follow(gathering, VARIABLE(solver->conflict.items[i]));
    for (uint32_t i = 0; i < gathering->variables.count; i++) {
        uint32_t variable = gathering->variables.items[i];
        gather_reason(gathering, reason_of(solver, variable), true);
    }
    for (uint32_t i = 0; i < gathering->variables.count; i++)
        solver->variables[gathering->variables.items[i]].seen = false;
    free(gathering->variables.items);
}

static int compare_numbers(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void move_once(struct stack *out, struct stack *from)
{
    if (from->count)
        qsort(from->items, from->count, sizeof *from->items, compare_numbers);
    for (uint32_t i = 0; i < from->count; i++)
        if (i == 0 || from->items[i] != from->items[i - 1])
            stack_push(out, from->items[i]);
    free(from->items);
}

void find_core(struct solver *solver, struct stack *roots, struct stack *names)
{
    struct arena scratch = {0};
    struct facts facts = {.arena = &scratch};
    struct gathering gathering = {.solver = solver, .facts = &facts};
    gather(&gathering);
    move_once(roots, &gathering.roots);
    move_once(names, &gathering.names);
    arena_release(&scratch);
}

/* ---- a universe of facts alone ---- */

/*
 * What the facts speak of, with numbers of its own. A member of a gate of which no fact says
 * anything could be selected freely: such a gate always holds, and its facts are dropped.
 */
struct small {
    const struct solver *solver;
    uint32_t *number; /* by candidate: its own number + 1 */
    uint32_t *candidates;
    uint32_t count;
};

static void include(struct small *small, uint32_t candidate)
{
    if (small->number[candidate])
        return;
    small->candidates[small->count++] = candidate;
    small->number[candidate] = small->count;
}

static void include_members(struct small *small, struct span members)
{
    for (uint32_t i = 0; i < members.count; i++)
        include(small, members.items[i]);
}

static struct span fact_members(const struct solver *solver, const struct fact *fact)
{
    if (fact->kind == FACT_ROOT)
        return members_of(solver, solver->index.gates + fact->a);
    return fact->kind == FACT_NEED ? members_of(solver, fact->b) : (struct span){0};
}

static void small_init(struct small *small, const struct solver *solver, const struct facts *facts,
                       struct arena *arena)
{
    size_t most = 0;
    for (size_t i = 0; i < facts->count; i++)
        most += 2 + fact_members(solver, &facts->items[i]).count;
    *small = (struct small){.solver = solver,
                            .number = calloc(solver->index.candidates + 1u, sizeof(uint32_t)),
                            .candidates = arena_array(arena, most + 1, sizeof(uint32_t))};
    if (!small->number)
        out_of_memory();
    for (size_t i = 0; i < facts->count; i++) {
        const struct fact *fact = &facts->items[i];
        include_members(small, fact_members(solver, fact));
        if (fact->kind != FACT_ROOT)
            include(small, fact->a);
        if (fact->kind == FACT_AVOID)
            include(small, fact->b);
    }
    qsort(small->candidates, small->count, sizeof *small->candidates, compare_numbers);
    for (uint32_t i = 0; i < small->count; i++)
        small->number[small->candidates[i]] = i + 1;
}

static uint32_t *renumbered(const struct small *small, struct span members, struct arena *arena)
{
    uint32_t *out = arena_array(arena, members.count + 1u, sizeof *out);
    for (uint32_t i = 0; i < members.count; i++)
        out[i] = small->number[members.items[i]] - 1;
    return out;
}

static void add_to_index(const struct small *small, struct index_builder *builder,
                         const struct fact *fact, struct arena *arena)
{
    struct span members = fact_members(small->solver, fact);
    uint32_t a = fact->kind == FACT_ROOT ? 0 : small->number[fact->a] - 1, b;
    switch (fact->kind) {
    case FACT_NEED:
        b = index_add_gate(builder, renumbered(small, members, arena), members.count);
        index_add_need(builder, a, b);
        return;
    case FACT_AVOID:
        b = small->number[fact->b] - 1;
        index_add_avoid(builder, a, index_add_set(builder, &b, 1));
        return;
    case FACT_ROOT:
    case FACT_BARRED:
        return;
    }
}

/* Whether the facts from..count-1 that are not skipped contradict each other. */
static bool contradict(const struct small *small, const struct fact *facts, size_t count,
                       const uint8_t *skipped)
{
    struct arena arena = {0};
    struct index_builder *builder = index_begin(&arena);
    const uint32_t *name = small->solver->index.name;
    uint8_t *barred = arena_array(&arena, small->count + 1u, 1);
    struct root *roots = arena_array(&arena, count + 1, sizeof *roots);
    uint32_t root_count = 0;
    for (uint32_t i = 0; i < small->count; i++) {
        if (i == 0 || name[small->candidates[i]] != name[small->candidates[i - 1]])
            index_add_name(builder);
        index_add_candidate(builder);
    }
    for (size_t i = 0; i < count; i++) {
        if (skipped[i])
            continue;
        struct span members = fact_members(small->solver, &facts[i]);
        add_to_index(small, builder, &facts[i], &arena);
        if (facts[i].kind == FACT_ROOT)
            roots[root_count++] = (struct root){renumbered(small, members, &arena), members.count};
        if (facts[i].kind == FACT_BARRED)
            barred[small->number[facts[i].a] - 1] = 1;
    }
    size_t size;
    const void *block = index_finish(builder, &size);
    struct index index;
    bool opened = index_open(&index, block, size);
    struct solver *solver = resolver_new(&index);
    struct request request = {.roots = roots, .root_count = root_count, .barred = barred};
    bool found = !opened || resolver_can(solver, &request);
    resolver_free(solver);
    arena_release(&arena);
    return !found;
}

/* ---- minimising ---- */

enum { WORK_MAX = 4000000 }; /* facts looked at; beyond it, what is left is told as it is */

/* Throws out blocks of facts, halves first, single facts last. */
static void minimise(const struct solver *solver, struct facts *facts)
{
    struct small small;
    uint8_t *skipped = arena_array(facts->arena, facts->count + 1, 1);
    size_t work = 0;
    small_init(&small, solver, facts, facts->arena);
    for (size_t block = facts->count / 2; block > 0 && work < WORK_MAX; block /= 2) {
        for (size_t from = 0; from < facts->count && work < WORK_MAX; from += block) {
            size_t to = from + block < facts->count ? from + block : facts->count;
            memset(skipped, 0, facts->count);
            memset(skipped + from, 1, to - from);
            work += facts->count;
            if (!contradict(&small, facts->items, facts->count, skipped))
                continue;
            memmove(facts->items + from, facts->items + to,
                    (facts->count - to) * sizeof *facts->items);
            facts->count -= to - from;
            from -= block; /* what came here is next */
        }
        if (block > facts->count && facts->count)
            block = facts->count;
    }
    free(small.number);
}

/* ---- telling ---- */

/* From the roots down: each fact after one that leads to it, as far as there is one. */
static void tell_in_order(const struct solver *solver, struct facts *facts)
{
    struct fact *ordered = arena_array(facts->arena, facts->count + 1, sizeof *ordered);
    uint8_t *told = arena_array(facts->arena, facts->count + 1, 1);
    uint8_t *reached = calloc(solver->index.names + 1u, 1);
    size_t count = 0;
    if (!reached)
        out_of_memory();
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < facts->count; i++) {
            const struct fact *fact = &facts->items[i];
            if (told[i] || (fact->kind != FACT_ROOT && !reached[solver->index.name[fact->a]]))
                continue;
            struct span members = fact_members(solver, fact);
            for (uint32_t m = 0; m < members.count; m++)
                reached[solver->index.name[members.items[m]]] = 1;
            ordered[count++] = *fact;
            told[i] = 1;
            more = true;
        }
    }
    for (size_t i = 0; i < facts->count; i++)
        if (!told[i])
            ordered[count++] = facts->items[i];
    facts->items = ordered;
    free(reached);
}

void explain(struct solver *solver, struct answer_plan *out, struct arena *arena)
{
    struct facts facts = {.arena = arena};
    gather(&(struct gathering){.solver = solver, .facts = &facts});
    sort_once(&facts);
    minimise(solver, &facts);
    tell_in_order(solver, &facts);
    out->facts = facts.items;
    out->fact_count = (uint32_t)facts.count;
}
