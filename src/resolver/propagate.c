/* What follows from what is known. */
#include "resolver/solver_private.h"

#include <stdlib.h>

void assign(struct solver *solver, uint32_t literal, uint32_t level, enum reason_kind kind,
            uint32_t data)
{
    uint32_t variable = VARIABLE(literal);
    solver->value[variable] = NEGATED(literal) ? FALSE : TRUE;
    struct variable *of = &solver->variables[variable];
    of->level = level;
    of->kind = kind;
    of->data = data;
    if (!NEGATED(literal) && is_candidate(solver, variable))
        solver->chosen[solver->index.name[variable]] = variable + 1;
    stack_push(&solver->trail, variable);
    solver->propagations++;
}

static void unassign(struct solver *solver, uint32_t variable)
{
    if (solver->value[variable] == TRUE && is_candidate(solver, variable))
        solver->chosen[solver->index.name[variable]] = 0;
    solver->value[variable] = UNKNOWN;
}

void back_to(struct solver *solver, uint32_t level)
{
    if (level >= solver->level)
        return;
    const struct level *begin = &solver->levels[level + 1];
    uint32_t kept = begin->trail;
    for (uint32_t i = begin->trail; i < solver->trail.count; i++) {
        uint32_t variable = solver->trail.items[i];
        if (solver->variables[variable].level <= level)
            solver->trail.items[kept++] = variable;
        else
            unassign(solver, variable);
    }
    solver->trail.count = kept;
    solver->done = begin->trail; /* what was kept is looked at again: its watches moved on */
    solver->agenda.count = begin->agenda;
    solver->head = begin->head;
    solver->level = level;
}

/* ---- reasons ---- */

void reason_literals(const struct solver *solver, struct reason reason, struct stack *out)
{
    struct span members = {0};
    switch ((enum reason_kind)reason.kind) {
    case BY_DECISION:
    case BY_ROOT:
    case BY_BAR:
    case BY_STAY:
        return;
    case BY_NEED:
    case BY_AVOID:
        stack_push(out, NEGATIVE(reason.data));
        return;
    case BY_DEAD_NEED:
        stack_push(out, POSITIVE(gate_variable(solver, reason.data)));
        return;
    case BY_GATE:
        stack_push(out, NEGATIVE(gate_variable(solver, reason.data)));
        members = members_of(solver, reason.data);
        break;
    case BY_MEMBERS:
        members = members_of(solver, gate_of(solver, reason.variable));
        break;
    case BY_CLAUSE: {
        const struct clause *clause = &solver->clauses[reason.data];
        members = (struct span){solver->literals.items + clause->start, clause->count};
        for (uint32_t i = 0; i < members.count; i++)
            if (VARIABLE(members.items[i]) != reason.variable)
                stack_push(out, members.items[i]);
        return;
    }
    }
    for (uint32_t i = 0; i < members.count; i++)
        if (members.items[i] != reason.variable)
            stack_push(out, POSITIVE(members.items[i]));
}

/* A rule forces `literal`, which is false already: the conflict is the rule and that literal. */
static bool contradict(struct solver *solver, uint32_t literal, enum reason_kind kind,
                       uint32_t data)
{
    solver->conflict.count = 0;
    solver->why = (struct reason){VARIABLE(literal), kind, data};
    stack_push(&solver->conflict, literal);
    reason_literals(solver, solver->why, &solver->conflict);
    return false;
}

bool imply(struct solver *solver, uint32_t literal, uint32_t level, enum reason_kind kind,
           uint32_t data)
{
    switch (truth_of(solver, literal)) {
    case TRUE:
        return true;
    case FALSE:
        return contradict(solver, literal, kind, data);
    case UNKNOWN:
        break;
    }
    assign(solver, literal, level, kind, data);
    return true;
}

/* ---- gates ---- */

static void add_gate_watch(struct solver *solver, uint32_t gate, uint32_t w, uint32_t member)
{
    solver->gates[gate].watched[w] = member;
    solver->gates[gate].next[w] = solver->variables[member].gates;
    solver->variables[member].gates = 2 * gate + w + 1;
}

/* The highest level among the members that are false, but for one. */
static uint32_t members_level(const struct solver *solver, uint32_t gate, uint32_t but)
{
    struct span members = members_of(solver, gate);
    uint32_t highest = 0;
    for (uint32_t i = 0; i < members.count; i++)
        if (members.items[i] != but && level_of(solver, members.items[i]) > highest)
            highest = level_of(solver, members.items[i]);
    return highest;
}

/* All members but `last` are false. */
static bool one_left(struct solver *solver, uint32_t gate, uint32_t last)
{
    uint32_t variable = gate_variable(solver, gate);
    if (solver->value[variable] != TRUE)
        return true;
    uint32_t level = members_level(solver, gate, last);
    if (solver->variables[variable].level > level)
        level = solver->variables[variable].level;
    return imply(solver, POSITIVE(last), level, BY_GATE, gate);
}

static bool none_left(struct solver *solver, uint32_t gate)
{
    return imply(solver, NEGATIVE(gate_variable(solver, gate)),
                 members_level(solver, gate, NOTHING), BY_MEMBERS, gate);
}

/* Whether selecting it would be a change that nobody allows. */
static bool must_stay_out(const struct solver *solver, uint32_t candidate)
{
    uint32_t name = solver->index.name[candidate];
    if (!solver->strict || solver->loose[name])
        return false;
    uint32_t installed = solver->installed[name];
    return installed ? installed != candidate + 1 : solver->new_counts;
}

/* Why a candidate cannot be selected. */
struct objection {
    enum reason_kind kind;
    uint32_t data, level;
};

/* Of several, the one that held first: what is learnt from it reaches furthest. */
static void object(struct objection *first, enum reason_kind kind, uint32_t data, uint32_t level)
{
    if (level < first->level)
        *first = (struct objection){kind, data, level};
}

/* To what is selected beside it; see avoid_all(). */
static void object_beside(const struct solver *solver, struct objection *first, uint32_t candidate,
                          const struct lists *list, const struct lists *reverse)
{
    const struct index *index = &solver->index;
    struct span sets = list_of(list, candidate);
    for (uint32_t s = 0; s < sets.count; s++) {
        struct span others = list_of(reverse, sets.items[s]);
        for (uint32_t i = 0; i < others.count; i++) {
            uint32_t other = others.items[i];
            if (solver->value[other] == TRUE && index->name[other] != index->name[candidate])
                object(first, BY_AVOID, other, solver->variables[other].level);
        }
    }
}

static struct objection find_objection(const struct solver *solver, uint32_t candidate)
{
    const struct index *index = &solver->index;
    struct objection first = {.level = NOTHING};
    struct span needs = list_of(&index->need, candidate);
    if (solver->request->barred && solver->request->barred[candidate])
        object(&first, BY_BAR, 0, 0);
    if (must_stay_out(solver, candidate))
        object(&first, BY_STAY, 0, 0);
    for (uint32_t i = 0; i < needs.count; i++) {
        uint32_t gate = gate_variable(solver, needs.items[i]);
        if (solver->value[gate] == FALSE)
            object(&first, BY_DEAD_NEED, needs.items[i], solver->variables[gate].level);
    }
    object_beside(solver, &first, candidate, &index->avoid, &index->set);
    object_beside(solver, &first, candidate, &index->membership, &index->avoider);
    return first;
}

/* Whether it may be selected, as far as is known; also of a candidate that nobody looked at
 * before. */
static bool is_live(struct solver *solver, uint32_t candidate)
{
    if (!solver->variables[candidate].touched) {
        solver->variables[candidate].touched = true;
        stack_push(&solver->touched_candidates, candidate);
        struct objection objection = find_objection(solver, candidate);
        if (objection.level != NOTHING && !solver->value[candidate])
            assign(solver, NEGATIVE(candidate), objection.level, objection.kind, objection.data);
    }
    return value_of(solver, candidate) != FALSE;
}

/* The best two members to watch: the first that are not false, else those that became so last.
 * Members behind them are looked at when their turn comes, unless one may be preferred. */
static void choose_watches(struct solver *solver, uint32_t gate, uint32_t best[2])
{
    struct span members = members_of(solver, gate);
    uint64_t rank[2] = {0};
    best[0] = best[1] = NOTHING;
    bool all = solver->request->preferred_count > 0;
    for (uint32_t i = 0; i < members.count && (all || rank[1] < UINT64_MAX); i++) {
        uint32_t member = members.items[i];
        uint64_t mine =
            is_live(solver, member) ? UINT64_MAX : 1 + (uint64_t)level_of(solver, member);
        int place = mine > rank[0] ? 0 : mine > rank[1] ? 1 : 2;
        if (place == 0) {
            best[1] = best[0];
            rank[1] = rank[0];
        }
        if (place < 2) {
            best[place] = member;
            rank[place] = mine;
        }
    }
}

void watch_gate(struct solver *solver, uint32_t gate)
{
    uint32_t best[2];
    if (solver->gates[gate].touched)
        return;
    solver->gates[gate].touched = true;
    stack_push(&solver->touched_gates, gate);
    choose_watches(solver, gate, best);
    for (uint32_t w = 0; w < 2 && best[w] != NOTHING; w++)
        add_gate_watch(solver, gate, w, best[w]);
}

static bool gate_became_true(struct solver *solver, uint32_t gate)
{
    stack_push(&solver->agenda, gate);
    watch_gate(solver, gate);
    /* Not the watches: one that is false may wait for its turn on the trail. */
    struct span members = members_of(solver, gate);
    uint32_t left = 0, last = NOTHING;
    for (uint32_t i = 0; i < members.count && left < 2; i++)
        if (is_live(solver, members.items[i])) {
            left++;
            last = members.items[i];
        }
    return left == 0 ? none_left(solver, gate) : left == 1 ? one_left(solver, gate, last) : true;
}

static bool gate_became_false(struct solver *solver, uint32_t gate)
{
    if (gate >= solver->index.gates)
        return true;
    struct span requirers = list_of(&solver->index.requirer, gate);
    uint32_t level = solver->variables[gate_variable(solver, gate)].level;
    for (uint32_t i = 0; i < requirers.count; i++) {
        uint32_t candidate = requirers.items[i];
        if (solver->variables[candidate].touched &&
            !imply(solver, NEGATIVE(candidate), level, BY_DEAD_NEED, gate))
            return false;
    }
    return true;
}

/* A watched member became false: watch another, or see what follows. */
static bool look_at_gates(struct solver *solver, uint32_t candidate)
{
    uint32_t *link = &solver->variables[candidate].gates;
    while (*link) {
        uint32_t gate = (*link - 1) / 2, w = (*link - 1) % 2;
        uint32_t *after = &solver->gates[gate].next[w];
        struct span members = members_of(solver, gate);
        uint32_t other = members.count > 1 ? solver->gates[gate].watched[1 - w] : candidate;
        if (solver->value[other] == TRUE) {
            link = after;
            continue;
        }
        uint32_t next = NOTHING;
        for (uint32_t i = 0; i < members.count && next == NOTHING; i++)
            if (members.items[i] != other && is_live(solver, members.items[i]))
                next = members.items[i];
        if (next != NOTHING) {
            *link = *after;
            add_gate_watch(solver, gate, w, next);
            continue;
        }
        bool dead = other == candidate || value_of(solver, other) == FALSE;
        if (dead ? !none_left(solver, gate) : !one_left(solver, gate, other))
            return false;
        link = after;
    }
    return true;
}

/* ---- clauses ---- */

static void add_clause_watch(struct solver *solver, uint32_t clause, uint32_t w)
{
    uint32_t literal = solver->literals.items[solver->clauses[clause].start + w];
    uint32_t watch = 2 * clause + w;
    uint32_t *head = &solver->variables[VARIABLE(literal)].clauses[NEGATED(literal)];
    if (!*head)
        stack_push(&solver->watched, VARIABLE(literal));
    solver->clause_next.items[watch] = *head;
    *head = watch + 1;
}

void watch_clause(struct solver *solver, uint32_t clause)
{
    stack_push(&solver->clause_next, 0);
    stack_push(&solver->clause_next, 0);
    if (solver->clauses[clause].count < 2)
        return;
    add_clause_watch(solver, clause, 0);
    add_clause_watch(solver, clause, 1);
}

static uint32_t clause_level(const struct solver *solver, const struct clause *clause, uint32_t but)
{
    uint32_t highest = 0;
    for (uint32_t i = 0; i < clause->count; i++) {
        uint32_t literal = solver->literals.items[clause->start + i];
        if (literal != but && level_of(solver, VARIABLE(literal)) > highest)
            highest = level_of(solver, VARIABLE(literal));
    }
    return highest;
}

/* A literal became false. */
static bool look_at_clauses(struct solver *solver, uint32_t literal)
{
    uint32_t *link = &solver->variables[VARIABLE(literal)].clauses[NEGATED(literal)];
    while (*link) {
        uint32_t watch = *link - 1, w = watch & 1;
        const struct clause *clause = &solver->clauses[watch / 2];
        uint32_t *literals = solver->literals.items + clause->start;
        uint32_t other = literals[1 - w], i = 2;
        if (truth_of(solver, other) != TRUE) {
            while (i < clause->count && truth_of(solver, literals[i]) == FALSE)
                i++;
            if (i < clause->count) {
                literals[w] = literals[i];
                literals[i] = literal;
                *link = solver->clause_next.items[watch];
                add_clause_watch(solver, watch / 2, w);
                continue;
            }
            if (!imply(solver, other, clause_level(solver, clause, other), BY_CLAUSE, watch / 2))
                return false;
        }
        link = &solver->clause_next.items[watch];
    }
    return true;
}

/* ---- candidates ---- */

static bool became_false(struct solver *solver, uint32_t candidate)
{
    return look_at_gates(solver, candidate) && look_at_clauses(solver, POSITIVE(candidate));
}

/* The others of its name are false now, those at least that somebody watches. */
static bool close_name(struct solver *solver, uint32_t candidate)
{
    uint32_t name = solver->index.name[candidate];
    for (uint32_t c = solver->index.first[name]; c < solver->index.first[name + 1]; c++)
        if (c != candidate && !solver->value[c] &&
            (solver->variables[c].gates || solver->variables[c].clauses[0]) &&
            !became_false(solver, c))
            return false;
    return true;
}

/* `list`: sets of the candidate; `reverse`: from those to the candidates on the other side. */
static bool avoid_all(struct solver *solver, uint32_t candidate, const struct lists *list,
                      const struct lists *reverse)
{
    const struct index *index = &solver->index;
    struct span sets = list_of(list, candidate);
    for (uint32_t s = 0; s < sets.count; s++) {
        struct span others = list_of(reverse, sets.items[s]);
        for (uint32_t i = 0; i < others.count; i++) {
            uint32_t other = others.items[i];
            if (solver->value[other] == FALSE || index->name[other] == index->name[candidate])
                continue;
            if ((solver->variables[other].touched || solver->value[other] == TRUE) &&
                !imply(solver, NEGATIVE(other), solver->variables[candidate].level, BY_AVOID,
                       candidate))
                return false;
        }
    }
    return true;
}

static bool candidate_became_true(struct solver *solver, uint32_t candidate)
{
    const struct index *index = &solver->index;
    struct span needs = list_of(&index->need, candidate);
    if (!close_name(solver, candidate) ||
        !avoid_all(solver, candidate, &index->avoid, &index->set) ||
        !avoid_all(solver, candidate, &index->membership, &index->avoider))
        return false;
    for (uint32_t i = 0; i < needs.count; i++)
        if (!imply(solver, POSITIVE(gate_variable(solver, needs.items[i])),
                   solver->variables[candidate].level, BY_NEED, candidate))
            return false;
    return true;
}

bool propagate(struct solver *solver)
{
    while (solver->done < solver->trail.count) {
        uint32_t variable = solver->trail.items[solver->done++];
        bool true_now = solver->value[variable] == TRUE, fine;
        if (is_candidate(solver, variable))
            fine = true_now ? candidate_became_true(solver, variable) &&
                                  look_at_clauses(solver, NEGATIVE(variable))
                            : became_false(solver, variable);
        else
            fine = (true_now ? gate_became_true(solver, gate_of(solver, variable))
                             : gate_became_false(solver, gate_of(solver, variable))) &&
                   look_at_clauses(solver, true_now ? NEGATIVE(variable) : POSITIVE(variable));
        if (!fine)
            return false;
    }
    return true;
}
