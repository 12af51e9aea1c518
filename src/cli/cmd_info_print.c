/* The facts of a plugin, one field a line, and as JSON. */
#include "cli/cmd_info.h"

#include "base/text.h"
#include "cli/command.h"

#include <string.h>

void info_field(const char *key, const char *value, struct arena *arena)
{
    if (value && *value)
        out("  %-10s %s\n", key, text_safe(arena, value));
}

void info_fields(const char *key, const struct strings *values, struct arena *arena)
{
    for (size_t i = 0; i < values->count; i++)
        out("  %-10s %s\n", i ? "" : key, text_safe(arena, values->items[i]));
}

const char *facts_server(const struct data *server, struct arena *arena)
{
    struct strings words = {0};
    const struct data *command = data_get(server, "command"), *args = data_get(server, "args");
    const struct data *url = data_get(server, "url");
    if (command && command->type == DATA_STRING)
        strings_add(&words, arena, command->text);
    for (const struct data *arg = command && args ? args->children : NULL; arg; arg = arg->next)
        if (arg->type == DATA_STRING)
            strings_add(&words, arena, arg->text);
    if (!command && url && url->type == DATA_STRING)
        strings_add(&words, arena, url->text);
    return strings_join(&words, arena, " ");
}

/* ---- for people ---- */

/* pre-tool-use: check (matcher Bash, closed, priority 10; plugin.toml) */
static const char *hook_text(const struct fact_hook *hook, struct arena *arena)
{
    return arena_printf(arena, "%s: %s (%s%s%s%s%s)", hook->event, hook->runs ? hook->runs : "",
                        *hook->matcher ? "matcher " : "", hook->matcher, *hook->matcher ? ", " : "",
                        hook->closed ? "closed, " : "",
                        hook->priority
                            ? arena_printf(arena, "priority %d, %s", hook->priority, hook->file)
                            : hook->file);
}

static const char *variable_text(const struct fact_variable *variable, struct arena *arena)
{
    const char *marks = variable->required
                            ? variable->secret ? " (required, secret)" : " (required)"
                        : variable->secret ? " (secret)"
                                           : "";
    return arena_printf(arena, "%s%s%s%s", variable->name, marks,
                        *variable->description ? ": " : "", variable->description);
}

static void print_actions(const struct manifest *manifest, struct arena *arena)
{
    struct strings lines = {0};
    size_t width = 0;
    for (size_t i = 0; i < manifest->action_count; i++) {
        size_t len = strlen(manifest->actions[i].name);
        width = len > width ? len : width;
    }
    for (size_t i = 0; i < manifest->action_count; i++)
        strings_add(&lines, arena,
                    arena_printf(arena, "%-*s  %s", (int)width, manifest->actions[i].name,
                                 manifest->actions[i].summary));
    info_fields("actions", &lines, arena);
}

static void print_names(const char *key, const struct strings *names, struct arena *arena)
{
    info_field(key, strings_join(names, arena, ", "), arena);
}

void facts_print(const struct facts *facts, struct arena *arena)
{
    const struct components *parts = &facts->components;
    struct strings hooks = {0}, servers = {0}, variables = {0};
    print_names("skills", &parts->skills, arena);
    print_names("agents", &parts->agents, arena);
    print_names("commands", &parts->commands, arena);
    for (size_t i = 0; i < parts->mcp_tables.count; i++)
        strings_add(&servers, arena,
                    arena_printf(arena, "%s: %s", parts->mcp_servers.items[i],
                                 facts_server(parts->mcp_tables.items[i], arena)));
    info_fields("servers", &servers, arena);
    print_names("LSP", &parts->lsp_servers, arena);
    print_actions(&facts->manifest, arena);
    for (size_t i = 0; i < facts->hook_count; i++)
        strings_add(&hooks, arena, hook_text(&facts->hooks[i], arena));
    info_fields("hooks", &hooks, arena);
    info_field("needs", programs_text(&facts->programs, false), arena);
    info_field("may use", programs_text(&facts->programs, true), arena);
    for (size_t i = 0; i < facts->variable_count; i++)
        strings_add(&variables, arena, variable_text(&facts->variables[i], arena));
    info_fields("asks for", &variables, arena);
    if (facts->used_tokens)
        info_field("context",
                   arena_printf(arena,
                                "%zu tokens in every session, %zu when all of it is used "
                                "(estimated)",
                                facts->always_tokens, facts->used_tokens),
                   arena);
}

/* ---- --json ---- */

static void json_hooks(struct json_writer *json, const struct facts *facts)
{
    json_key(json, "hooks");
    json_array(json);
    for (size_t i = 0; i < facts->hook_count; i++) {
        const struct fact_hook *hook = &facts->hooks[i];
        json_object(json);
        json_field(json, "event", hook->event);
        json_field(json, "matcher", hook->matcher);
        json_field(json, "runs", hook->runs);
        json_key(json, "closed");
        json_boolean(json, hook->closed);
        json_key(json, "priority");
        json_integer(json, hook->priority);
        json_field(json, "file", hook->file);
        json_end_object(json);
    }
    json_end_array(json);
}

static void json_actions(struct json_writer *json, const struct manifest *manifest)
{
    json_key(json, "actions");
    json_array(json);
    for (size_t i = 0; i < manifest->action_count; i++) {
        json_object(json);
        json_field(json, "name", manifest->actions[i].name);
        json_field(json, "summary", manifest->actions[i].summary);
        json_field(json, "effect", manifest->actions[i].effect);
        json_end_object(json);
    }
    json_end_array(json);
}

static void json_needs(struct json_writer *json, const struct facts *facts)
{
    programs_json(json, &facts->programs);
    json_key(json, "variables");
    json_array(json);
    for (size_t i = 0; i < facts->variable_count; i++) {
        json_object(json);
        json_field(json, "name", facts->variables[i].name);
        json_field(json, "description", facts->variables[i].description);
        json_key(json, "required");
        json_boolean(json, facts->variables[i].required);
        json_key(json, "secret");
        json_boolean(json, facts->variables[i].secret);
        json_end_object(json);
    }
    json_end_array(json);
}

static void json_servers(struct json_writer *json, const struct components *parts,
                         struct arena *arena)
{
    json_strings(json, "mcp_servers", &parts->mcp_servers);
    json_key(json, "mcp_commands");
    json_object(json);
    for (size_t i = 0; i < parts->mcp_tables.count; i++)
        json_field(json, parts->mcp_servers.items[i],
                   facts_server(parts->mcp_tables.items[i], arena));
    json_end_object(json);
    json_strings(json, "lsp_servers", &parts->lsp_servers);
}

void facts_json(struct json_writer *json, const struct facts *facts, struct arena *arena)
{
    json_strings(json, "skills", &facts->components.skills);
    json_strings(json, "agents", &facts->components.agents);
    json_strings(json, "commands", &facts->components.commands);
    json_servers(json, &facts->components, arena);
    json_actions(json, &facts->manifest);
    json_hooks(json, facts);
    json_needs(json, facts);
    json_key(json, "context");
    json_object(json);
    json_key(json, "estimated");
    json_boolean(json, true);
    json_key(json, "always_tokens");
    json_integer(json, (int64_t)facts->always_tokens);
    json_key(json, "used_tokens");
    json_integer(json, (int64_t)facts->used_tokens);
    json_end_object(json);
}
