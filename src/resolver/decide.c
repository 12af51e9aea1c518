/*
 * Decisions. They follow the order of preference: gates as they arose, members best first. If that
 * runs into a contradiction, what is blamed most is decided first, until some selection is found;
 * it proves the choices that it agrees with, and each of the others is tried in the same way. So
 * the selection is the preferred one, and no order is a trap.
 */
#include "resolver/solver_private.h"

#include "base/memory.h"

#include <stdlib.h>

void begin_level(struct solver *solver)
{
    if (++solver->level >= solver->level_capacity) {
        solver->level_capacity = solver->level_capacity ? 2 * solver->level_capacity : 64;
        solver->levels = realloc(solver->levels, solver->level_capacity * sizeof *solver->levels);
        if (!solver->levels)
            out_of_memory();
    }
    solver->levels[solver->level] =
        (struct level){solver->trail.count, solver->agenda.count, solver->head};
}

void decide(struct solver *solver, uint32_t candidate)
{
    begin_level(solver);
    solver->decisions++;
    assign(solver, POSITIVE(candidate), solver->level, BY_DECISION, 0);
}

bool holds(struct solver *solver, uint32_t gate)
{
    uint32_t witness = solver->gates[gate].witness;
    if (witness && solver->value[witness - 1] == TRUE)
        return true;
    struct span members = members_of(solver, gate);
    for (uint32_t i = 0; i < members.count; i++)
        if (solver->value[members.items[i]] == TRUE) {
            solver->gates[gate].witness = members.items[i] + 1;
            return true;
        }
    return false;
}

/* What is installed comes first, then the order of the gate. */
uint32_t best_member(const struct solver *solver, uint32_t gate)
{
    struct span members = members_of(solver, gate);
    uint32_t best = NOTHING;
    for (uint32_t i = 0; i < members.count; i++) {
        uint32_t member = members.items[i];
        if (value_of(solver, member) != UNKNOWN)
            continue;
        if (solver->preferred[solver->index.name[member]] == member + 1)
            return member;
        if (best == NOTHING)
            best = member;
        if (solver->request->preferred_count == 0)
            break;
    }
    return best;
}

/* The first gate that does not hold, or NOTHING. */
static uint32_t first_open_gate(struct solver *solver)
{
    const struct stack *agenda = &solver->agenda;
    while (solver->head < agenda->count && holds(solver, agenda->items[solver->head]))
        solver->head++;
    return solver->head < agenda->count ? agenda->items[solver->head] : NOTHING;
}

/* How many members could be selected; 0 if one is. */
static uint32_t open_members(const struct solver *solver, uint32_t gate)
{
    struct span members = members_of(solver, gate);
    uint32_t open = 0;
    for (uint32_t i = 0; i < members.count; i++) {
        enum truth value = value_of(solver, members.items[i]);
        if (value == TRUE)
            return 0;
        open += value == UNKNOWN;
    }
    return open;
}

/* Of the gates that do not hold, the one that is blamed most for each member that is left. */
static uint32_t most_blamed(const struct solver *solver, uint32_t gate)
{
    const struct stack *agenda = &solver->agenda;
    uint64_t blame = solver->gates[gate].blame, left = open_members(solver, gate);
    for (uint32_t i = solver->head + 1; i < agenda->count; i++) {
        uint32_t other = agenda->items[i];
        uint64_t open = solver->gates[other].blame ? open_members(solver, other) : 0;
        if (solver->gates[other].blame * left > blame * open && open) {
            gate = other;
            blame = solver->gates[other].blame;
            left = open;
        }
    }
    return gate;
}

enum outcome { SETTLED, REFUTED, CONTRADICTED };

/* Decides until everything holds; if not `patient`, until decisions contradict each other. Refuted
 * is what was decided above `floor`; beyond the limit of work, perhaps not. */
static enum outcome decide_all(struct solver *solver, bool patient)
{
    uint32_t floor = solver->floor;
    while (work_of(solver) <= solver->limit) {
        if (!propagate(solver)) {
            if (!learn(solver) || (floor && solver->level <= floor))
                return REFUTED;
            if (!patient)
                return CONTRADICTED;
            continue;
        }
        uint32_t gate = first_open_gate(solver);
        if (gate == NOTHING)
            return SETTLED;
        if (solver->by_blame)
            gate = most_blamed(solver, gate);
        decide(solver, best_member(solver, gate));
    }
    return REFUTED;
}

/* ---- in another order, and back ---- */

/* What is selected can be selected together. */
static void note_proven(struct solver *solver, struct stack *proven)
{
    const uint32_t *name = solver->index.name;
    while (proven->count)
        solver->proven[name[proven->items[--proven->count]]] = 0;
    for (uint32_t i = 0; i < solver->trail.count; i++) {
        uint32_t candidate = solver->trail.items[i];
        if (!is_candidate(solver, candidate) || solver->value[candidate] != TRUE)
            continue;
        solver->proven[name[candidate]] = candidate + 1;
        stack_push(proven, candidate);
    }
}

static bool settle_by_blame(struct solver *solver)
{
    solver->by_blame = true;
    bool found = decide_all(solver, true) == SETTLED;
    solver->by_blame = false;
    return found;
}

/* The first member with which everything can hold is decided; what is decided already can. False:
 * the limit is reached. */
static bool decide_first(struct solver *solver, uint32_t gate, struct stack *proven)
{
    solver->floor = solver->level;
    while (!holds(solver, gate)) {
        uint32_t member = best_member(solver, gate);
        decide(solver, member);
        if (solver->proven[solver->index.name[member]] == member + 1)
            return true;
        if (settle_by_blame(solver)) {
            note_proven(solver, proven);
            back_to(solver, solver->floor + 1);
            return true;
        }
        if (work_of(solver) > solver->limit)
            return false;
        propagate(solver); /* what was learnt contradicts nothing that is proven */
    }
    return true;
}

/* From any selection to the preferred one. False: the limit is reached. */
static bool take_preferred(struct solver *solver)
{
    struct stack proven = {0};
    uint32_t gate;
    bool within = true;
    note_proven(solver, &proven);
    back_to(solver, 0);
    begin_level(solver); /* so that there is a floor */
    while (within && propagate(solver) && (gate = first_open_gate(solver)) != NOTHING)
        within = decide_first(solver, gate, &proven);
    while (proven.count)
        solver->proven[solver->index.name[proven.items[--proven.count]]] = 0;
    free(proven.items);
    solver->floor = 0;
    return within;
}

bool settle_anyhow(struct solver *solver)
{
    enum outcome outcome = decide_all(solver, false);
    return outcome == CONTRADICTED ? settle_by_blame(solver) : outcome == SETTLED;
}

bool settle(struct solver *solver)
{
    enum outcome outcome = decide_all(solver, solver->floor > 0);
    if (outcome == CONTRADICTED)
        return settle_by_blame(solver) && take_preferred(solver);
    return outcome == SETTLED;
}
