/* What is preferred, and what the request says of a name. */
#include "change/plan.h"

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

bool plan_choosable(const struct planner *planner, uint32_t number, const struct range *range,
                    bool prereleases)
{
    const struct choice *choice = planner->choices[number];
    const struct identity *identity = &planner->identities[number];
    if (choice->same_as_current)
        return false;
    if ((choice->package.flags & PACKAGE_YANKED) && !choice->current &&
        !(range && range_is_exact(range)))
        return false;
    if (plan_is_unseen(choice))
        return true;
    if (!identity->versioned)
        return !range;
    if (!range)
        return prereleases || choice->current || choice->direct || identity->version.pre_len == 0;
    return range_matches(range, &identity->version, false);
}

/* ---- what is known of choices ---- */

static int compare_name(const void *text, const void *name)
{
    return strcmp(text, ((const struct name *)name)->text);
}

struct name *plan_name(const struct planner *planner, const char *name)
{
    return planner->name_count ? bsearch(name, planner->names, planner->name_count,
                                         sizeof *planner->names, compare_name)
                               : NULL;
}

static void judge_names(struct planner *planner)
{
    const struct change *change = planner->change;
    const struct change_request *request = change->request;
    struct name *name;
    for (size_t i = 0; i < request->prefer.count; i++)
        if ((name = plan_name(planner, request->prefer.items[i])))
            name->liked = true;
    for (size_t i = 0; i < request->remove.count; i++)
        if ((name = plan_name(planner, request->remove.items[i])))
            name->removed = true;
    for (size_t i = 0; i < change->before.count; i++)
        if ((name = plan_name(planner, change->before.packages[i].name)))
            name->before = &change->before.packages[i];
    for (size_t i = request->install_count; i-- > 0;)
        if (request->install[i].kind == SPEC_NAME &&
            (name = plan_name(planner, request->install[i].name)))
            name->spec = &request->install[i];
}

/* Whether it is of the choice itself that a person named it. */
static bool is_requested(const struct choice *choice)
{
    return (choice->direct && !choice->current) || (choice->package.flags & PACKAGE_REQUESTED);
}

static void judge(struct planner *planner, const struct name *name)
{
    struct range *range = name->spec && name->spec->range
                              ? range_parse(planner->arena, name->spec->range, true)
                              : NULL;
    bool exact = range && range_is_exact(range);
    for (uint32_t i = name[0].first; i < name[1].first; i++) {
        const struct choice *choice = planner->choices[i];
        const struct identity *identity = &planner->identities[i];
        planner->standings[i] = (struct standing){
            .named = name->spec || is_requested(choice),
            .eligible = !name->removed && !(name->before && plan_stays(planner->change, choice)),
            .exact =
                exact && identity->versioned && range_matches(range, &identity->version, false),
        };
    }
}

/* Whether the request says of the name what that of the plan that failed did. */
static bool is_judged(const struct planner *planner, size_t name)
{
    const struct planner *failed = planner->failed;
    const struct name *a = &planner->names[name];
    const struct name *b =
        failed && failed->choices == planner->choices ? &failed->names[name] : NULL;
    return b && a->before == b->before && a->spec == b->spec && a->removed == b->removed;
}

void plan_judge(struct planner *planner)
{
    planner->standings =
        arena_array(planner->arena, planner->choice_count + 1, sizeof *planner->standings);
    judge_names(planner);
    for (size_t n = 0; n < planner->name_count; n++) {
        const struct name *name = &planner->names[n];
        if (is_judged(planner, n))
            memcpy(planner->standings + name->first, planner->failed->standings + name->first,
                   (name[1].first - name->first) * sizeof *planner->standings);
        else
            judge(planner, name);
    }
}

/* ---- order of preference ---- */

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
    int newer = version_compare(&planner->identities[number_b].version,
                                &planner->identities[number_a].version);
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
    return plan_spec(change, choice->package.name) || is_requested(choice);
}

int plan_compare(const struct planner *planner, uint32_t a, uint32_t b)
{
    const struct standing *x = &planner->standings[a], *y = &planner->standings[b];
    const struct name *left = &planner->names[planner->identities[a].name];
    const struct name *right = &planner->names[planner->identities[b].name];
    int above = planner->choices[a]->priority, below = planner->choices[b]->priority;
    if (left == right)
        return compare_same_name(planner, false, a, b);
    if (left->liked != right->liked)
        return left->liked ? -1 : 1;
    if (!left->before != !right->before)
        return left->before ? -1 : 1;
    if (x->named != y->named)
        return x->named ? -1 : 1;
    if (above != below)
        return above > below ? -1 : 1;
    return left < right ? -1 : 1;
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
