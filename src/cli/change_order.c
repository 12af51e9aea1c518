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
        strcmp(before->registry, package->registry) != 0 ||
        (before->flags | package->flags) & PACKAGE_UNVERSIONED)
        return false;
    return version_parse(&offered, package->version, true) &&
           version_parse(&mine, before->version, true) && version_compare(&offered, &mine) < 0;
}

/* A version that only the plugin itself knows: it will be fetched to see. */
static bool is_unseen(const struct choice *choice)
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
    if (is_unseen(choice))
        return true;
    if (!version_parse(&version, choice->package.version, true))
        return !range;
    if (!range)
        return prereleases || choice->current || choice->direct || version.pre_len == 0;
    return range_matches(range, &version, false);
}

/* ---- order of preference ---- */

static int compare_versions(const struct choice *a, const struct choice *b)
{
    struct version x = {0}, y = {0};
    version_parse(&x, a->package.version, true);
    version_parse(&y, b->package.version, true);
    return version_compare(&x, &y);
}

/* Among choices of one name: a new direct source, then (unless an update is wanted) what is
 * installed, then the newest; what tags name comes last unless versions were asked for. */
static int compare_same_name(const struct ranking *ranking, const struct choice *a,
                             const struct choice *b)
{
    const struct change *change = ranking->planner->change;
    bool new_a = a->direct && !a->current, new_b = b->direct && !b->current;
    if (new_a != new_b)
        return new_a ? -1 : 1;
    /* Without a version in its registry, only what comes of it tells whether it is newer. */
    const struct choice *offered = a->current ? b : a;
    if (a->current != b->current && plan_updates(change, a->package.name) &&
        offered->package.flags & PACKAGE_UNVERSIONED)
        return offered == a ? -1 : 1;
    int newer = compare_versions(b, a);
    bool keep = !plan_updates(change, a->package.name) || newer == 0;
    if (keep && a->current != b->current)
        return a->current ? -1 : 1;
    bool old_a = a->package.flags & PACKAGE_TAGGED, old_b = b->package.flags & PACKAGE_TAGGED;
    if (old_a != old_b && !ranking->ranged)
        return old_a ? 1 : -1;
    return newer;
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

static int compare_choices(const void *pa, const void *pb, void *payload)
{
    const struct ranking *ranking = payload;
    const struct change *change = ranking->planner->change;
    const struct choice *a = ranking->planner->choices[*(const uint32_t *)pa];
    const struct choice *b = ranking->planner->choices[*(const uint32_t *)pb];
    if (ranking->consumed && strcmp(a->package.name, b->package.name) != 0) {
        bool bound_a = plan_bound(change, ranking->consumed, a->package.name);
        bool bound_b = plan_bound(change, ranking->consumed, b->package.name);
        if (bound_a != bound_b)
            return bound_a ? -1 : 1;
        bool liked_a = strings_has(&change->request->prefer, a->package.name);
        bool liked_b = strings_has(&change->request->prefer, b->package.name);
        if (liked_a != liked_b)
            return liked_a ? -1 : 1;
        bool there_a = installed_find(&change->before, a->package.name) != NULL;
        bool there_b = installed_find(&change->before, b->package.name) != NULL;
        if (there_a != there_b)
            return there_a ? -1 : 1;
        if (plan_named(change, a) != plan_named(change, b))
            return plan_named(change, a) ? -1 : 1;
        if (a->priority != b->priority)
            return a->priority > b->priority ? -1 : 1;
        return strcmp(a->package.name, b->package.name);
    }
    int order = compare_same_name(ranking, a, b);
    /* The order in which they were offered is deterministic too. */
    return order ? order : (*(const uint32_t *)pa > *(const uint32_t *)pb ? 1 : -1);
}

void plan_sort(struct ranking ranking, uint32_t *items, size_t count)
{
    if (count)
        qsort_r(items, count, sizeof *items, compare_choices, &ranking);
}
