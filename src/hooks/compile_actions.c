/* Hooks of plugin.toml become handlers: everything that running one needs is resolved now. */
#include "hooks/compile.h"

#include "base/error.h"
#include "base/fs.h"
#include "base/paths.h"
#include "base/term.h"
#include "hooks/payload.h"
#include "runtime/settings.h"

#include <string.h>

enum { DEADLINE_MS = 5000 };

static const char *const *vector_of(const struct strings *list, struct arena *arena)
{
    const char **items = arena_array(arena, list->count + 1, sizeof *items);
    if (list->count)
        memcpy(items, list->items, list->count * sizeof *items);
    return items;
}

static const char *const *params_of(const struct manifest *manifest, const char *action,
                                    struct arena *arena)
{
    const struct action *found = manifest_action(manifest, action);
    struct strings names = {0};
    for (size_t i = 0; found && i < found->param_count; i++)
        strings_add(&names, arena, found->params[i].name);
    return vector_of(&names, arena);
}

static const char *const *secrets_of(const struct manifest *manifest, struct arena *arena)
{
    struct strings names = {0};
    for (size_t i = 0; i < manifest->env_count; i++)
        strings_add(&names, arena,
                    arena_printf(arena, "%s%s", manifest->env[i].required ? "!" : "",
                                 manifest->env[i].name));
    return vector_of(&names, arena);
}

/* What cannot be started now is a failure each time: whether that blocks is for `on_error` to say.
 * It must not keep a person from installing something else. */
static char *const *command_of(const struct target *target, const struct hook *hook,
                               struct arena *arena)
{
    char *const *argv;
    if (target_command(&argv, target, &hook->action, 1, arena) == 0)
        return argv;
    warning("hook '%s' will fail: %s", hook->event, error_text());
    error_clear();
    char **missing = arena_array(arena, 3, sizeof *missing);
    missing[0] = path_join(arena, path_join(arena, target->prefix, "bin"), target->name);
    missing[1] = (char *)hook->action;
    return missing;
}

static int deadline_of(const struct manifest *manifest, const struct hook *hook)
{
    const struct action *action = manifest_action(manifest, hook->action);
    return hook->timeout_ms               ? hook->timeout_ms
           : action && action->timeout_ms ? action->timeout_ms
                                          : DEADLINE_MS;
}

/* The merged configuration as of now, as a file that handlers are given as it is. A configuration
 * that is wrong has no file: it is merged again when a handler runs, which then says why. */
static int write_config(struct compiling *compiling, struct handler *common,
                        const struct target *target)
{
    struct arena *arena = compiling->arena;
    AUTO_BUF text = {0};
    const char *wrong = NULL, *name = arena_printf(arena, "config/%s.json", target->name);
    common->config_stamp = config_stamp(target->name, arena);
    int result = settings_merge(&text, target, &wrong, arena);
    if (result == -ERR_GENERIC) /* a file that cannot be read now is not wrong */
        return result;
    if (result < 0 || wrong) {
        error_clear();
        return 0;
    }
    const char *file = path_join(arena, compiling->generation_dir, name);
    result = fs_mkdirs(path_dir(arena, file), 0700);
    if (result == 0)
        result = fs_write(file, text.data, text.len, 0600);
    common->config = arena_strdup(arena, buf_text(&text));
    common->config_file =
        arena_printf(arena, "%s/%u/%s", paths.generations, compiling->set->generation, name);
    return result;
}

static void add(struct compiling *compiling, const struct handler *common,
                const struct target *target, const struct hook *hook)
{
    struct arena *arena = compiling->arena;
    int event = hook_event_index(hook->event);
    if (event < 0)
        return;
    struct handler *handler = compile_handler(compiling, common, event);
    handler->kind = HANDLER_ACTION;
    handler->label = arena_printf(arena, "%s:%s", target->name, hook->action);
    handler->matcher = hook->matcher ? hook->matcher : "";
    handler->action = hook->action;
    handler->priority = hook->priority;
    handler->argv = command_of(target, hook, arena);
    handler->params = params_of(&target->manifest, hook->action, arena);
    handler->secrets = secrets_of(&target->manifest, arena);
    handler->deadline_ms = deadline_of(&target->manifest, hook);
    handler->flags |= (hook->closed ? HANDLER_CLOSED : 0u) | (hook->spool ? HANDLER_SPOOL : 0u);
    if (!matcher_valid(handler->matcher))
        warning("plugin '%s': hook '%s' never runs: its matcher '%s' is no regular expression",
                target->name, hook->event, hook->matcher);
}

/* Whether the lock says that the plugin has hooks: then a manifest that cannot be read matters. */
static bool has_hooks(const struct package *package)
{
    return package->capabilities && strstr(package->capabilities, "hook:");
}

int compile_actions(struct compiling *compiling, const struct handler *common,
                    const struct package *package)
{
    struct arena *arena = compiling->arena;
    struct target target = {
        .name = package->name, .version = package->version, .prefix = common->prefix};
    struct diags diags = {.arena = arena};
    struct handler own = *common;
    int result = manifest_read(&target.manifest, arena, target.prefix, &diags);
    if (result < 0 && !has_hooks(package)) {
        error_clear();
        return 0;
    }
    if (result < 0) {
        error_hint("'paii repair %s' makes it anew", package->name);
        return error_context(result, "hooks of plugin '%s'", package->name);
    }
    if (target.manifest.hook_count)
        result = write_config(compiling, &own, &target);
    for (size_t i = 0; i < target.manifest.hook_count && result == 0; i++)
        add(compiling, &own, &target, &target.manifest.hooks[i]);
    return result;
}
