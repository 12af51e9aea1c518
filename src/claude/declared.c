/* What a plugin's own plugin.json names besides the folders where the client looks anyway. */
#include "claude/declared.h"

#include "base/error.h"
#include "base/fs.h"
#include "base/text.h"
#include "registry/manifest.h"

#include <string.h>

enum { JSON_MAX = 4 * 1024 * 1024 };

struct declaring {
    struct declared *out;
    struct arena *arena;
    const char *prefix, *plugin;
    enum component_kind kind;
};

const char *const component_kinds[] = {"skill", "agent", "command", "mcp", NULL};
static const char *const keys[] = {"skills", "agents", "commands", "mcpServers"};

int component_kind_of_key(const char *key)
{
    for (int kind = 0; kind < COMPONENT_KINDS; kind++)
        if (strcmp(keys[kind], key) == 0)
            return kind;
    return -1;
}

int claude_read_json(const struct data **out, const char *prefix, const char *file,
                     struct arena *arena)
{
    struct diags diags = {.arena = arena};
    AUTO_BUF text = {0};
    const char *path = path_join(arena, prefix, file);
    *out = NULL;
    int result = fs_read(&text, path, JSON_MAX);
    if (result == -ERR_NOT_FOUND || result == -ERR_REFUSED) {
        error_clear();
        return 0;
    }
    if (result < 0)
        return result;
    size_t mark = text_starts(buf_text(&text), "\xef\xbb\xbf") ? 3 : 0;
    const struct data *root =
        data_parse_json(arena, path, buf_text(&text) + mark, text.len - mark, false, &diags);
    *out = root && root->type == DATA_TABLE ? root : NULL;
    return 0;
}

/* Below the plugin, without "./" and a slash at the end; NULL if it leads out of it. */
static const char *clean(const char *path, struct arena *arena)
{
    static const char variable[] = "${CLAUDE_PLUGIN_ROOT}/";
    if (text_starts(path, variable))
        path += sizeof variable - 1;
    while (text_starts(path, "./"))
        path += 2 + strspn(path + 2, "/");
    size_t len = strcmp(path, ".") == 0 ? 0 : strlen(path);
    while (len && path[len - 1] == '/')
        len--;
    const char *out = arena_strndup(arena, path, len);
    bool leaves = *out == '/' || strcmp(out, "..") == 0 || text_starts(out, "../") ||
                  strstr(out, "/../") || text_ends(out, "/..");
    return leaves ? NULL : out;
}

static void add(struct declaring *in, const char *name, const char *file)
{
    if (strings_has(&in->out->files, file))
        return;
    strings_add(&in->out->names, in->arena, name);
    strings_add(&in->out->files, in->arena, file);
}

static bool is_file(const struct declaring *in, const char *file)
{
    return fs_is_file(path_join(in->arena, in->prefix, file));
}

const char *claude_agent_name(const struct data *front)
{
    const struct data *name = front ? data_get(front, "name") : NULL;
    return name && name->type == DATA_STRING && *name->text ? name->text : NULL;
}

int claude_read_agent(const char **name, struct arena *arena, const char *prefix, const char *file,
                      const char *fallback)
{
    AUTO_BUF text = {0};
    *name = NULL;
    int result = fs_read(&text, path_join(arena, prefix, file), JSON_MAX);
    if (result == -ERR_NOT_FOUND || result == -ERR_REFUSED) {
        error_clear();
        return 0;
    }
    if (result == 0 &&
        (text_starts(buf_text(&text), "---\n") || text_starts(buf_text(&text), "---\r\n"))) {
        *name = claude_agent_name(front_matter_read(arena, buf_text(&text)));
        *name = *name ? *name : fallback;
    }
    return result;
}

/* An agent that cannot be read is told of when its folder is. */
static const char *file_name(const struct declaring *in, const char *path)
{
    const char *base = path_base(path), *stem, *name;
    stem = arena_strndup(in->arena, base, strlen(base) - strlen(".md"));
    if (in->kind != COMPONENT_AGENT)
        return stem;
    if (claude_read_agent(&name, in->arena, in->prefix, path, stem) < 0)
        error_clear();
    return name ? name : stem;
}

/* A skill is a folder, the others are Markdown files. False if `path` is no such thing. */
static bool add_one(struct declaring *in, const char *path)
{
    const char *name = path_base(path);
    if (in->kind == COMPONENT_SKILL) {
        const char *file = *path ? path_join(in->arena, path, "SKILL.md") : "SKILL.md";
        if (!is_file(in, file))
            return false;
        add(in, *path ? name : in->plugin, file);
        return true;
    }
    if (!text_ends(path, ".md") || !is_file(in, path))
        return false;
    add(in, file_name(in, path), path);
    return true;
}

static void add_path(struct declaring *in, const char *text)
{
    struct strings names = {0};
    const char *path = clean(text, in->arena);
    if (!path || add_one(in, path))
        return;
    const char *folder = *path ? path_join(in->arena, in->prefix, path) : in->prefix;
    if (!fs_is_dir(folder) || fs_list(&names, in->arena, folder) < 0) {
        error_clear();
        return;
    }
    for (size_t i = 0; i < names.count; i++)
        add_one(in, *path ? path_join(in->arena, path, names.items[i]) : names.items[i]);
}

static void add_value(struct declaring *in, const struct data *value)
{
    if (value->type == DATA_STRING)
        add_path(in, value->text);
    for (const struct data *item = value->children; item; item = item->next) {
        const struct data *source = item->type == DATA_TABLE ? data_get(item, "source") : NULL;
        if (item->type == DATA_STRING && value->type == DATA_ARRAY)
            add_path(in, item->text);
        else if (item->key && source && source->type == DATA_STRING &&
                 clean(source->text, in->arena))
            add(in, item->key, clean(source->text, in->arena));
    }
}

void claude_declared(struct declared *out, enum component_kind kind, const struct data *value,
                     const char *plugin, const char *prefix, struct arena *arena)
{
    struct declaring in = {
        .out = out, .arena = arena, .prefix = prefix, .plugin = plugin, .kind = kind};
    *out = (struct declared){0};
    if (value)
        add_value(&in, value);
}

int claude_declared_servers(struct servers *out, const struct data *value, const char *wrapper,
                            const char *prefix, struct arena *arena)
{
    int result = 0;
    if (value && value->type == DATA_STRING) {
        const char *file = clean(value->text, arena);
        value = NULL;
        result = file ? claude_read_json(&value, prefix, file, arena) : 0;
    }
    if (!value || result < 0)
        return result;
    if (value->type == DATA_ARRAY) {
        for (const struct data *item = value->children; item && result == 0; item = item->next)
            if (item->type != DATA_ARRAY)
                result = claude_declared_servers(out, item, wrapper, prefix, arena);
        return result;
    }
    const struct data *inner = data_get(value, wrapper);
    for (const struct data *c = (inner ? inner : value)->children; c; c = c->next)
        if (c->key && c->type == DATA_TABLE)
            *arena_push(arena, &out->items, &out->count, &out->capacity) = c;
    return 0;
}
