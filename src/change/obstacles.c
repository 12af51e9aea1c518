/* What stands in the way of a request. */
#include "change/plan.h"

static bool may_go(const struct change *change, const char *name)
{
    const struct package *package = installed_find(&change->before, name);
    return package && !(package->flags & PACKAGE_HELD) && !plan_spec(change, name);
}

static bool is_selected(const struct answer_plan *answer, const struct root *root)
{
    for (uint32_t s = 0; s < answer->selected_count; s++)
        for (uint32_t m = 0; m < root->count; m++)
            if (root->members[m] == answer->selected[s])
                return true;
    return false;
}

struct strings plan_obstacles(const struct planner *planner, struct arena *arena)
{
    struct root *hard = arena_array(arena, planner->root_count + 1, sizeof *hard);
    struct root *soft = arena_array(arena, planner->root_count + 1, sizeof *soft);
    const char **names = arena_array(arena, planner->root_count + 1, sizeof *names);
    struct request request = {.roots = hard, .raised = soft};
    struct solver *solver = resolver_new(&planner->index);
    struct answer_plan answer;
    struct strings out = {0};
    for (size_t i = 0; i < planner->root_count; i++) {
        const char *name = planner->asked[i].plugin;
        if (may_go(planner->change, name)) {
            names[request.raised_count] = name;
            soft[request.raised_count++] = planner->roots[i];
        } else {
            hard[request.root_count++] = planner->roots[i];
        }
    }
    resolver_solve(solver, &request, &answer, arena);
    resolver_free(solver);
    for (uint32_t i = 0; i < request.raised_count && answer.found; i++)
        if (!is_selected(&answer, &soft[i]))
            strings_add(&out, arena, names[i]);
    return out;
}
