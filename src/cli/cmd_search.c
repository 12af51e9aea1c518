#include "base/data.h"
#include "base/text.h"
#include "cli/command.h"
#include "registry/registry.h"
#include "store/store.h"

#include <stddef.h>
#include <string.h>

struct search_options {
    const char *registry;
    int limit;
};

struct search {
    struct arena *arena;
    struct config config;
    struct catalog *catalogs;
    struct catalog installed;
    struct hit *hits;
    size_t count;
    bool more; /* than the limit */
};

static const char *installed_version(const struct search *search, const struct package *package)
{
    struct package found;
    size_t first;

    if (!catalog_find(&search->installed, package->name, &first))
        return NULL;
    catalog_get(&search->installed, first, &found);
    return strcmp(found.registry, package->registry) == 0 ? found.version : NULL;
}

/* ---- printing ----
 *
 *     NAME       VERSION  REGISTRY  DESCRIPTION
 *     incident   1.0.0    core      Incident response: declare, keep a timeline ... (installed)
 */

/* Cut to `columns`, at a character. */
static const char *shortened(struct arena *arena, const char *text, size_t columns)
{
    char *copy;
    size_t len;

    if (text_width(text) <= columns)
        return text;
    copy = arena_strdup(arena, text);
    len = strlen(copy);
    while (len && text_width(copy) + 3 > columns) {
        while (len && ((unsigned char)copy[--len] & 0xc0) == 0x80)
            ;
        copy[len] = '\0';
    }
    return arena_printf(arena, "%s...", copy);
}

static void widen(size_t *width, const char *text)
{
    size_t len = strlen(text);

    *width = len > *width ? len : *width;
}

static void print_table(const struct search *search)
{
    size_t name = 0, version = 0, registry = 0, used;
    struct package package;

    for (size_t i = 0; i < search->count; i++) {
        catalog_get(search->hits[i].catalog, search->hits[i].row, &package);
        widen(&name, package.name);
        widen(&version, package.version);
        widen(&registry, package.registry);
    }
    used = name + version + registry + 6;
    for (size_t i = 0; i < search->count; i++) {
        const char *mark, *text;
        size_t room = term_columns() > used + 24 ? term_columns() - used : 24;

        catalog_get(search->hits[i].catalog, search->hits[i].row, &package);
        mark = installed_version(search, &package) ? " (installed)" : "";
        text = package.description;
        if (term_stdout_is_terminal())
            text = shortened(search->arena, text_safe(search->arena, text), room - strlen(mark));
        out_styled(STYLE_BOLD, "%-*s", (int)name, package.name);
        out("  %-*s  %-*s  %s%s\n", (int)version, package.version, (int)registry, package.registry,
            text, mark);
    }
    if (search->more)
        note("there are more: --limit %zu shows them", search->count * 5);
}

static void print_json(const struct search *search)
{
    AUTO_BUF text = {0};
    struct json_writer json = {.out = &text, .indent = true};
    struct package package;

    json_array(&json);
    for (size_t i = 0; i < search->count; i++) {
        catalog_get(search->hits[i].catalog, search->hits[i].row, &package);
        json_object(&json);
        json_field(&json, "name", package.name);
        json_field(&json, "version", package.version);
        json_field(&json, "registry", package.registry);
        json_field(&json, "description", package.description);
        json_field(&json, "type", package.type);
        json_field(&json, "language", package.language);
        json_lines(&json, "tags", package.tags);
        json_field(&json, "installed", installed_version(search, &package));
        json_key(&json, "score");
        json_integer(&json, search->hits[i].score);
        json_end_object(&json);
    }
    json_end_array(&json);
    buf_putc(&text, '\n');
    out_bytes(text.data, text.len);
}

/* ---- the command ---- */

/* Leaves only the catalog of one registry open to the search. */
static int restrict_to(struct search *search, const char *name)
{
    if (!config_registry(&search->config, name))
        return registry_unknown(&search->config, name);
    for (size_t i = 0; i < search->config.registry_count; i++) {
        if (strcmp(search->config.registries[i].name, name) != 0)
            catalog_close(&search->catalogs[i]);
    }
    return 0;
}

static int open_catalogs(struct search *search, const char *registry)
{
    struct strings missing = {0};
    int result = config_read(&search->config, search->arena);

    if (result == 0)
        result = registry_open_all(&search->config, &search->catalogs, &missing, search->arena);
    if (result == 0 && registry)
        result = restrict_to(search, registry);
    if (result == 0)
        result = installed_open(&search->installed);
    for (size_t i = 0; result == 0 && i < missing.count; i++) {
        if (!registry || strcmp(registry, missing.items[i]) == 0)
            warning("registry '%s' was never updated: paii registry update %s", missing.items[i],
                    missing.items[i]);
    }
    return result;
}

static const char *joined(struct arena *arena, char *const *words, size_t count)
{
    struct strings list = {0};

    for (size_t i = 0; i < count; i++)
        strings_add(&list, arena, words[i]);
    return strings_join(&list, arena, " ");
}

static int nothing_found(const char *query)
{
    if (term_json())
        return ERR_NOT_FOUND; /* the empty array has said it */
    fail(ERR_NOT_FOUND, "no plugin matches '%s'", query);
    error_hint("paii registry list shows where paii looks, paii registry add adds a place");
    return -ERR_NOT_FOUND;
}

static int run(struct invocation *call)
{
    const struct search_options *options = call->options;
    struct search search = {.arena = call->arena};
    const char *query = joined(call->arena, call->args, call->arg_count);
    size_t limit = options->limit > 0 ? (size_t)options->limit : 20;
    int result = open_catalogs(&search, options->registry);

    if (result < 0)
        return result;
    limit = limit > 100000 ? 100000 : limit;
    search.hits = arena_array(call->arena, limit + 1, sizeof *search.hits);
    search.count = catalog_search(search.catalogs, search.config.registry_count, query, search.hits,
                                  limit + 1);
    search.more = search.count > limit;
    search.count = search.more ? limit : search.count;
    if (term_json())
        print_json(&search);
    else
        print_table(&search);
    if (!search.count)
        result = nothing_found(query);
    catalog_close(&search.installed);
    registry_close_all(&search.config, search.catalogs);
    return result;
}

static const struct option options[] = {
    {"registry", 'r', OPTION_STRING, offsetof(struct search_options, registry), "NAME",
     "look in this registry only", COMPLETE_REGISTRY, NULL},
    {"limit", 0, OPTION_INTEGER, offsetof(struct search_options, limit), "COUNT",
     "show at most this many (20)", COMPLETE_NONE, NULL},
    {0},
};

static const struct positional positionals[] = {
    {"WORD", 0, 0, "words of a name, a tag or a description; none lists everything",
     COMPLETE_AVAILABLE, NULL},
    {0},
};

const struct command cmd_search = {
    .name = "search",
    .summary = "find plugins in the registries",
    .description =
        "Every word must occur. Names count most, then tags, then descriptions; when nothing "
        "matches, names that are spelled almost so are shown. The exit status is 10 when there is "
        "nothing to show.",
    .examples = "paii search memory          plugins about memory\n"
                "paii search -r work jira    in one registry",
    .group = GROUP_REGISTRIES,
    .needs = NEEDS_PATHS,
    .options = options,
    .options_size = sizeof(struct search_options),
    .positionals = positionals,
    .run = run,
};
