#include "base/process.h"

#include "base/error.h"
#include "base/fs.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- environment ---- */

void environment_set(struct environment *env, const char *name, const char *value)
{
    const char *entry = arena_printf(env->arena, "%s=%s", name, value);
    size_t prefix = strlen(name) + 1;
    for (size_t i = 0; i < env->entries.count; i++) {
        if (!strncmp(env->entries.items[i], entry, prefix)) {
            env->entries.items[i] = entry;
            return;
        }
    }
    strings_add(&env->entries, env->arena, entry);
}

void environment_pass(struct environment *env, const char *name)
{
    const char *value = getenv(name);
    if (value)
        environment_set(env, name, value);
}

char *const *environment_vector(struct environment *env)
{
    char **vector = arena_array(env->arena, env->entries.count + 1, sizeof *vector);
    for (size_t i = 0; i < env->entries.count; i++)
        vector[i] = (char *)env->entries.items[i];
    return vector;
}

/* ---- finding ---- */

static bool is_program(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

const char *process_path(struct arena *arena)
{
    struct strings all = {0}, kept = {0};
    const char *path = getenv("PATH");
    strings_split(&all, arena, path ? path : "", ':');
    for (size_t i = 0; i < all.count; i++) {
        if (all.items[i][0] == '/')
            strings_add(&kept, arena, all.items[i]);
    }
    return kept.count ? strings_join(&kept, arena, ":") : "/usr/local/bin:/usr/bin:/bin";
}

char *process_find(struct arena *arena, const char *name)
{
    if (name[0] == '/')
        return is_program(name) ? arena_strdup(arena, name) : NULL;
    if (!name[0] || strchr(name, '/'))
        return NULL;
    const char *path = getenv("PATH");
    struct strings folders = {0};
    strings_split(&folders, arena, path ? path : "/usr/local/bin:/usr/bin:/bin", ':');
    for (size_t i = 0; i < folders.count; i++) {
        if (folders.items[i][0] != '/')
            continue;
        char *candidate = arena_printf(arena, "%s/%s", folders.items[i], name);
        if (is_program(candidate))
            return candidate;
    }
    return NULL;
}

/* ---- starting ---- */

enum { MAX_EXTRA = 8, FIRST_SAFE_FD = 32 };

/*
 * The child's descriptors are first duplicated above FIRST_SAFE_FD, so that putting one in its
 * place never overwrites another that is still to be moved.
 */
struct child_fds {
    int items[3 + MAX_EXTRA]; /* -1: /dev/null */
    size_t count;
};

static void child_fds_close(struct child_fds *fds)
{
    for (size_t i = 0; i < fds->count; i++)
        fd_close(&fds->items[i]);
}

static int child_fds_open(struct child_fds *fds, const struct process *process)
{
    int wanted[3 + MAX_EXTRA] = {process->in, process->out, process->err};
    assert(process->extra_count <= MAX_EXTRA);
    for (size_t i = 0; i < process->extra_count; i++)
        wanted[3 + i] = process->extra[i];
    for (; fds->count < 3 + process->extra_count; fds->count++) {
        int fd = wanted[fds->count];
        if (fd >= 0) {
            fd = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_SAFE_FD);
            if (fd < 0)
                return fail_errno(ERR_GENERIC, "cannot run '%s'", process->argv[0]);
        }
        fds->items[fds->count] = fd;
    }
    return 0;
}

/* Somebody who started us may have made us ignore our children; their status would be lost. */
static void keep_child_status(void)
{
    struct sigaction action;
    if (sigaction(SIGCHLD, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
        signal(SIGCHLD, SIG_DFL);
}

/* Failures of these calls are out of memory alone, which the spawn reports by failing, too. */
static void describe_child(posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes,
                           const struct child_fds *fds, const struct process *process)
{
    for (size_t i = 0; i < fds->count; i++) {
        if (fds->items[i] < 0)
            posix_spawn_file_actions_addopen(actions, (int)i, "/dev/null", O_RDWR, 0);
        else
            posix_spawn_file_actions_adddup2(actions, fds->items[i], (int)i);
    }
    posix_spawn_file_actions_addclosefrom_np(actions, (int)fds->count);
    if (process->cwd)
        posix_spawn_file_actions_addchdir_np(actions, process->cwd);

    static const int to_default[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGPIPE, SIGCHLD};
    sigset_t set;
    sigemptyset(&set);
    posix_spawnattr_setsigmask(attributes, &set);
    for (size_t i = 0; i < sizeof to_default / sizeof *to_default; i++)
        sigaddset(&set, to_default[i]);
    posix_spawnattr_setsigdefault(attributes, &set);
    posix_spawnattr_setflags(attributes,
                             POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

int process_start(pid_t *out, const struct process *process)
{
    assert(process->argv[0][0] == '/');
    keep_child_status();
    struct child_fds fds = {0};
    int result = child_fds_open(&fds, process);
    if (result < 0) {
        child_fds_close(&fds);
        return result;
    }
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    describe_child(&actions, &attributes, &fds, process);
    errno = posix_spawn(out, process->argv[0], &actions, &attributes, process->argv, process->envp);
    if (errno && process->cwd && !fs_is_dir(process->cwd))
        result = fail_errno(ERR_GENERIC, "cannot run '%s' in '%s'", process->argv[0], process->cwd);
    else if (errno)
        result = fail_errno(ERR_GENERIC, "cannot run '%s'", process->argv[0]);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    child_fds_close(&fds);
    return result;
}

/* ---- waiting ---- */

/*
 * While a child is waited for, the signals that end us and SIGCHLD are blocked except inside
 * ppoll(), so none is lost between looking and sleeping.
 */
static const int watched[] = {SIGCHLD, SIGINT, SIGTERM, SIGHUP, SIGQUIT};
enum { WATCHED = sizeof watched / sizeof *watched };
static volatile sig_atomic_t caught;

static void on_signal(int number)
{
    if (number != SIGCHLD)
        caught = number;
}

struct signal_watch {
    struct sigaction before[WATCHED], pipe_before;
    sigset_t mask_before, mask_open;
};

static void watch_begin(struct signal_watch *watch)
{
    sigset_t block;
    sigemptyset(&block);
    for (int i = 0; i < WATCHED; i++)
        sigaddset(&block, watched[i]);
    sigprocmask(SIG_BLOCK, &block, &watch->mask_before);
    watch->mask_open = watch->mask_before;
    caught = 0;
    struct sigaction action = {.sa_handler = on_signal};
    for (int i = 0; i < WATCHED; i++) {
        sigdelset(&watch->mask_open, watched[i]);
        sigaction(watched[i], NULL, &watch->before[i]);
        if (watched[i] == SIGCHLD || watch->before[i].sa_handler != SIG_IGN)
            sigaction(watched[i], &action, NULL);
    }
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &ignore, &watch->pipe_before);
}

/* Returns the signal that should have ended us, raised again under its own handler; 0 for none. */
static int watch_end(struct signal_watch *watch)
{
    int number = caught;
    for (int i = 0; i < WATCHED; i++)
        sigaction(watched[i], &watch->before[i], NULL);
    sigaction(SIGPIPE, &watch->pipe_before, NULL);
    sigprocmask(SIG_SETMASK, &watch->mask_before, NULL);
    if (number)
        raise(number);
    return number;
}

/* What is fed to and collected from a child meanwhile. Descriptors are -1 when done. */
struct pump {
    int to_child, from_child;
    int child_in, child_out; /* the other ends, the child's alone once it has started */
    const char *input;
    size_t input_len;
    struct buf *out;
};

#define NO_PUMP                                                                                    \
    {                                                                                              \
        .to_child = -1, .from_child = -1, .child_in = -1, .child_out = -1                          \
    }

static void pump_input(struct pump *pump)
{
    while (pump->to_child >= 0) {
        ssize_t n = pump->input_len ? write(pump->to_child, pump->input, pump->input_len) : 0;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n <= 0) { /* all written, or the child does not want it */
            fd_close(&pump->to_child);
            return;
        }
        pump->input += n;
        pump->input_len -= (size_t)n;
    }
}

static void pump_output(struct pump *pump)
{
    char chunk[16384];
    while (pump->from_child >= 0 && !pump->out->overflow) {
        ssize_t n = read(pump->from_child, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n <= 0) {
            fd_close(&pump->from_child);
            return;
        }
        buf_add(pump->out, chunk, (size_t)n);
    }
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool has_ended(pid_t pid)
{
    siginfo_t info = {0};
    return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid == pid;
}

/* Until the child ended, must end, or the pump overflowed. Returns whether the deadline has passed.
 */
static bool wait_for_end(pid_t pid, int deadline_ms, const sigset_t *mask, struct pump *pump)
{
    int64_t end = now_ms() + deadline_ms;
    while (!has_ended(pid) && !caught && !(pump->out && pump->out->overflow)) {
        int64_t left = deadline_ms ? end - now_ms() : 0;
        if (deadline_ms && left <= 0)
            return true;
        struct pollfd fds[2] = {{.fd = pump->to_child, .events = POLLOUT},
                                {.fd = pump->from_child, .events = POLLIN}};
        struct timespec timeout = {left / 1000, left % 1000 * 1000000};
        if (ppoll(fds, 2, deadline_ms ? &timeout : NULL, mask) <= 0)
            continue;
        pump_input(pump);
        pump_output(pump);
    }
    return false;
}

/*
 * Kills what is left of the group. The leader is reaped only after that: as long as it is there its
 * number cannot belong to anybody else.
 */
static int end_group(pid_t pid)
{
    int status = 255 << 8; /* were it reaped by somebody else, it has not succeeded */
    kill(-pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    for (int i = 0; i < 50 && kill(-pid, 0) == 0; i++) { /* init, or we, reap the others */
        if (waitpid(-pid, NULL, WNOHANG) <= 0)
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int supervise(int *status, pid_t pid, int deadline_ms, struct signal_watch *watch,
                     struct pump *pump)
{
    bool late = wait_for_end(pid, deadline_ms, &watch->mask_open, pump);
    *status = end_group(pid);
    if (late)
        *status = 124;
    pump_output(pump); /* what was written before the end */
    if (watch_end(watch))
        return fail(ERR_INTERRUPTED, "interrupted");
    return 0;
}

int process_finish(int *status, pid_t pid, int deadline_ms)
{
    struct pump pump = NO_PUMP;
    struct signal_watch watch;
    watch_begin(&watch);
    return supervise(status, pid, deadline_ms, &watch, &pump);
}

/* The watch begins before the start, so that a signal in between cannot leave the child behind. */
static int run_watched(int *status, const struct process *process, struct pump *pump)
{
    struct signal_watch watch;
    watch_begin(&watch);
    pid_t pid;
    int result = process_start(&pid, process);
    fd_close(&pump->child_in);
    fd_close(&pump->child_out);
    if (result < 0) {
        watch_end(&watch);
        return result;
    }
    return supervise(status, pid, process->deadline_ms, &watch, pump);
}

int process_run(int *status, const struct process *process)
{
    struct pump pump = NO_PUMP;
    return run_watched(status, process, &pump);
}

int process_capture(int *status, struct buf *out, const struct process *process, const void *input,
                    size_t input_len)
{
    int in[2] = {-1, -1}, from[2] = {-1, -1};
    bool piped = pipe2(in, O_CLOEXEC) == 0 && pipe2(from, O_CLOEXEC) == 0;
    int result = piped ? 0 : fail_errno(ERR_GENERIC, "cannot run '%s'", process->argv[0]);
    struct pump pump = {
        .to_child = in[1],
        .from_child = from[0],
        .child_in = in[0],
        .child_out = from[1],
        .input = input,
        .input_len = input_len,
        .out = out,
    };
    if (piped) {
        fcntl(in[1], F_SETFL, O_NONBLOCK);
        fcntl(from[0], F_SETFL, O_NONBLOCK);
        struct process connected = *process;
        connected.in = in[0];
        connected.out = from[1];
        result = run_watched(status, &connected, &pump);
    }
    fd_close(&pump.child_in);
    fd_close(&pump.child_out);
    fd_close(&pump.to_child);
    fd_close(&pump.from_child);
    return result;
}
