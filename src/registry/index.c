#include "registry/index.h"

#include "base/error.h"
#include "base/name.h"
#include "base/semver.h"
#include "base/text.h"
#include "base/url.h"
#include "registry/index_private.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LINE 4096

const char *const index_file_names[] = {
    "registry.toml",
    "plugins.toml",
    "index.toml",
    "registry/plugins.toml",
    ".claude-plugin/marketplace.json",
    NULL,
};

/* ---- one entry ---- */

void row_begin(struct row *row, struct index_reading *reading, struct data *node)
{
    *row = (struct row){
        .reading = reading,
        .reader = {.table = node, .file = reading->root.file},
        .diags = {.arena = reading->arena},
        .package = {.registry = reading->registry, .version = VERSION_UNKNOWN},
    };
    row->reader.diags = &row->diags;
}

void row_end(struct row *row)
{
    struct index *index = row->reading->index;

    for (size_t i = 0; i < row->diags.count; i++) {
        const struct diag *diag = &row->diags.items[i];

        if (diag->level != DIAG_ERROR)
            continue;
        diag_add(row->reading->root.diags, DIAG_WARNING, diag->file, diag->line, diag->column,
                 diag->key, diag->hint, "%s%sskipped: %s",
                 row->package.name ? row->package.name : "", row->package.name ? " " : "",
                 diag->message);
        index->skipped++;
        return;
    }
    *arena_push(row->reading->arena, &index->packages, &index->count, &index->capacity) =
        row->package;
}

const char *row_line(struct row *row, const char *text)
{
    char *line;
    size_t len;

    if (!text)
        return "";
    len = strlen(text);
    if (len > MAX_LINE) {
        /* Not in the middle of a character. */
        for (len = MAX_LINE; len && ((unsigned char)text[len] & 0xc0) == 0x80;)
            len--;
    }
    line = arena_strndup(row->reading->arena, text, len);
    for (char *c = line; *c; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = ' ';
    }
    return line;
}

const char *row_lines(struct row *row, const struct strings *list)
{
    struct strings lines = {0};

    for (size_t i = 0; i < list->count; i++) {
        const char *line = row_line(row, list->items[i]);

        if (*line && !strings_has(&lines, line))
            strings_add(&lines, row->reading->arena, line);
    }
    return strings_join(&lines, row->reading->arena, "\n");
}

void row_name(struct row *row, const char *name)
{
    row->package.name = name;
    if (name && !name_valid(name))
        read_error(&row->reader, data_get(row->reader.table, "name"),
                   "'%s' is no plugin name: a-z, 0-9 and '-', at most %d", name, NAME_MAX_LENGTH);
}

const char *index_version(struct arena *arena, const char *text)
{
    struct version version;

    if (text && version_parse(&version, text, false))
        return text;
    if (!text || !version_parse_partial(&version, text) || version.pre_len || version.build_len)
        return VERSION_UNKNOWN;
    return arena_printf(arena, "%llu.%llu.%llu", (unsigned long long)version.major,
                        (unsigned long long)version.minor, (unsigned long long)version.patch);
}

/* ---- where an entry's plugin is ---- */

/* A folder of the registry's own tree. */
static void own_tree(struct row *row, const char *folder, const char *path)
{
    const struct source *base = row->reading->base;
    struct arena *arena = row->reading->arena;
    struct source *source = &row->package.source;
    const char *below = source_subpath(arena, folder ? folder : "");

    if (!below) {
        read_error(&row->reader, row->reader.table, "'%s' is no folder of the registry's own tree",
                   folder);
        return;
    }
    below = source_join(arena, base->path, source_join(arena, below, path));
    if (base->kind == SOURCE_NONE) {
        read_error(&row->reader, row->reader.table,
                   "no source: the registry is a single file and has no tree of its own");
    } else if (base->kind == SOURCE_FOLDER) {
        *source = (struct source){.kind = SOURCE_FOLDER, .path = ""};
        source->url = *below ? arena_printf(arena, "%s/%s", base->url, below) : base->url;
    } else {
        *source = *base;
        source->path = below;
    }
}

/* "host.tld/owner/repository/sub" as a URL and a subfolder; NULL for other texts. */
static const char *bare_host(struct arena *arena, const char *text, const char **path)
{
    const char *slash = strchr(text, '/'), *dot, *second, *third;

    if (!slash || *text == '.' || !isalnum((unsigned char)*text))
        return NULL;
    dot = memrchr(text, '.', (size_t)(slash - text));
    if (!dot || slash - dot < 3 || !isalpha((unsigned char)dot[1]))
        return NULL;
    second = strchr(slash + 1, '/');
    if (!second || second == slash + 1 || !second[1])
        return NULL;
    third = strchr(second + 1, '/');
    *path = third ? source_subpath(arena, third + 1) : "";
    if (!*path)
        return NULL;
    return arena_printf(arena, "https://%.*s", (int)(third ? third - text : (long)strlen(text)),
                        text);
}

static void check_private(struct row *row)
{
    const struct source *source = &row->package.source;
    struct url url;

    if (row->reading->base_private || url_parse(&url, row->reading->arena, source->url, true) < 0)
        return;
    if (url_is_private(&url))
        read_error(&row->reader, row->reader.table,
                   "'%s' is an address of this machine or network, which a registry from elsewhere "
                   "may not name",
                   source->url);
}

static void remote(struct row *row, const char *text, const char *path)
{
    struct arena *arena = row->reading->arena;
    struct source *source = &row->package.source;

    if (source_parse_url(source, arena, text, row->reading->base_private) < 0) {
        read_error(&row->reader, row->reader.table, "%s", error_text());
        error_clear();
        return;
    }
    check_private(row);
    source->path = source_join(arena, source->path, path);
    if (source->kind == SOURCE_GIT && *source->url == '/' && !text_ends(source->url, ".git")) {
        source->kind = SOURCE_FOLDER;
        source->url = source_join(arena, source->url, source->path);
        source->path = "";
    }
}

void row_source(struct row *row, const char *text, const char *path)
{
    struct arena *arena = row->reading->arena;
    const char *below = source_subpath(arena, path ? path : ""), *sub = "", *url;

    if (!below) {
        read_error(&row->reader, data_get(row->reader.table, "path"),
                   "'%s' leaves the plugin's source", path);
        return;
    }
    url = text ? bare_host(arena, text, &sub) : NULL;
    if (url)
        remote(row, url, source_join(arena, sub, below));
    else if (text && (strstr(text, "://") || *text == '/' || source_is_scp(text)))
        remote(row, text, below);
    else if (text && *text == '~' && row->reading->base->kind == SOURCE_FOLDER)
        read_error(&row->reader, row->reader.table, "'~' is not the same for everybody");
    else
        own_tree(row, text, below);
    /* Two halves that are fine may be too long together; a lock would not be read with it. */
    path = row->package.source.path;
    if (path && !source_subpath(arena, path))
        read_error(&row->reader, row->reader.table, "'%s' is no path in the source", path);
}

void row_pins(struct row *row, const char *ref, const char *commit, const char *sha256)
{
    struct source *source = &row->package.source;

    if (ref && !source_ref_valid(ref))
        read_error(&row->reader, row->reader.table, "'%s' is no branch or tag", ref);
    if (commit && !source_commit_valid(commit))
        read_error(&row->reader, row->reader.table, "'%s' is no full object id of a commit",
                   commit);
    if (sha256 && !source_sha256_valid(sha256))
        read_error(&row->reader, row->reader.table, "'%s' is not 64 hex digits", sha256);
    if (source->kind == SOURCE_GIT && (ref || commit)) {
        source->ref = ref;
        source->commit = commit;
    }
    if (sha256)
        source->sha256 = sha256;
}

/* ---- the whole ---- */

static const struct package **sorted_packages(struct index *index, struct arena *arena,
                                              int (*compare)(const void *, const void *))
{
    const struct package **sorted = arena_array(arena, index->count, sizeof *sorted);

    for (size_t i = 0; i < index->count; i++)
        sorted[i] = &index->packages[i];
    qsort(sorted, index->count, sizeof *sorted, compare);
    return sorted;
}

/* By name and version, then in the order of the file. */
static int compare_places(const void *a, const void *b)
{
    const struct package *pa = *(const struct package *const *)a;
    const struct package *pb = *(const struct package *const *)b;
    int order = strcmp(pa->name, pb->name);

    if (!order)
        order = strcmp(pa->version, pb->version);
    return order ? order : (pa < pb ? -1 : 1);
}

/* Of two entries with one name and version the first stands. */
static void drop_duplicates(struct index_reading *reading)
{
    struct index *index = reading->index;
    const struct package **sorted = sorted_packages(index, reading->arena, compare_places);
    bool *dropped = arena_array(reading->arena, index->count, sizeof *dropped);
    size_t kept = 0;

    for (size_t i = 1; i < index->count; i++) {
        const struct package *p = sorted[i], *before = sorted[i - 1];

        if (strcmp(p->name, before->name) != 0 || strcmp(p->version, before->version) != 0)
            continue;
        dropped[p - index->packages] = true;
        index->skipped++;
        diag_add(reading->root.diags, DIAG_WARNING, reading->root.file, 0, 0, p->name, NULL,
                 "skipped: version %s is listed twice", p->version);
    }
    for (size_t i = 0; i < index->count; i++) {
        if (!dropped[i])
            index->packages[kept++] = index->packages[i];
    }
    index->count = kept;
}

static bool begins_with_brace(const char *text, size_t len)
{
    size_t i = 0;

    while (i < len && memchr(" \t\r\n", text[i], 4))
        i++;
    return i < len && text[i] == '{';
}

static bool is_private(const struct source *base, struct arena *arena)
{
    struct url url;

    if (base->kind == SOURCE_FOLDER || !base->url || *base->url == '/')
        return true;
    if (url_parse(&url, arena, base->url, true) == 0)
        return url_is_private(&url);
    error_clear();
    return false;
}

int index_read(struct index *out, struct arena *arena, const char *registry,
               const struct source *base, const char *file, const char *text, size_t len,
               struct diags *diags)
{
    struct index_reading reading = {
        .index = out,
        .arena = arena,
        .registry = registry,
        .base = base,
        .base_private = is_private(base, arena),
        .root = {.file = file, .diags = diags},
    };
    bool json = text_ends(file, ".json") || begins_with_brace(text, len);

    *out = (struct index){.name = "", .description = "", .allows = ""};
    if (json)
        reading.root.table = data_parse_json(arena, file, text, len, false, diags);
    else
        reading.root.table = data_parse_toml(arena, file, text, len, diags);
    if (!reading.root.table)
        return diags_result(diags);
    if (json)
        index_read_marketplace(&reading);
    else
        index_read_toml(&reading);
    if (diags->errors)
        return diags_result(diags);
    drop_duplicates(&reading);
    return 0;
}
