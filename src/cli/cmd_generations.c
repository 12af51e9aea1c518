/*
 *   2  2026-11-21 03:19  current  + jira 1.2.0, ^ hello 1.0.0 -> 1.2.0
 */
#include "base/data.h"
#include "base/fs.h"
#include "base/paths.h"
#include "cli/command.h"
#include "store/store.h"

#include <string.h>
#include <sys/stat.h>
#include <time.h>

struct row {
    unsigned number;
    bool current;
    time_t made; /* 0: unknown */
    size_t plugins;
    struct strings changes; /* for people */
};

struct listing {
    struct arena *arena;
    struct json_writer json;
};

static time_t when(unsigned n, struct arena *arena)
{
    struct stat st;
    const char *file = arena_printf(arena, "%s/%u/paii.lock", paths.generations, n);
    return stat(file, &st) == 0 ? st.st_mtime : 0;
}

/* "2026-11-21 03:19" here, or "2026-11-21T02:19:00Z"; NULL if unknown. */
static const char *date(time_t made, bool utc, struct arena *arena)
{
    char text[64];
    struct tm parts;
    if (!made || !(utc ? gmtime_r(&made, &parts) : localtime_r(&made, &parts)))
        return NULL;
    size_t len = utc ? strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)
                     : strftime(text, sizeof text, "%Y-%m-%d %H:%M", &parts);
    return len ? arena_strdup(arena, text) : NULL;
}

/* ---- what changed ---- */

static void add_change(struct listing *listing, struct row *row, const struct package *before,
                       const struct package *after)
{
    const struct package *package = after ? after : before;
    const char *action = !before ? "install" : !after ? "remove" : "update";
    const char *from = before && after ? before->version : NULL;
    bool moved = from && strcmp(from, after->version) != 0;
    strings_add(&row->changes, listing->arena,
                arena_printf(listing->arena, "%s %s %s%s%s",
                             !before  ? "+"
                             : !after ? "-"
                                      : "^",
                             package->name, moved ? from : package->version, moved ? " -> " : "",
                             moved ? package->version : ""));
    json_object(&listing->json);
    json_field(&listing->json, "action", action);
    json_field(&listing->json, "name", package->name);
    json_field(&listing->json, "version", package->version);
    json_field(&listing->json, "from_version", from);
    json_end_object(&listing->json);
}

static void compare(struct listing *listing, struct row *row, const struct installed *before,
                    const struct installed *after)
{
    json_key(&listing->json, "changes");
    json_array(&listing->json);
    for (size_t i = 0; i < after->count; i++) {
        const struct package *then = installed_find(before, after->packages[i].name);
        if (!then || strcmp(then->prefix, after->packages[i].prefix) != 0)
            add_change(listing, row, then, &after->packages[i]);
    }
    for (size_t i = 0; i < before->count; i++)
        if (!installed_find(after, before->packages[i].name))
            add_change(listing, row, &before->packages[i], NULL);
    json_end_array(&listing->json);
}

/* ---- printing ---- */

static void print_row(const struct row *row, struct arena *arena)
{
    const char *made = date(row->made, false, arena);
    out_styled(row->current ? STYLE_BOLD : STYLE_PLAIN, "%4u  %-16s  %-7s", row->number,
               made ? made : "", row->current ? "current" : "");
    const char *changes = row->changes.count ? strings_join(&row->changes, arena, ", ") : "=";
    out("  %s\n", changes);
}

static int add_generation(struct listing *listing, unsigned n, unsigned current,
                          struct installed *before)
{
    struct row row = {.number = n, .current = n == current, .made = when(n, listing->arena)};
    struct installed set;
    int result = installed_read_generation(&set, listing->arena, n);
    if (result < 0) {
        warning("generation %u cannot be read: %s", n, error_text());
        error_clear();
        return 0;
    }
    json_object(&listing->json);
    json_key(&listing->json, "generation");
    json_integer(&listing->json, n);
    json_field(&listing->json, "date", date(row.made, true, listing->arena));
    json_key(&listing->json, "current");
    json_boolean(&listing->json, row.current);
    json_key(&listing->json, "plugins");
    json_integer(&listing->json, (int64_t)set.count);
    compare(listing, &row, before, &set);
    json_end_object(&listing->json);
    if (!term_json())
        print_row(&row, listing->arena);
    *before = set;
    return 0;
}

static int run(struct invocation *call)
{
    AUTO_BUF text = {0};
    struct listing listing = {.arena = call->arena, .json = {.out = &text, .indent = true}};
    struct installed current, before = {0};
    unsigned *numbers;
    size_t count;
    int result = installed_read(&current, call->arena);
    if (result < 0) { /* the list is what helps then */
        warning("%s", error_text());
        error_clear();
    }
    result = generation_list(&numbers, &count, call->arena);
    json_array(&listing.json);
    for (size_t i = 0; i < count && result == 0; i++)
        result = add_generation(&listing, numbers[i], current.generation, &before);
    json_end_array(&listing.json);
    buf_putc(&text, '\n');
    if (result == 0 && term_json())
        out_bytes(text.data, text.len);
    else if (result == 0 && count == 0)
        note("nothing was ever installed");
    return result;
}

const struct command cmd_generations = {
    .name = "generations",
    .summary = "list the sets of plugins that there were",
    .description = "Each with its date and what changed against the one before. 'paii rollback N' "
                   "goes back to one, 'paii gc' removes old ones.",
    .group = GROUP_STATE,
    .needs = NEEDS_PATHS,
    .run = run,
};
