/* What plugin.json says of a plugin besides its components. The client loads nothing of a plugin of
 * which one such value is of another type than it expects, and people write all types. */
#include "claude/declared.h"

#include "registry/manifest.h"

#include <string.h>

static bool is_one_of(const char *key, const char *const *keys)
{
    for (; *keys; keys++)
        if (strcmp(*keys, key) == 0)
            return true;
    return false;
}

static void write_author(struct json_writer *json, const struct data *node)
{
    static const char *const parts[] = {"name", "email", "url", NULL};
    const struct data *name = node->type == DATA_TABLE ? data_get(node, "name") : node;
    if (!name || name->type != DATA_STRING)
        return;
    json_key(json, "author");
    json_object(json);
    if (node->type == DATA_STRING)
        json_field(json, "name", node->text);
    for (const struct data *c = node->type == DATA_TABLE ? node->children : NULL; c; c = c->next)
        if (c->type == DATA_STRING && is_one_of(c->key, parts))
            json_field(json, c->key, c->text);
    json_end_object(json);
}

static void write_keywords(struct json_writer *json, const struct data *node)
{
    json_key(json, "keywords");
    json_array(json);
    if (node->type == DATA_STRING)
        json_string(json, node->text);
    for (const struct data *c = node->type == DATA_ARRAY ? node->children : NULL; c; c = c->next)
        if (c->type == DATA_STRING)
            json_string(json, c->text);
    json_end_array(json);
}

/* A text, or the one that a table holds in its place: {"type": "git", "url": "..."}. */
static void write_text(struct json_writer *json, const struct data *node)
{
    const struct data *text = node;
    if (node->type == DATA_TABLE && !(text = data_get(node, "url")))
        text = data_get(node, "type");
    if (!text || text->type != DATA_STRING ||
        (strcmp(node->key, "homepage") == 0 && !strstr(text->text, "://")))
        return;
    json_key(json, node->key);
    json_string_n(json, text->text, text->len);
}

bool claude_write_metadata(struct json_writer *json, const struct data *node)
{
    static const char *const texts[] = {"version",    "description", "displayName", "license",
                                        "repository", "homepage",    "$schema",     NULL};
    static const char *const tables[] = {"settings", "userConfig", NULL};
    if (is_one_of(node->key, texts))
        write_text(json, node);
    else if (strcmp(node->key, "author") == 0)
        write_author(json, node);
    else if (strcmp(node->key, "keywords") == 0)
        write_keywords(json, node);
    else if (is_one_of(node->key, tables))
        return node->type != DATA_TABLE;
    else if (strcmp(node->key, "channels") == 0)
        return node->type != DATA_ARRAY;
    else /* the client looks for those among its own plugins alone, and loads nothing without them
          */
        return strcmp(node->key, "dependencies") == 0 || strcmp(node->key, ONLY_SKILLS) == 0;
    return true;
}

void claude_write_paths(struct json_writer *json, const char *key, const struct strings *paths,
                        struct arena *arena)
{
    json_key(json, key);
    json_array(json);
    for (size_t i = 0; i < paths->count; i++)
        json_string(json, arena_printf(arena, "./%s", paths->items[i]));
    json_end_array(json);
}
