/* paii.lock: docs/lock.md. One table says which key is which field, for writing and reading alike.
 */
#include "store/store.h"

#include "base/data.h"
#include "base/error.h"
#include "base/name.h"
#include "base/text.h"
#include "base/url.h"
#include "registry/manifest.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { LOCK_FORMAT = 1 };

enum field_kind { FIELD_TEXT, FIELD_LINES, FIELD_FLAG, FIELD_SIZE, FIELD_KIND };

static const struct field {
    const char *key;
    enum field_kind kind;
    size_t offset; /* in struct package; for FIELD_FLAG the flag */
} fields[] = {
    {"name", FIELD_TEXT, offsetof(struct package, name)},
    {"version", FIELD_TEXT, offsetof(struct package, version)},
    {"description", FIELD_TEXT, offsetof(struct package, description)},
    {"registry", FIELD_TEXT, offsetof(struct package, registry)},
    {"origin", FIELD_TEXT, offsetof(struct package, origin)},
    {"kind", FIELD_KIND, offsetof(struct package, source.kind)},
    {"url", FIELD_TEXT, offsetof(struct package, source.url)},
    {"path", FIELD_TEXT, offsetof(struct package, source.path)},
    {"ref", FIELD_TEXT, offsetof(struct package, source.ref)},
    {"commit", FIELD_TEXT, offsetof(struct package, source.commit)},
    {"sha256", FIELD_TEXT, offsetof(struct package, source.sha256)},
    {"tree", FIELD_TEXT, offsetof(struct package, tree)},
    {"size", FIELD_SIZE, offsetof(struct package, size)},
    {"range", FIELD_TEXT, offsetof(struct package, range)},
    {"prefix", FIELD_TEXT, offsetof(struct package, prefix)},
    {"requested", FIELD_FLAG, PACKAGE_REQUESTED},
    {"dev", FIELD_FLAG, PACKAGE_DEV},
    {"unversioned", FIELD_FLAG, PACKAGE_UNVERSIONED},
    {"disabled", FIELD_FLAG, PACKAGE_DISABLED},
    {"flat", FIELD_FLAG, PACKAGE_FLAT},
    {"held", FIELD_FLAG, PACKAGE_HELD},
    {"language", FIELD_TEXT, offsetof(struct package, language)},
    {"type", FIELD_TEXT, offsetof(struct package, type)},
    {"license", FIELD_TEXT, offsetof(struct package, license)},
    {"homepage", FIELD_TEXT, offsetof(struct package, homepage)},
    {"author", FIELD_TEXT, offsetof(struct package, author)},
    {"tags", FIELD_LINES, offsetof(struct package, tags)},
    {"provides", FIELD_LINES, offsetof(struct package, provides)},
    {"consumes", FIELD_LINES, offsetof(struct package, consumes)},
    {"depends", FIELD_LINES, offsetof(struct package, depends)},
    {"conflicts", FIELD_LINES, offsetof(struct package, conflicts)},
    {"entry", FIELD_TEXT, offsetof(struct package, entry)},
    {"capabilities", FIELD_LINES, offsetof(struct package, capabilities)},
    {"grants", FIELD_LINES, offsetof(struct package, grants)},
    {"build", FIELD_TEXT, offsetof(struct package, build)},
    {"disabled_components", FIELD_LINES, offsetof(struct package, disabled_components)},
};

static const char *const kind_names[] = {"none", "folder", "git", "archive", "npm", NULL};

#define FIELD_AT(type, package, field) (*(type *)((char *)(package) + (field)->offset))

/* ---- writing ---- */

static void write_lines(struct buf *out, const char *key, const char *lines)
{
    buf_printf(out, "%s = [", key);
    for (const char *p = lines; *p;) {
        size_t len = strcspn(p, "\n");
        char *item = strndup(p, len);
        buf_puts(out, p == lines ? "" : ", ");
        toml_quote(out, item ? item : "");
        free(item);
        p += len + (p[len] == '\n');
    }
    buf_puts(out, "]\n");
}

static void write_field(struct buf *out, const struct package *package, const struct field *field)
{
    switch (field->kind) {
    case FIELD_TEXT:
    case FIELD_LINES: {
        const char *text = FIELD_AT(const char *const, package, field);
        if (!text || !*text)
            return;
        if (field->kind == FIELD_LINES) {
            write_lines(out, field->key, text);
            return;
        }
        buf_printf(out, "%s = ", field->key);
        toml_quote(out, text);
        buf_putc(out, '\n');
        return;
    }
    case FIELD_FLAG:
        if (package->flags & field->offset)
            buf_printf(out, "%s = true\n", field->key);
        return;
    case FIELD_SIZE:
        buf_printf(out, "%s = %llu\n", field->key, (unsigned long long)package->size);
        return;
    case FIELD_KIND:
        buf_printf(out, "%s = \"%s\"\n", field->key, kind_names[package->source.kind]);
        return;
    }
}

void lockfile_write(struct buf *out, const struct installed *set)
{
    buf_printf(out, "# Written by paii: what is installed. Do not edit.\nlock = %d\n", LOCK_FORMAT);
    for (size_t i = 0; i < set->count; i++) {
        buf_puts(out, "\n[[plugin]]\n");
        for (size_t f = 0; f < sizeof fields / sizeof *fields; f++)
            write_field(out, &set->packages[i], &fields[f]);
    }
    if (set->bindings.count)
        buf_puts(out, "\n[bindings]\n");
    for (size_t i = 0; i < set->bindings.count; i++) {
        const char *binding = set->bindings.items[i], *equals = strchr(binding, '=');
        buf_printf(out, "\"%.*s\" = \"%s\"\n", (int)(equals - binding), binding, equals + 1);
    }
}

/* ---- reading ---- */

static void read_field(struct reader *row, struct package *package, const struct field *field,
                       struct arena *arena)
{
    switch (field->kind) {
    case FIELD_TEXT:
        FIELD_AT(const char *, package, field) = read_line(row, field->key, "");
        return;
    case FIELD_LINES: {
        struct strings items = {0};
        read_lines(row, field->key, &items);
        FIELD_AT(const char *, package, field) = strings_join(&items, arena, "\n");
        return;
    }
    case FIELD_FLAG:
        if (read_boolean(row, field->key, false))
            package->flags |= (unsigned)field->offset;
        return;
    case FIELD_SIZE:
        package->size = (uint64_t)read_integer(row, field->key, 0, 0, INT64_MAX);
        return;
    case FIELD_KIND:
        package->source.kind = (enum source_kind)read_choice(row, field->key, kind_names, 0);
        return;
    }
}

/* Pins that are absent are NULL in struct source, everything else is "". */
static void restore_nulls(struct source *source)
{
    const char **pins[] = {&source->ref, &source->commit, &source->sha256};
    for (size_t i = 0; i < sizeof pins / sizeof *pins; i++)
        if (!**pins[i])
            *pins[i] = NULL;
}

/* ---- a lock file may come from anywhere: what it says is used as it was checked ---- */

static bool subpath_valid(const char *path, struct arena *arena)
{
    const char *clean = source_subpath(arena, path);
    return clean && strcmp(clean, path) == 0;
}

static bool place_valid(const char *url, struct arena *arena)
{
    const char *checked;
    if (*url == '/')
        return !url[strcspn(url, "\n\r\t")];
    if (text_starts(url, "./") ||
        text_starts(url, "builtin:")) /* for others (registry/project.h) */
        return subpath_valid(strpbrk(url, "/:") + 1, arena);
    bool valid = url_check(&checked, arena, url, true) == 0;
    error_clear();
    return valid;
}

/* What was asked for may be a pin as well. */
static bool asked_valid(const char *ref)
{
    return source_ref_valid(ref) || source_commit_valid(ref) ||
           (text_starts(ref, "sha256=") && source_sha256_valid(ref + strlen("sha256=")));
}

/* The key of the first field that cannot be used; NULL if all can. */
static const char *wrong_source(const struct package *package, struct arena *arena)
{
    const struct source *source = &package->source;
    if (*package->registry && !name_valid(package->registry))
        return "registry";
    if (source->kind != SOURCE_NONE && !place_valid(source->url, arena))
        return "url";
    if (!subpath_valid(source->path, arena))
        return "path";
    if (source->ref && !asked_valid(source->ref))
        return "ref";
    if (source->commit && !source_commit_valid(source->commit))
        return "commit";
    if (source->sha256 && !source_sha256_valid(source->sha256))
        return "sha256";
    if (*package->build && !build_choice_valid(package->build))
        return "build";
    return *package->tree && !source_sha256_valid(package->tree) ? "tree" : NULL;
}

/* NAME/VERSION-KEY, or the live folder. */
static bool prefix_valid(const struct package *package, struct arena *arena)
{
    if (package->flags & PACKAGE_DEV)
        return package->prefix[0] == '/';
    const char *start = arena_printf(arena, "%s/%s-", package->name, package->version);
    return text_starts(package->prefix, start) && !strchr(package->version, '/') &&
           strspn(package->prefix + strlen(start), "0123456789abcdef") == 16 &&
           strlen(package->prefix) == strlen(start) + 16;
}

static void read_plugin(struct installed *out, struct reader *row, struct arena *arena)
{
    struct package package = {0};
    for (size_t f = 0; f < sizeof fields / sizeof *fields; f++)
        read_field(row, &package, &fields[f], arena);
    restore_nulls(&package.source);
    if (*package.disabled_components)
        package.flags |= PACKAGE_PARTLY;
    if (!name_valid(package.name) || name_reserved(package.name)) {
        read_error(row, read_any(row, "name"), "expected a plugin name");
        return;
    }
    const char *wrong = wrong_source(&package, arena);
    if (wrong) {
        read_error(row, read_any(row, wrong), "'%s' of plugin '%s' cannot be used", wrong,
                   package.name);
        return;
    }
    if (!prefix_valid(&package, arena)) {
        read_error(row, read_any(row, "prefix"), "expected a place in the store");
        return;
    }
    if (out->count && strcmp(out->packages[out->count - 1].name, package.name) >= 0) {
        read_error(row, read_any(row, "name"), "expected plugins sorted by name, each once");
        return;
    }
    *arena_push(arena, &out->packages, &out->count, &out->capacity) = package;
}

/* "PLUGIN.ALIAS" = "PLUGIN". */
static void read_binding(struct installed *out, struct reader *top, struct data *binding,
                         struct arena *arena)
{
    const char *dot = strchr(binding->key, '.');
    if (!dot || !name_valid_n(binding->key, (size_t)(dot - binding->key)) ||
        !contract_word_valid(dot + 1))
        read_error(top, binding, "expected a plugin and its alias, as in history.memory");
    else if (binding->type != DATA_STRING || !name_valid(binding->text))
        read_error(top, binding, "expected a plugin name");
    else
        strings_add(&out->bindings, arena,
                    arena_printf(arena, "%s=%s", binding->key, binding->text));
}

int lockfile_read(struct installed *out, struct arena *arena, const char *file, const char *text,
                  size_t len)
{
    struct diags diags = {.arena = arena};
    struct data *root = data_parse_toml(arena, file, text, len, &diags);
    if (!root)
        return diags_result(&diags);
    struct reader top = {.table = root, .file = file, .diags = &diags};
    int64_t format = read_integer(&top, "lock", 0, 0, INT64_MAX);
    if (format != LOCK_FORMAT) {
        fail(ERR_CONFIG, "'%s' has lock format %lld, this paii reads %d", file, (long long)format,
             LOCK_FORMAT);
        error_hint("it was written by another version of paii; use that one, or a newer");
        return -ERR_CONFIG;
    }
    struct data *plugins = read_any(&top, "plugin");
    for (struct data *row = plugins ? plugins->children : NULL; row; row = row->next) {
        struct reader reader = {.table = row, .file = file, .diags = &diags};
        read_plugin(out, &reader, arena);
    }
    struct data *bindings = read_any(&top, "bindings");
    for (struct data *b = bindings ? bindings->children : NULL; b; b = b->next)
        read_binding(out, &top, b, arena);
    strings_sort(&out->bindings);
    return diags_result(&diags);
}
