/*
 * From a contradiction to a clause that keeps the search from ever running into it again: literals
 * are replaced by what they follow from until one of the latest decision level is left (first
 * unique implication point).
 */
#include "resolver/solver_private.h"

#include "base/memory.h"

#include <stdlib.h>

static void add_proof(struct solver *solver, struct reason reason)
{
    if (solver->proof_count == solver->proof_capacity) {
        solver->proof_capacity = solver->proof_capacity ? 2 * solver->proof_capacity : 256;
        solver->proof = realloc(solver->proof, solver->proof_capacity * sizeof *solver->proof);
        if (!solver->proof)
            out_of_memory();
    }
    solver->proof[solver->proof_count++] = reason;
}

static uint32_t highest_level(const struct solver *solver, const struct stack *literals)
{
    uint32_t highest = 0;
    for (uint32_t i = 0; i < literals->count; i++)
        if (level_of(solver, VARIABLE(literals->items[i])) > highest)
            highest = level_of(solver, VARIABLE(literals->items[i]));
    return highest;
}

struct learning {
    struct solver *solver;
    uint32_t level; /* of the conflict */
    uint32_t open;  /* literals of that level that are marked and not replaced yet */
};

/* What holds without any decision is explained when there is need to: see explain.c. */
static void note_fact(struct solver *solver, uint32_t variable)
{
    if (solver->variables[variable].level == 0)
        add_proof(solver, (struct reason){variable, BY_ROOT, NOTHING});
}

/* The literal's variable becomes part of what is to be explained. */
static void mark(struct learning *learning, uint32_t literal)
{
    struct solver *solver = learning->solver;
    uint32_t variable = cause_of(solver, VARIABLE(literal));
    if (solver->variables[variable].seen)
        return;
    solver->variables[variable].seen = true;
    stack_push(&solver->order, variable);
    if (!is_candidate(solver, variable) && solver->gates[gate_of(solver, variable)].touched)
        solver->gates[gate_of(solver, variable)].blame++;
    uint32_t level = solver->variables[variable].level;
    if (level == learning->level)
        learning->open++;
    else if (level > 0)
        stack_push(&solver->learnt,
                   solver->value[variable] == TRUE ? NEGATIVE(variable) : POSITIVE(variable));
    note_fact(solver, variable);
}

static void mark_all(struct learning *learning, const struct stack *literals, uint32_t from)
{
    for (uint32_t i = from; i < literals->count; i++)
        mark(learning, literals->items[i]);
}

/* Replaces marked literals of the conflict's level, latest first, until one is left. */
static uint32_t find_implication_point(struct learning *learning)
{
    struct solver *solver = learning->solver;
    struct stack *scratch = &solver->conflict;
    for (uint32_t i = solver->trail.count; i-- > 0;) {
        uint32_t variable = solver->trail.items[i];
        if (!solver->variables[variable].seen ||
            solver->variables[variable].level != learning->level)
            continue;
        if (learning->open-- == 1)
            return variable;
        struct reason reason = reason_of(solver, variable);
        add_proof(solver, reason);
        scratch->count = 0;
        reason_literals(solver, reason, scratch);
        mark_all(learning, scratch, 0);
    }
    abort(); /* a conflict has a literal of its own level */
}

/* Whether everything that the literal follows from is in the clause already. */
static bool is_implied(struct solver *solver, uint32_t literal)
{
    uint32_t variable = VARIABLE(literal);
    struct reason reason = reason_of(solver, variable);
    if (reason.kind <= BY_STAY)
        return false;
    struct stack *scratch = &solver->conflict;
    scratch->count = 0;
    reason_literals(solver, reason, scratch);
    for (uint32_t i = 0; i < scratch->count; i++) {
        uint32_t cause = cause_of(solver, VARIABLE(scratch->items[i]));
        if (!solver->variables[cause].seen && solver->variables[cause].level > 0)
            return false;
    }
    add_proof(solver, reason);
    for (uint32_t i = 0; i < scratch->count; i++)
        note_fact(solver, cause_of(solver, VARIABLE(scratch->items[i])));
    return true;
}

/* Marked variables of the conflict's level are not in the clause, but for the implication point. */
static void unmark_replaced(struct solver *solver, uint32_t level, uint32_t point)
{
    for (uint32_t i = 0; i < solver->order.count; i++) {
        uint32_t variable = solver->order.items[i];
        if (solver->variables[variable].level == level && variable != point)
            solver->variables[variable].seen = false;
    }
}

static void minimise(struct solver *solver)
{
    uint32_t kept = 1;
    for (uint32_t i = 1; i < solver->learnt.count; i++)
        if (!is_implied(solver, solver->learnt.items[i]))
            solver->learnt.items[kept++] = solver->learnt.items[i];
    solver->learnt.count = kept;
}

/* The literal that becomes false last of those behind the first goes second: both are watched. */
static uint32_t order_literals(struct solver *solver)
{
    uint32_t *items = solver->learnt.items, best = 1;
    if (solver->learnt.count < 2)
        return 0;
    for (uint32_t i = 2; i < solver->learnt.count; i++)
        if (level_of(solver, VARIABLE(items[i])) > level_of(solver, VARIABLE(items[best])))
            best = i;
    uint32_t swapped = items[1];
    items[1] = items[best];
    items[best] = swapped;
    return level_of(solver, VARIABLE(items[1]));
}

static uint32_t add_clause(struct solver *solver, uint32_t proof)
{
    if (solver->clause_count == solver->clause_capacity) {
        solver->clause_capacity = solver->clause_capacity ? 2 * solver->clause_capacity : 64;
        solver->clauses =
            realloc(solver->clauses, solver->clause_capacity * sizeof *solver->clauses);
        if (!solver->clauses)
            out_of_memory();
    }
    uint32_t clause = solver->clause_count++;
    solver->clauses[clause] = (struct clause){.start = solver->literals.count,
                                              .count = solver->learnt.count,
                                              .proof = proof,
                                              .reasons = solver->proof_count - proof};
    for (uint32_t i = 0; i < solver->learnt.count; i++)
        stack_push(&solver->literals, solver->learnt.items[i]);
    watch_clause(solver, clause);
    return clause;
}

static void forget_marks(struct solver *solver)
{
    for (uint32_t i = 0; i < solver->order.count; i++)
        solver->variables[solver->order.items[i]].seen = false;
    solver->order.count = 0;
}

/* How far to go back. Where any selection will do, the decisions before the latest may stand;
 * in the order of preference, those that were made without what is known now are made again. */
static uint32_t level_to_keep(const struct solver *solver, uint32_t conflict, uint32_t implied)
{
    uint32_t level = solver->by_blame ? conflict - 1 : implied;
    return level > solver->floor ? level : solver->floor;
}

/* The new clause says what follows at once; or that it cannot, because of what was found meanwhile
 * on lower levels: a contradiction again. */
static bool learn_once(struct solver *solver, uint32_t level)
{
    struct learning learning = {solver, level, 0};
    uint32_t proof = solver->proof_count;
    solver->conflicts++;
    back_to(solver, level);
    solver->learnt.count = 0;
    stack_push(&solver->learnt, 0); /* room for the implication point */
    add_proof(solver, solver->why);
    mark_all(&learning, &solver->conflict, 0);
    uint32_t point = find_implication_point(&learning);
    uint32_t literal = solver->value[point] == TRUE ? NEGATIVE(point) : POSITIVE(point);
    solver->learnt.items[0] = literal;
    unmark_replaced(solver, level, point);
    minimise(solver);
    forget_marks(solver);
    uint32_t implied = order_literals(solver);
    uint32_t clause = add_clause(solver, proof);
    back_to(solver, level_to_keep(solver, level, implied));
    return imply(solver, literal, implied, BY_CLAUSE, clause);
}

bool learn(struct solver *solver)
{
    uint32_t level;
    do {
        level = highest_level(solver, &solver->conflict);
    } while (level > 0 && !learn_once(solver, level));
    return level > 0;
}
