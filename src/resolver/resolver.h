/*
 * The solver: integers in, a plan or a conflict out. Pure: no I/O, no strings, no clock, no global.
 *
 * A universe has candidates (one version of one plugin each), grouped by name; at most one
 * candidate of a name may be selected. A requirement is a disjunction of candidates in order of
 * preference; a candidate that is selected needs all its requirements. What makes two candidates
 * fit (contracts, ranges) was decided when the universe was made. See docs/resolver.md.
 */
#ifndef PAII_RESOLVER_RESOLVER_H
#define PAII_RESOLVER_RESOLVER_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct requirement {
    const uint32_t *candidates; /* any of these, best first */
    uint32_t count;
    bool optional; /* a wish: honoured among what is selected anyway, pulls nothing in */
    uint32_t tag;  /* the caller's: comes back in the explanation */
};

struct candidate {
    uint32_t name; /* 0 .. name_count-1 */
    const struct requirement *needs;
    uint32_t need_count;
};

struct universe {
    const struct candidate *candidates;
    uint32_t candidate_count;
    uint32_t name_count;
};

/* Why there is no solution: a chain from the request down to a requirement that nothing satisfies.
 */
struct conflict_step {
    uint32_t candidate;  /* that has the requirement; UINT32_MAX: the request itself */
    uint32_t tag;        /* of the requirement */
    uint32_t blocked_by; /* selected candidate of the same name in the way; UINT32_MAX: nobody
                            provides it */
};

struct solution {
    bool found;
    uint32_t *selected; /* ascending candidates, in the arena */
    uint32_t selected_count;
    struct conflict_step *steps; /* when not found */
    uint32_t step_count;
};

/* Complete: finds a selection whenever one exists, and prefers earlier candidates of earlier
 * requirements. */
void resolver_solve(struct solution *out, const struct universe *universe,
                    const struct requirement *requests, size_t request_count, struct arena *arena);

#endif
