/*
 * What is chosen. Names and terms become integers for the resolver, its answer becomes steps.
 *
 * Roots are what the request names and what was requested before; whatever else is installed stays
 * only if something still needs it. Optional consumption pulls nothing in: it is bound afterwards,
 * among what is there.
 */
#include "cli/change.h"

#include "resolver/resolver.h"

#include <stdlib.h>
#include <string.h>

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

static bool removing(const struct change *change, const char *name)
{
    return strings_has(&change->request->remove, name);
}

static bool updating(const struct change *change, const char *name)
{
    return change->request->update_all || strings_has(&change->request->update, name);
}

static const struct spec *spec_named(const struct change *change, const char *name)
{
    for (size_t i = 0; i < change->request->install_count; i++) {
        const struct spec *spec = &change->request->install[i];
        if (spec->kind == SPEC_NAME && strcmp(spec->name, name) == 0)
            return spec;
    }
    return NULL;
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
 * installed, then the newest. */
static int compare_same_name(const struct change *change, const struct choice *a,
                             const struct choice *b)
{
    bool new_a = a->direct && !a->current, new_b = b->direct && !b->current;
    if (new_a != new_b)
        return new_a ? -1 : 1;
    int newer = compare_versions(b, a);
    bool keep = !updating(change, a->package.name) || newer == 0;
    if (keep && a->current != b->current)
        return a->current ? -1 : 1;
    return newer;
}

static bool is_bound(const struct change *change, const struct consumed *consumed,
                     const char *plugin)
{
    const struct config *config = &change->config;
    for (size_t i = 0; i < config->binding_count; i++) {
        const struct binding *binding = &config->bindings[i];
        struct provided term;
        if (strcmp(binding->plugin, plugin) == 0 &&
            provided_parse(&term, change->arena, binding->contract) &&
            strcmp(term.contract, consumed->contract) == 0 &&
            (!term.service || (consumed->service && strcmp(term.service, consumed->service) == 0)))
            return true;
    }
    return false;
}

static bool was_named(const struct change *change, const struct choice *choice)
{
    return spec_named(change, choice->package.name) || (choice->direct && !choice->current) ||
           (choice->package.flags & PACKAGE_REQUESTED);
}

struct ranking {
    const struct change *change;
    const struct consumed *consumed; /* NULL: all are of one name */
};

static int compare_choices(const void *pa, const void *pb, void *payload)
{
    const struct ranking *ranking = payload;
    const struct change *change = ranking->change;
    const struct choice *a = change->choices[*(const uint32_t *)pa];
    const struct choice *b = change->choices[*(const uint32_t *)pb];
    if (ranking->consumed && strcmp(a->package.name, b->package.name) != 0) {
        bool bound_a = is_bound(change, ranking->consumed, a->package.name);
        bool bound_b = is_bound(change, ranking->consumed, b->package.name);
        if (bound_a != bound_b)
            return bound_a ? -1 : 1;
        bool there_a = installed_find(&change->before, a->package.name) != NULL;
        bool there_b = installed_find(&change->before, b->package.name) != NULL;
        if (there_a != there_b)
            return there_a ? -1 : 1;
        if (was_named(change, a) != was_named(change, b))
            return was_named(change, a) ? -1 : 1;
        if (a->priority != b->priority)
            return a->priority > b->priority ? -1 : 1;
        return strcmp(a->package.name, b->package.name);
    }
    int order = compare_same_name(change, a, b);
    /* The order in which they were offered is deterministic too. */
    return order ? order : (*(const uint32_t *)pa > *(const uint32_t *)pb ? 1 : -1);
}

/* ---- requirements ---- */

static bool choosable(const struct choice *choice, const struct range *range, bool prereleases)
{
    struct version version = {0};
    if (choice->same_as_current)
        return false;
    if ((choice->package.flags & PACKAGE_YANKED) && !choice->current &&
        !(range && range_is_exact(range)))
        return false;
    if (!version_parse(&version, choice->package.version, true))
        return !range;
    if (!range)
        return prereleases || choice->current || choice->direct || version.pre_len == 0;
    return range_matches(range, &version, false);
}

static struct requirement make_requirement(struct planner *planner, const uint32_t *items,
                                           size_t count, struct reason reason)
{
    uint32_t *sorted = arena_array(planner->arena, count + 1, sizeof *sorted);
    if (count)
        memcpy(sorted, items, count * sizeof *sorted);
    struct ranking ranking = {planner->change, reason.consumed};
    if (count)
        qsort_r(sorted, count, sizeof *sorted, compare_choices, &ranking);
    uint32_t tag = (uint32_t)planner->reason_count;
    *arena_push(planner->arena, &planner->reasons, &planner->reason_count,
                &planner->reason_capacity) = reason;
    return (struct requirement){.candidates = sorted, .count = (uint32_t)count, .tag = tag};
}

static struct requirement require_name(struct planner *planner, const char *name,
                                       const struct range *range, const char *registry)
{
    struct change *change = planner->change;
    uint32_t *items = arena_array(planner->arena, change->choice_count + 1, sizeof *items);
    size_t count = 0;
    for (int prereleases = 0; prereleases < 2 && count == 0; prereleases++)
        for (size_t i = 0; i < change->choice_count; i++) {
            const struct choice *choice = change->choices[i];
            if (strcmp(choice->package.name, name) != 0 || removing(change, name))
                continue;
            if (registry && strcmp(choice->package.registry, registry) != 0)
                continue;
            if (choosable(choice, range, prereleases))
                items[count++] = (uint32_t)i;
        }
    return make_requirement(planner, items, count, (struct reason){.plugin = name});
}

static bool choice_provides(const struct choice *choice, const struct consumed *consumed,
                            struct arena *arena)
{
    struct strings lines = {0};
    strings_split(&lines, arena, choice->package.provides, '\n');
    for (size_t i = 0; i < lines.count; i++) {
        struct provided provided;
        if (provided_parse(&provided, arena, lines.items[i]) &&
            contract_satisfies(&provided, consumed))
            return true;
    }
    return false;
}

static struct requirement require_contract(struct planner *planner, const struct consumed *consumed)
{
    struct change *change = planner->change;
    uint32_t *items = arena_array(planner->arena, change->choice_count + 1, sizeof *items);
    size_t count = 0;
    for (size_t i = 0; i < change->choice_count; i++) {
        const struct choice *choice = change->choices[i];
        if (!removing(change, choice->package.name) && choosable(choice, NULL, false) &&
            choice_provides(choice, consumed, planner->arena))
            items[count++] = (uint32_t)i;
    }
    return make_requirement(planner, items, count, (struct reason){.consumed = consumed});
}

/* ---- the universe ---- */

static size_t consumes_of(const struct choice *choice, struct consumed **out, struct arena *arena)
{
    struct strings lines = {0};
    size_t count = 0, capacity = 0;
    *out = NULL;
    strings_split(&lines, arena, choice->package.consumes, '\n');
    for (size_t i = 0; i < lines.count; i++) {
        struct consumed term;
        if (consumed_parse(&term, arena, lines.items[i]))
            *arena_push(arena, out, &count, &capacity) = term;
    }
    return count;
}

/* Offers providers of what choices need until nothing new is needed. */
static int close_over_contracts(struct planner *planner)
{
    struct change *change = planner->change;
    struct strings seen = {0};
    bool registries = change->request->install_count || change->request->update_all ||
                      change->request->update.count;
    for (size_t i = 0; i < change->choice_count; i++) {
        struct consumed *terms;
        size_t count = consumes_of(change->choices[i], &terms, planner->arena);
        for (size_t t = 0; t < count; t++) {
            if (terms[t].optional || strings_has(&seen, terms[t].contract))
                continue;
            strings_add(&seen, planner->arena, terms[t].contract);
            int result = registries ? change_offer_providers(change, terms[t].contract) : 0;
            if (result < 0)
                return result;
        }
    }
    return 0;
}

static uint32_t name_number(struct planner *planner, const char *name)
{
    for (size_t i = 0; i < planner->name_count; i++)
        if (strcmp(planner->names[i], name) == 0)
            return (uint32_t)i;
    *arena_push(planner->arena, &planner->names, &planner->name_count, &planner->name_capacity) =
        name;
    return (uint32_t)planner->name_count - 1;
}

static void fill_candidates(struct planner *planner)
{
    struct change *change = planner->change;
    planner->candidates =
        arena_array(planner->arena, change->choice_count + 1, sizeof *planner->candidates);
    for (size_t i = 0; i < change->choice_count; i++) {
        const struct choice *choice = change->choices[i];
        struct consumed *terms;
        size_t count = consumes_of(choice, &terms, planner->arena);
        struct requirement *needs = arena_array(planner->arena, count + 1, sizeof *needs);
        uint32_t needed = 0;
        for (size_t t = 0; t < count; t++)
            if (!terms[t].optional)
                needs[needed++] = require_contract(planner, &terms[t]);
        planner->candidates[i] = (struct candidate){
            .name = name_number(planner, choice->package.name),
            .needs = needs,
            .need_count = needed,
        };
    }
}

static void add_root(struct planner *planner, struct requirement root)
{
    *arena_push(planner->arena, &planner->roots, &planner->root_count, &planner->root_capacity) =
        root;
}

static int no_version_matches(const struct change *change, const struct spec *spec)
{
    struct strings versions = {0};
    for (size_t i = 0; i < change->choice_count; i++)
        if (strcmp(change->choices[i]->package.name, spec->name) == 0)
            strings_add(&versions, change->arena, change->choices[i]->package.version);
    if (versions.count == 0)
        return registry_unknown_plugin(&change->config, change->catalogs, spec->name);
    fail(ERR_NOT_FOUND, "no version of '%s' matches '%s'", spec->name,
         spec->range ? spec->range : "*");
    error_hint("there is %s", strings_join(&versions, change->arena, ", "));
    return -ERR_NOT_FOUND;
}

static int add_named_roots(struct planner *planner)
{
    struct change *change = planner->change;
    for (size_t i = 0; i < change->request->install_count; i++) {
        const struct spec *spec = &change->request->install[i];
        if (spec->kind != SPEC_NAME)
            continue;
        struct range *range = NULL;
        if (spec->range && !(range = range_parse(planner->arena, spec->range, true))) {
            fail(ERR_GENERIC, "'%s' is not a version range, in '%s'", spec->range, spec->text);
            error_hint("write one like 1.2.0, ^1.2, ~1.2, '>=1 <2' or 1.x");
            return -ERR_GENERIC;
        }
        const char *registry = spec->registry ? spec->registry : change->request->registry;
        struct requirement root = require_name(planner, spec->name, range, registry);
        if (root.count == 0)
            return no_version_matches(change, spec);
        add_root(planner, root);
    }
    return 0;
}

static void add_direct_roots(struct planner *planner)
{
    struct change *change = planner->change;
    for (size_t i = 0; i < change->choice_count; i++) {
        const struct choice *choice = change->choices[i];
        uint32_t item = (uint32_t)i;
        if (choice->direct && !choice->current && !choice->same_as_current)
            add_root(planner, make_requirement(planner, &item, 1,
                                               (struct reason){.plugin = choice->package.name}));
    }
}

/* What was requested before stays, in its range if it is to be updated. */
static void add_standing_roots(struct planner *planner)
{
    struct change *change = planner->change;
    for (size_t i = 0; i < change->before.count; i++) {
        const struct package *package = &change->before.packages[i];
        if (!(package->flags & PACKAGE_REQUESTED) || removing(change, package->name) ||
            spec_named(change, package->name))
            continue;
        struct range *range = NULL;
        if (updating(change, package->name) && *package->range)
            range = range_parse(planner->arena, package->range, true);
        add_root(planner, require_name(planner, package->name, range, NULL));
    }
}

/* ---- saying why not ---- */

static const char *who_could(struct planner *planner, const struct consumed *consumed)
{
    struct strings could = {0};
    for (size_t i = 0; i < planner->change->choice_count; i++) {
        const struct package *package = &planner->change->choices[i]->package;
        struct strings lines = {0};
        strings_split(&lines, planner->arena, package->provides, '\n');
        for (size_t l = 0; l < lines.count; l++) {
            struct provided term;
            if (provided_parse(&term, planner->arena, lines.items[l]) &&
                strcmp(term.contract, consumed->contract) == 0)
                strings_add(&could, planner->arena,
                            arena_printf(planner->arena, "%s %s (provides %s)", package->name,
                                         package->version, lines.items[l]));
        }
    }
    return could.count ? strings_join(&could, planner->arena, ", ") : NULL;
}

static const char *term_of(const struct consumed *consumed, struct arena *arena)
{
    bool any = strcmp(consumed->range, "*") == 0;
    return arena_printf(arena, "%s%s%s%s%s%s", consumed->contract, consumed->service ? "[" : "",
                        consumed->service ? consumed->service : "", consumed->service ? "]" : "",
                        any ? "" : " ", any ? "" : consumed->range);
}

static int explain(struct planner *planner, const struct solution *solution)
{
    struct change *change = planner->change;
    AUTO_BUF text = {0};
    const struct consumed *unmet = NULL;
    for (uint32_t i = 0; i < solution->step_count; i++) {
        const struct conflict_step *step = &solution->steps[i];
        const struct reason *reason = &planner->reasons[step->tag];
        if (!reason->consumed)
            continue;
        const char *plugin =
            step->candidate == UINT32_MAX ? "?" : change->choices[step->candidate]->package.name;
        buf_printf(&text, "%s'%s' requires %s", text.len ? ", and " : "", plugin,
                   term_of(reason->consumed, planner->arena));
        if (step->blocked_by != UINT32_MAX) {
            const struct package *blocker = &change->choices[step->blocked_by]->package;
            buf_printf(&text, ", which conflicts with %s %s", blocker->name, blocker->version);
        } else {
            unmet = reason->consumed;
        }
    }
    if (text.len == 0)
        buf_puts(&text, "the plugins asked for cannot be installed together");
    fail(ERR_CONTRACT, "%s%s", buf_text(&text), unmet ? ", and no plugin provides it" : "");
    if (unmet && change->request->remove.count) {
        error_hint("remove what needs it as well, or install another provider first");
    } else if (unmet) {
        const char *could = who_could(planner, unmet);
        if (could)
            error_hint("nearest: %s", could);
        else
            error_hint("add a registry that has a provider of %s: paii registry add NAME URL",
                       unmet->contract);
    }
    return -ERR_CONTRACT;
}

/* ---- from the answer to steps ---- */

static int bind_alias(struct planner *planner, const struct choice *consumer,
                      const struct consumed *consumed, struct choice *const *chosen, size_t count)
{
    struct change *change = planner->change;
    struct strings fits = {0};
    const char *bound = NULL;
    for (size_t i = 0; i < count; i++) {
        const char *name = chosen[i]->package.name;
        if (!choice_provides(chosen[i], consumed, planner->arena))
            continue;
        strings_add(&fits, change->arena, name);
        if (is_bound(change, consumed, name))
            bound = name;
    }
    if (!bound && fits.count == 1)
        bound = fits.items[0];
    if (bound) {
        strings_add(&change->bindings, change->arena,
                    arena_printf(change->arena, "%s.%s=%s", consumer->package.name, consumed->alias,
                                 bound));
        return 0;
    }
    if (fits.count == 0)
        return 0; /* optional, and not there */
    const char *choices = strings_join(&fits, planner->arena, ", ");
    if (consumed->optional) {
        warning("'%s' can use more than one %s (%s), so it uses none; choose: "
                "paii config set bindings.%s NAME",
                consumer->package.name, consumed->contract, choices, consumed->contract);
        return 0;
    }
    fail(ERR_CONTRACT, "'%s' needs one %s, and several plugins provide it: %s",
         consumer->package.name, consumed->contract, choices);
    error_hint("choose: paii config set bindings.%s %s", consumed->contract, fits.items[0]);
    return -ERR_CONTRACT;
}

static const char *needed_for(struct planner *planner, const struct choice *provider,
                              struct choice *const *chosen, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct consumed *terms;
        size_t term_count = consumes_of(chosen[i], &terms, planner->arena);
        for (size_t t = 0; t < term_count; t++)
            if (!terms[t].optional && choice_provides(provider, &terms[t], planner->arena))
                return arena_printf(planner->change->arena, "%s for %s",
                                    term_of(&terms[t], planner->arena), chosen[i]->package.name);
    }
    return NULL;
}

/* The plan's package carries what the person asked for now, or before. */
static void mark_request(struct planner *planner, struct choice *choice,
                         const struct package *before)
{
    struct change *change = planner->change;
    const struct spec *spec = spec_named(change, choice->package.name);
    unsigned flags = choice->package.flags;
    const char *range = before ? before->range : "";
    if (spec || (choice->direct && !choice->current) ||
        (before && (before->flags & PACKAGE_REQUESTED)))
        flags |= PACKAGE_REQUESTED;
    if (spec)
        range = spec->range ? spec->range : "";
    if (choice->current && (flags != before->flags || strcmp(range, before->range) != 0))
        planner->dirty = true;
    choice->package.flags = flags;
    choice->package.range = range;
}

static int compare_steps(const void *a, const void *b)
{
    const struct step *x = a, *y = b;
    const char *nx = x->choice ? x->choice->package.name : x->before->name;
    const char *ny = y->choice ? y->choice->package.name : y->before->name;
    return strcmp(nx, ny);
}

static void add_step(struct change *change, struct step step)
{
    *arena_push(change->arena, &change->steps, &change->step_count, &change->step_capacity) = step;
}

static int fill_steps(struct planner *planner, const struct solution *solution)
{
    struct change *change = planner->change;
    size_t count = solution->selected_count;
    struct choice **chosen = arena_array(planner->arena, count + 1, sizeof *chosen);
    change->step_count = 0;
    change->bindings = (struct strings){0};
    for (size_t i = 0; i < count; i++)
        chosen[i] = change->choices[solution->selected[i]];

    for (size_t i = 0; i < count; i++) {
        const struct package *before = installed_find(&change->before, chosen[i]->package.name);
        struct step step = {.kind = chosen[i]->current ? STEP_KEEP
                                    : before           ? STEP_UPDATE
                                                       : STEP_INSTALL,
                            .choice = chosen[i],
                            .before = before};
        if (step.kind == STEP_INSTALL && !was_named(change, chosen[i]))
            step.because = needed_for(planner, chosen[i], chosen, count);
        mark_request(planner, chosen[i], before);
        add_step(change, step);

        struct consumed *terms;
        size_t term_count = consumes_of(chosen[i], &terms, planner->arena);
        for (size_t t = 0; t < term_count; t++) {
            int result = bind_alias(planner, chosen[i], &terms[t], chosen, count);
            if (result < 0)
                return result;
        }
    }
    for (size_t i = 0; i < change->before.count; i++) {
        bool stays = false;
        for (size_t c = 0; c < count; c++)
            stays |= strcmp(chosen[c]->package.name, change->before.packages[i].name) == 0;
        if (!stays)
            add_step(change,
                     (struct step){.kind = STEP_REMOVE, .before = &change->before.packages[i]});
    }
    if (change->step_count)
        qsort(change->steps, change->step_count, sizeof *change->steps, compare_steps);
    return 0;
}

static bool same_bindings(const struct change *change)
{
    if (change->bindings.count != change->before.bindings.count)
        return false;
    for (size_t i = 0; i < change->bindings.count; i++)
        if (!strings_has(&change->before.bindings, change->bindings.items[i]))
            return false;
    return true;
}

/* ---- the way ---- */

static int offer_standing(struct change *change)
{
    for (size_t i = 0; i < change->before.count; i++) {
        const struct package *package = &change->before.packages[i];
        int result =
            removing(change, package->name) ? 0 : change_offer(change, package->name, NULL);
        if (result < 0)
            return result;
    }
    return 0;
}

static int solve(struct planner *planner)
{
    struct change *change = planner->change;
    int result = offer_standing(change);
    if (result == 0)
        result = close_over_contracts(planner);
    if (result == 0)
        result = add_named_roots(planner);
    if (result < 0)
        return result;
    add_direct_roots(planner);
    add_standing_roots(planner);
    fill_candidates(planner);

    struct universe universe = {.candidates = planner->candidates,
                                .candidate_count = (uint32_t)change->choice_count,
                                .name_count = (uint32_t)planner->name_count};
    struct solution solution;
    resolver_solve(&solution, &universe, planner->roots, planner->root_count, planner->arena);
    return solution.found ? fill_steps(planner, &solution) : explain(planner, &solution);
}

static int check_removals(const struct change *change)
{
    const struct strings *remove = &change->request->remove;
    for (size_t i = 0; i < remove->count; i++) {
        if (installed_find(&change->before, remove->items[i]))
            continue;
        struct strings names = {0};
        for (size_t p = 0; p < change->before.count; p++)
            strings_add(&names, change->arena, change->before.packages[p].name);
        const char *nearest = text_nearest(remove->items[i], names.items, names.count);
        fail(ERR_NOT_FOUND, "plugin '%s' is not installed", remove->items[i]);
        if (nearest)
            error_hint("did you mean '%s'?", nearest);
        else
            error_hint("'paii list' shows what is");
        return -ERR_NOT_FOUND;
    }
    return 0;
}

int change_plan(struct change *change)
{
    struct arena scratch = {0};
    struct planner planner = {.change = change, .arena = &scratch};
    int result = check_removals(change);
    if (result == 0)
        result = solve(&planner);
    if (result == 0)
        change->dirty = planner.dirty || !same_bindings(change);
    arena_release(&scratch);
    return result;
}

size_t change_count(const struct change *change)
{
    size_t count = change->dirty;
    for (size_t i = 0; i < change->step_count; i++)
        count += change->steps[i].kind != STEP_KEEP;
    return count;
}
