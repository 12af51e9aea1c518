/*
 * Commands of a build: their output goes to the log, and its last lines into the error.
 */
#include "build/build_private.h"

#include "base/error.h"
#include "base/fs.h"
#include "base/orphans.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    DEADLINE_MS = 30 * 60 * 1000,
    TAIL_LINES = 15,
    TAIL_BYTES = 4096,
    CAPTURE_MAX = 64 << 20,
    ORPHANS_LIMIT_MS = 10000,
};

static const char *command_line(struct arena *arena, const char *const *argv)
{
    struct strings words = {0};
    for (; *argv; argv++)
        strings_add(&words, arena, *argv);
    return strings_join(&words, arena, " ");
}

static int open_log(struct build_job *job, const char *line)
{
    int fd = open(job->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        return fail_errno(ERR_GENERIC, "cannot write the build log '%s'", job->log);
    const char *header = arena_printf(job->arena, "$ %s\n", line);
    if (write(fd, header, strlen(header)) < 0) {
        int result = fail_errno(ERR_GENERIC, "cannot write the build log '%s'", job->log);
        close(fd);
        return result;
    }
    return fd;
}

/* The last lines of what was logged since `start`, each indented; "" for nothing. */
static const char *log_tail(struct build_job *job, off_t start)
{
    AUTO_FD fd = open(job->log, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    off_t end = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
    if (end <= start)
        return "";
    if (end - start > TAIL_BYTES)
        start = end - TAIL_BYTES;
    char text[TAIL_BYTES];
    ssize_t len = pread(fd, text, (size_t)(end - start), start);
    while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
        len--;
    ssize_t begin = len;
    for (int lines = 0; begin > 0; begin--)
        if (text[begin - 1] == '\n' && ++lines == TAIL_LINES)
            break;
    AUTO_BUF tail = {0};
    for (ssize_t at = begin; at < len;) {
        const char *eol = memchr(text + at, '\n', (size_t)(len - at));
        ssize_t next = eol ? eol - text : len;
        buf_puts(&tail, "\n    ");
        buf_add(&tail, text + at, (size_t)(next - at));
        at = next + 1;
    }
    return arena_strdup(job->arena, buf_text(&tail));
}

static const char *how_it_ended(struct arena *arena, int status)
{
    if (status == 124)
        return arena_printf(arena, "took longer than %d minutes", DEADLINE_MS / 60000);
    if (status > 128)
        return arena_printf(arena, "was ended by signal %d", status - 128);
    return arena_printf(arena, "failed with status %d", status);
}

static int report(struct build_job *job, int status, const char *line, off_t start)
{
    const char *tail = log_tail(job, start);
    int result = fail(ERR_GENERIC, "cannot build '%s': '%s' %s%s%s", job->manifest->name, line,
                      how_it_ended(job->arena, status), *tail ? ":" : "", tail);
    error_hint("the whole output is in '%s'", job->log);
    return result;
}

static int run(struct build_job *job, const char *cwd, const char *const *argv, struct buf *out)
{
    const char *line = command_line(job->arena, argv);
    strings_add(&job->steps, job->arena, line);
    AUTO_FD log = open_log(job, line);
    if (log < 0)
        return log;
    off_t start = lseek(log, 0, SEEK_END);
    struct process process = {
        .argv = (char *const *)argv,
        .envp = environment_vector(&job->env),
        .cwd = cwd,
        .in = -1,
        .out = log,
        .err = log,
        .deadline_ms = DEADLINE_MS,
    };
    int status = 0;
    orphans_begin();
    int result =
        out ? process_capture(&status, out, &process, NULL, 0) : process_run(&status, &process);
    orphans_kill(NULL, NULL, ORPHANS_LIMIT_MS);
    orphans_end();
    if (result < 0)
        return error_context(result, "cannot build '%s'", job->manifest->name);
    return status == 0 ? 0 : report(job, status, line, start);
}

int build_command(struct build_job *job, const char *cwd, const char *const *argv)
{
    return run(job, cwd, argv, NULL);
}

int build_capture(struct build_job *job, const char *cwd, const char *const *argv, struct buf *out)
{
    out->max = CAPTURE_MAX;
    return run(job, cwd, argv, out);
}

bool build_ask(struct buf *out, const char *const *argv)
{
    static const char *const passed[] = {"PATH",         "HOME",       "RUSTUP_HOME",
                                         "CARGO_HOME",   "PYENV_ROOT", "RUSTUP_TOOLCHAIN",
                                         "PYENV_VERSION"};
    struct arena arena = {0};
    struct environment env = {.arena = &arena};
    for (size_t i = 0; i < sizeof passed / sizeof *passed; i++)
        environment_pass(&env, passed[i]);
    environment_set(&env, "LANG", "C.UTF-8");
    struct process process = {
        .argv = (char *const *)argv,
        .envp = environment_vector(&env),
        .cwd = "/",
        .in = -1,
        .out = -1,
        .err = -1,
        .deadline_ms = 20000,
    };
    int status = 0;
    out->max = 64 << 10;
    bool answered = process_capture(&status, out, &process, NULL, 0) == 0 && status == 0;
    arena_release(&arena);
    return answered;
}
