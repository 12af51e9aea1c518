/*
 * [registry] and the rows of a TOML index.
 */
#include "base/text.h"
#include "registry/dependency.h"
#include "registry/index_private.h"
#include "registry/manifest_private.h"

#include <string.h>

/* ---- contracts ---- */

static void provided_terms(struct row *row, struct strings *terms)
{
    struct arena *arena = row->reading->arena;
    struct strings words = {0};
    struct provided term;

    read_strings(&row->reader, "provides", &words);
    for (size_t i = 0; i < words.count; i++) {
        const char *contract = contract_of_key(words.items[i]);

        if (contract)
            strings_add(terms, arena, contract);
        else if (provided_parse(&term, arena, words.items[i]))
            strings_add(terms, arena, provided_text(&term, arena));
        else
            read_error(&row->reader, data_get(row->reader.table, "provides"), "'%s' is no contract",
                       words.items[i]);
    }
}

static void consumed_terms(struct row *row, struct strings *terms)
{
    struct arena *arena = row->reading->arena;
    struct strings words = {0};
    struct consumed term;

    read_strings(&row->reader, "consumes", &words);
    for (size_t i = 0; i < words.count; i++) {
        if (consumed_parse(&term, arena, words.items[i]))
            strings_add(terms, arena, consumed_text(&term, arena));
        else
            read_error(&row->reader, data_get(row->reader.table, "consumes"),
                       "'%s' is not such as \"memory=MemoryProvider? >=1\"", words.items[i]);
    }
}

/* As arrays of terms, or as the tables of plugin.toml. */
static void row_contracts(struct row *row)
{
    const struct data *provides = data_get(row->reader.table, "provides");
    const struct data *consumes = data_get(row->reader.table, "consumes");
    struct arena *arena = row->reading->arena;
    struct manifest manifest = {0};
    struct manifest_reading reading = {&manifest, arena, row->reader};
    struct strings provided = {0}, consumed = {0};

    if (provides && provides->type == DATA_TABLE)
        manifest_read_provides(&reading);
    else
        provided_terms(row, &provided);
    if (consumes && consumes->type == DATA_TABLE)
        manifest_read_consumes(&reading);
    else
        consumed_terms(row, &consumed);
    for (size_t i = 0; i < manifest.provide_count; i++)
        strings_add(&provided, arena, provided_text(&manifest.provides[i], arena));
    for (size_t i = 0; i < manifest.consume_count; i++)
        strings_add(&consumed, arena, consumed_text(&manifest.consumes[i], arena));
    row->package.provides = row_lines(row, &provided);
    row->package.consumes = row_lines(row, &consumed);
}

/* ---- other plugins ---- */

static void row_depends(struct row *row)
{
    struct arena *arena = row->reading->arena;
    struct strings words = {0}, terms = {0};
    struct dependency term;

    read_strings(&row->reader, "depends", &words);
    for (size_t i = 0; i < words.count; i++)
        if (dependency_parse(&term, arena, words.items[i]))
            strings_add(&terms, arena, dependency_text(&term, arena));
        else
            read_error(&row->reader, data_get(row->reader.table, "depends"),
                       "'%s' is not such as \"jira\", \"jira@^1.2\" or \"work/jira\"",
                       words.items[i]);
    row->package.depends = row_lines(row, &terms);
}

static void row_conflicts(struct row *row)
{
    struct strings terms = {0};

    read_conflicts(&row->reader, &terms);
    row->package.conflicts = row_lines(row, &terms);
}

/* ---- rows ---- */

static const char *text_of(struct row *row, const char *key, const char *other)
{
    const char *text = read_string(&row->reader, key, NULL);

    if (!text && other)
        text = read_string(&row->reader, other, NULL);
    return row_line(row, text);
}

static const char *list_of(struct row *row, const char *key, const char *other)
{
    struct strings list = {0};

    read_strings(&row->reader, key, &list);
    read_strings(&row->reader, other, &list);
    return row_lines(row, &list);
}

/* Lines as one line, for people. */
static const char *with_commas(struct row *row, const char *lines)
{
    struct strings list = {0};

    strings_split(&list, row->reading->arena, lines, '\n');
    return strings_join(&list, row->reading->arena, ", ");
}

static void read_row(struct index_reading *reading, struct data *node, const char *key)
{
    struct row row;
    struct package *package = &row.package;

    row_begin(&row, reading, node);
    if (node->type != DATA_TABLE) {
        read_error(&row.reader, node, "expected a table, found %s", data_type_name(node->type));
        row_end(&row);
        return;
    }
    row_name(&row,
             key ? read_string(&row.reader, "name", key) : read_required(&row.reader, "name"));
    package->version = index_version(reading->arena, read_string(&row.reader, "version", NULL));
    package->description = text_of(&row, "description", NULL);
    package->language = text_of(&row, "language", NULL);
    package->type = text_of(&row, "type", NULL);
    package->license = text_of(&row, "license", NULL);
    package->homepage = text_of(&row, "homepage", "repository");
    package->author = with_commas(&row, list_of(&row, "authors", "author"));
    package->tags = list_of(&row, "tags", "keywords");
    package->size = (uint64_t)read_integer(&row.reader, "size", 0, 0, INT64_MAX);
    package->flags = read_boolean(&row.reader, "yanked", false) ? PACKAGE_YANKED : 0;
    row_contracts(&row);
    row_depends(&row);
    row_conflicts(&row);
    row_source(&row, read_string(&row.reader, "source", NULL),
               read_string(&row.reader, "path", NULL));
    row_pins(&row, read_string(&row.reader, "ref", NULL), read_string(&row.reader, "commit", NULL),
             read_string(&row.reader, "sha256", NULL));
    row_end(&row);
}

void index_read_toml(struct index_reading *reading)
{
    struct reader registry = read_table(&reading->root, "registry");
    struct data *plugins = read_any(&reading->root, "plugins");
    struct strings allowed = {0};

    reading->index->name = read_string(&registry, "name", "");
    reading->index->description = read_string(&registry, "description", "");
    read_strings(&registry, "depends_on", &allowed);
    reading->index->allows = strings_join(&allowed, reading->arena, "\n");
    if (!plugins && !registry.table) {
        read_error(&reading->root, reading->root.table,
                   "no index of plugins: neither [registry] nor [[plugins]]");
        return;
    }
    if (plugins && plugins->type != DATA_ARRAY && plugins->type != DATA_TABLE) {
        read_error(&reading->root, plugins, "expected [[plugins]] or [plugins.NAME], found %s",
                   data_type_name(plugins->type));
        return;
    }
    if (plugins && plugins->count > INDEX_MAX_ENTRIES) {
        read_error(&reading->root, plugins, "expected at most %d entries, found %zu",
                   INDEX_MAX_ENTRIES, plugins->count);
        return;
    }
    for (struct data *node = plugins ? plugins->children : NULL; node; node = node->next) {
        /* [[plugins.NAME]]: several versions of one name. */
        if (node->type == DATA_ARRAY && node->key) {
            for (struct data *item = node->children; item; item = item->next)
                read_row(reading, item, node->key);
        } else {
            read_row(reading, node, node->key);
        }
    }
}
