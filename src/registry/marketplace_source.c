/*
 * Where the plugin of a marketplace's entry is.
 */
#include "base/error.h"
#include "base/text.h"
#include "base/url.h"
#include "registry/marketplace.h"
#include "registry/npm.h"

#include <ctype.h>
#include <string.h>

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

static const char *lower_case(struct arena *arena, const char *text)
{
    char *lower = arena_strdup(arena, text);

    for (char *c = lower; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return lower;
}

static void pins(struct row *row, struct reader *table)
{
    struct arena *arena = row->reading->arena;
    const char *ref = read_string(table, "ref", NULL);
    const char *sha = read_string(table, data_get(table->table, "sha") ? "sha" : "commit", NULL);
    const char *sha256 = read_string(table, "sha256", NULL);

    /* Where a branch is expected some write the commit itself. */
    if (ref && source_commit_valid(ref) && (!sha || strcasecmp(ref, sha) == 0)) {
        sha = ref;
        ref = NULL;
    }
    row_pins(row, ref && *ref ? ref : NULL, sha && *sha ? lower_case(arena, sha) : NULL,
             sha256 && *sha256 ? lower_case(arena, sha256) : NULL);
}

/* Which registry it is of, where the entry does not say, is the person's own npm to tell. */
static void npm_source(struct row *row, struct reader *table)
{
    struct arena *arena = row->reading->arena;
    const char *name = read_required(table, "package");
    const char *version = read_string(table, "version", NULL);
    const char *registry = read_string(table, "registry", NULL);

    if (!name)
        return;
    if (!npm_name_valid(name))
        read_error(table, data_get(table->table, "package"), "'%s' is no name of an npm package",
                   name);
    if (version && !npm_version_valid(version))
        read_error(table, data_get(table->table, "version"), "'%s' is no version, range or tag",
                   version);
    if (registry && url_check(&registry, arena, registry, row->reading->base_private) < 0) {
        read_error(table, data_get(table->table, "registry"), "%s", error_text());
        error_clear();
    }
    row->package.source = (struct source){.kind = SOURCE_NPM,
                                          .url = npm_url(arena, registry, name),
                                          .path = "",
                                          .ref = version && *version ? version : NULL};
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
    case SUBDIR:
        path = read_required(&table, "path");
        url = read_required(&table, "url");
        break;
    case GIT:
    case URL:
    case ARCHIVE:
        url = read_required(&table, "url");
        break;
    case DIRECTORY:
    case LOCAL:
        row_source(row, read_required(&table, "path"), NULL);
        return;
    case NPM:
        npm_source(row, &table);
        return;
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
    pins(row, &table);
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

void marketplace_source(struct row *row, const char *root)
{
    struct data *source = read_any(&row->reader, "source");

    if (source && source->type == DATA_TABLE)
        source_table(row, source);
    else if (source && source->type == DATA_STRING)
        source_path(row, source->text, root);
    else
        read_error(&row->reader, source ? source : row->reader.table,
                   "expected a source: a path or a table");
}

int source_refused(const char *plugin, const struct source *source)
{
    const char *colon = source->url ? strchr(source->url, ':') : NULL;
    const char *what = colon ? colon + 1 : "";

    if (colon && text_starts(source->url, "renamed:")) {
        fail(ERR_NOT_FOUND, "plugin '%s' is now called '%s'", plugin, what);
        error_hint("paii install %s", what);
        return -ERR_NOT_FOUND;
    }
    if (!colon)
        return fail(ERR_REFUSED, "plugin '%s' has a source that paii cannot fetch", plugin);
    fail(ERR_REFUSED, "plugin '%s' comes as '%s' of %.*s, which paii does not fetch from", plugin,
         what, (int)(colon - source->url), source->url);
    error_hint("ask its maintainers for a Git repository or an archive");
    return -ERR_REFUSED;
}
