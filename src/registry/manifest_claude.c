/*
 * Folders that Claude Code knows as plugins or skills and that have no plugin.toml.
 */
#include "base/error.h"
#include "base/fs.h"
#include "base/name.h"
#include "registry/index.h"
#include "registry/manifest_private.h"

#include <ctype.h>
#include <string.h>

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

static void set_name(struct manifest *out, struct arena *arena, const char *name, const char *dir,
                     struct reader *reader)
{
    out->name = fitting_name(arena, name ? name : folder_name(arena, dir));
    if (!out->name)
        read_error(reader, reader->table, "no name that paii can use: '%s'", name ? name : dir);
}

static void read_author(struct manifest *out, struct arena *arena, struct reader *root)
{
    struct data *author = read_any(root, "author");
    struct reader person = {.table = author, .file = root->file, .diags = root->diags};
    bool table = author && author->type == DATA_TABLE;
    const char *name = NULL;

    if (author && (table || author->type == DATA_STRING))
        name = table ? read_line(&person, "name", NULL) : read_line(root, "author", NULL);
    if (name)
        strings_add(&out->authors, arena, name);
}

static int from_plugin_json(struct manifest *out, struct arena *arena, const char *dir,
                            const char *path, struct diags *diags)
{
    AUTO_BUF text = {0};
    struct reader root = {.file = path, .diags = diags};
    int result = fs_read(&text, path, MANIFEST_MAX_BYTES);

    if (result < 0)
        return result;
    root.table = data_parse_json(arena, path, buf_text(&text), text.len, false, diags);
    if (!root.table)
        return diags_result(diags);
    if (root.table->type != DATA_TABLE) {
        read_error(&root, root.table, "expected a table, found %s",
                   data_type_name(root.table->type));
        return diags_result(diags);
    }
    manifest_init(out, path);
    set_name(out, arena, read_string(&root, "name", NULL), dir, &root);
    out->version = index_version(arena, read_string(&root, "version", NULL));
    out->description = read_line(&root, "description", "");
    out->license = read_line(&root, "license", "");
    out->homepage = read_line(&root, "homepage", "");
    read_author(out, arena, &root);
    read_lines(&root, "keywords", &out->tags);
    return diags_result(diags);
}

/* ---- SKILL.md ---- */

/* The indented lines behind a key whose value is ">" or "|", joined by spaces. */
static const char *folded(struct arena *arena, const char *line)
{
    struct strings lines = {0};

    while (*line && (line[strcspn(line, "\n")])) {
        line += strcspn(line, "\n") + 1;
        if (*line != ' ' && *line != '\t')
            break;
        line += strspn(line, " \t");
        strings_add(&lines, arena, arena_strndup(arena, line, strcspn(line, "\r\n")));
    }
    return lines.count ? strings_join(&lines, arena, " ") : NULL;
}

/* The value of `key` in the front matter between two lines of "---", without quotes. */
static const char *front_matter(struct arena *arena, const char *text, const char *key)
{
    size_t key_len = strlen(key);
    const char *line = text;

    if (strncmp(line, "---", 3) != 0)
        return NULL;
    while ((line = strchr(line, '\n')) && strncmp(++line, "---", 3) != 0) {
        const char *value, *end;

        if (strncmp(line, key, key_len) != 0 || line[key_len] != ':')
            continue;
        value = line + key_len + 1;
        end = value + strcspn(value, "\r\n");
        while (value < end && isspace((unsigned char)*value))
            value++;
        while (end > value && isspace((unsigned char)end[-1]))
            end--;
        if (value < end && (*value == '>' || *value == '|'))
            return folded(arena, value);
        if (end - value >= 2 && (*value == '"' || *value == '\'') && end[-1] == *value) {
            value++;
            end--;
        }
        return value < end ? arena_strndup(arena, value, (size_t)(end - value)) : NULL;
    }
    return NULL;
}

static int from_skill(struct manifest *out, struct arena *arena, const char *dir, const char *path,
                      struct diags *diags)
{
    AUTO_BUF text = {0};
    struct reader reader = {.file = path, .diags = diags};
    const char *description;
    int result = fs_read(&text, path, MANIFEST_MAX_BYTES);

    if (result < 0)
        return result;
    manifest_init(out, path);
    set_name(out, arena, front_matter(arena, buf_text(&text), "name"), dir, &reader);
    description = front_matter(arena, buf_text(&text), "description");
    out->version = VERSION_UNKNOWN;
    out->description = description ? description : "";
    out->type = "skill";
    return diags_result(diags);
}

int manifest_from_claude(struct manifest *out, struct arena *arena, const char *dir,
                         struct diags *diags)
{
    const char *json = path_join(arena, dir, ".claude-plugin/plugin.json");
    const char *skill = path_join(arena, dir, "SKILL.md");

    if (fs_is_file(json))
        return from_plugin_json(out, arena, dir, json, diags);
    if (fs_is_file(skill))
        return from_skill(out, arena, dir, skill, diags);
    fail(ERR_NOT_FOUND, "'%s' is no plugin: it has no plugin.toml", dir);
    error_hint("paii new NAME makes one; a folder with SKILL.md or .claude-plugin/plugin.json will "
               "do too");
    return -ERR_NOT_FOUND;
}
