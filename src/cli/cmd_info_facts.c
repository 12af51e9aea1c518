/* Hooks, variables and the cost in context, from a plugin's files. */
#include "cli/cmd_info.h"

#include "base/error.h"
#include "base/fs.h"
#include "base/text.h"
#include "claude/native_hooks.h"
#include "registry/events.h"

#include <string.h>

enum { FILE_MAX = 1024 * 1024, BYTES_A_TOKEN = 4 };

/* ---- hooks ---- */

static struct fact_hook *add_hook(struct facts *facts, struct arena *arena)
{
    return arena_push(arena, &facts->hooks, &facts->hook_count, &facts->hook_capacity);
}

static const char *string_of(const struct data *table, const char *key)
{
    const struct data *value = data_get(table, key);
    return value && value->type == DATA_STRING ? value->text : NULL;
}

static void read_hooks(struct facts *facts, const char *dir, struct arena *arena)
{
    struct native_hooks native;
    for (size_t i = 0; i < facts->manifest.hook_count; i++) {
        const struct hook *hook = &facts->manifest.hooks[i];
        *add_hook(facts, arena) = (struct fact_hook){
            .event = hook->event,
            .matcher = hook->matcher ? hook->matcher : "",
            .runs = hook->action,
            .file = "plugin.toml",
            .closed = hook->closed,
            .priority = hook->priority,
        };
    }
    claude_native_hooks(&native, dir, NULL, arena);
    for (size_t i = 0; i < native.count; i++) {
        const struct native_hook *hook = &native.items[i];
        *add_hook(facts, arena) = (struct fact_hook){
            .event = hook_events[hook->event].name,
            .matcher = hook->matcher,
            .runs = string_of(hook->data, hook->command ? "command" : "type"),
            .file = hook->file,
        };
    }
}

/* ---- variables ---- */

static void add_variable(struct facts *facts, struct arena *arena, struct fact_variable variable)
{
    for (size_t i = 0; i < facts->variable_count; i++)
        if (strcmp(facts->variables[i].name, variable.name) == 0)
            return;
    if (!variable.description)
        variable.description = "";
    *arena_push(arena, &facts->variables, &facts->variable_count, &facts->variable_capacity) =
        variable;
}

static bool is_true(const struct data *table, const char *key)
{
    const struct data *value = data_get(table, key);
    return value && value->type == DATA_BOOLEAN && value->boolean;
}

/* What the client asks for when the plugin is enabled there. */
static void read_user_config(struct facts *facts, const char *dir, struct arena *arena)
{
    struct diags diags = {.arena = arena};
    AUTO_BUF text = {0};
    const char *file = path_join(arena, dir, ".claude-plugin/plugin.json");
    if (fs_read(&text, file, FILE_MAX) < 0) {
        error_clear();
        return;
    }
    const struct data *root =
        data_parse_json(arena, file, buf_text(&text), text.len, false, &diags);
    const struct data *config =
        root && root->type == DATA_TABLE ? data_get(root, "userConfig") : NULL;
    for (const struct data *c = config ? config->children : NULL; c; c = c->next)
        if (c->key && c->type == DATA_TABLE)
            add_variable(facts, arena,
                         (struct fact_variable){c->key, string_of(c, "description"),
                                                is_true(c, "required"), is_true(c, "sensitive")});
}

/* ${NAME} and ${NAME:-else} of a server, but for what the client itself fills in. */
static void read_references(struct facts *facts, const char *text, struct arena *arena)
{
    for (const char *at = text; (at = strstr(at, "${"));) {
        at += 2;
        size_t len = strspn(at, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
        if (len && strchr("}:", at[len]) && strncmp(at, "CLAUDE_", 7) != 0)
            add_variable(facts, arena,
                         (struct fact_variable){.name = arena_strndup(arena, at, len),
                                                .required = at[len] == '}'});
    }
}

static void search_strings(struct facts *facts, const struct data *value, struct arena *arena)
{
    if (value->type == DATA_STRING)
        read_references(facts, value->text, arena);
    for (const struct data *c = value->children; c; c = c->next)
        search_strings(facts, c, arena);
}

static void read_variables(struct facts *facts, const char *dir, struct arena *arena)
{
    const struct manifest *manifest = &facts->manifest;
    for (size_t i = 0; i < manifest->env_count; i++) {
        const struct env_variable *env = &manifest->env[i];
        add_variable(
            facts, arena,
            (struct fact_variable){env->name, env->description, env->required, env->secret});
    }
    for (size_t i = 0; i < manifest->config_count; i++) {
        const struct value_schema *config = &manifest->config[i];
        if (config->env || config->secret)
            add_variable(facts, arena,
                         (struct fact_variable){config->env ? config->env : config->name,
                                                config->description, config->required,
                                                config->secret});
    }
    read_user_config(facts, dir, arena);
    for (size_t i = 0; i < facts->components.mcp_tables.count; i++)
        search_strings(facts, facts->components.mcp_tables.items[i], arena);
}

/* ---- context ---- */

static size_t length_of(const struct data *table, const char *key)
{
    const char *text = table ? string_of(table, key) : NULL;
    return text ? strlen(text) : 0;
}

/* A skill that only a person can start is not told to the model. */
static void count_file(struct facts *facts, const char *name, const char *path, struct arena *arena)
{
    AUTO_BUF text = {0};
    if (fs_read(&text, path, FILE_MAX) < 0) {
        error_clear();
        return;
    }
    const struct data *front = front_matter_read(arena, buf_text(&text));
    const char *hidden = front ? string_of(front, "disable-model-invocation") : NULL;
    size_t always =
        strlen(name) + length_of(front, "description") + length_of(front, "when_to_use");
    if (!hidden || strcmp(hidden, "true") != 0)
        facts->always_tokens += always;
    facts->used_tokens += text.len;
}

static void count_context(struct facts *facts, const char *dir, struct arena *arena)
{
    const struct components *parts = &facts->components;
    const struct strings *const names[] = {&parts->skills, &parts->agents, &parts->commands};
    const struct strings *const files[] = {&parts->skill_files, &parts->agent_files,
                                           &parts->command_files};
    for (size_t kind = 0; kind < 3; kind++)
        for (size_t i = 0; i < names[kind]->count; i++)
            count_file(facts, names[kind]->items[i], path_join(arena, dir, files[kind]->items[i]),
                       arena);
    facts->always_tokens = (facts->always_tokens + BYTES_A_TOKEN - 1) / BYTES_A_TOKEN;
    facts->used_tokens = (facts->used_tokens + BYTES_A_TOKEN - 1) / BYTES_A_TOKEN;
}

/* ---- all of it ---- */

bool facts_read(struct facts *out, struct arena *arena, const char *name, const char *dir)
{
    struct diags diags = {.arena = arena};
    *out = (struct facts){0};
    if (!fs_is_dir(dir) || manifest_read(&out->manifest, arena, dir, &diags) < 0) {
        error_clear();
        return false;
    }
    if (claude_components(&out->components, arena, name, dir) < 0)
        error_clear();
    read_hooks(out, dir, arena);
    read_variables(out, dir, arena);
    out->programs.arena = arena;
    programs_find(&out->programs, &out->manifest, &out->components, dir);
    count_context(out, dir, arena);
    return true;
}
