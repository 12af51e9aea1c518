/*
 * A Claude Code marketplace.json as an index.
 */
#include "base/text.h"
#include "registry/index_private.h"

#include <string.h>

/* A string, or the name of a table such as {name, email}. */
static const char *person(struct row *row, const char *key)
{
    const struct data *node = read_any(&row->reader, key);

    if (node && node->type == DATA_TABLE)
        node = data_get(node, "name");
    return row_line(row, node && node->type == DATA_STRING ? node->text : NULL);
}

static const char *tags(struct row *row)
{
    struct strings list = {0};

    read_strings(&row->reader, "category", &list);
    read_strings(&row->reader, "tags", &list);
    read_strings(&row->reader, "keywords", &list);
    return row_lines(row, &list);
}

/* "owner/repository" on GitHub as a URL; any other text as it is. */
static const char *repository_url(struct arena *arena, const char *text)
{
    size_t slashes = 0;

    for (const char *c = text; *c; c++)
        slashes += *c == '/';
    if (slashes != 1 || strchr(text, ':') || *text == '/' || *text == '.')
        return text;
    return arena_printf(arena, "https://github.com/%s%s", text,
                        text_ends(text, ".git") ? "" : ".git");
}

static void no_source(struct row *row, const char *kind, const char *name)
{
    row->package.source = (struct source){.kind = SOURCE_NONE, .path = ""};
    row->package.source.url =
        row_line(row, arena_printf(row->reading->arena, "%s:%s", kind, name ? name : ""));
}

static void source_table(struct row *row, struct data *node)
{
    enum { GITHUB, GIT, URL, SUBDIR, ARCHIVE, DIRECTORY, LOCAL, NPM, PIP, PYPI };
    static const char *const kinds[] = {"github",  "git",       "url",   "git-subdir",
                                        "archive", "directory", "local", "npm",
                                        "pip",     "pypi",      NULL};
    struct reader table = {.table = node, .file = row->reader.file, .diags = &row->diags};
    int kind = data_get(node, "source") ? read_choice(&table, "source", kinds, -1) : URL;
    const char *path = read_string(&table, "path", NULL);
    const char *url;

    switch (kind) {
    case GITHUB:
        url = read_required(&table, "repo");
        break;
    case GIT:
    case URL:
    case SUBDIR:
    case ARCHIVE:
        url = read_required(&table, "url");
        break;
    case DIRECTORY:
    case LOCAL:
        row_source(row, read_required(&table, "path"), NULL);
        return;
    case NPM:
    case PIP:
    case PYPI:
        no_source(row, kinds[kind], read_string(&table, "package", NULL));
        return;
    default:
        return; /* read_choice() has said so */
    }
    if (!url)
        return;
    row_source(row, repository_url(row->reading->arena, url), path);
    if (kind == ARCHIVE)
        row->package.source.kind = SOURCE_ARCHIVE;
    row_pins(row, read_string(&table, "ref", NULL),
             data_get(node, "sha") ? read_string(&table, "sha", NULL)
                                   : read_string(&table, "commit", NULL),
             read_string(&table, "sha256", NULL));
}

/* A path in the marketplace's own tree; bare ones lie below metadata.pluginRoot. */
static void source_path(struct row *row, const char *text, const char *root)
{
    bool bare = !text_starts(text, "./") && !text_starts(text, "../") && !strstr(text, "://") &&
                *text != '/' && strcmp(text, ".") != 0;

    if (*root && bare)
        text = arena_printf(row->reading->arena, "%s/%s", root, text);
    row_source(row, text, NULL);
}

static void read_entry(struct index_reading *reading, struct data *node, const char *root)
{
    struct row row;
    struct package *package = &row.package;
    struct data *source;

    row_begin(&row, reading, node);
    if (node->type != DATA_TABLE) {
        read_error(&row.reader, node, "expected a table, found %s", data_type_name(node->type));
        row_end(&row);
        return;
    }
    row_name(&row, read_required(&row.reader, "name"));
    package->version = index_version(reading->arena, read_string(&row.reader, "version", NULL));
    package->description = row_line(&row, read_string(&row.reader, "description", NULL));
    package->license = row_line(&row, read_string(&row.reader, "license", NULL));
    package->homepage = row_line(&row, read_string(&row.reader, "homepage", NULL));
    if (!*package->homepage)
        package->homepage = person(&row, "repository");
    package->author = person(&row, "author");
    package->tags = tags(&row);
    source = read_any(&row.reader, "source");
    if (source && source->type == DATA_TABLE)
        source_table(&row, source);
    else if (source && source->type == DATA_STRING)
        source_path(&row, source->text, root);
    else
        read_error(&row.reader, source ? source : node, "expected a source: a path or a table");
    row_end(&row);
}

void index_read_marketplace(struct index_reading *reading)
{
    struct data *plugins;
    struct reader metadata;
    const char *root;

    if (reading->root.table->type != DATA_TABLE) {
        read_error(&reading->root, reading->root.table, "expected a table, found %s",
                   data_type_name(reading->root.table->type));
        return;
    }
    plugins = read_any(&reading->root, "plugins");
    metadata = read_table(&reading->root, "metadata");
    root = read_string(&metadata, "pluginRoot", "");
    reading->index->name = read_string(&reading->root, "name", "");
    reading->index->description =
        read_string(&reading->root, "description", read_string(&metadata, "description", ""));
    if (!plugins || plugins->type != DATA_ARRAY)
        read_error(&reading->root, plugins ? plugins : reading->root.table,
                   "no marketplace: it has no array of plugins");
    else if (plugins->count > INDEX_MAX_ENTRIES)
        read_error(&reading->root, plugins, "expected at most %d entries, found %zu",
                   INDEX_MAX_ENTRIES, plugins->count);
    for (struct data *node = reading->root.diags->errors ? NULL : plugins->children; node;
         node = node->next)
        read_entry(reading, node, root);
}
