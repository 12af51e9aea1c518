/*
 * Between the files of the plan: change_plan.c makes a problem for the resolver, change_order.c
 * says what is preferred, change_explain.c why there is no solution, change_steps.c what a solution
 * means.
 */
#ifndef PAII_CLI_CHANGE_PLAN_H
#define PAII_CLI_CHANGE_PLAN_H

#include "cli/change.h"
#include "resolver/resolver.h"

/* What stands behind a requirement's tag, for the explanation. */
struct reason {
    const char *plugin;              /* a root by name, or */
    const struct consumed *consumed; /* a contract */
};

struct planner {
    struct change *change;
    struct arena *arena;
    const char **names; /* position is the resolver's name */
    size_t name_count, name_capacity;
    struct candidate *candidates; /* parallel to change->choices */
    struct reason *reasons;       /* position is the requirement's tag */
    size_t reason_count, reason_capacity;
    struct requirement *roots;
    size_t root_count, root_capacity;
    bool dirty; /* flags or bindings differ though no plugin does */
};

/* ---- what the request says of a name ---- */

bool plan_removes(const struct change *change, const char *name);
bool plan_updates(const struct change *change, const char *name);
const struct spec *plan_spec(const struct change *change, const char *name); /* NULL: not named */
/* Whether a person named it, now or when it was installed. */
bool plan_named(const struct change *change, const struct choice *choice);

/* ---- contracts ---- */

bool choice_provides(const struct choice *choice, const struct consumed *consumed,
                     struct arena *arena);
/* What it consumes, in the arena; returns the count. */
size_t choice_consumes(const struct choice *choice, struct consumed **out, struct arena *arena);
/* "IntegrationProvider[jira] ^1.1" */
const char *consumed_words(const struct consumed *consumed, struct arena *arena);
/* Whether [bindings] names `plugin` for that contract. */
bool plan_bound(const struct change *change, const struct consumed *consumed, const char *plugin);

/* ---- preference ---- */

/* Whether a requirement with this range (NULL: none) may take the choice at all. */
bool plan_choosable(const struct choice *choice, const struct range *range, bool prereleases);
/* Sorts positions in change->choices, best first. `consumed` is NULL when all are of one name. */
void plan_sort(const struct change *change, const struct consumed *consumed, uint32_t *items,
               size_t count);

/* ---- after the resolver ---- */

int plan_explain(struct planner *planner, const struct solution *solution); /* ERR_CONTRACT */
/* Fills steps and bindings; sets planner->dirty. */
int plan_steps(struct planner *planner, const struct solution *solution);

#endif
