#include "base/data.h"
#include "base/error.h"
#include "base/semver.h"
#include "change/project.h"
#include "cli/command.h"
#include "registry/dependency.h"
#include "store/store.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct options {
    const char *project;
};

/* One plugin of which its registry has something else than what is installed. */
struct row {
    const char *name, *version;
    const char *wanted; /* newest in the range that was asked for */
    const char *latest;
    const char *registry;
    const char *renamed; /* what it is called now, or NULL */
    bool changed;        /* the same version, with another content */
    bool withdrawn;      /* no longer offered */
    bool held;
};

struct looking {
    struct arena *arena;
    struct config config;
    struct catalog *catalogs, installed;
    struct strings unversioned; /* of which only the content can tell */
    struct row *rows;
    size_t count, capacity;
};

static const struct catalog *catalog_of(const struct looking *looking, const char *registry)
{
    for (size_t i = 0; i < looking->config.registry_count; i++)
        if (strcmp(looking->config.registries[i].name, registry) == 0)
            return &looking->catalogs[i];
    return NULL;
}

/* Ranges that a version must be in, all of them. */
struct bounds {
    const struct range **items;
    size_t count, capacity;
};

static void add_bound(struct looking *looking, struct bounds *bounds, const char *text)
{
    const struct range *range =
        *text && strcmp(text, "*") != 0 ? range_parse(looking->arena, text, true) : NULL;
    if (range)
        *arena_push(looking->arena, &bounds->items, &bounds->count, &bounds->capacity) = range;
}

/* What a person asked for, and what the plugins ask for that depend on it. */
static struct bounds bounds_of(struct looking *looking, const struct package *package)
{
    struct bounds bounds = {0};
    add_bound(looking, &bounds, package->range);
    for (size_t i = 0; i < looking->installed.count; i++) {
        struct package other;
        struct dependency *terms;
        catalog_get(&looking->installed, i, &other);
        size_t count = dependency_parse_lines(&terms, other.depends, looking->arena);
        for (size_t t = 0; t < count; t++)
            if (strcmp(terms[t].name, package->name) == 0)
                add_bound(looking, &bounds, terms[t].range);
    }
    return bounds;
}

static bool is_within(const struct bounds *bounds, const struct version *version)
{
    for (size_t i = 0; i < bounds->count; i++)
        if (!range_matches(bounds->items[i], version, false))
            return false;
    return bounds->count || version->pre_len == 0;
}

static const struct bounds boundless;

/* The newest offered version within the bounds that is newer than `installed`; else `fallback`. */
static const char *newest(const struct catalog *catalog, const char *name, const char *installed,
                          const struct bounds *bounds, const char *fallback)
{
    size_t first, count = catalog_find(catalog, name, &first);
    struct version mine = {0};
    version_parse(&mine, installed, true);
    for (size_t i = first; i < first + count; i++) {
        struct package package;
        struct version version;
        catalog_get(catalog, i, &package);
        if (package.flags & PACKAGE_YANKED || (package.flags & PACKAGE_TAGGED && !bounds->count) ||
            !version_parse(&version, package.version, true))
            continue;
        if (version_compare(&version, &mine) <= 0)
            continue;
        if (is_within(bounds, &version))
            return package.version;
    }
    return fallback;
}

static void json_mark(struct json_writer *json, const char *key, bool is)
{
    if (!is)
        return;
    json_key(json, key);
    json_boolean(json, true);
}

static void print_json(const struct row *rows, size_t count)
{
    AUTO_BUF text = {0};
    struct json_writer json = {.out = &text, .indent = true};
    json_array(&json);
    for (size_t i = 0; i < count; i++) {
        json_object(&json);
        json_field(&json, "name", rows[i].name);
        json_field(&json, "version", rows[i].version);
        json_field(&json, "wanted", rows[i].wanted);
        json_field(&json, "latest", rows[i].latest);
        json_field(&json, "registry", rows[i].registry);
        json_field(&json, "renamed", rows[i].renamed);
        json_mark(&json, "changed", rows[i].changed);
        json_mark(&json, "withdrawn", rows[i].withdrawn);
        json_mark(&json, "held", rows[i].held);
        json_end_object(&json);
    }
    json_end_array(&json);
    buf_putc(&text, '\n');
    out_bytes(text.data, text.len);
}

static void print_note(const struct row *row)
{
    if (row->renamed)
        out("  is now called %s", row->renamed);
    else if (row->withdrawn)
        out("  no longer offered");
    else if (row->changed)
        out("  its content changed");
    else if (row->held)
        out("  held");
    out("\n");
}

static void print_table(const struct row *rows, size_t count)
{
    if (count == 0) {
        note("everything is up to date");
        return;
    }
    out_styled(STYLE_BOLD, "%-24s %-12s %-12s %-12s %s\n", "plugin", "installed", "wanted",
               "latest", "registry");
    for (size_t i = 0; i < count; i++) {
        out("%-24s %-12s %-12s %-12s %s", rows[i].name, rows[i].version, rows[i].wanted,
            rows[i].latest, rows[i].registry);
        print_note(&rows[i]);
    }
}

/* ---- what is newer ---- */

static void add_row(struct looking *looking, struct row row)
{
    *arena_push(looking->arena, &looking->rows, &looking->count, &looking->capacity) = row;
}

static void compare_versions(struct looking *looking, const struct catalog *catalog,
                             const struct package *package)
{
    const char *version = package->version;
    struct bounds bounds = bounds_of(looking, package);
    bool held = package->flags & PACKAGE_HELD;
    struct row row = {
        .name = package->name,
        .version = version,
        .held = held,
        .wanted = held ? version : newest(catalog, package->name, version, &bounds, version),
        .latest = newest(catalog, package->name, version, &boundless, version),
        .registry = package->registry,
    };
    if (strcmp(row.latest, version) != 0 || strcmp(row.wanted, version) != 0)
        add_row(looking, row);
}

/* Another pin need not be another content; that is looked at for all of them together. */
static void compare_pins(struct looking *looking, const struct catalog *catalog,
                         const struct package *package, size_t first)
{
    struct package row;
    catalog_get(catalog, first, &row);
    row.registry = package->registry;
    row.flags |= PACKAGE_UNVERSIONED;
    if (!change_is_installed(&row, package))
        strings_add(&looking->unversioned, looking->arena, package->name);
}

static void compare(struct looking *looking, const struct package *package)
{
    const struct catalog *catalog = catalog_of(looking, package->registry);
    struct row row = {.name = package->name,
                      .version = package->version,
                      .wanted = package->version,
                      .latest = package->version,
                      .registry = package->registry};
    size_t first;
    if (!catalog || package->flags & PACKAGE_DEV)
        return;
    row.renamed = renamed_to(catalog, package->name);
    row.withdrawn = !catalog_find(catalog, package->name, &first);
    if (row.renamed)
        row.latest = newest(catalog, row.renamed, package->version, &boundless, package->version);
    if (row.renamed || row.withdrawn)
        add_row(looking, row);
    else if (package->flags & PACKAGE_HELD && package->flags & PACKAGE_UNVERSIONED)
        return;
    else if (package->flags & PACKAGE_UNVERSIONED)
        compare_pins(looking, catalog, package, first);
    else
        compare_versions(looking, catalog, package);
}

/* What an update would bring is fetched, as the update would, and compared with what is there. */
static int compare_contents(struct looking *looking)
{
    struct change_request request = {.update = looking->unversioned, .dry_run = true};
    struct change change;
    int lock = store_lock("outdated");
    if (lock < 0)
        return lock;
    int result = change_look(&change, &request, looking->arena);
    close(lock);
    if (result == -ERR_NETWORK) {
        warning("whether %s changed is not known: %s",
                strings_join(&looking->unversioned, looking->arena, ", "), error_text());
        error_clear();
        return 0;
    }
    for (size_t i = 0; i < change.step_count && result == 0; i++) {
        const struct step *step = &change.steps[i];
        if (step->kind != STEP_UPDATE)
            continue;
        const char *version = step->choice->package.version;
        add_row(looking, (struct row){.name = step->before->name,
                                      .version = step->before->version,
                                      .wanted = version,
                                      .latest = version,
                                      .registry = step->before->registry,
                                      .changed = strcmp(version, step->before->version) == 0});
    }
    return result;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct row *)a)->name, ((const struct row *)b)->name);
}

/* A registry that was never seen, as after a sync, is asked now; `missing` are those that do not
 * answer. */
static int open_catalogs(struct looking *looking, struct strings *missing)
{
    struct strings unseen = {0};
    int result = registry_open_all(&looking->config, &looking->catalogs, &unseen, looking->arena);
    if (result < 0 || !unseen.count)
        return result;
    int lock = store_lock("outdated");
    if (lock < 0)
        return lock;
    if (registry_update_missing(&looking->config, &unseen, looking->arena) < 0) {
        warning("what is newer is not known of all plugins: %s", error_text());
        error_clear();
    }
    close(lock);
    registry_close_all(&looking->config, looking->catalogs);
    return registry_open_all(&looking->config, &looking->catalogs, missing, looking->arena);
}

static int run(struct invocation *call)
{
    struct looking looking = {.arena = call->arena};
    struct strings missing = {0};
    int result = config_read(&looking.config, call->arena);
    if (result == 0)
        result = open_catalogs(&looking, &missing);
    if (result == 0)
        result = installed_open(&looking.installed);
    if (result < 0)
        return result;

    for (size_t i = 0; i < looking.installed.count; i++) {
        struct package package;
        catalog_get(&looking.installed, i, &package);
        if (!strings_has(&missing, package.registry))
            compare(&looking, &package);
    }
    if (looking.unversioned.count)
        result = compare_contents(&looking);
    if (result < 0)
        return result;
    if (looking.count)
        qsort(looking.rows, looking.count, sizeof *looking.rows, compare_names);
    if (term_json())
        print_json(looking.rows, looking.count);
    else
        print_table(looking.rows, looking.count);
    return 0;
}

const struct command cmd_outdated = {
    .name = "outdated",
    .summary = "list plugins that have a newer version",
    .description = "Compares with the registries as they were last seen (one that never was is "
                   "asked); 'paii registry update' looks again. 'wanted' is the newest version in "
                   "the range that was asked for, "
                   "by you and by what depends on it, or the held one. Of a "
                   "plugin without a version in its registry the content is compared, fetched "
                   "if its commit is another one.",
    .group = GROUP_PLUGINS,
    .needs = NEEDS_PATHS,
    .options =
        (const struct option[]){
            PROJECT_OPTION(struct options, "those of this repository"),
            {0},
        },
    .options_size = sizeof(struct options),
    .run = run,
};
