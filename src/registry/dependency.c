#include "registry/dependency.h"

#include "base/name.h"
#include "base/semver.h"

#include <ctype.h>
#include <string.h>

bool marketplace_name_valid(const char *text)
{
    return contract_word_valid(text);
}

const char *dependency_range(struct arena *arena, const char *text)
{
    char *line = arena_alloc(arena, strlen(text) + 1);
    size_t len = 0;

    for (; *text; text++) {
        bool space = isspace((unsigned char)*text);

        if (!space || (len && line[len - 1] != ' '))
            line[len++] = space ? ' ' : *text;
    }
    while (len && line[len - 1] == ' ')
        len--;
    line[len] = '\0';
    if (!len)
        return "*";
    return range_parse(arena, line, false) ? line : NULL;
}

const char *dependency_text(const struct dependency *term, struct arena *arena)
{
    bool any = strcmp(term->range, "*") == 0;

    return arena_printf(arena, "%s%s%s%s%s", term->registry ? term->registry : "",
                        term->registry ? "/" : "", term->name, any ? "" : "@",
                        any ? "" : term->range);
}

bool dependency_parse(struct dependency *out, struct arena *arena, const char *text)
{
    const char *at = strchr(text, '@'), *slash = strchr(text, '/');
    const char *end = at ? at : text + strlen(text);

    *out = (struct dependency){0};
    if (slash && slash < end) {
        out->registry = arena_strndup(arena, text, (size_t)(slash - text));
        if (!marketplace_name_valid(out->registry))
            return false;
        text = slash + 1;
    }
    out->name = arena_strndup(arena, text, (size_t)(end - text));
    out->range = dependency_range(arena, at ? at + 1 : "");
    return name_valid(out->name) && out->range;
}

size_t dependency_parse_lines(struct dependency **out, const char *lines, struct arena *arena)
{
    struct strings items = {0};
    size_t count = 0, capacity = 0;

    *out = NULL;
    strings_split(&items, arena, lines, '\n');
    for (size_t i = 0; i < items.count; i++) {
        struct dependency term;

        if (dependency_parse(&term, arena, items.items[i]))
            *arena_push(arena, out, &count, &capacity) = term;
    }
    return count;
}

bool dependency_takes(const struct dependency *term, const char *version, struct arena *arena)
{
    struct range *range = range_parse(arena, term->range, false);
    struct version parsed;

    if (strcmp(term->range, "*") == 0)
        return true;
    return range && version_parse(&parsed, version, true) && range_matches(range, &parsed, false);
}

/* ---- conflicts ---- */

static bool conflict_parse(struct conflict *out, struct arena *arena, const char *text)
{
    *out = (struct conflict){.with_contract = isupper((unsigned char)*text)};
    if (out->with_contract)
        return consumed_parse_short(&out->contract, arena, text);
    return dependency_parse(&out->plugin, arena, text) && !out->plugin.registry;
}

const char *conflict_text(struct arena *arena, const char *text)
{
    struct conflict conflict;
    const struct consumed *term = &conflict.contract;

    if (!conflict_parse(&conflict, arena, text))
        return NULL;
    if (!conflict.with_contract)
        return dependency_text(&conflict.plugin, arena);
    bool any = strcmp(term->range, "*") == 0;
    return arena_printf(arena, "%s%s%s%s%s%s", term->contract, term->service ? "[" : "",
                        term->service ? term->service : "", term->service ? "]" : "",
                        any ? "" : "@", any ? "" : term->range);
}

size_t conflict_parse_lines(struct conflict **out, const char *lines, struct arena *arena)
{
    struct strings items = {0};
    size_t count = 0, capacity = 0;

    *out = NULL;
    strings_split(&items, arena, lines, '\n');
    for (size_t i = 0; i < items.count; i++) {
        struct conflict conflict;

        if (conflict_parse(&conflict, arena, items.items[i]))
            *arena_push(arena, out, &count, &capacity) = conflict;
    }
    return count;
}
