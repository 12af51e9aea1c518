/*
 * `dependencies` of a plugin.json or of a marketplace's entry (docs/registry.md). The client takes
 * a list of names and tables; people write tables of ranges as well.
 */
#include "base/name.h"
#include "base/semver.h"
#include "base/text.h"
#include "registry/dependency.h"
#include "registry/manifest_private.h"

#include <ctype.h>
#include <string.h>

struct reading {
    struct strings *out;
    struct reader *reader;
    struct arena *arena;
};

static void add(struct reading *in, const struct data *node, struct dependency term,
                const char *range)
{
    term.range = dependency_range(in->arena, range);
    if (!name_valid(term.name) || (term.registry && !marketplace_name_valid(term.registry))) {
        read_warning(in->reader, node, "left out: '%s%s%s' is no plugin name", term.name,
                     term.registry ? "@" : "", term.registry ? term.registry : "");
        return;
    }
    if (!term.range) {
        read_warning(in->reader, node, "any version of '%s' will do: '%s' is no version range",
                     term.name, range);
        term.range = "*";
    }
    const char *text = dependency_text(&term, in->arena);
    if (!strings_has(in->out, text))
        strings_add(in->out, in->arena, text);
}

static bool is_range(const char *text)
{
    struct arena scratch = {0};
    bool is = !isalpha((unsigned char)*text) && range_parse(&scratch, text, false);

    arena_release(&scratch);
    return is;
}

/* "NAME", "NAME@MARKETPLACE", either with "@^1.2" behind it. */
static void add_name(struct reading *in, const struct data *node, const char *text,
                     const char *marketplace, const char *range)
{
    struct strings parts = {0};
    struct dependency term = {.registry = marketplace};

    strings_split(&parts, in->arena, text, '@');
    term.name = parts.count ? parts.items[0] : "";
    for (size_t i = 1; i < parts.count; i++) {
        if (is_range(parts.items[i]))
            range = parts.items[i];
        else
            term.registry = parts.items[i];
    }
    add(in, node, term, range);
}

static const char *text_in(const struct data *table, const char *key)
{
    const struct data *node = data_get(table, key);

    return node && node->type == DATA_STRING && *node->text ? node->text : NULL;
}

static void add_item(struct reading *in, const struct data *node)
{
    bool table = node->type == DATA_TABLE;
    const char *name = table                       ? text_in(node, "name")
                       : node->type == DATA_STRING ? node->text
                                                   : NULL;
    const char *range = table ? text_in(node, "version") : NULL;

    if (name)
        add_name(in, node, name, table ? text_in(node, "marketplace") : NULL, range ? range : "");
    else
        read_warning(in->reader, node, "left out: it names no plugin");
}

void claude_read_dependencies(struct strings *out, struct reader *reader)
{
    struct data *list = read_any(reader, "dependencies");
    struct reading in = {out, reader, reader->diags->arena};
    size_t left = MANIFEST_MAX_ENTRIES;

    for (const struct data *c = list ? list->children : NULL; c && left; c = c->next, left--) {
        if (list->type == DATA_ARRAY)
            add_item(&in, c);
        else if (c->type == DATA_STRING)
            add_name(&in, c, c->key, NULL, c->text);
        else
            add_name(&in, c, c->key, NULL, "");
    }
}
