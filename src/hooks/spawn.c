/* Starting a handler: a process group of its own, three descriptors, nothing else. */
#include "hooks/run_private.h"

#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROJECT "${CLAUDE_PROJECT_DIR}"

static const char *with_project(const char *word, const char *project, struct arena *arena)
{
    AUTO_BUF out = {0};
    const char *at = word;
    for (const char *hit; (hit = strstr(at, PROJECT)); at = hit + strlen(PROJECT)) {
        buf_add(&out, at, (size_t)(hit - at));
        buf_puts(&out, project);
    }
    buf_puts(&out, at);
    return arena_strdup(arena, buf_text(&out));
}

/* A shell reads the variable itself; an action knows nothing of it. */
static char *const *arguments(const struct handler *handler, const struct batch *batch)
{
    bool holds = false;
    size_t count = 0;
    for (; handler->argv[count]; count++)
        holds |= strstr(handler->argv[count], PROJECT) != NULL;
    if (!holds || handler->kind != HANDLER_NATIVE || (handler->flags & HANDLER_SHELL))
        return handler->argv;
    const char *project = getenv("CLAUDE_PROJECT_DIR");
    if (!project)
        project = batch->payload->cwd ? batch->payload->cwd : ".";
    char **argv = arena_array(batch->arena, count + 1, sizeof *argv);
    for (size_t i = 0; i < count; i++)
        argv[i] = (char *)with_project(handler->argv[i], project, batch->arena);
    return argv;
}

/* Failures of these calls are out of memory alone, which the spawn reports by failing, too. */
static int spawn(struct child *child, const struct batch *batch, int in, int out, int err)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);

    static const int to_default[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGPIPE, SIGCHLD};
    sigset_t set;
    sigemptyset(&set);
    posix_spawnattr_setsigmask(&attributes, &set);
    for (size_t i = 0; i < sizeof to_default / sizeof *to_default; i++)
        sigaddset(&set, to_default[i]);
    posix_spawnattr_setsigdefault(&attributes, &set);
    int group = batch->has_terminal ? POSIX_SPAWN_SETSID : POSIX_SPAWN_SETPGROUP;
    posix_spawnattr_setflags(&attributes,
                             (short)(group | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF));
    int error =
        posix_spawn(&child->pid, child->argv[0], &actions, &attributes, child->argv, child->envp);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return error;
}

static int open_input(struct child *child, struct batch *batch)
{
    if (child->run->handler->kind == HANDLER_NATIVE)
        return input_open_payload(batch);
    struct input request;
    request_make(&request, child->run, batch);
    return input_open(&request);
}

static int start(struct child *child, struct batch *batch)
{
    int out[2] = {-1, -1}, err[2] = {-1, -1};
    AUTO_FD in = open_input(child, batch);
    int error = in < 0 || pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0 ? errno : 0;
    if (!error)
        error = spawn(child, batch, in, out[1], err[1]);
    fd_close(&out[1]);
    fd_close(&err[1]);
    child->out = out[0];
    child->err = err[0];
    if (error) {
        fd_close(&child->out);
        fd_close(&child->err);
    }
    return error;
}

const char *child_start(struct child *child, struct batch *batch)
{
    child->argv = arguments(child->run->handler, batch);
    int error = start(child, batch);
    return error
               ? arena_printf(batch->arena, "cannot run '%s': %s", child->argv[0], strerror(error))
               : NULL;
}
