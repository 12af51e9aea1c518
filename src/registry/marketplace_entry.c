/*
 * What a marketplace's entry says of its plugin besides: the components and the version. It is kept
 * as JSON of one line, for the plugin may have no plugin.json that says it.
 */
#include "base/text.h"
#include "registry/manifest.h"
#include "registry/marketplace.h"

#include <string.h>

/* Of interest to the client alone, but for hooks and servers. */
const char *const component_keys[] = {
    "commands",     "agents",   "skills",     "hooks",    "mcpServers",   "lspServers",
    "outputStyles", "monitors", "userConfig", "channels", "dependencies", NULL,
};

/* Only these name files by their strings. */
static bool names_files(const char *key)
{
    return strcmp(key, "userConfig") != 0 && strcmp(key, "channels") != 0 &&
           strcmp(key, "dependencies") != 0;
}

static void check_path(struct row *row, const struct data *node)
{
    static const char root[] = "${CLAUDE_PLUGIN_ROOT}/";
    const char *path = node->text;

    if (node->type != DATA_STRING || strstr(path, "://"))
        return;
    if (text_starts(path, root))
        path += strlen(root);
    if (strlen(node->text) != node->len || !source_subpath(row->reading->arena, path))
        read_error(&row->reader, node, "'%s' leaves the plugin", node->text);
}

static void check_paths(struct row *row, const struct data *node)
{
    check_path(row, node);
    for (const struct data *c = node->type == DATA_ARRAY ? node->children : NULL; c; c = c->next)
        check_path(row, c);
}

/* What it says to paii alone: {"build": "pip"}. */
static void write_build(struct row *row, struct json_writer *json)
{
    const struct data *own = read_any(&row->reader, "paii");
    const struct data *build = own && own->type == DATA_TABLE ? data_get(own, "build") : NULL;

    if (!build)
        return;
    if (build->type != DATA_STRING || build_choice_type(build->text) == BUILD_SKILL) {
        read_error(&row->reader, build, "expected pip, cargo or make in 'paii.build'");
        return;
    }
    json_key(json, "paii");
    json_object(json);
    json_field(json, "build", build->text);
    json_end_object(json);
}

/* Of a plugin that is the whole marketplace the client shows the skills alone that its entry names.
 */
static bool names_all_skills(struct row *row)
{
    const struct source *own = &row->package.source, *base = row->reading->base;
    const struct data *source = read_any(&row->reader, "source");
    const struct data *skills = read_any(&row->reader, "skills");

    return source && source->type == DATA_STRING && own->kind == base->kind && own->url &&
           strcmp(own->url, base->url) == 0 &&
           strcmp(own->path, base->path ? base->path : "") == 0 && skills &&
           (skills->type == DATA_STRING || skills->children);
}

void marketplace_entry(struct row *row)
{
    AUTO_BUF text = {0};
    struct json_writer json = {.out = &text};
    struct data *strict = read_any(&row->reader, "strict");
    struct data *version = read_any(&row->reader, "version");

    json_object(&json);
    if (version && version->type == DATA_STRING)
        json_field(&json, "version", version->text);
    if (strict && strict->type == DATA_BOOLEAN && !strict->boolean) {
        json_key(&json, "strict");
        json_boolean(&json, false);
    }
    if (names_all_skills(row)) {
        json_key(&json, ONLY_SKILLS);
        json_boolean(&json, true);
    }
    write_build(row, &json);
    for (size_t i = 0; component_keys[i]; i++) {
        struct data *node = read_any(&row->reader, component_keys[i]);

        if (!node || node->type == DATA_NULL)
            continue;
        if (names_files(component_keys[i]))
            check_paths(row, node);
        json_key(&json, component_keys[i]);
        json_data(&json, node);
    }
    json_end_object(&json);
    if (text.len > ENTRY_MAX_BYTES)
        read_error(&row->reader, row->reader.table,
                   "what it declares takes %zu bytes, at most %u are read", text.len,
                   ENTRY_MAX_BYTES);
    else
        row->package.entry = arena_strdup(row->reading->arena, buf_text(&text));
}
