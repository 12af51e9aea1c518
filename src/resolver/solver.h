/*
 * The solver: an index and a request in, a selection or a set of facts that contradict each other
 * out. Pure: no I/O, no strings, no clock, no global (docs/resolver.md).
 *
 * Complete: if a selection exists one is found. The first root gets the first of its candidates
 * with which one exists, given that the second root likewise, and then the needs of what is
 * selected, breadth first. Equal input gives equal output.
 */
#ifndef PAII_RESOLVER_SOLVER_H
#define PAII_RESOLVER_SOLVER_H

#include "resolver/index.h"

enum { NOTHING = UINT32_MAX };

struct root { /* something asked for: one of these, best first */
    const uint32_t *members;
    uint32_t count;
};

struct request {
    const struct root *roots;
    uint32_t root_count;
    /* Candidates that come first wherever they are an alternative, such as what is locked. At most
     * one of a name. */
    const uint32_t *preferred;
    uint32_t preferred_count;
    /* By candidate: not to be selected; NULL for none. */
    const uint8_t *barred;
    /* Wishes are pulled in, in the order of their owners, after every need holds; what the needs
     * selected stays. */
    bool wishes;
    bool explain; /* a "no" with its facts */

    /* What is there already, at most one candidate of a name, changes as little as can be. Of all
     * selections it is one that, in this order,
     *   1. drops the fewest of what is raised and, if they `stay`, of the installed names;
     *   2. gives each raised name the first of its candidates that can be had, one after the other;
     *   3. has the fewest installed names at another candidate, those raised aside;
     *   4. with `fewest_new`, has the fewest names that are not installed;
     * and then, given which names change or are new, as without all this. */
    const uint32_t *installed;
    uint32_t installed_count;
    bool stay; /* though nothing needs them */
    bool fewest_new;
    const struct root *raised; /* each: candidates of one name, best first */
    uint32_t raised_count;
};

/* What an explanation consists of. Together with "one of a name" they contradict each other. */
enum fact_kind {
    FACT_ROOT,  /* a: position of the root that is asked for */
    FACT_NEED,  /* candidate a needs gate b */
    FACT_AVOID, /* candidate a cannot stand beside candidate b */
    FACT_BARRED /* candidate a may not be selected */
};
struct fact {
    enum fact_kind kind;
    uint32_t a, b;
};

struct answer_plan {
    bool found;
    uint32_t *selected; /* ascending candidates, in the arena */
    uint32_t selected_count;
    struct fact *facts; /* when not found: in the order of a derivation, in the arena */
    uint32_t fact_count;
    /* Found, and nothing less can be changed. Else it was too much work to make sure, and it is the
     * best that was found. */
    bool least;
    /* How much work it was: */
    uint32_t decisions, conflicts, propagations;
};

/* A solver serves one request after the other; what it touched is cleaned in between, nothing else
 * is. */
struct solver;
struct solver *resolver_new(const struct index *index);
void resolver_free(struct solver *solver);
void resolver_solve(struct solver *solver, const struct request *request, struct answer_plan *out,
                    struct arena *arena);

#endif
