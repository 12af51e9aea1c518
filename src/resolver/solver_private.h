/*
 * The state of a search, shared by the files of the solver:
 *     propagate.c  what follows from what is known
 *     learn.c      why something contradicts itself, and what to remember of it
 *     decide.c     decisions
 *     solver.c     wishes, the way of a request
 *     least.c      what is installed changes as little as can be
 *     hitting.c    the cheapest way to give something up of each of several sets
 *     explain.c    the facts behind "no"
 *
 * Variables are candidates (0 .. candidates-1), then gates, then the gates of the request's roots.
 * That a candidate is false because another one of its name is selected is not written down: it
 * follows from chosen[]. A literal is 2 * variable, + 1 if negated.
 */
#ifndef PAII_RESOLVER_SOLVER_PRIVATE_H
#define PAII_RESOLVER_SOLVER_PRIVATE_H

#include "resolver/solver.h"

enum truth { UNKNOWN, TRUE, FALSE };

/* Why a variable has its value. `data` is: */
enum reason_kind {
    BY_DECISION,
    BY_ROOT,      /* gate: true, it is asked for */
    BY_BAR,       /* candidate: false, the request bars it */
    BY_STAY,      /* candidate: false, its name is to stay as it is */
    BY_NEED,      /* gate: true, candidate `data` needs it */
    BY_GATE,      /* candidate: true, the last one left of gate `data` */
    BY_MEMBERS,   /* gate: false, and all its members */
    BY_DEAD_NEED, /* candidate: false, needs gate `data` that is */
    BY_AVOID,     /* candidate: false, cannot stand beside `data` */
    BY_CLAUSE,    /* clause `data` */
};
struct reason {
    uint32_t variable, kind, data;
};

struct stack {
    uint32_t *items;
    uint32_t count, capacity;
};

struct clause {
    uint32_t start, count;   /* of its literals */
    uint32_t proof, reasons; /* of what it was derived from */
};

struct level {
    uint32_t trail, agenda, head; /* how far each was when it began */
};

struct variable {
    uint32_t level, data;       /* of its value; why it has it: see reason_kind */
    uint32_t gates, clauses[2]; /* first watch + 1: of the candidate by gates, of its literals */
    uint8_t kind;
    bool seen, touched; /* touched: a candidate that was looked at */
};

struct gate {
    uint32_t watched[2]; /* members, if it has two */
    uint32_t next[2];    /* the next watch of that member, + 1; a watch is 2 * gate + 0 or 1 */
    uint32_t witness;    /* member found true last, + 1 */
    uint32_t blame;      /* how often it was part of a contradiction */
    bool touched;        /* members are watched */
};

struct solver {
    struct index index;
    const struct request *request;
    /* Everything asked for, each with a gate: the request's roots, and from `soft` on what can be
     * given up: what is raised, and the installed names that are to stay. */
    struct root *roots;
    uint32_t root_count, root_capacity, soft;
    struct stack members; /* of those to stay */
    uint8_t *given_up;    /* by root */
    uint32_t capacity;    /* variables that there is room for */

    /* By variable, and by gate. */
    uint8_t *value;
    struct variable *variables;
    struct gate *gates;
    /* By name. */
    uint32_t *chosen;    /* selected candidate + 1 */
    uint32_t *preferred; /* candidate + 1 */
    uint32_t *installed; /* candidate + 1 */
    uint8_t *loose;      /* may change, or be new, though `strict` */
    bool strict;         /* names stay as they are: */
    bool new_counts;     /* those that are not installed, out */
    uint32_t *proven;    /* candidate + 1 that can be selected */
    /* Learnt clauses. */
    struct clause *clauses;
    uint32_t clause_count, clause_capacity;
    struct stack literals;
    struct stack clause_next; /* by watch, which is 2 * clause + 0 or 1: the next one, + 1 */
    struct reason *proof;     /* of all clauses */
    uint32_t proof_count, proof_capacity;

    struct stack trail; /* variables, each after those it follows from */
    uint32_t done;      /* of the trail: propagated */
    struct level *levels;
    uint32_t level, level_capacity; /* levels[1..level] are decisions */
    uint32_t floor;                 /* a level that is not undone */
    struct stack agenda;            /* gates that must hold, in the order in which they arose */
    uint32_t head;                  /* of the agenda: before it, all hold */
    bool by_blame;                  /* what is decided next */

    struct stack conflict; /* literals, all false */
    struct reason why;     /* of the conflict, for the proof */
    struct stack learnt, order;
    struct stack touched_candidates, touched_gates, watched; /* by clauses: to be cleaned */
    uint32_t decisions, conflicts, propagations;
    uint64_t limit; /* of work: beyond it the search ends without an answer */
};

#define NEGATED(literal)   ((literal)&1)
#define VARIABLE(literal)  ((literal) >> 1)
#define POSITIVE(variable) (2 * (variable))
#define NEGATIVE(variable) (2 * (variable) + 1)

static inline bool is_candidate(const struct solver *solver, uint32_t variable)
{
    return variable < solver->index.candidates;
}

static inline uint32_t gate_of(const struct solver *solver, uint32_t variable)
{
    return variable - solver->index.candidates;
}

static inline uint32_t gate_variable(const struct solver *solver, uint32_t gate)
{
    return solver->index.candidates + gate;
}

struct span {
    const uint32_t *items;
    uint32_t count;
};

static inline struct span list_of(const struct lists *lists, uint32_t i)
{
    return (struct span){lists->items + lists->at[i], lists->at[i + 1] - lists->at[i]};
}

/* Members of a gate, of the index or of the request. */
static inline struct span members_of(const struct solver *solver, uint32_t gate)
{
    if (gate < solver->index.gates)
        return list_of(&solver->index.gate, gate);
    const struct root *root = &solver->roots[gate - solver->index.gates];
    return (struct span){root->members, root->count};
}

static inline enum truth value_of(const struct solver *solver, uint32_t variable)
{
    if (solver->value[variable] || !is_candidate(solver, variable))
        return solver->value[variable];
    return solver->chosen[solver->index.name[variable]] ? FALSE : UNKNOWN;
}

static inline enum truth truth_of(const struct solver *solver, uint32_t literal)
{
    enum truth value = value_of(solver, VARIABLE(literal));
    return value && NEGATED(literal) ? (enum truth)(TRUE + FALSE - value) : value;
}

static inline struct reason reason_of(const struct solver *solver, uint32_t variable)
{
    const struct variable *of = &solver->variables[variable];
    return (struct reason){variable, of->kind, of->data};
}

/* A candidate that is false because of its name stands for the one that is selected. */
static inline uint32_t cause_of(const struct solver *solver, uint32_t variable)
{
    return solver->value[variable] ? variable : solver->chosen[solver->index.name[variable]] - 1;
}

static inline uint32_t level_of(const struct solver *solver, uint32_t variable)
{
    return solver->variables[cause_of(solver, variable)].level;
}

/* Done since the request began, in propagations. A conflict and what is learnt of it cost as much
 * as many. */
static inline uint64_t work_of(const struct solver *solver)
{
    return solver->propagations + UINT64_C(1000) * solver->conflicts;
}

void stack_push(struct stack *stack, uint32_t item);

/* ---- propagate.c ---- */

/* Gives a variable without a value the literal's. */
void assign(struct solver *solver, uint32_t literal, uint32_t level, enum reason_kind kind,
            uint32_t data);
/* False: `conflict` holds literals that are all false, `why` says by what rule. */
bool imply(struct solver *solver, uint32_t literal, uint32_t level, enum reason_kind kind,
           uint32_t data);
bool propagate(struct solver *solver);
/* Looks at the members of a gate from now on, whether it must hold or not. */
void watch_gate(struct solver *solver, uint32_t gate);
/* Undoes every decision above `level`; what follows from those that stay, stays. */
void back_to(struct solver *solver, uint32_t level);
/* The literals, all false, from which the reason follows; the variable's own is not among them. */
void reason_literals(const struct solver *solver, struct reason reason, struct stack *out);

/* ---- learn.c ---- */

/* From a conflict to a new clause, undoing what it shows to be wrong. False: nothing can be. */
bool learn(struct solver *solver);
/* Watches a clause; its first two literals are watched. */
void watch_clause(struct solver *solver, uint32_t clause);

/* ---- decide.c ---- */

void begin_level(struct solver *solver);
void decide(struct solver *solver, uint32_t candidate);
bool holds(struct solver *solver, uint32_t gate);
/* The member to take first, of those that can be had; or NOTHING. */
uint32_t best_member(const struct solver *solver, uint32_t gate);
/* Selects for everything on the agenda, in the order of preference. False: it cannot be, or what
 * was decided last above `floor` was wrong, or the limit is reached. */
bool settle(struct solver *solver);
/* The same in any order: only whether there is a selection. */
bool settle_anyhow(struct solver *solver);

/* ---- solver.c ---- */

/* A request begins and ends; in between any number of searches begin and end. */
void request_begin(struct solver *solver, const struct request *request);
void request_end(struct solver *solver);
void search_begin(struct solver *solver);
void search_end(struct solver *solver);
/* Whether there is a selection, and nothing else. */
bool resolver_can(struct solver *solver, const struct request *request);

/* ---- least.c ---- */

enum { LEAST_WORK_MAX = 10000000 }; /* then what was found will do */

struct selection {
    uint32_t *candidates; /* each after those that it was selected for */
    uint32_t count;
};
/* After a search that found something: the selection that changes least, the search ended; or
 * without candidates if it is what was found, the search as it was. False: perhaps not the least.
 */
bool change_least(struct solver *solver, struct arena *arena, struct selection *out);

/* ---- hitting.c ---- */

/* Sets one after the other: the elements of set i end before ends[i]. */
struct sets {
    struct stack elements, ends;
};
struct hitting {
    const struct sets *sets;
    const uint64_t *weight; /* by element */
    uint32_t element_count;
    uint64_t below;       /* only what weighs less is of interest */
    uint64_t work, limit; /* done so far, in elements looked at; and at most */
};
/* The lightest choice of elements with one of each set, of equals the first. False: there is none,
 * or none was found within the limit. */
bool hitting_set(struct hitting *hitting, struct stack *out);

/* ---- explain.c ---- */

void explain(struct solver *solver, struct answer_plan *out, struct arena *arena);
/* After a search that found nothing: the soft roots (their numbers) and the strict names that it
 * was because of, perhaps more than are to blame, each once. */
void find_core(struct solver *solver, struct stack *roots, struct stack *names);

#endif
