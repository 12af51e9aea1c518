#include "cli/needs.h"

#include "base/semver.h"

#include <stdlib.h>
#include <string.h>

/* ---- uses ---- */

static const struct package *bound_to(const struct installed *set, const char *consumer,
                                      const char *alias)
{
    const char *name = installed_bound(set, consumer, alias);
    return name ? installed_find(set, name) : NULL;
}

static void add_use(struct needs *needs, struct use use, struct arena *arena)
{
    *arena_push(arena, &needs->uses, &needs->count, &needs->capacity) = use;
}

static void add_uses(struct needs *needs, const struct package *package, struct arena *arena)
{
    struct consumed *terms;
    size_t count = consumed_parse_lines(&terms, package->consumes, arena);
    for (size_t i = 0; i < count; i++)
        add_use(needs,
                (struct use){.consumer = package,
                             .term = terms[i],
                             .provider = bound_to(&needs->set, package->name, terms[i].alias)},
                arena);
    struct dependency *depends;
    count = dependency_parse_lines(&depends, package->depends, arena);
    for (size_t i = 0; i < count; i++) {
        struct use use = {.consumer = package, .depends = depends[i]};
        const struct package *named = installed_find(&needs->set, depends[i].name);
        if (named && use_takes(&use, named, arena))
            use.provider = named;
        add_use(needs, use, arena);
    }
}

int needs_read(struct needs *out, struct arena *arena)
{
    *out = (struct needs){0};
    int result = installed_read(&out->set, arena);
    for (size_t i = 0; i < out->set.count && result == 0; i++)
        add_uses(out, &out->set.packages[i], arena);
    return result;
}

const char *use_words(const struct use *use, struct arena *arena)
{
    if (use->term.contract)
        return consumed_words(&use->term, arena);
    bool any = strcmp(use->depends.range, "*") == 0;
    return arena_printf(arena, "plugin %s%s%s", use->depends.name, any ? "" : " ",
                        any ? "" : use->depends.range);
}

bool use_optional(const struct use *use)
{
    return use->term.contract && use->term.optional;
}

bool use_takes(const struct use *use, const struct package *package, struct arena *arena)
{
    if (use->term.contract)
        return provided_lines_satisfy(package->provides, &use->term, arena);
    return strcmp(package->name, use->depends.name) == 0 &&
           dependency_takes(&use->depends, package->version, arena);
}

/* ---- paths ---- */

struct strings needs_path(const struct needs *needs, const struct package *package,
                          struct arena *arena)
{
    const struct package *first = needs->set.packages;
    size_t count = needs->set.count, done = 0, queued = 1;
    size_t *queue = arena_array(arena, count + 1, sizeof *queue);
    size_t *next = arena_array(arena, count + 1, sizeof *next); /* towards `package`, + 1 */
    struct strings path = {0};
    queue[0] = (size_t)(package - first);
    next[queue[0]] = queue[0] + 1;
    for (; done < queued; done++) {
        size_t at = queue[done];
        if (first[at].flags & PACKAGE_REQUESTED) {
            for (;; at = next[at] - 1) {
                strings_add(&path, arena, first[at].name);
                if (first + at == package)
                    return path;
            }
        }
        for (size_t i = 0; i < needs->count; i++) {
            size_t consumer = (size_t)(needs->uses[i].consumer - first);
            if (needs->uses[i].provider != first + at || use_optional(&needs->uses[i]) ||
                next[consumer])
                continue;
            next[consumer] = at + 1;
            queue[queued++] = consumer;
        }
    }
    return path;
}

/* ---- rivals ---- */

const char *const preference_names[] = {
    [PREFER_BOUND] = "bound", [PREFER_ASKED] = "asked", [PREFER_PRIORITY] = "priority",
    [PREFER_NAME] = "name",   [PREFER_THERE] = "there",
};

/* Whether [bindings] names `plugin` for that contract. */
static bool binding_names(const struct config *config, const struct consumed *consumed,
                          const char *plugin, struct arena *arena)
{
    for (size_t i = 0; i < config->binding_count; i++) {
        const struct binding *binding = &config->bindings[i];
        struct provided term;
        if (strcmp(binding->plugin, plugin) == 0 &&
            provided_parse(&term, arena, binding->contract) &&
            strcmp(term.contract, consumed->contract) == 0 &&
            (!term.service || (consumed->service && strcmp(term.service, consumed->service) == 0)))
            return true;
    }
    return false;
}

static int priority_of(const struct config *config, const struct package *package)
{
    const struct registry_config *registry =
        *package->registry ? config_registry(config, package->registry) : NULL;
    return registry ? registry->priority : 0;
}

static enum preference why(const struct use *use, const struct rival *rival,
                           const struct config *config, struct arena *arena)
{
    const struct package *chosen = use->provider;
    int a = priority_of(config, chosen), b = priority_of(config, &rival->package);
    if (binding_names(config, &use->term, chosen->name, arena))
        return PREFER_BOUND;
    if (rival->installed)
        return PREFER_THERE;
    if (chosen->flags & PACKAGE_REQUESTED)
        return PREFER_ASKED;
    if (a != b)
        return a > b ? PREFER_PRIORITY : PREFER_THERE;
    return strcmp(chosen->name, rival->package.name) < 0 ? PREFER_NAME : PREFER_THERE;
}

static bool is_rival(const struct rivals *rivals, const char *name)
{
    for (size_t i = 0; i < rivals->count; i++)
        if (strcmp(rivals->items[i].package.name, name) == 0)
            return true;
    return false;
}

/* Whether a plan would take it if nothing else spoke for another. */
static bool choosable(const struct package *row)
{
    struct version version;
    return !(row->flags & PACKAGE_YANKED) &&
           !(version_parse(&version, row->version, true) && version.pre_len);
}

/* A name counts in the registry of the highest priority that has it. */
static bool is_hidden(const struct config *config, const struct catalog *catalogs, size_t r,
                      const char *name)
{
    size_t first;
    for (size_t i = 0; i < config->registry_count; i++)
        if (config->registries[i].priority > config->registries[r].priority &&
            catalog_find(&catalogs[i], name, &first))
            return true;
    return false;
}

static void add_rows(struct rivals *rivals, const struct needs *needs, const struct use *use,
                     const struct config *config, const struct catalog *catalogs, size_t r,
                     struct arena *arena)
{
    for (size_t i = 0; i < catalogs[r].count; i++) {
        struct package row;
        catalog_get(&catalogs[r], i, &row);
        if (!strstr(row.provides, use->term.contract) || !choosable(&row) ||
            installed_find(&needs->set, row.name) || is_rival(rivals, row.name) ||
            !use_takes(use, &row, arena) || is_hidden(config, catalogs, r, row.name))
            continue;
        row.registry = config->registries[r].name;
        *arena_push(arena, &rivals->items, &rivals->count, &rivals->capacity) =
            (struct rival){.package = row};
    }
}

static int compare_rivals(const void *a, const void *b)
{
    return strcmp(((const struct rival *)a)->package.name, ((const struct rival *)b)->package.name);
}

struct rivals use_rivals(const struct needs *needs, const struct use *use,
                         const struct config *config, const struct catalog *catalogs,
                         struct arena *arena)
{
    struct rivals rivals = {0};
    if (!use->term.contract)
        return rivals;
    for (size_t i = 0; i < needs->set.count; i++) {
        const struct package *package = &needs->set.packages[i];
        if (package != use->provider && use_takes(use, package, arena))
            *arena_push(arena, &rivals.items, &rivals.count, &rivals.capacity) =
                (struct rival){.package = *package, .installed = true};
    }
    for (size_t r = 0; r < config->registry_count; r++)
        add_rows(&rivals, needs, use, config, catalogs, r, arena);
    if (rivals.count)
        qsort(rivals.items, rivals.count, sizeof *rivals.items, compare_rivals);
    for (size_t i = 0; i < rivals.count && use->provider; i++)
        rivals.items[i].why = why(use, &rivals.items[i], config, arena);
    return rivals;
}
