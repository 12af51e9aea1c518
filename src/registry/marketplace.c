/*
 * A Claude Code marketplace.json as an index.
 */
#include "registry/marketplace.h"
#include "registry/dependency.h"
#include "registry/manifest_private.h"

#include <string.h>

/* A string, or the `name` or `url` of a table such as {name, email}. */
static const char *text_or(struct row *row, const char *key, const char *inner)
{
    const struct data *node = read_any(&row->reader, key);

    if (node && node->type == DATA_TABLE)
        node = data_get(node, inner);
    return row_line(row, node && node->type == DATA_STRING ? node->text : NULL);
}

/* Strings of a list, or one string; what is no string is not there. */
static void add_texts(struct row *row, struct strings *out, const char *key)
{
    const struct data *node = read_any(&row->reader, key);

    if (node && node->type == DATA_STRING)
        strings_add(out, row->reading->arena, node->text);
    for (const struct data *c = node && node->type == DATA_ARRAY ? node->children : NULL; c;
         c = c->next)
        if (c->type == DATA_STRING)
            strings_add(out, row->reading->arena, c->text);
}

static const char *tags(struct row *row)
{
    struct strings list = {0};

    add_texts(row, &list, "category");
    add_texts(row, &list, "tags");
    add_texts(row, &list, "keywords");
    return row_lines(row, &list);
}

static const char *depends(struct row *row)
{
    struct strings terms = {0};

    claude_read_dependencies(&terms, &row->reader);
    return row_lines(row, &terms);
}

static void read_entry(struct index_reading *reading, struct data *node, const char *root)
{
    struct row row;
    struct package *package = &row.package;
    const struct data *version;

    row_begin(&row, reading, node);
    if (node->type != DATA_TABLE) {
        read_error(&row.reader, node, "expected a table, found %s", data_type_name(node->type));
        row_end(&row);
        return;
    }
    row_name(&row, read_required(&row.reader, "name"));
    version = read_any(&row.reader, "version");
    package->version = index_version(
        reading->arena, version && version->type == DATA_STRING ? version->text : NULL);
    package->description = text_or(&row, "description", "text");
    package->license = text_or(&row, "license", "type");
    package->homepage = text_or(&row, "homepage", "url");
    if (!*package->homepage)
        package->homepage = text_or(&row, "repository", "url");
    package->author = text_or(&row, "author", "name");
    package->tags = tags(&row);
    marketplace_source(&row, root);
    package->depends = depends(&row);
    marketplace_entry(&row);
    row_end(&row);
}

/* ---- plugins that have got another name, or none any more ---- */

static const struct package *find(const struct index *index, const char *name)
{
    for (size_t i = 0; i < index->count; i++)
        if (strcmp(index->packages[i].name, name) == 0)
            return &index->packages[i];
    return NULL;
}

/* The last name of a chain of renames; NULL if it ends nowhere. */
static const char *last_name(const struct data *renames, const struct data *node)
{
    const struct data *next;

    for (size_t steps = 0; node && node->type == DATA_STRING; node = next, steps++) {
        next = data_get(renames, node->text);
        if (!next)
            return node->text;
        if (steps > renames->count)
            return NULL;
    }
    return NULL;
}

/* An entry of the old name says the new one: to who looks for it, and to who has it installed. */
static void read_rename(struct index_reading *reading, const struct data *renames,
                        struct data *node)
{
    struct row row;
    const char *name = last_name(renames, node);
    const struct package *target = name ? find(reading->index, name) : NULL;

    if (find(reading->index, node->key))
        return; /* a plugin has taken the old name */
    row_begin(&row, reading, node);
    row_name(&row, node->key);
    if (!name)
        read_error(&row.reader, node, "it is withdrawn");
    else if (!target)
        read_error(&row.reader, node, "it is renamed to '%s', which is not listed", name);
    row.package.description =
        row_line(&row, arena_printf(reading->arena, "Is now called %s", name ? name : ""));
    row.package.source = (struct source){
        .kind = SOURCE_NONE,
        .url = row_line(&row, arena_printf(reading->arena, "renamed:%s", name ? name : "")),
        .path = ""};
    row_end(&row);
}

/* ---- the whole ---- */

static void read_plugins(struct index_reading *reading, struct data *plugins, const char *root)
{
    struct data *renames = read_any(&reading->root, "renames");

    for (struct data *node = plugins->children; node; node = node->next)
        read_entry(reading, node, root);
    if (!renames || renames->type != DATA_TABLE)
        return;
    for (struct data *node = renames->children; node; node = node->next)
        read_rename(reading, renames, node);
}

/* A string of a table that may be missing or something else; such junk is no reason to refuse. */
static const char *text_in(const struct data *table, const char *key)
{
    const struct data *node = table && table->type == DATA_TABLE ? data_get(table, key) : NULL;

    return node && node->type == DATA_STRING ? node->text : NULL;
}

/* The marketplaces that plugins of this one may depend on. */
static const char *allowed(struct index_reading *reading)
{
    const struct data *list = read_any(&reading->root, "allowCrossMarketplaceDependenciesOn");
    struct strings names = {0};

    for (const struct data *c = list && list->type == DATA_ARRAY ? list->children : NULL; c;
         c = c->next)
        if (c->type == DATA_STRING && marketplace_name_valid(c->text))
            strings_add(&names, reading->arena, c->text);
    return strings_join(&names, reading->arena, "\n");
}

void index_read_marketplace(struct index_reading *reading)
{
    struct data *root = reading->root.table, *plugins, *metadata;
    const char *text;

    if (root->type != DATA_TABLE) {
        read_error(&reading->root, root, "expected a table, found %s", data_type_name(root->type));
        return;
    }
    plugins = read_any(&reading->root, "plugins");
    metadata = read_any(&reading->root, "metadata");
    text = text_in(root, "name");
    reading->index->name = text ? text : "";
    text = text_in(root, "description");
    text = text ? text : text_in(metadata, "description");
    reading->index->description = text ? text : "";
    reading->index->allows = allowed(reading);
    text = text_in(metadata, "pluginRoot");
    if (!plugins || plugins->type != DATA_ARRAY)
        read_error(&reading->root, plugins ? plugins : root,
                   "no marketplace: it has no array of plugins");
    else if (plugins->count > INDEX_MAX_ENTRIES)
        read_error(&reading->root, plugins, "expected at most %d entries, found %zu",
                   INDEX_MAX_ENTRIES, plugins->count);
    else
        read_plugins(reading, plugins, text ? text : "");
}
