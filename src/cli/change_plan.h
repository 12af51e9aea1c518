/*
 * Between the files of the plan: change_plan.c makes a problem for the resolver, change_order.c
 * says what is preferred, change_explain.c why there is no solution, change_steps.c what a solution
 * means.
 */
#ifndef PAII_CLI_CHANGE_PLAN_H
#define PAII_CLI_CHANGE_PLAN_H

#include "cli/change.h"
#include "resolver/solver.h"

/* What stands behind a root: a plugin by name, and how it was asked for. */
struct asked {
    const char *plugin;
    const char *range; /* "" for any */
};

/* A need of a choice, for the explanation: the term behind the gate. */
struct need {
    uint32_t candidate, gate;
    const struct consumed *consumed;
};

struct planner {
    struct change *change;
    struct arena *arena;
    struct choice **choices; /* by the solver's number: sorted by name */
    size_t choice_count;
    struct index_builder *builder;
    struct index index;
    struct need *needs;
    size_t need_count, need_capacity;
    struct root *roots;
    size_t root_count, root_capacity;
    struct asked *asked; /* by root */
    size_t asked_count, asked_capacity;
    bool dirty; /* flags or bindings differ though no plugin does */
    bool trial; /* only whether there is a plan is asked */
};

/* ---- what the request says of a name ---- */

bool plan_removes(const struct change *change, const char *name);
bool plan_updates(const struct change *change, const char *name);
const struct spec *plan_spec(const struct change *change, const char *name); /* NULL: not named */
/* Whether a person named it, now or when it was installed. */
bool plan_named(const struct change *change, const struct choice *choice);

/* ---- preference ---- */

/* Whether [bindings] names `plugin` for that contract. */
bool plan_bound(const struct change *change, const struct consumed *consumed, const char *plugin);

/* Whether a requirement with this range (NULL: none) may take the choice at all. */
bool plan_choosable(const struct choice *choice, const struct range *range, bool prereleases);
/* Sorts the solver's numbers, best first. `consumed` is NULL when all are of one name. */
void plan_sort(const struct planner *planner, const struct consumed *consumed, uint32_t *items,
               size_t count);

/* ---- after the resolver ---- */

struct plan {
    struct choice **chosen; /* by name */
    size_t count;
};
/* Whether there would be a plan for `change`. Nothing is decided. */
bool plan_would(struct change *change, struct arena *arena, struct plan *out);

int plan_explain(struct planner *planner, const struct answer_plan *answer); /* ERR_CONTRACT */
/* There are versions of the plugin, and none is what the request says: ERR_NOT_FOUND. */
int plan_explain_find(struct planner *planner, const struct spec *spec);
/* Fills steps and bindings; sets planner->dirty. */
int plan_steps(struct planner *planner, const struct answer_plan *answer);

#endif
