/*
 * Folders that Claude Code knows as plugins or skills and that have no plugin.toml. Real ones hold
 * junk of every kind: what cannot be used is left out, with a warning, and the plugin stands.
 */
#include "base/error.h"
#include "base/fs.h"
#include "base/name.h"
#include "base/semver.h"
#include "base/text.h"
#include "registry/index.h"
#include "registry/manifest_private.h"

#include <ctype.h>
#include <string.h>

/* ---- names ---- */

/* Lower case, '-' for everything that a name may not hold; NULL if nothing is left. */
static const char *fitting_name(struct arena *arena, const char *text)
{
    char *name = arena_strdup(arena, text);
    size_t len = 0;

    for (const char *c = text; *c && len < NAME_MAX_LENGTH; c++) {
        char lower = (char)tolower((unsigned char)*c);
        bool kept = isascii(lower) && isalnum((unsigned char)lower);

        if (kept || (len && name[len - 1] != '-'))
            name[len++] = kept ? lower : '-';
    }
    while (len && name[len - 1] == '-')
        len--;
    name[len] = '\0';
    return len ? name : NULL;
}

/* The last folder of `dir`, with "." and links resolved as far as the text goes. */
static const char *folder_name(struct arena *arena, const char *dir)
{
    char *path = path_absolute(arena, dir);
    size_t len = strlen(path);

    while (len > 1 && path[len - 1] == '/')
        path[--len] = '\0';
    return path_base(path);
}

/* What a source is called when nothing in it says so: "b" of "https://e.org/a/b.git". */
static const char *source_name(struct arena *arena, const struct source *source)
{
    bool below = source->path && *source->path;
    const char *name = folder_name(arena, below ? source->path : source->url);
    size_t len = source_is_archive(name) ? strcspn(name, ".") : strlen(name);

    if (text_ends(name, ".git"))
        len -= strlen(".git");
    return arena_strndup(arena, name, len);
}

/* A marketplace names its plugins; the others name themselves. */
static void set_name(struct manifest *out, struct arena *arena, const char *name,
                     const struct claude_folder *folder, struct reader *reader)
{
    const struct package *package = folder->package;

    if (package_is_listed(package)) {
        out->name = package->name;
        return;
    }
    out->name = name && *name ? fitting_name(arena, name) : NULL;
    if (!out->name)
        out->name = fitting_name(arena, package && package->source.url && *package->source.url
                                            ? source_name(arena, &package->source)
                                            : folder_name(arena, folder->dir));
    if (!out->name)
        read_error(reader, reader->table, "no name that paii can use: '%s'",
                   name && *name ? name : folder->dir);
}

/* ---- values of any type ---- */

static const char *one_line(struct arena *arena, const char *text)
{
    char *line = arena_strdup(arena, text);

    for (char *c = line; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = ' ';
    return line;
}

/* The string at `key`, or the one at `inner` of a table there; warns of anything else. */
static const char *text_at(struct reader *root, const char *key, const char *inner)
{
    struct data *node = read_any(root, key);
    struct reader table = {.table = node, .file = root->file, .diags = root->diags};

    if (!node || node->type == DATA_NULL)
        return "";
    if (node->type == DATA_STRING)
        return read_line(root, key, "");
    if (node->type == DATA_TABLE && data_get(node, inner) &&
        data_get(node, inner)->type == DATA_STRING)
        return read_line(&table, inner, "");
    read_warning(root, node, "left out: expected a string, found %s", data_type_name(node->type));
    return "";
}

static void add_author(struct manifest *out, struct arena *arena, const struct data *node)
{
    const struct data *name = node->type == DATA_TABLE ? data_get(node, "name") : node;

    if (name && name->type == DATA_STRING && *name->text)
        strings_add(&out->authors, arena, one_line(arena, name->text));
}

/* One author or several, each a string or a table. */
static void read_authors(struct manifest *out, struct arena *arena, struct reader *root)
{
    const struct data *author = read_any(root, "author");

    if (!author)
        author = read_any(root, "authors");
    if (author && author->type != DATA_ARRAY)
        add_author(out, arena, author);
    for (const struct data *c = author && author->type == DATA_ARRAY ? author->children : NULL; c;
         c = c->next)
        add_author(out, arena, c);
}

static void read_tags(struct manifest *out, struct arena *arena, struct reader *root)
{
    const struct data *node = read_any(root, "keywords");

    if (node && node->type == DATA_STRING)
        strings_add(&out->tags, arena, one_line(arena, node->text));
    for (const struct data *c = node && node->type == DATA_ARRAY ? node->children : NULL; c;
         c = c->next)
        if (c->type == DATA_STRING)
            strings_add(&out->tags, arena, one_line(arena, c->text));
}

/* ---- plugin.json ---- */

static const char *read_version(struct arena *arena, struct reader *root)
{
    const char *text = text_at(root, "version", "version");
    const char *version = index_version(arena, text);

    if (*text && strcmp(version, VERSION_UNKNOWN) == 0)
        read_warning(root, data_get(root->table, "version"), "'%s' is no version: left out", text);
    return version;
}

static int from_plugin_json(struct manifest *out, struct arena *arena,
                            const struct claude_folder *folder, const char *path,
                            struct diags *diags)
{
    AUTO_BUF text = {0};
    struct reader root = {.file = path, .diags = diags};
    int result = fs_read(&text, path, MANIFEST_MAX_BYTES);
    size_t mark;

    if (result < 0)
        return result;
    mark = text_starts(buf_text(&text), "\xef\xbb\xbf") ? 3 : 0;
    root.table =
        data_parse_json(arena, path, buf_text(&text) + mark, text.len - mark, false, diags);
    if (!root.table)
        return diags_result(diags);
    if (root.table->type != DATA_TABLE) {
        read_error(&root, root.table, "expected a table, found %s",
                   data_type_name(root.table->type));
        return diags_result(diags);
    }
    manifest_init(out, path);
    set_name(out, arena, text_at(&root, "name", "name"), folder, &root);
    out->version = read_version(arena, &root);
    out->description = text_at(&root, "description", "text");
    out->license = text_at(&root, "license", "type");
    out->homepage = text_at(&root, "homepage", "url");
    if (!*out->homepage)
        out->homepage = text_at(&root, "repository", "url");
    read_authors(out, arena, &root);
    read_tags(out, arena, &root);
    claude_read_dependencies(&out->depends, &root);
    return diags_result(diags);
}

/* ---- SKILL.md ---- */

static int from_skill(struct manifest *out, struct arena *arena, const struct claude_folder *folder,
                      const char *path, struct diags *diags)
{
    AUTO_BUF text = {0};
    struct reader reader = {.file = path, .diags = diags};
    int result = fs_read(&text, path, MANIFEST_MAX_BYTES);

    if (result < 0)
        return result;
    manifest_init(out, path);
    reader.table = front_matter_read(arena, buf_text(&text));
    if (!reader.table && text_starts(buf_text(&text), "---"))
        read_warning(&reader, NULL, "its front matter is no YAML: left out");
    set_name(out, arena, text_at(&reader, "name", "name"), folder, &reader);
    out->version = read_version(arena, &reader);
    out->description = text_at(&reader, "description", "text");
    out->license = text_at(&reader, "license", "type");
    read_authors(out, arena, &reader);
    out->type = "skill";
    return diags_result(diags);
}

/* ---- neither ---- */

static bool has_parts(struct arena *arena, const char *dir)
{
    static const char *const parts[] = {
        "skills",           "commands",  "agents",    "output-styles",
        "hooks/hooks.json", ".mcp.json", ".lsp.json", NULL};

    for (size_t i = 0; parts[i]; i++)
        if (fs_exists(path_join(arena, dir, parts[i])))
            return true;
    return false;
}

int manifest_from_claude(struct manifest *out, struct arena *arena,
                         const struct claude_folder *folder, struct diags *diags)
{
    const char *dir = folder->dir;
    const char *json = path_join(arena, dir, ".claude-plugin/plugin.json");
    const char *skill = path_join(arena, dir, "SKILL.md");
    struct reader reader = {.file = dir, .diags = diags};

    if (fs_is_file(json))
        return from_plugin_json(out, arena, folder, json, diags);
    if (fs_is_file(skill))
        return from_skill(out, arena, folder, skill, diags);
    if (package_is_listed(folder->package) || has_parts(arena, dir)) {
        manifest_init(out, dir);
        set_name(out, arena, NULL, folder, &reader);
        out->version = VERSION_UNKNOWN;
        return diags_result(diags);
    }
    fail(ERR_NOT_FOUND, "'%s' is no plugin: it has no plugin.toml", dir);
    error_hint("paii new NAME makes one; a folder with SKILL.md or .claude-plugin/plugin.json will "
               "do too");
    return -ERR_NOT_FOUND;
}
