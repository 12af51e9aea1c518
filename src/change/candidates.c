/* What could be chosen: from the registries, from what is installed, from sources the user named.
 */
#include "change/change.h"

#include "registry/trees.h"

#include <string.h>

int change_open(struct change *change)
{
    struct strings missing = {0};
    int result = config_read(&change->config, change->arena);
    if (result == 0)
        result = installed_read(&change->before, change->arena);
    if (result == 0)
        result = registry_open_all(&change->config, &change->catalogs, &missing, change->arena);
    if (result < 0 || missing.count == 0)
        return result;
    struct strings none = {0};
    result = registry_update_missing(&change->config, &missing, change->arena);
    return result < 0 ? result
                      : registry_open_all(&change->config, &change->catalogs, &none, change->arena);
}

const struct catalog *change_catalog(const struct change *change, const char *registry)
{
    for (size_t r = 0; change->catalogs && r < change->config.registry_count; r++)
        if (strcmp(change->config.registries[r].name, registry) == 0)
            return &change->catalogs[r];
    return NULL;
}

static struct choice *add_choice(struct change *change, const struct package *package)
{
    struct choice *choice = arena_alloc(change->arena, sizeof *choice);
    choice->package = *package;
    *arena_push(change->arena, &change->choices, &change->choice_count, &change->choice_capacity) =
        choice;
    return choice;
}

struct choice *change_add_direct(struct change *change, const struct source *source, bool dev)
{
    struct package package = {
        .name = "",
        .version = "",
        .description = "",
        .registry = "",
        .origin = "",
        .source = *source,
        .language = "",
        .type = "",
        .license = "",
        .homepage = "",
        .author = "",
        .tags = "",
        .provides = "",
        .consumes = "",
        .depends = "",
        .conflicts = "",
        .prefix = "",
        .tree = "",
        .range = "",
        .flags = dev ? PACKAGE_DEV : 0,
    };
    struct choice *choice = add_choice(change, &package);
    choice->direct = true;
    choice->pin = source->commit   ? source->commit
                  : source->sha256 ? arena_printf(change->arena, "sha256=%s", source->sha256)
                                   : NULL;
    return choice;
}

/* ---- what was offered, by name ---- */

/* Of a source that the user named, only its manifest tells the name. */
static bool in_table(const struct choice *choice)
{
    return choice->current || !choice->direct;
}

static size_t slot_of(const struct change *change, const char *name)
{
    const struct choice_table *table = &change->table;
    size_t slot = text_hash(name, strlen(name), 0);
    while (table->slots[slot &= table->slot_count - 1] &&
           strcmp(change->choices[table->slots[slot] - 1]->package.name, name) != 0)
        slot++;
    return slot;
}

static void enter_choice(struct change *change, uint32_t choice)
{
    struct choice_table *table = &change->table;
    uint32_t *slot = &table->slots[slot_of(change, change->choices[choice]->package.name)];
    table->previous[choice] = *slot;
    *slot = choice + 1;
}

/* Takes in the choices that were added since. */
static void fill_table(struct change *change)
{
    struct choice_table *table = &change->table;
    size_t from = table->count;
    if (2 * change->choice_count >= table->slot_count) {
        table->slot_count = 1024;
        while (table->slot_count <= 4 * change->choice_count)
            table->slot_count *= 2;
        table->slots = arena_array(change->arena, table->slot_count, sizeof *table->slots);
        from = 0;
    }
    while (table->count < change->choice_count)
        arena_push(change->arena, &table->previous, &table->count, &table->capacity);
    for (size_t i = from; i < change->choice_count; i++)
        if (in_table(change->choices[i]))
            enter_choice(change, (uint32_t)i);
}

/* The last choice offered of a name, + 1; 0 for none. */
static uint32_t last_offered(struct change *change, const char *name)
{
    fill_table(change);
    return change->table.slots[slot_of(change, name)];
}

/* ---- registries ---- */

/* Rows of a name: those of one of the registries, by its position. */
struct rows {
    size_t registry, first, count;
};

static struct rows find_rows(const struct change *change, size_t registry, const char *name)
{
    struct rows rows = {.registry = registry};
    rows.count = catalog_find(&change->catalogs[registry], name, &rows.first);
    return rows;
}

/* Which registries of the highest priority have `name`; the count, and the last one's rows. */
static size_t registries_with(const struct change *change, const char *name, const char *only,
                              struct strings *names, struct rows *out)
{
    size_t found = 0;
    int highest = 0;
    for (size_t r = 0; r < change->config.registry_count; r++) {
        const struct registry_config *registry = &change->config.registries[r];
        if (only && strcmp(only, registry->name) != 0)
            continue;
        struct rows rows = find_rows(change, r, name);
        if (rows.count == 0)
            continue;
        if (found && registry->priority < highest)
            continue;
        if (registry->priority > highest) {
            *names = (struct strings){0};
            found = 0;
        }
        highest = registry->priority;
        strings_add(names, change->arena, registry->name);
        *out = rows;
        found++;
    }
    return found;
}

static void offer_installed(struct change *change, const struct package *package)
{
    struct choice *choice = add_choice(change, package);
    choice->current = true;
    choice->direct = !*package->registry;
}

/* Whether a row without a version stands for just what is installed, as far as pins tell, and what
 * was looked at before. What a folder holds now, only looking tells. */
static bool same_content(const struct package *row, const struct package *installed)
{
    const struct source *a = &row->source, *b = &installed->source;
    const char *x = a->kind == SOURCE_GIT ? a->commit : a->sha256;
    const char *y = b->kind == SOURCE_GIT ? b->commit : b->sha256;
    if ((a->kind != SOURCE_GIT && a->kind != SOURCE_ARCHIVE) || !x)
        return false;
    if (a->kind == b->kind && strcmp(a->url, b->url) == 0 && strcmp(a->path, b->path) == 0 && y &&
        strcmp(x, y) == 0)
        return true;
    struct arena scratch = {0};
    const char *tree = tree_recall(&scratch, a);
    bool same = tree && strcmp(tree, installed->tree) == 0;
    arena_release(&scratch);
    return same;
}

bool change_is_installed(const struct package *row, const struct package *installed)
{
    if (!installed || strcmp(installed->registry, row->registry) != 0)
        return false;
    if (row->flags & PACKAGE_UNVERSIONED)
        return same_content(row, installed) &&
               strcmp(row->entry, installed->entry ? installed->entry : "") == 0;
    return strcmp(installed->version, row->version) == 0;
}

static void offer_rows(struct change *change, const struct rows *rows,
                       const struct package *installed)
{
    const struct registry_config *registry = &change->config.registries[rows->registry];
    for (size_t i = rows->first; i < rows->first + rows->count; i++) {
        struct package row;
        catalog_get(&change->catalogs[rows->registry], i, &row);
        row.registry = registry->name;
        row.origin = registry->url;
        if (strcmp(row.version, VERSION_UNKNOWN) == 0)
            row.flags |= PACKAGE_UNVERSIONED;
        bool nowhere = row.source.kind == SOURCE_NONE; /* renamed, say */
        if (!change_is_installed(&row, installed) && !(installed && nowhere))
            add_choice(change, &row)->priority = registry->priority;
    }
}

int change_offer(struct change *change, const char *name, const char *registry)
{
    if (last_offered(change, name))
        return 0;
    const struct package *installed = installed_find(&change->before, name);
    if (installed)
        offer_installed(change, installed);
    if (registry && !config_registry(&change->config, registry))
        return registry_unknown(&change->config, registry);
    /* A name is bound to the registry that it came from. */
    if (!registry && installed)
        registry = installed->registry;

    struct strings names = {0};
    struct rows rows;
    size_t found = registries_with(change, name, registry, &names, &rows);
    if (found > 1) {
        fail(ERR_REFUSED, "plugin '%s' is in more than one registry: %s", name,
             strings_join(&names, change->arena, ", "));
        error_hint("say which one: paii install %s/%s", names.items[0], name);
        return -ERR_REFUSED;
    }
    if (found == 1)
        offer_rows(change, &rows, installed);
    return 0;
}

static bool offered_from(struct change *change, const char *name, const char *registry)
{
    for (uint32_t i = last_offered(change, name); i; i = change->table.previous[i - 1]) {
        const struct choice *choice = change->choices[i - 1];
        if (!choice->current && strcmp(choice->package.registry, registry) == 0)
            return true;
    }
    return false;
}

int change_offer_from(struct change *change, const char *name, const char *registry)
{
    if (offered_from(change, name, registry))
        return 0;
    if (change_offer(change, name, NULL) < 0)
        error_clear(); /* which registry the name alone stands for does not matter here */
    if (offered_from(change, name, registry))
        return 0;
    size_t first = change->choice_count;
    for (size_t r = 0; r < change->config.registry_count; r++)
        if (strcmp(change->config.registries[r].name, registry) == 0) {
            struct rows rows = find_rows(change, r, name);
            offer_rows(change, &rows, installed_find(&change->before, name));
        }
    for (size_t i = first; i < change->choice_count; i++)
        change->choices[i]->aside = true;
    return 0;
}

/* Whether one of the lines is a term of `contract`: "MemoryProvider@1.1" is one of
 * "MemoryProvider". */
static bool lines_have_contract(const char *lines, const char *contract)
{
    size_t len = strlen(contract);
    for (const char *p = lines; *p; p += strcspn(p, "\n"), p += *p == '\n')
        if (strncmp(p, contract, len) == 0 && strchr("\n@[", p[len]))
            return true;
    return false;
}

int change_offer_providers(struct change *change, const char *contract)
{
    for (size_t i = 0; i < change->before.count; i++)
        if (lines_have_contract(change->before.packages[i].provides, contract)) {
            int result = change_offer(change, change->before.packages[i].name, NULL);
            if (result < 0)
                return result;
        }
    for (size_t r = 0; r < change->config.registry_count; r++) {
        const struct catalog *catalog = &change->catalogs[r];
        size_t first, count = catalog_providers(catalog, contract, &first);
        for (size_t i = first; i < first + count; i++)
            /* A name that is ambiguous cannot be pulled in silently; it is left out of the offer.
             */
            if (change_offer(change, catalog_provider(catalog, i), NULL) == -ERR_REFUSED)
                error_clear();
    }
    return 0;
}
