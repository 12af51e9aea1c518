#include "runtime/sandbox.h"

#include "base/error.h"
#include "base/fs.h"
#include "base/paths.h"
#include "base/text.h"
#include "runtime/secrets.h"
#include "runtime/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the folder ---- */

/* Folders of runs that were killed: their names begin with the number of a process that is gone. */
static void sweep(const char *runs, struct arena *arena)
{
    struct strings names = {0};
    if (fs_list(&names, arena, runs) < 0) {
        error_clear();
        return;
    }
    for (size_t i = 0; i < names.count; i++) {
        long pid = strtol(names.items[i], NULL, 10);
        if (pid <= 1 || kill((pid_t)pid, 0) == 0 || errno != ESRCH)
            continue;
        if (fs_remove_tree(path_join(arena, runs, names.items[i])) < 0)
            error_clear();
    }
}

static int make_folder(struct sandbox *out, struct arena *arena)
{
    const char *runs = path_join(arena, paths.dir, "run");
    int result = fs_mkdirs(runs, 0700);
    if (result < 0)
        return result;
    sweep(runs, arena);
    char *folder = arena_printf(arena, "%s/%ld-XXXXXX", runs, (long)getpid());
    if (!mkdtemp(folder) || mkdir(path_join(arena, folder, "tmp"), 0700) < 0)
        return fail_errno(ERR_GENERIC, "cannot make a folder in '%s'", runs);
    out->folder = folder;
    return 0;
}

/* Not durable, unlike fs_write(): it is gone in a moment. */
static int write_private(const char *path, const struct buf *text)
{
    AUTO_FD fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 || write(fd, text->data, text->len) != (ssize_t)text->len)
        return fail_errno(ERR_GENERIC, "cannot write '%s'", path);
    return 0;
}

static int open_log(struct sandbox *out, struct arena *arena)
{
    const char *path = path_join(arena, out->folder, "stderr");
    out->log = open(path, O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    return out->log < 0 ? fail_errno(ERR_GENERIC, "cannot write '%s'", path) : 0;
}

const char *sandbox_log_tail(const struct sandbox *sandbox, unsigned lines, struct arena *arena)
{
    enum { TAIL = 8192 };
    off_t size = lseek(sandbox->log, 0, SEEK_END);
    off_t from = size > TAIL ? size - TAIL : 0;
    char *text = arena_alloc(arena, TAIL + 1);
    ssize_t len = size > 0 ? pread(sandbox->log, text, TAIL, from) : 0;
    while (len > 0 && text[len - 1] == '\n')
        len--;
    text[len > 0 ? len : 0] = '\0';
    char *start = text + (len > 0 ? len : 0);
    for (unsigned seen = 0; start > text; start--) {
        seen += start[-1] == '\n';
        if (seen == lines)
            break;
    }
    return start;
}

/* ---- the environment ---- */

static void set_system(struct environment *env, const char *folder)
{
    static const char *const passed[] = {"LANG", "TZ", "TERM", "CLAUDE_PROJECT_DIR"};
    environment_set(env, "PATH", process_path(env->arena));
    environment_set(env, "HOME", paths.home);
    environment_set(env, "TMPDIR", path_join(env->arena, folder, "tmp"));
    for (size_t i = 0; i < sizeof passed / sizeof *passed; i++)
        environment_pass(env, passed[i]);
    environment_set(env, "PYTHONNOUSERSITE", "1");
    environment_set(env, "PYTHONPYCACHEPREFIX", path_join(env->arena, paths.cache, "pycache"));
}

static void set_plugin(struct environment *env, const struct target *target, const char *state)
{
    struct arena *arena = env->arena;
    environment_set(env, "PAII_BIN", paths.program);
    environment_set(env, "PAII_DIR", paths.dir);
    if (strcmp(paths.config, path_join(arena, paths.dir, "paii.toml")) != 0)
        environment_set(env, "PAII_TOML", paths.config);
    environment_set(env, "PAII_PLUGIN", target->name);
    environment_set(env, "PAII_PLUGIN_DIR",
                    arena_printf(arena, "%s/prefix/%s", paths.current, target->name));
    environment_set(env, "PAII_STATE_DIR", state);
}

static int set_configuration(struct sandbox *out, const struct target *target, const char **wrong,
                             struct arena *arena)
{
    AUTO_BUF merged = {0};
    int result = settings_merge(&merged, target, wrong, arena);
    if (result < 0)
        return result;
    const char *path = path_join(arena, out->folder, "config.json");
    environment_set(&out->env, "PAII_CONFIG", path);
    return write_private(path, &merged);
}

static int fill(struct sandbox *out, const struct target *target, const char **wrong,
                struct arena *arena)
{
    const char *state = arena_printf(arena, "%s/%s/data", paths.plugins, target->name);
    const char *missing = NULL;
    int result = fs_mkdirs(state, 0700);
    if (result == 0)
        result = open_log(out, arena);
    if (result == 0)
        result = secrets_set(&out->env, &target->manifest, &missing, arena);
    if (result < 0)
        return result;
    set_system(&out->env, out->folder);
    set_plugin(&out->env, target, state);
    result = set_configuration(out, target, wrong, arena);
    if (missing && !*wrong)
        *wrong = arena_printf(arena, "%s is not set: add it to %s", missing, paths.env_file);
    return result;
}

int sandbox_open(struct sandbox *out, const struct target *target, const char **wrong,
                 struct arena *arena)
{
    *out = (struct sandbox){.log = -1, .env.arena = arena};
    *wrong = NULL;
    int result = make_folder(out, arena);
    if (result == 0)
        result = fill(out, target, wrong, arena);
    if (result < 0)
        sandbox_close(out);
    return result;
}

void sandbox_close(struct sandbox *sandbox)
{
    fd_close(&sandbox->log);
    if (sandbox->folder)
        fs_remove_tree(sandbox->folder); /* best effort: the next run sweeps what remains */
    sandbox->folder = NULL;
}
