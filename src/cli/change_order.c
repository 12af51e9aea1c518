/* What is preferred, and what the request says of a name. */
#include "cli/change_plan.h"

#include <stdlib.h>
#include <string.h>

/* ---- what the request says ---- */

bool plan_removes(const struct change *change, const char *name)
{
    return strings_has(&change->request->remove, name);
}

bool plan_updates(const struct change *change, const char *name)
{
    return change->request->update_all || strings_has(&change->request->update, name);
}

const struct spec *plan_spec(const struct change *change, const char *name)
{
    for (size_t i = 0; i < change->request->install_count; i++) {
        const struct spec *spec = &change->request->install[i];
        if (spec->kind == SPEC_NAME && strcmp(spec->name, name) == 0)
            return spec;
    }
    return NULL;
}

bool plan_stays(const struct change *change, const struct choice *choice)
{
    const struct package *package = &choice->package;
    const struct package *before = installed_find(&change->before, package->name);
    struct version offered, mine;
    if (!before || choice->current)
        return false;
    if (before->flags & PACKAGE_HELD)
        return true;
    const struct spec *spec = plan_spec(change, package->name);
    if (choice->direct || (spec && spec->range) ||
        strcmp(before->registry, package->registry) != 0 || package->flags & PACKAGE_UNVERSIONED)
        return false;
    return version_parse(&offered, package->version, true) &&
           version_parse(&mine, before->version, true) && version_compare(&offered, &mine) < 0;
}

bool plan_is_unseen(const struct choice *choice)
{
    return !choice->manifest && strcmp(choice->package.version, VERSION_UNKNOWN) == 0;
}

bool plan_choosable(const struct choice *choice, const struct range *range, bool prereleases)
{
    struct version version = {0};
    if (choice->same_as_current)
        return false;
    if ((choice->package.flags & PACKAGE_YANKED) && !choice->current &&
        !(range && range_is_exact(range)))
        return false;
    if (plan_is_unseen(choice))
        return true;
    if (!version_parse(&version, choice->package.version, true))
        return !range;
    if (!range)
        return prereleases || choice->current || choice->direct || version.pre_len == 0;
    return range_matches(range, &version, false);
}

bool plan_asked_exactly(const struct change *change, const struct choice *choice)
{
    const struct spec *spec = plan_spec(change, choice->package.name);
    struct version version;
    struct arena scratch = {0};
    struct range *range = spec && spec->range ? range_parse(&scratch, spec->range, true) : NULL;
    bool exactly = range && range_is_exact(range) &&
                   version_parse(&version, choice->package.version, true) &&
                   range_matches(range, &version, false);
    arena_release(&scratch);
    return exactly;
}

/* ---- order of preference ---- */

void plan_judge(struct planner *planner)
{
    const struct change *change = planner->change;
    planner->standings =
        arena_array(planner->arena, planner->choice_count + 1, sizeof *planner->standings);
    for (size_t i = 0; i < planner->choice_count; i++) {
        const struct choice *choice = planner->choices[i];
        const char *name = choice->package.name;
        struct standing *out = &planner->standings[i];
        if (i > 0 && strcmp(planner->choices[i - 1]->package.name, name) == 0)
            *out = out[-1];
        else
            *out = (struct standing){
                .name = (uint32_t)i,
                .liked = strings_has(&change->request->prefer, name),
                .there = installed_find(&change->before, name) != NULL,
            };
        out->named = plan_named(change, choice);
        out->version = (struct version){0};
        version_parse(&out->version, choice->package.version, true);
    }
}

/* Among choices of one name: a new direct source, then (unless an update is wanted) what is
 * installed, then the newest; what tags name comes last unless versions were asked for. */
static int compare_same_name(const struct planner *planner, bool ranged, uint32_t number_a,
                             uint32_t number_b)
{
    const struct change *change = planner->change;
    const struct choice *a = planner->choices[number_a], *b = planner->choices[number_b];
    bool new_a = a->direct && !a->current, new_b = b->direct && !b->current;
    if (new_a != new_b)
        return new_a ? -1 : 1;
    /* Without a version in its registry, only what comes of it tells whether it is newer. */
    const struct choice *offered = a->current ? b : a;
    if (a->current != b->current && plan_updates(change, a->package.name) &&
        offered->package.flags & PACKAGE_UNVERSIONED)
        return offered == a ? -1 : 1;
    int newer = version_compare(&planner->standings[number_b].version,
                                &planner->standings[number_a].version);
    bool keep = !plan_updates(change, a->package.name) || newer == 0;
    if (keep && a->current != b->current)
        return a->current ? -1 : 1;
    bool old_a = a->package.flags & PACKAGE_TAGGED, old_b = b->package.flags & PACKAGE_TAGGED;
    if (old_a != old_b && !ranged)
        return old_a ? 1 : -1;
    if (newer)
        return newer;
    /* The order in which they were offered is deterministic too. */
    return (number_a > number_b) - (number_a < number_b);
}

bool plan_bound(const struct change *change, const struct consumed *consumed, const char *plugin)
{
    const struct config *config = &change->config;
    for (size_t i = 0; i < config->binding_count; i++) {
        const struct binding *binding = &config->bindings[i];
        struct provided term;
        if (change_is_called(change, plugin, binding->plugin) &&
            provided_parse(&term, change->arena, binding->contract) &&
            strcmp(term.contract, consumed->contract) == 0 &&
            (!term.service || (consumed->service && strcmp(term.service, consumed->service) == 0)))
            return true;
    }
    return false;
}

bool plan_named(const struct change *change, const struct choice *choice)
{
    return plan_spec(change, choice->package.name) || (choice->direct && !choice->current) ||
           (choice->package.flags & PACKAGE_REQUESTED);
}

int plan_compare(const struct planner *planner, uint32_t a, uint32_t b)
{
    const struct standing *x = &planner->standings[a], *y = &planner->standings[b];
    int above = planner->choices[a]->priority, below = planner->choices[b]->priority;
    if (x->name == y->name)
        return compare_same_name(planner, false, a, b);
    if (x->liked != y->liked)
        return x->liked ? -1 : 1;
    if (x->there != y->there)
        return x->there ? -1 : 1;
    if (x->named != y->named)
        return x->named ? -1 : 1;
    if (above != below)
        return above > below ? -1 : 1;
    return x->name < y->name ? -1 : 1;
}

struct ranking {
    const struct planner *planner;
    bool ranged;
};

static int compare_numbers(const void *a, const void *b, void *payload)
{
    const struct ranking *ranking = payload;
    return compare_same_name(ranking->planner, ranking->ranged, *(const uint32_t *)a,
                             *(const uint32_t *)b);
}

void plan_sort(const struct planner *planner, bool ranged, uint32_t *items, size_t count)
{
    struct ranking ranking = {planner, ranged};
    if (count)
        qsort_r(items, count, sizeof *items, compare_numbers, &ranking);
}
