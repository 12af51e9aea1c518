/*
 * What a handler finds in its environment: built from zero, in either dialect (docs/hooks.md,
 * docs/protocol.md). The client's own variables, its API key among them, stop here.
 */
#include "hooks/run_private.h"

#include "base/error.h"
#include "base/fs.h"
#include "base/paths.h"
#include "runtime/secrets.h"
#include "runtime/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void environment_begin(struct batch *batch)
{
    static const char *const passed[] = {"LANG", "LC_ALL", "TZ",
                                         "TERM", "TMPDIR", "CLAUDE_PROJECT_DIR"};
    struct environment *env = &batch->common;
    env->arena = batch->arena;
    environment_set(env, "PATH", process_path(batch->arena));
    environment_set(env, "HOME", paths.home);
    /* Root could write beside the sources, and then they are no longer what was installed. */
    environment_set(env, "PYTHONPYCACHEPREFIX", path_join(env->arena, paths.cache, "pycache"));
    for (size_t i = 0; i < sizeof passed / sizeof *passed; i++)
        environment_pass(env, passed[i]);
}

static const char *recorded_error(struct arena *arena)
{
    const char *why = arena_strdup(arena, error_text());
    error_clear();
    return why;
}

/* ---- secrets ---- */

/* The row's list as the manifest's table that it came from. */
static void declared(struct manifest *out, const struct handler *handler, struct arena *arena)
{
    *out = (struct manifest){0};
    for (const char *const *name = handler->secrets; name && *name; name++) {
        bool required = **name == '!';
        *arena_push(arena, &out->env, &out->env_count, &out->env_capacity) =
            (struct env_variable){.name = *name + required, .required = required};
    }
}

static const char *set_secrets(struct environment *env, struct handler_run *run)
{
    struct manifest manifest;
    struct environment given = {.arena = env->arena};
    const char *missing;
    declared(&manifest, run->handler, env->arena);
    if (manifest.env_count == 0)
        return NULL;
    if (secrets_set(&given, &manifest, &missing, env->arena) < 0)
        return recorded_error(env->arena);
    for (size_t i = 0; i < given.entries.count; i++) {
        const char *entry = given.entries.items[i], *value = strchr(entry, '=') + 1;
        environment_set(env, arena_strndup(env->arena, entry, (size_t)(value - entry) - 1), value);
        strings_add(&run->secrets, env->arena, value);
    }
    return missing
               ? arena_printf(env->arena, "%s is not set: add it to %s", missing, paths.env_file)
               : NULL;
}

/* ---- the configuration of an action ---- */

/* Below PAII_DIR/run, where the next action sweeps what a killed process left. */
static const char *write_config(struct child *child, const struct buf *text, struct arena *arena)
{
    const char *folder = path_join(arena, paths.dir, "run");
    char *path = arena_printf(arena, "%s/%ld-XXXXXX", folder, (long)getpid());
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return arena_printf(arena, "cannot make '%s': %s", folder, strerror(errno));
    AUTO_FD fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0)
        return arena_printf(arena, "cannot write below '%s': %s", folder, strerror(errno));
    child->config_file = path;
    if (write(fd, text->data, text->len) != (ssize_t)text->len)
        return arena_printf(arena, "cannot write '%s': %s", path, strerror(errno));
    return NULL;
}

/* Somebody edited a file since the commit: merged again, as `paii run` does. */
static const char *merge_again(struct child *child, struct arena *arena)
{
    struct target target;
    AUTO_BUF text = {0};
    const char *wrong = NULL;
    if (target_open(&target, child->run->handler->plugin, arena) < 0 ||
        settings_merge(&text, &target, &wrong, arena) < 0)
        return recorded_error(arena);
    return wrong ? wrong : write_config(child, &text, arena);
}

static const char *set_config(struct environment *env, struct child *child)
{
    const struct handler *handler = child->run->handler;
    bool fresh =
        *handler->config_file && config_stamp(handler->plugin, env->arena) == handler->config_stamp;
    const char *why = fresh ? NULL : merge_again(child, env->arena);
    if (!why)
        environment_set(env, "PAII_CONFIG", fresh ? handler->config_file : child->config_file);
    return why;
}

/* ---- the two dialects ---- */

static const char *set_action(struct environment *env, struct child *child,
                              const struct batch *batch)
{
    const struct handler *handler = child->run->handler;
    const struct chain *chain = &batch->chain;
    struct arena *arena = env->arena;
    const char *why = chain_forbids(chain, handler->plugin, handler->action, arena);
    if (why)
        return why;
    environment_set(env, "PAII_PROTOCOL", "1");
    environment_set(env, "PAII_BIN", paths.program);
    environment_set(env, "PAII_DIR", paths.dir);
    if (strcmp(paths.config, path_join(arena, paths.dir, "paii.toml")) != 0)
        environment_set(env, "PAII_TOML", paths.config);
    environment_set(env, "PAII_PLUGIN", handler->plugin);
    environment_set(env, "PAII_PLUGIN_DIR", handler->stable);
    environment_set(env, "PAII_STATE_DIR", handler->data);
    environment_set(env, "PAII_DEPTH", arena_printf(arena, "%d", chain->depth));
    environment_set(env, "PAII_CALLERS",
                    arena_printf(arena, "%s%s%s.%s", chain->callers, *chain->callers ? ">" : "",
                                 handler->plugin, handler->action));
    environment_set(env, "PAII_DEADLINE_MS",
                    arena_printf(arena, "%lld", (long long)chain_now() + child->deadline_ms));
    environment_set(env, "PYTHONNOUSERSITE", "1");
    return set_config(env, child);
}

static void set_native(struct environment *env, const struct handler *handler)
{
    static const char *const passed[] = {"CLAUDECODE", "CLAUDE_CODE_SESSION_ID",
                                         "CLAUDE_CODE_ENTRYPOINT", "CLAUDE_ENV_FILE",
                                         "CLAUDE_EFFORT"};
    if (handler->flags & HANDLER_BUILT) /* as docs/build.md has it */
        environment_set(env, "PATH",
                        arena_printf(env->arena, "%s/venv/bin:%s:%s/bin", handler->stable,
                                     process_path(env->arena), handler->stable));
    environment_set(env, "CLAUDE_PLUGIN_ROOT", handler->stable);
    environment_set(env, "CLAUDE_PLUGIN_DATA", handler->data);
    for (size_t i = 0; i < sizeof passed / sizeof *passed; i++)
        environment_pass(env, passed[i]);
}

/* Best effort: a handler that needs its folder says so itself. */
static void make_data_folder(const char *folder)
{
    if (mkdir(folder, 0700) != 0 && errno == ENOENT && fs_mkdirs(folder, 0700) < 0)
        error_clear();
}

const char *environment_make(struct child *child, const struct batch *batch)
{
    static unsigned runs; /* no two runs of this process have the same mark */
    const struct handler *handler = child->run->handler;
    struct environment env = {.arena = batch->arena};
    for (size_t i = 0; i < batch->common.entries.count; i++)
        strings_add(&env.entries, batch->arena, batch->common.entries.items[i]);
    const char *why = set_secrets(&env, child->run);
    if (why)
        return why;
    const char *mark = arena_printf(batch->arena, "%ld.%u", (long)getpid(), ++runs);
    environment_set(&env, "PAII_HANDLER", mark);
    child->mark = arena_printf(batch->arena, "PAII_HANDLER=%s", mark);
    make_data_folder(handler->data);
    if (handler->kind == HANDLER_NATIVE)
        set_native(&env, handler);
    else
        why = set_action(&env, child, batch);
    child->envp = environment_vector(&env);
    return why;
}
