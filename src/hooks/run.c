#include "hooks/run_private.h"

#include "base/error.h"
#include "base/fs.h"
#include "base/orphans.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    OUT_MAX = 64 * 1024,
    ERR_MAX = 16 * 1024,
    GRACE_US = 200 * 1000, /* between SIGTERM and SIGKILL */
    LOOK_US = 10 * 1000,   /* how often a killed handler is looked after */
    GIVE_UP_US = 500 * 1000 /* since it was killed: what cannot be found or does not die */,
    SWEEP_MS = 200,
};

int64_t hook_clock_us(void)
{
    static int64_t start;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t us = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
    if (!start)
        start = us;
    return us - start;
}

void handler_run_release(struct handler_run *run)
{
    buf_release(&run->out);
    buf_release(&run->err);
}

/* ---- whose is a process that lost its parent ---- */

static bool has_mark(pid_t pid, const char *mark)
{
    char path[32];
    AUTO_BUF text = {0};
    snprintf(path, sizeof path, "/proc/%d/environ", pid);
    if (fs_read(&text, path, 1 << 20) < 0) {
        error_clear(); /* it has just ended, or changed its user */
        return false;
    }
    for (size_t at = 0; at < text.len; at += strlen(text.data + at) + 1)
        if (strcmp(text.data + at, mark) == 0)
            return true;
    return false;
}

static struct child *owner_of(struct batch *batch, pid_t pid)
{
    pid_t session = getsid(pid), group = getpgid(pid);
    for (size_t i = 0; i < batch->count; i++) {
        pid_t leader = batch->children[i].pid;
        if (leader && (leader == group || leader == session))
            return &batch->children[i];
    }
    for (size_t i = 0; i < batch->count; i++)
        if (batch->children[i].pid && has_mark(pid, batch->children[i].mark))
            return &batch->children[i];
    return NULL;
}

/* Whether all that came from it goes with it. */
static bool leaves_nothing(const struct child *child)
{
    return child->run->handler->kind == HANDLER_ACTION || child->run->outcome == OUTCOME_TIMEOUT;
}

static bool is_over(const struct child *child)
{
    return child->phase == PHASE_OVER || child->phase == PHASE_KILLED;
}

enum fate { NOBODYS_LEFT, HIDDEN_GO, ALL_GO };

/*
 * What hides whose it is goes with the first handler that leaves nothing, once no other one runs
 * that it could belong to. If all that were started leave nothing, nobody needs to be asked.
 */
static enum fate fate_of_orphans(const struct batch *batch)
{
    bool any = false, all = true;
    for (size_t i = 0; i < batch->count; i++) {
        const struct child *child = &batch->children[i];
        if (!child->pid)
            continue;
        if (!is_over(child))
            return NOBODYS_LEFT;
        any |= leaves_nothing(child);
        all &= leaves_nothing(child);
    }
    return any ? all ? ALL_GO : HIDDEN_GO : NOBODYS_LEFT;
}

static bool must_go(pid_t pid, void *payload)
{
    struct batch *batch = payload;
    for (size_t i = 0; i < batch->count; i++)
        if (batch->children[i].pid == pid && batch->children[i].phase != PHASE_OVER)
            return false; /* a handler itself: that is for finish() */
    enum fate fate = fate_of_orphans(batch);
    if (fate == ALL_GO) /* at once: it may be on the run */
        return true;
    const struct child *owner = owner_of(batch, pid);
    return owner ? leaves_nothing(owner) && is_over(owner) : fate == HIDDEN_GO;
}

/* ---- one handler's end ---- */

static void take_status(struct child *child)
{
    int status = 0;
    struct handler_run *run = child->run;
    if (waitpid(child->pid, &status, WNOHANG) != child->pid || run->outcome == OUTCOME_TIMEOUT)
        return;
    run->outcome = WIFSIGNALED(status) ? OUTCOME_KILLED : OUTCOME_EXITED;
    run->status = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}

/* Its number cannot belong to anybody else before its status is taken. */
static void finish(struct batch *batch, struct child *child)
{
    struct handler_run *run = child->run;
    if (leaves_nothing(child))
        kill(-child->pid, SIGKILL);
    fd_close(&child->out);
    fd_close(&child->err);
    child->phase = PHASE_OVER;
    run->took_us = hook_clock_us() - child->began_us;
    run->cut = run->out.overflow;
    take_status(child);
    if (leaves_nothing(child))
        orphans_kill(must_go, batch, SWEEP_MS);
}

static void kill_group(struct child *child, int64_t now)
{
    kill(-child->pid, SIGKILL);
    child->phase = PHASE_KILLED;
    child->killed_us = now;
    child->next_us = now + 1000;
}

/* Its output may be held open by what has a session of its own: the sweep finds that. */
static void on_leader_ended(struct child *child)
{
    child->ended = true;
    if (child->phase == PHASE_RUNNING && child->run->handler->kind == HANDLER_ACTION)
        kill_group(child, hook_clock_us());
}

static void ask_to_end(struct child *child, int64_t now)
{
    kill(-child->pid, SIGTERM);
    child->run->outcome = OUTCOME_TIMEOUT;
    child->phase = PHASE_ASKED;
    child->next_us = now + GRACE_US;
}

static void on_timer(struct batch *batch, struct child *child, int64_t now)
{
    if (child->phase == PHASE_RUNNING) {
        ask_to_end(child, now);
    } else if (child->phase == PHASE_ASKED) {
        kill_group(child, now);
    } else {
        orphans_kill(must_go, batch, SWEEP_MS);
        child->next_us = now + LOOK_US;
        if (now - child->killed_us > GIVE_UP_US)
            finish(batch, child);
    }
}

/* ---- what comes in ---- */

/* The descriptor is readable, or `hung_up`: reading does not block. */
static void read_some(int *fd, struct buf *out, bool hung_up)
{
    static char chunk[OUT_MAX]; /* costs nothing until it is used */
    do {
        ssize_t n = read(*fd, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            fd_close(fd);
        else
            buf_add(out, chunk, (size_t)n);
    } while (hung_up && *fd >= 0);
}

static void look_for_ended(struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        struct child *child = &batch->children[i];
        siginfo_t info = {0};
        if (child->phase == PHASE_OVER || child->ended)
            continue;
        if (waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
            info.si_pid == child->pid)
            on_leader_ended(child);
    }
}

static void interrupt(struct batch *batch, int number)
{
    int64_t now = hook_clock_us();
    if (batch->interrupted)
        return;
    batch->interrupted = number;
    for (size_t i = 0; i < batch->count; i++)
        if (batch->children[i].phase == PHASE_RUNNING)
            ask_to_end(&batch->children[i], now);
}

static void read_signals(struct batch *batch, int fd)
{
    struct signalfd_siginfo info[8];
    ssize_t n = read(fd, info, sizeof info);
    for (size_t i = 0; n > 0 && i < (size_t)n / sizeof *info; i++)
        if (info[i].ssi_signo != SIGCHLD)
            interrupt(batch, (int)info[i].ssi_signo);
    look_for_ended(batch);
}

/* ---- the loop ---- */

enum { POLLED = 2 }; /* of each child: its stdout and stderr */

/* Milliseconds until a phase must change, rounded up; -1 if all are over. */
static int fill_poll(struct pollfd *fds, const struct batch *batch)
{
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < batch->count; i++) {
        const struct child *child = &batch->children[i];
        fds[POLLED * i] = (struct pollfd){.fd = child->out, .events = POLLIN};
        fds[POLLED * i + 1] = (struct pollfd){.fd = child->err, .events = POLLIN};
        if (child->phase != PHASE_OVER && child->next_us < next)
            next = child->next_us;
    }
    int64_t left = next - hook_clock_us();
    return next == INT64_MAX ? -1 : left <= 0 ? 0 : (int)((left + 999) / 1000);
}

static void step(struct batch *batch, struct child *child, const struct pollfd *fds)
{
    if (fds[0].revents)
        read_some(&child->out, &child->run->out, fds[0].revents & POLLHUP);
    if (fds[1].revents)
        read_some(&child->err, &child->run->err, fds[1].revents & POLLHUP);
    int64_t now = hook_clock_us();
    if (child->phase != PHASE_OVER && child->ended && child->out < 0 && child->err < 0)
        finish(batch, child);
    else if (child->phase != PHASE_OVER && child->next_us <= now)
        on_timer(batch, child, now);
}

static void attend(struct batch *batch, int signals)
{
    struct pollfd *fds = arena_array(batch->arena, 1 + POLLED * batch->count, sizeof *fds);
    fds[0] = (struct pollfd){.fd = signals, .events = POLLIN};
    for (int timeout; (timeout = fill_poll(fds + 1, batch)) >= 0;) {
        if (poll(fds, 1 + POLLED * batch->count, timeout) < 0)
            continue;
        if (fds[0].revents)
            read_signals(batch, signals);
        for (size_t i = 0; i < batch->count; i++)
            step(batch, &batch->children[i], fds + 1 + POLLED * i);
    }
}

/* ---- starting ---- */

static void start_child(struct child *child, struct batch *batch)
{
    struct handler_run *run = child->run;
    int64_t now = hook_clock_us();
    int64_t left = (batch->deadline_us - now) / 1000, own = run->handler->deadline_ms;
    child->deadline_ms = (int)(own > 0 && own < left ? own : left);
    run->out = (struct buf){.max = OUT_MAX};
    run->err = (struct buf){.max = ERR_MAX};
    run->started_us = child->began_us = now;
    bool slow;
    run->why = handler_check(run->handler, &slow, batch->arena);
    if (!run->why)
        run->why = environment_make(child, batch);
    if (run->why) {
        run->outcome = OUTCOME_REFUSED;
        return;
    }
    run->why = child_start(child, batch);
    if (run->why) {
        run->outcome = OUTCOME_MISSING;
        return;
    }
    child->phase = PHASE_RUNNING;
    child->next_us = hook_clock_us() + (int64_t)child->deadline_ms * 1000;
}

static void start_all(struct batch *batch, struct handler_run *runs)
{
    for (size_t i = 0; i < batch->count; i++) {
        struct child *child = &batch->children[i];
        *child = (struct child){.run = &runs[i], .out = -1, .err = -1};
        if (runs[i].outcome == OUTCOME_EXITED)
            start_child(child, batch);
    }
}

/* ---- what surrounds it ---- */

static const int fatal[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

/* Signals come by a descriptor, so that none is lost between looking and sleeping. A blocked signal
 * comes even if it is ignored, so those that are stay out. */
static int watch_signals(sigset_t *before)
{
    struct sigaction action;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
        if (sigaction(fatal[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
            sigaddset(&set, fatal[i]);
    if (sigaction(SIGCHLD, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
        signal(SIGCHLD, SIG_DFL); /* else the status of children is lost */
    sigprocmask(SIG_BLOCK, &set, before);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static bool has_terminal(void)
{
    AUTO_FD fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    return fd >= 0;
}

/* A pipe that took the place of a standard descriptor would be overwritten in the child. */
static void fill_standard(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", O_RDWR) < 0)
            return;
}

static void clean_up(struct batch *batch)
{
    orphans_kill(must_go, batch, SWEEP_MS);
    orphans_end();
    fd_close(&batch->payload_file);
    for (size_t i = 0; i < batch->count; i++)
        if (batch->children[i].config_file)
            unlink(batch->children[i].config_file);
}

int handlers_run(struct handler_run *runs, size_t count, const struct payload *payload,
                 int deadline_ms, struct arena *arena)
{
    struct batch batch = {
        .children = arena_array(arena, count ? count : 1, sizeof *batch.children),
        .count = count,
        .payload = payload,
        .arena = arena,
        .payload_file = -1,
        .has_terminal = has_terminal(),
        .deadline_us = hook_clock_us() + (int64_t)deadline_ms * 1000,
    };
    sigset_t before;
    fill_standard();
    AUTO_FD signals = watch_signals(&before);
    if (signals < 0) {
        sigprocmask(SIG_SETMASK, &before, NULL);
        return fail_errno(ERR_GENERIC, "cannot watch over handlers");
    }
    orphans_begin();
    chain_read(&batch.chain);
    environment_begin(&batch);
    start_all(&batch, runs);
    attend(&batch, signals);
    clean_up(&batch);
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (!batch.interrupted)
        return 0;
    raise(batch.interrupted);
    return fail(ERR_INTERRUPTED, "interrupted");
}
