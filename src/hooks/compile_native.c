/* Native hooks become handlers. */
#include "hooks/compile.h"

#include "base/fs.h"
#include "base/process.h"
#include "base/term.h"
#include "base/text.h"
#include "claude/native_hooks.h"

#include <string.h>

enum { DEADLINE_MS = 600 * 1000, PROMPT_MS = 30 * 1000, SESSION_END_MS = 60 * 1000 };

static const char *text_of(const struct data *table, const char *key)
{
    const struct data *value = data_get(table, key);
    return value && value->type == DATA_STRING ? value->text : "";
}

static bool flag_of(const struct data *table, const char *key)
{
    const struct data *value = data_get(table, key);
    return value && value->type == DATA_BOOLEAN && value->boolean;
}

static int deadline_of(const struct native_hook *hook)
{
    const struct data *timeout = data_get(hook->data, "timeout");
    const char *event = hook_events[hook->event].name;
    int standard = strcmp(event, "user-prompt-submit") == 0 ? PROMPT_MS
                   : strcmp(event, "session-end") == 0      ? SESSION_END_MS
                                                            : DEADLINE_MS;
    if (!timeout || (timeout->type != DATA_INTEGER && timeout->type != DATA_FLOAT) ||
        !(timeout->number > 0))
        return standard;
    double milliseconds = timeout->number * 1000;
    return milliseconds < 1 ? 1 : milliseconds > DEADLINE_MS ? DEADLINE_MS : (int)milliseconds;
}

/* One word of the exec form; ${CLAUDE_PROJECT_DIR} is known when it runs. */
static const char *word(struct arena *arena, const struct handler *common, const char *text)
{
    text = text_replace(arena, text, "${CLAUDE_PLUGIN_ROOT}", common->stable);
    return text_replace(arena, text, "${CLAUDE_PLUGIN_DATA}", common->data);
}

static const char *own_program(const struct handler *handler, const char *folder, const char *name,
                               struct arena *arena)
{
    const char *path = arena_printf(arena, "%s/%s", folder, name);
    return handler->flags & HANDLER_BUILT && fs_exists(path_join(arena, handler->prefix, path))
               ? path_join(arena, handler->stable, path)
               : NULL;
}

/* A bare name, in the folders that are PATH for the shell form (environment.c). */
static const char *find_program(const struct handler *handler, const char *name,
                                struct arena *arena)
{
    const char *found = own_program(handler, "venv/bin", name, arena);
    if (!found)
        found = process_find(arena, name);
    return found ? found : own_program(handler, "bin", name, arena);
}

static void set_exec(struct handler *handler, const struct native_hook *hook,
                     const struct data *args, struct arena *arena)
{
    char **argv = arena_array(arena, args->count + 2, sizeof *argv);
    size_t count = 0;
    const char *program = word(arena, handler, text_of(hook->data, "command"));
    const char *found = strchr(program, '/') ? NULL : find_program(handler, program, arena);
    argv[count++] = (char *)(found ? found : program);
    for (const struct data *arg = args->children; arg; arg = arg->next)
        if (arg->type == DATA_STRING)
            argv[count++] = (char *)word(arena, handler, arg->text);
    handler->argv = argv;
}

static void set_shell(struct handler *handler, const struct native_hook *hook, struct arena *arena)
{
    const char *shell = text_of(hook->data, "shell");
    const char *bash = strcmp(shell, "bash") == 0 ? process_find(arena, "bash") : NULL;
    char **argv = arena_array(arena, 4, sizeof *argv);
    argv[0] = (char *)(bash ? bash : "/bin/sh");
    argv[1] = (char *)"-c";
    argv[2] = (char *)text_of(hook->data, "command");
    handler->argv = argv;
    handler->flags |= HANDLER_SHELL;
}

static void add(struct compiling *compiling, const struct handler *common,
                const struct native_hook *hook)
{
    struct arena *arena = compiling->arena;
    struct handler *handler = compile_handler(compiling, common, hook->event);
    const struct data *args = data_get(hook->data, "args");
    handler->kind = HANDLER_NATIVE;
    handler->label = arena_printf(arena, "%s:%s %s %u.%u", common->plugin, hook->file,
                                  hook_events[hook->event].client_name, hook->group, hook->entry);
    handler->matcher = hook->matcher;
    handler->condition = text_of(hook->data, "if");
    handler->deadline_ms = deadline_of(hook);
    handler->flags |= (flag_of(hook->data, "async") ? HANDLER_ASYNC : 0u) |
                      (flag_of(hook->data, "once") ? HANDLER_ONCE : 0u);
    if (args && args->type == DATA_ARRAY)
        set_exec(handler, hook, args, arena);
    else
        set_shell(handler, hook, arena);
}

void compile_native(struct compiling *compiling, const struct handler *common)
{
    struct native_hooks hooks;
    struct strings warnings = {0};
    claude_native_hooks(&hooks, common->prefix, &warnings, compiling->arena);
    for (size_t i = 0; i < warnings.count; i++)
        warning("plugin '%s': %s", common->plugin, warnings.items[i]);
    for (size_t i = 0; i < hooks.count; i++)
        if (hooks.items[i].command)
            add(compiling, common, &hooks.items[i]);
}
