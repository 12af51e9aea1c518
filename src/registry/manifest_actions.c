/*
 * [config], [env], [actions] and [hooks]: what a plugin can do, and what it needs for it.
 */
#include "registry/events.h"
#include "registry/manifest_private.h"

#include <ctype.h>
#include <string.h>

const char *const value_types[] = {"string", "integer", "number", "boolean",
                                   "array",  "object",  "path",   NULL};
const char *const effect_names[] = {"read", "write", "external", "destructive", NULL};

#define MAX_TIMEOUT_MS 600000
#define MAX_PRIORITY   1000

/* ---- values and their schemas ---- */

static const char *type_of(const struct data *node)
{
    switch (node->type) {
    case DATA_INTEGER:
        return "integer";
    case DATA_FLOAT:
        return "number";
    case DATA_BOOLEAN:
        return "boolean";
    case DATA_ARRAY:
        return "array";
    case DATA_TABLE:
        return "object";
    default:
        return "string";
    }
}

static bool type_fits(const char *type, const struct data *node)
{
    const char *found = type_of(node);

    return strcmp(type, found) == 0 ||
           (strcmp(type, "number") == 0 && node->type == DATA_INTEGER) ||
           (strcmp(type, "path") == 0 && node->type == DATA_STRING);
}

static const char *json_text(struct arena *arena, const struct data *node)
{
    AUTO_BUF text = {0};
    struct json_writer json = {.out = &text};

    json_data(&json, node);
    return arena_strdup(arena, buf_text(&text));
}

static bool variable_valid(const char *name)
{
    size_t len = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");

    return len && !name[len] && !isdigit((unsigned char)name[0]);
}

/* Names that would change how every program runs are not a plugin's to ask for. */
static bool variable_allowed(const char *name)
{
    return strncmp(name, "PAII_", 5) != 0 && strncmp(name, "LD_", 3) != 0 &&
           strncmp(name, "DYLD_", 5) != 0 && strcmp(name, "PATH") != 0;
}

static void check_variable(struct reader *reader, const struct data *node, const char *name)
{
    if (!variable_valid(name))
        read_error(reader, node, "'%s' is not the name of an environment variable", name);
    else if (!variable_allowed(name))
        read_error(reader, node, "'%s' is set by paii or the system, not by the user", name);
}

static void read_schema(struct manifest_reading *reading, struct data *node,
                        struct value_schema *schema)
{
    struct reader table = reader_of(&reading->root, node);
    struct data *fallback = read_any(&table, "default");

    schema->name = node->key;
    schema->type = value_types[read_choice(&table, "type", value_types, 0)];
    if (!data_get(node, "type") && fallback)
        schema->type = type_of(fallback);
    schema->description = read_line(&table, "description", "");
    schema->required = read_boolean(&table, "required", false);
    schema->secret = read_boolean(&table, "secret", false);
    schema->env = read_string(&table, "env", NULL);
    if (schema->env)
        check_variable(&table, data_get(node, "env"), schema->env);
    if (fallback && !type_fits(schema->type, fallback))
        read_error(&table, fallback, "expected a default of type %s, found %s", schema->type,
                   data_type_name(fallback->type));
    else if (fallback)
        schema->fallback = json_text(reading->arena, fallback);
    read_unknown_keys(&table);
}

/* A table is a schema; any other value is a default that says its type. */
static void read_value(struct manifest_reading *reading, struct data *node,
                       struct value_schema *schema)
{
    if (node->type == DATA_TABLE) {
        read_schema(reading, node, schema);
        return;
    }
    schema->name = node->key;
    schema->type = type_of(node);
    schema->description = "";
    schema->fallback = json_text(reading->arena, node);
}

/* ---- [env] and [config] ---- */

static struct env_variable *add_variable(struct manifest_reading *reading, const char *name)
{
    struct manifest *manifest = reading->manifest;
    struct env_variable *variable;

    for (size_t i = 0; i < manifest->env_count; i++) {
        if (strcmp(manifest->env[i].name, name) == 0)
            return NULL;
    }
    variable =
        arena_push(reading->arena, &manifest->env, &manifest->env_count, &manifest->env_capacity);
    *variable = (struct env_variable){.name = name, .description = "", .secret = true};
    return variable;
}

void manifest_read_env(struct manifest_reading *reading)
{
    for (struct data *node = manifest_entries(reading, "env"); node; node = node->next) {
        struct reader table = reader_of(&reading->root, node);
        struct env_variable *variable = add_variable(reading, node->key);

        check_variable(&reading->root, node, node->key);
        if (node->type == DATA_TABLE) {
            variable->description = read_line(&table, "description", "");
            variable->required = read_boolean(&table, "required", false);
            variable->secret = read_boolean(&table, "secret", true);
            read_unknown_keys(&table);
        } else if (node->type == DATA_STRING) {
            variable->description = node->text;
            variable->secret = false;
        } else {
            read_error(&reading->root, node, "expected a table or a string, found %s",
                       data_type_name(node->type));
        }
    }
}

void manifest_read_config(struct manifest_reading *reading)
{
    struct manifest *manifest = reading->manifest;

    for (struct data *node = manifest_entries(reading, "config"); node; node = node->next) {
        struct value_schema *schema = arena_push(
            reading->arena, &manifest->config, &manifest->config_count, &manifest->config_capacity);
        struct env_variable *variable;

        read_value(reading, node, schema);
        variable = schema->env ? add_variable(reading, schema->env) : NULL;
        if (variable) {
            variable->description = schema->description;
            variable->required = schema->required;
            variable->secret = schema->secret;
        }
    }
}

/* ---- [actions] ---- */

/* An action is a word of argv and the end of a flag: letters, digits, '_', '-' and '.'. */
static bool action_name_valid(const char *name)
{
    return contract_word_valid(name) && strlen(name) <= 64;
}

static void read_params(struct manifest_reading *reading, struct reader *table,
                        struct action *action)
{
    struct reader params = read_table(table, "params");

    for (struct data *node = params.table ? params.table->children : NULL; node;
         node = node->next) {
        struct value_schema *schema = arena_push(reading->arena, &action->params,
                                                 &action->param_count, &action->param_capacity);
        size_t i = 0;

        node->known = true;
        /* A bare word is the type: id = "string". */
        if (node->type == DATA_STRING) {
            while (value_types[i] && strcmp(value_types[i], node->text) != 0)
                i++;
            if (!value_types[i])
                read_error(&params, node, "expected a type or a table, found '%s'", node->text);
            *schema =
                (struct value_schema){.name = node->key, .type = value_types[i], .description = ""};
        } else if (node->type == DATA_TABLE) {
            read_schema(reading, node, schema);
        } else {
            read_error(&params, node, "expected a table, found %s", data_type_name(node->type));
        }
    }
}

static void read_action(struct manifest_reading *reading, struct data *node)
{
    struct manifest *manifest = reading->manifest;
    struct reader table = reader_of(&reading->root, node);
    struct action *action;

    if (!action_name_valid(node->key))
        read_error(&reading->root, node,
                   "expected an action's name: letters, digits, '_', '-' and '.', at most 64");
    if (node->type != DATA_TABLE) {
        read_error(&reading->root, node, "expected a table, found %s", data_type_name(node->type));
        return;
    }
    action = arena_push(reading->arena, &manifest->actions, &manifest->action_count,
                        &manifest->action_capacity);
    action->name = node->key;
    action->summary = read_line(&table, "summary", NULL);
    if (!action->summary)
        action->summary = read_line(&table, "description", "");
    action->effect = effect_names[read_choice(&table, "effect", effect_names, 1)];
    action->timeout_ms = (int)read_integer(&table, "timeout_ms", 0, 1, MAX_TIMEOUT_MS);
    read_params(reading, &table, action);
    read_unknown_keys(&table);
}

void manifest_read_actions(struct manifest_reading *reading)
{
    for (struct data *node = manifest_entries(reading, "actions"); node; node = node->next)
        read_action(reading, node);
}

/* ---- [hooks] ---- */

const char *hook_event(const char *text)
{
    int event = hook_event_index(text);
    return event < 0 ? NULL : hook_events[event].name;
}

static const char *default_action(struct arena *arena, const char *event)
{
    char *name = arena_strdup(arena, event);

    for (char *c = name; *c; c++) {
        if (*c == '-')
            *c = '_';
    }
    return name;
}

static struct hook *add_hook(struct manifest_reading *reading, const char *event)
{
    struct manifest *manifest = reading->manifest;
    struct hook *hook = arena_push(reading->arena, &manifest->hooks, &manifest->hook_count,
                                   &manifest->hook_capacity);

    *hook = (struct hook){
        .event = event, .action = default_action(reading->arena, event), .matcher = ""};
    return hook;
}

static void read_hook(struct manifest_reading *reading, const char *event, struct data *node)
{
    static const char *const modes[] = {"sync", "spool", NULL};
    static const char *const on_errors[] = {"open", "closed", NULL};
    struct reader table = reader_of(&reading->root, node);
    struct hook *hook;

    if (node->type == DATA_BOOLEAN) {
        if (node->boolean)
            add_hook(reading, event);
        return;
    }
    if (node->type != DATA_TABLE) {
        read_error(&reading->root, node, "expected a boolean or a table, found %s",
                   data_type_name(node->type));
        return;
    }
    hook = add_hook(reading, event);
    hook->action = read_string(&table, "action", hook->action);
    hook->matcher = read_string(&table, "matcher", "");
    hook->spool = read_choice(&table, "mode", modes, 0) == 1;
    hook->closed = read_choice(&table, "on_error", on_errors, 0) == 1;
    hook->timeout_ms = (int)read_integer(&table, "timeout_ms", 0, 1, MAX_TIMEOUT_MS);
    hook->priority = (int)read_integer(&table, "priority", 0, -MAX_PRIORITY, MAX_PRIORITY);
    if (hook->spool && hook->closed)
        read_error(&table, node,
                   "mode = \"spool\" cannot block: on_error = \"closed\" needs \"sync\"");
    if (!action_name_valid(hook->action))
        read_error(&table, data_get(node, "action"), "'%s' is no action's name", hook->action);
    read_unknown_keys(&table);
}

void manifest_read_hooks(struct manifest_reading *reading)
{
    for (struct data *node = manifest_entries(reading, "hooks"); node; node = node->next) {
        const char *event = hook_event(node->key);

        if (!event) {
            read_warning(&reading->root, node, "'%s' is no event of Claude Code: left out",
                         node->key);
            continue;
        }
        if (node->type != DATA_ARRAY) {
            read_hook(reading, event, node);
            continue;
        }
        for (struct data *item = node->children; item; item = item->next)
            read_hook(reading, event, item);
    }
}
