#include "base/data.h"
#include "base/semver.h"
#include "cli/command.h"
#include "registry/registry.h"
#include "store/store.h"

#include <string.h>

/* One plugin that has a newer version than the installed one. */
struct row {
    const char *name, *version;
    const char *wanted; /* newest in the range that was asked for */
    const char *latest;
    const char *registry;
};

static const struct catalog *catalog_of(const struct config *config, const struct catalog *catalogs,
                                        const char *registry)
{
    for (size_t i = 0; i < config->registry_count; i++)
        if (strcmp(config->registries[i].name, registry) == 0)
            return &catalogs[i];
    return NULL;
}

/* The newest offered version in `range` (NULL: any) that is newer than `installed`; else
 * `fallback`. */
static const char *newest(const struct catalog *catalog, const char *name, const char *installed,
                          const struct range *range, const char *fallback)
{
    size_t first, count = catalog_find(catalog, name, &first);
    struct version mine = {0};
    version_parse(&mine, installed, true);
    for (size_t i = first; i < first + count; i++) {
        struct package package;
        struct version version;
        catalog_get(catalog, i, &package);
        if ((package.flags & PACKAGE_YANKED) || !version_parse(&version, package.version, true))
            continue;
        if (version_compare(&version, &mine) <= 0)
            continue;
        if (range ? range_matches(range, &version, false) : version.pre_len == 0)
            return package.version;
    }
    return fallback;
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
        json_end_object(&json);
    }
    json_end_array(&json);
    buf_putc(&text, '\n');
    out_bytes(text.data, text.len);
}

static void print_table(const struct row *rows, size_t count)
{
    if (count == 0) {
        note("everything is up to date");
        return;
    }
    out_styled(STYLE_BOLD, "%-24s %-12s %-12s %-12s %s\n", "plugin", "installed", "wanted",
               "latest", "registry");
    for (size_t i = 0; i < count; i++)
        out("%-24s %-12s %-12s %-12s %s\n", rows[i].name, rows[i].version, rows[i].wanted,
            rows[i].latest, rows[i].registry);
}

static int run(struct invocation *call)
{
    struct config config;
    struct catalog *catalogs, installed;
    struct strings missing = {0};
    int result = config_read(&config, call->arena);
    if (result == 0)
        result = registry_open_all(&config, &catalogs, &missing, call->arena);
    if (result == 0)
        result = installed_open(&installed);
    if (result < 0)
        return result;

    struct row *rows = NULL;
    size_t count = 0, capacity = 0;
    for (size_t i = 0; i < installed.count; i++) {
        struct package package;
        catalog_get(&installed, i, &package);
        const struct catalog *catalog = catalog_of(&config, catalogs, package.registry);
        if (!catalog)
            continue;
        const char *latest = newest(catalog, package.name, package.version, NULL, package.version);
        struct range *range = *package.range ? range_parse(call->arena, package.range, true) : NULL;
        const char *wanted = newest(catalog, package.name, package.version, range, package.version);
        if (strcmp(latest, package.version) != 0 || strcmp(wanted, package.version) != 0)
            *arena_push(call->arena, &rows, &count, &capacity) =
                (struct row){package.name, package.version, wanted, latest, package.registry};
    }
    if (term_json())
        print_json(rows, count);
    else
        print_table(rows, count);
    return 0;
}

const struct command cmd_outdated = {
    .name = "outdated",
    .summary = "list plugins that have a newer version",
    .description = "Compares with the registries as they were last seen; 'paii registry update' "
                   "looks again. 'wanted' is the newest version in the range that was asked for.",
    .group = GROUP_PLUGINS,
    .needs = NEEDS_PATHS,
    .run = run,
};
