/*
 *     history 1.0.0 - memory in Markdown files
 *
 *     usage: paii run history ACTION [--PARAMETER VALUE]...
 *
 *     actions:
 *       capture       Keep one entry
 *
 * and of one action its parameters, as options.
 */
#include "cli/run_help.h"

#include "base/term.h"

#include <string.h>

static const char *value_word(const char *type)
{
    static const struct {
        const char *type, *word;
    } words[] = {{"integer", " N"},  {"number", " X"},    {"boolean", ""},
                 {"array", " WORD"}, {"object", " JSON"}, {"path", " PATH"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!strcmp(words[i].type, type))
            return words[i].word;
    }
    return " TEXT";
}

static void heading(const char *title)
{
    out_styled(STYLE_BOLD, "\n%s:", title);
    out("\n");
}

static const char *notes(const struct value_schema *schema, struct arena *arena)
{
    if (schema->required && !schema->fallback)
        return " (required)";
    if (schema->fallback && strcmp(schema->fallback, "false") != 0)
        return arena_printf(arena, " (default %s)", schema->fallback);
    return strcmp(schema->type, "array") != 0 ? "" : " (may be repeated)";
}

static const char *option_text(const struct value_schema *schema, struct arena *arena)
{
    char *text = arena_printf(arena, "--%s%s", schema->name, value_word(schema->type));
    for (char *at = text; *at && *at != ' '; at++)
        *at = *at == '_' ? '-' : *at;
    return text;
}

void run_help_action(const struct target *target, const struct action *action, struct arena *arena)
{
    out_styled(STYLE_BOLD, "paii run %s %s", target->name, action->name);
    out("%s%s\n", action->summary && *action->summary ? " - " : "",
        action->summary ? action->summary : "");
    out("\nusage: paii run %s %s%s\n", target->name, action->name,
        action->param_count ? " [--PARAMETER VALUE]..." : "");
    size_t width = strlen("--params JSON");
    for (size_t i = 0; i < action->param_count; i++) {
        size_t len = strlen(option_text(&action->params[i], arena));
        width = len > width ? len : width;
    }
    if (action->param_count)
        heading("parameters");
    for (size_t i = 0; i < action->param_count; i++) {
        const struct value_schema *schema = &action->params[i];
        out("  %-*s  %s%s\n", (int)width, option_text(schema, arena),
            schema->description ? schema->description : "", notes(schema, arena));
    }
    heading("options");
    out("  %-*s  all parameters at once; '-' reads standard input\n", (int)width, "--params JSON");
    out("  %-*s  print the whole answer as JSON\n", (int)width, "--json");
    out("  %-*s  say what would be done, and do nothing\n", (int)width, "--dry-run");
}

static void print_plugin(const struct target *target)
{
    const struct manifest *manifest = &target->manifest;
    int width = 0;
    out_styled(STYLE_BOLD, "%s", target->name);
    out(" %s - %s\n", target->version, manifest->description ? manifest->description : "");
    out("\nusage: paii run %s ACTION [--PARAMETER VALUE]...\n", target->name);
    heading("actions");
    for (size_t i = 0; i < manifest->action_count; i++) {
        int len = (int)strlen(manifest->actions[i].name);
        width = len > width ? len : width;
    }
    for (size_t i = 0; i < manifest->action_count; i++) {
        const struct action *action = &manifest->actions[i];
        out("  %-*s  %s\n", width, action->name, action->summary ? action->summary : "");
    }
    out("\n'paii run %s ACTION --help' lists the parameters of one.\n", target->name);
}

static void write_schema(struct json_writer *json, const struct value_schema *schema)
{
    json_object(json);
    json_field(json, "name", schema->name);
    json_field(json, "type", schema->type);
    json_field(json, "description", schema->description);
    json_key(json, "required");
    json_boolean(json, schema->required);
    if (schema->fallback) {
        json_key(json, "default");
        json_raw(json, schema->fallback);
    }
    json_end_object(json);
}

static void write_plugin(struct json_writer *json, const struct target *target)
{
    const struct manifest *manifest = &target->manifest;
    json_object(json);
    json_field(json, "plugin", target->name);
    json_field(json, "version", target->version);
    json_field(json, "description", manifest->description);
    json_key(json, "actions");
    json_array(json);
    for (size_t i = 0; i < manifest->action_count; i++) {
        const struct action *action = &manifest->actions[i];
        json_object(json);
        json_field(json, "name", action->name);
        json_field(json, "summary", action->summary);
        json_field(json, "effect", action->effect);
        json_key(json, "params");
        json_array(json);
        for (size_t k = 0; k < action->param_count; k++)
            write_schema(json, &action->params[k]);
        json_end_array(json);
        json_end_object(json);
    }
    json_end_array(json);
    json_end_object(json);
}

void run_help_plugin(const struct target *target, bool json)
{
    if (!json) {
        print_plugin(target);
        return;
    }
    AUTO_BUF text = {0};
    struct json_writer writer = {.out = &text, .indent = true};
    write_plugin(&writer, target);
    buf_putc(&text, '\n');
    out_bytes(text.data, text.len);
}
