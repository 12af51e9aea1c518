#include "runtime/schema.h"

#include "base/text.h"

#include <string.h>

static const struct {
    const char *name, *words;
} types[] = {
    {"string", "a string"},  {"path", "a path"},       {"integer", "an integer"},
    {"number", "a number"},  {"boolean", "a boolean"}, {"array", "an array"},
    {"object", "an object"},
};

const char *schema_type_words(const char *type)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (!strcmp(types[i].name, type))
            return types[i].words;
    }
    return type;
}

bool schema_type_fits(const char *type, const struct data *value)
{
    switch (value->type) {
    case DATA_STRING:
    case DATA_DATE:
    case DATA_TIME:
    case DATA_DATETIME:
        return !strcmp(type, "string") || !strcmp(type, "path");
    case DATA_INTEGER:
        return !strcmp(type, "integer") || !strcmp(type, "number");
    case DATA_FLOAT:
        return !strcmp(type, "number");
    case DATA_BOOLEAN:
        return !strcmp(type, "boolean");
    case DATA_ARRAY:
        return !strcmp(type, "array");
    case DATA_TABLE:
        return !strcmp(type, "object");
    case DATA_NULL:
        break;
    }
    return false;
}

static const struct value_schema *find(const struct action *action, const char *name)
{
    for (size_t i = 0; i < action->param_count; i++) {
        if (!strcmp(action->params[i].name, name))
            return &action->params[i];
    }
    return NULL;
}

static const char *unknown_param(const struct action *action, const char *name, struct arena *arena)
{
    struct strings names = {0};
    for (size_t i = 0; i < action->param_count; i++)
        strings_add(&names, arena, action->params[i].name);
    const char *nearest = text_nearest(name, names.items, names.count);
    if (nearest)
        return arena_printf(arena, "unknown parameter '%s': did you mean '%s'?", name, nearest);
    if (names.count)
        return arena_printf(arena, "unknown parameter '%s': '%s' has %s", name, action->name,
                            strings_join(&names, arena, ", "));
    return arena_printf(arena, "unknown parameter '%s': '%s' has none", name, action->name);
}

static const char *check_given(const struct data *params, const struct action *action,
                               struct arena *arena)
{
    for (const struct data *value = params->children; value; value = value->next) {
        const struct value_schema *schema = find(action, value->key);
        if (!schema)
            return unknown_param(action, value->key, arena);
        if (value->type != DATA_NULL && !schema_type_fits(schema->type, value))
            return arena_printf(arena, "parameter '%s' must be %s, not %s", value->key,
                                schema_type_words(schema->type), data_type_name(value->type));
    }
    return NULL;
}

const char *schema_params(struct buf *out, const struct action *action, const char *text,
                          struct arena *arena)
{
    struct diags diags = {.arena = arena};
    const struct data *params = data_parse_json(arena, "params", text, strlen(text), true, &diags);
    if (!params)
        return diags.count ? diag_text(&diags.items[0], arena) : "params cannot be read";
    if (params->type != DATA_TABLE)
        return arena_printf(arena, "params must be an object, not %s",
                            data_type_name(params->type));
    const char *wrong = check_given(params, action, arena);
    if (wrong)
        return wrong;

    struct json_writer json = {.out = out};
    json_object(&json);
    for (size_t i = 0; i < action->param_count; i++) {
        const struct value_schema *schema = &action->params[i];
        const struct data *value = data_get(params, schema->name);
        bool given = value && value->type != DATA_NULL;
        if (!given && schema->required && !schema->fallback)
            return arena_printf(arena, "parameter '%s' is missing", schema->name);
        if (!given && !schema->fallback)
            continue;
        json_key(&json, schema->name);
        if (given)
            json_data(&json, value);
        else
            json_raw(&json, schema->fallback);
    }
    json_end_object(&json);
    return NULL;
}
