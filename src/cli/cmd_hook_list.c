#include "change/project.h"
#include "cli/cmd_hook.h"
#include "cli/command.h"

#include "base/data.h"
#include "hooks/state.h"

#include <stddef.h>
#include <string.h>

struct list_options {
    const char *project, *event;
};

static const char *state_of(const struct handler *handler, const struct breaker *breaker,
                            struct arena *arena)
{
    if (breaker_is_open(breaker, time(NULL)))
        return arena_printf(arena, "left out after %u failures", breaker->failures);
    if (breaker->failures)
        return arena_printf(arena, "%u %s", breaker->failures,
                            breaker->failures == 1 ? "failure" : "failures");
    return handler->flags & HANDLER_DEV ? "live" : "";
}

static const char *mode_of(const struct handler *handler)
{
    if (handler->flags & HANDLER_SPOOL)
        return "spool";
    return handler->flags & HANDLER_ASYNC ? "async" : "sync";
}

static void list_json(struct json_writer *json, const struct handler *handler,
                      const struct breaker *breaker)
{
    json_object(json);
    json_field(json, "name", handler->label);
    json_field(json, "plugin", handler->plugin);
    json_field(json, "event", hook_events[handler->event].name);
    json_field(json, "kind", handler->kind == HANDLER_ACTION ? "action" : "native");
    json_field(json, "matcher", *handler->matcher ? handler->matcher : NULL);
    json_field(json, "if", *handler->condition ? handler->condition : NULL);
    json_key(json, "priority");
    json_integer(json, handler->priority);
    json_field(json, "mode", mode_of(handler));
    json_field(json, "on_error", handler->flags & HANDLER_CLOSED ? "closed" : "open");
    json_key(json, "timeout_ms");
    json_integer(json, handler->deadline_ms);
    json_key(json, "command");
    json_array(json);
    for (char *const *word = handler->argv; *word; word++)
        json_string(json, *word);
    json_end_array(json);
    json_key(json, "failures");
    json_integer(json, breaker->failures);
    json_key(json, "left_out");
    json_boolean(json, breaker_is_open(breaker, time(NULL)));
    json_end_object(json);
}

/* pre-tool-use
 *     10  security:check         closed  150 ms   Bash|Write
 *      0  fmt:hooks/hooks.json…  open    600000 ms                */
static void list_text(const struct handler *handler, const struct breaker *breaker, int width,
                      struct arena *arena)
{
    const char *state = state_of(handler, breaker, arena);

    out("%5d  %-*s  %-6s  %-5s  %6d ms", handler->priority, width, handler->label,
        handler->flags & HANDLER_CLOSED ? "closed" : "open", mode_of(handler),
        handler->deadline_ms);
    if (*handler->matcher)
        out("  %s", handler->matcher);
    if (*handler->condition)
        out("  if %s", handler->condition);
    if (*state)
        out("  (%s)", state);
    out("\n");
}

static int width_of(const struct hook_table *table, int event, size_t count, struct arena *arena)
{
    size_t width = 0;
    for (size_t i = 0; i < count; i++) {
        struct handler handler;
        hook_table_get(table, event, i, &handler, arena);
        size_t len = strlen(handler.label);
        width = len > width ? len : width;
    }
    return (int)width;
}

static size_t list_event(const struct hook_table *table, int event, struct json_writer *json,
                         struct arena *arena)
{
    size_t count = hook_table_count(table, event);
    int width = width_of(table, event, count, arena);

    if (count && !term_json())
        out_styled(STYLE_BOLD, "%s\n", hook_events[event].name);
    for (size_t i = 0; i < count; i++) {
        struct handler handler;
        struct breaker breaker;
        hook_table_get(table, event, i, &handler, arena);
        breaker_read(&breaker, &handler, arena);
        if (term_json())
            list_json(json, &handler, &breaker);
        else
            list_text(&handler, &breaker, width, arena);
    }
    return count;
}

static int run(struct invocation *call)
{
    const struct list_options *options = call->options;
    int only = options->event ? hook_event_of(options->event) : -1;
    AUTO_BUF text = {0};
    struct json_writer json = {.out = &text, .indent = true};
    struct hook_table table;
    size_t count = 0;

    if (options->event && only < 0)
        return only;
    int result = hook_table_open(&table, call->arena);
    if (result < 0)
        return result;
    json_array(&json);
    for (int event = 0; event < HOOK_EVENTS; event++) {
        if (only < 0 || only == event)
            count += list_event(&table, event, &json, call->arena);
    }
    json_end_array(&json);
    buf_putc(&text, '\n');
    if (term_json())
        out_bytes(text.data, text.len);
    else if (!count)
        note("no installed plugin handles %s",
             options->event ? hook_events[only].name : "any event");
    hook_table_close(&table);
    return 0;
}

const struct command hook_list_command = {
    .name = "list",
    .summary = "list the handlers, in the order in which they run",
    .description = "Each with its priority, whether its failure blocks (closed) or not (open), "
                   "its mode and its deadline. Those of one priority run side by side.",
    .needs = NEEDS_PATHS,
    .options =
        (const struct option[]){
            {"event", 0, OPTION_STRING, offsetof(struct list_options, event), "EVENT",
             "only the handlers of this event"},
            PROJECT_OPTION(struct list_options, "those of this repository"),
            {0},
        },
    .options_size = sizeof(struct list_options),
    .run = run,
};
