/*
 * Plugins that a plugin asks for by name (docs/registry.md, "Dependencies"): in which registry they
 * are looked for, and which choices will do.
 */
#include "change/plan.h"

#include <string.h>

static bool calls_itself(const struct catalog *catalog, const char *title)
{
    return catalog && catalog->title && strcmp(catalog->title, title) == 0;
}

/* The registry that an author calls so: the plugin's own, else the one that the person calls so,
 * else the only one that calls itself so. */
static const char *registry_called(const struct change *change, const char *own, const char *title)
{
    const char *found = NULL;
    if (calls_itself(change_catalog(change, own), title))
        return own;
    if (config_registry(&change->config, title))
        return title;
    for (size_t r = 0; change->catalogs && r < change->config.registry_count; r++) {
        if (!calls_itself(&change->catalogs[r], title))
            continue;
        if (found)
            return NULL;
        found = change->config.registries[r].name;
    }
    return found;
}

/* Whether the plugins of `registry` may bring in those of `other`. */
static bool allows(const struct change *change, const char *registry, const char *other)
{
    const struct catalog *catalog = change_catalog(change, registry),
                         *far = change_catalog(change, other);
    struct strings names = {0};
    if (strcmp(registry, other) == 0)
        return true;
    strings_split(&names, change->arena, catalog && catalog->allows ? catalog->allows : "", '\n');
    return strings_has(&names, other) || (far && *far->title && strings_has(&names, far->title));
}

/* As with the client, the registries of what was asked for decide: trust is not handed on. */
static bool permitted(const struct change *change, const char *registry)
{
    for (size_t i = 0; i < change->choice_count; i++) {
        const struct package *package = &change->choices[i]->package;
        if ((plan_spec(change, package->name) || plan_updates(change, package->name)) &&
            allows(change, package->registry, registry))
            return true;
    }
    return false;
}

struct place plan_place(const struct change *change, const char *own, const struct dependency *term)
{
    struct place place = {.name = term->name, .registry = *own ? own : NULL};
    if (term->registry) {
        place.registry = registry_called(change, own, term->registry);
        place.unknown = !place.registry;
        /* Who names a source of their own answers for what it asks for. */
        place.foreign = place.registry && *own && strcmp(own, place.registry) != 0;
    }
    const struct catalog *catalog = place.registry ? change_catalog(change, place.registry) : NULL;
    const char *renamed = catalog ? renamed_to(catalog, term->name) : NULL;
    if (renamed)
        place.name = renamed;
    return place;
}

bool plan_is_open(const struct change *change, const struct place *place)
{
    return !place->unknown && (!place->foreign || permitted(change, place->registry));
}

bool plan_is_at(const struct place *place, bool open, const struct choice *choice)
{
    const struct package *package = &choice->package;
    /* What a person installed from a source of their own stands for the plugin of that name. */
    if (!*package->registry)
        return true;
    if (place->unknown || (!open && !choice->current))
        return false;
    return !place->registry || strcmp(package->registry, place->registry) == 0;
}

int plan_offer_place(struct change *change, const struct place *place)
{
    return place->registry ? change_offer_from(change, place->name, place->registry)
                           : change_offer(change, place->name, NULL);
}

bool plan_is_dependency(const struct change *change, const struct package *owner,
                        const struct dependency *term, const struct choice *choice)
{
    struct place place = plan_place(change, owner->registry, term);
    return strcmp(choice->package.name, place.name) == 0 &&
           plan_is_at(&place, plan_is_open(change, &place), choice);
}

const char *plan_dependency_registry(const struct change *change, const struct package *owner,
                                     const struct dependency *term)
{
    return plan_place(change, owner->registry, term).registry;
}

const char *plan_dependency_trouble(const struct change *change, const struct package *owner,
                                    const struct dependency *term, struct arena *arena)
{
    struct place place = plan_place(change, owner->registry, term);
    if (place.unknown)
        return arena_printf(arena, "no registry, or more than one, is called '%s'", term->registry);
    if (!plan_is_open(change, &place))
        return arena_printf(arena, "registry '%s' does not let its plugins depend on '%s'",
                            owner->registry, term->registry);
    return NULL;
}

/* ---- who depends on what is to go ---- */

static bool depends_on(const struct package *package, const char *name, struct arena *arena)
{
    struct dependency *terms;
    size_t count = dependency_parse_lines(&terms, package->depends, arena);
    for (size_t i = 0; i < count; i++)
        if (strcmp(terms[i].name, name) == 0)
            return true;
    return false;
}

void change_dependents(struct strings *out, const struct installed *set,
                       const struct strings *names, struct arena *arena)
{
    struct strings gone = {0};
    for (size_t i = 0; i < names->count; i++)
        strings_add(&gone, arena, names->items[i]);
    for (size_t i = 0; i < gone.count; i++)
        for (size_t p = 0; p < set->count; p++) {
            const struct package *package = &set->packages[p];
            if (strings_has(&gone, package->name) || !depends_on(package, gone.items[i], arena))
                continue;
            strings_add(&gone, arena, package->name);
            strings_add(out, arena, package->name);
        }
    strings_sort(out);
}
