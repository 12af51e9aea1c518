/* What nearly satisfies a want, and why it does not. */
#include "change/explain.h"

#include <stdlib.h>
#include <string.h>

static bool in_range(const struct explanation *explanation, const char *version_text,
                     const char *range_text)
{
    struct version version;
    struct range *range = range_parse(explanation->arena, range_text, true);
    if (strcmp(range_text, "*") == 0)
        return true;
    return range && version_parse(&version, version_text, true) &&
           range_matches(range, &version, true);
}

static bool satisfies(const struct explanation *explanation, const struct wanted *want,
                      const struct package *package)
{
    if (want->plugin)
        return strcmp(package->name, want->plugin) == 0 &&
               in_range(explanation, package->version, want->range);
    struct consumed term = {
        .contract = want->contract, .service = want->service, .range = want->range};
    return provided_lines_satisfy(package->provides, &term, explanation->arena);
}

static enum miss miss_of(const struct explanation *explanation, const struct wanted *want,
                         uint32_t number)
{
    const struct choice *choice = explanation->planner->choices[number];
    if (!satisfies(explanation, want, &choice->package))
        return MISS_VERSION;
    const struct change *change = explanation->planner->change;
    if (plan_stays(change, choice))
        return installed_find(&change->before, choice->package.name)->flags & PACKAGE_HELD
                   ? MISS_HELD
                   : MISS_OLDER;
    if (plan_choosable(explanation->planner, number, NULL, false))
        return MISS_NONE;
    return choice->package.flags & PACKAGE_YANKED ? MISS_YANKED : MISS_PRERELEASE;
}

/* The choices of the same plugin, or contract, in whichever version or service. */
static size_t resembling(const struct explanation *explanation, const struct wanted *want,
                         uint32_t *items)
{
    struct planner *planner = explanation->planner;
    size_t count = 0;
    if (!want->plugin)
        return plan_offers(planner, plan_contract(planner, want->contract), NULL, NULL, items);
    const struct name *name = plan_name(planner, want->plugin);
    for (uint32_t i = name ? name[0].first : 0; name && i < name[1].first; i++) {
        const char *registry = planner->choices[i]->package.registry;
        if (!want->registry || !*registry || strcmp(registry, want->registry) == 0)
            items[count++] = i;
    }
    return count;
}

size_t explain_near(const struct explanation *explanation, const struct wanted *want,
                    struct near **out)
{
    const struct planner *planner = explanation->planner;
    uint32_t *items = arena_array(explanation->arena, planner->choice_count + 1, sizeof *items);
    size_t count = 0, capacity = 0, found = resembling(explanation, want, items);
    *out = NULL;
    for (size_t i = 0; i < found; i++)
        if (!planner->choices[items[i]]->same_as_current)
            *arena_push(explanation->arena, out, &count, &capacity) =
                (struct near){items[i], miss_of(explanation, want, items[i])};
    return count;
}

/* Of what is installed, one that satisfies it and is to be removed: such is no choice any more. */
static const struct package *removed(const struct explanation *explanation,
                                     const struct wanted *want)
{
    const struct change *change = explanation->planner->change;
    for (size_t i = 0; i < change->before.count; i++) {
        const struct package *package = &change->before.packages[i];
        if (plan_removes(change, package->name) && satisfies(explanation, want, package))
            return package;
    }
    return NULL;
}

/* The registry whose versions of that name are choices, NULL: none is. */
static const char *chosen_registry(const struct explanation *explanation, const char *name)
{
    const struct planner *planner = explanation->planner;
    const struct name *found = plan_name(planner, name);
    return found ? planner->choices[found->first]->package.registry : NULL;
}

/* Of the rows of the name the first that would do, if it is hidden. */
static bool is_hidden(const struct explanation *explanation, const struct wanted *want, size_t r,
                      const char *name, struct package *out)
{
    const struct change *change = explanation->planner->change;
    const char *registry = change->config.registries[r].name;
    const char *chosen = chosen_registry(explanation, name);
    size_t first, count = catalog_find(&change->catalogs[r], name, &first);
    if (!chosen || strcmp(chosen, registry) == 0 ||
        (want->registry && strcmp(want->registry, registry) != 0))
        return false;
    for (size_t i = first; i < first + count; i++) {
        catalog_get(&change->catalogs[r], i, out);
        out->registry = registry;
        if (satisfies(explanation, want, out))
            return true;
    }
    return false;
}

bool explain_hidden(const struct explanation *explanation, const struct wanted *want,
                    struct package *out)
{
    const struct change *change = explanation->planner->change;
    for (size_t r = 0; r < change->config.registry_count; r++) {
        const struct catalog *catalog = &change->catalogs[r];
        size_t first = 0, count = 0;
        if (want->plugin && is_hidden(explanation, want, r, want->plugin, out))
            return true;
        if (want->contract)
            count = catalog_providers(catalog, want->contract, &first);
        for (size_t i = first; i < first + count; i++)
            if (is_hidden(explanation, want, r, catalog_provider(catalog, i), out))
                return true;
    }
    return false;
}

/* ---- in words ---- */

static struct crowds missed(const struct explanation *explanation, const struct near *near,
                            size_t count, enum miss miss)
{
    uint32_t *choices = arena_array(explanation->arena, count + 1, sizeof *choices);
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        if (near[i].miss == miss)
            choices[found++] = near[i].choice;
    return explain_crowds(explanation, choices, found);
}

static bool same_service(const struct wanted *want, const struct provided *term)
{
    return !want->service || (term->service && strcmp(term->service, want->service) == 0);
}

/* Oldest first, and what is no version before them. */
static int compare_partial(const void *pa, const void *pb)
{
    const char *a = *(const char *const *)pa, *b = *(const char *const *)pb;
    struct version x = {0}, y = {0};
    version_parse_partial(&x, a);
    version_parse_partial(&y, b);
    int order = version_compare(&x, &y);
    return order ? order : strcmp(a, b);
}

/* The versions of the contract that the crowd provides, of the service that is wanted. */
static struct strings contract_versions(const struct explanation *explanation,
                                        const struct wanted *want, const struct crowd *crowd)
{
    struct strings out = {0};
    for (size_t i = 0; i < crowd->count; i++) {
        const char *provides = explain_package(explanation, crowd->items[i])->provides;
        struct strings terms = {0};
        strings_split(&terms, explanation->arena, provides, '\n');
        for (size_t t = 0; t < terms.count; t++) {
            struct provided term;
            if (!provided_parse(&term, explanation->arena, terms.items[t]) ||
                strcmp(term.contract, want->contract) != 0 || !same_service(want, &term))
                continue;
            const char *version = term.version ? term.version : "an unversioned one";
            if (!strings_has(&out, version))
                strings_add(&out, explanation->arena, version);
        }
    }
    if (out.count)
        qsort(out.items, out.count, sizeof *out.items, compare_partial);
    return out;
}

/* "1.0 and 1.1 of greeter and 1.5 of waver"; "" if nobody provides that service. */
static const char *versions_words(const struct explanation *explanation, const struct wanted *want,
                                  const struct crowds *crowds)
{
    struct strings parts = {0};
    for (size_t c = 0; c < crowds->count; c++) {
        const struct crowd *crowd = &crowds->items[c];
        struct strings items = contract_versions(explanation, want, crowd);
        if (items.count)
            strings_add(&parts, explanation->arena,
                        arena_printf(explanation->arena, "%s of %s",
                                     explain_list(explanation->arena, &items, "and"),
                                     explain_package(explanation, crowd->items[0])->name));
    }
    return explain_list(explanation->arena, &parts, "and");
}

/* "IntegrationProvider[slack] and IntegrationProvider" */
static const char *services_words(const struct explanation *explanation, const struct wanted *want,
                                  const struct near *near, size_t count)
{
    struct arena *arena = explanation->arena;
    struct strings services = {0};
    for (size_t i = 0; i < count; i++) {
        struct strings terms = {0};
        strings_split(&terms, arena, explain_package(explanation, near[i].choice)->provides, '\n');
        for (size_t t = 0; t < terms.count; t++) {
            struct provided term;
            if (!provided_parse(&term, arena, terms.items[t]) ||
                strcmp(term.contract, want->contract) != 0)
                continue;
            term.version = NULL;
            const char *text = provided_text(&term, arena);
            if (!strings_has(&services, text))
                strings_add(&services, arena, text);
        }
    }
    strings_sort(&services);
    return explain_list(arena, &services, "and");
}

/* What there is instead. */
static const char *only_words(const struct explanation *explanation, const struct wanted *want,
                              const struct near *near, size_t count)
{
    struct arena *arena = explanation->arena;
    struct crowds others = missed(explanation, near, count, MISS_VERSION);
    if (others.count == 0)
        return want->registry
                   ? arena_printf(arena, ", which registry '%s' does not have", want->registry)
               : want->plugin ? ", which no registry has"
                              : ", which no plugin provides";
    const char *words = want->plugin ? explain_runs(explanation, &others.items[0])
                                     : versions_words(explanation, want, &others);
    return arena_printf(arena, ", and there is only %s",
                        *words ? words : services_words(explanation, want, near, count));
}

const char *explain_nobody(const struct explanation *explanation, const struct wanted *want)
{
    static const struct {
        enum miss miss;
        const char *words;
    } reasons[] = {
        {MISS_YANKED, "yanked"},
        {MISS_PRERELEASE, "a prerelease"},
        {MISS_OLDER, "older than what is installed"},
    };
    struct arena *arena = explanation->arena;
    struct near *near;
    size_t count = explain_near(explanation, want, &near);
    const struct package *gone = removed(explanation, want);
    struct package hidden;
    if (want->trouble)
        return arena_printf(arena, ", and %s", want->trouble);
    if (gone)
        return arena_printf(arena, ", and %s %s is to be removed", gone->name, gone->version);
    struct crowds held = missed(explanation, near, count, MISS_HELD);
    if (held.count) {
        const char *name = explain_package(explanation, held.items[0].items[0])->name;
        const struct change *change = explanation->planner->change;
        return arena_printf(arena, ", and %s is held at %s", name,
                            installed_find(&change->before, name)->version);
    }
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        struct crowds crowds = missed(explanation, near, count, reasons[i].miss);
        if (crowds.count)
            return arena_printf(arena, ", and %s is %s", explain_names(explanation, &crowds, "and"),
                                reasons[i].words);
    }
    if (explain_hidden(explanation, want, &hidden))
        return arena_printf(arena, ", and %s %s of '%s' is hidden by '%s', which has the name too",
                            hidden.name, hidden.version, hidden.registry,
                            chosen_registry(explanation, hidden.name));
    return only_words(explanation, want, near, count);
}
