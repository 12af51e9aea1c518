#include "base/orphans.h"

#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_CHILDREN = 256 };

struct children {
    pid_t items[MAX_CHILDREN];
    size_t count;
};

/* Without stdio: a process that forks all the time is caught by being faster. */
static void list_children(struct children *out)
{
    char text[4096];
    out->count = 0;
    AUTO_FD fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
    text[len > 0 ? len : 0] = '\0';
    char *at = text;
    for (char *end; out->count < MAX_CHILDREN; at = end) {
        long pid = strtol(at, &end, 10);
        if (end == at || *end != ' ')
            break; /* the end, or a number that was cut */
        out->items[out->count++] = (pid_t)pid;
    }
}

static bool has(const struct children *children, pid_t pid)
{
    for (size_t i = 0; i < children->count; i++)
        if (children->items[i] == pid)
            return true;
    return false;
}

static struct children before;

/* Much cheaper than the list, and almost always the answer. */
static bool has_children(void)
{
    siginfo_t info;
    return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

void orphans_begin(void)
{
    before.count = 0;
    if (has_children())
        list_children(&before);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Ending one makes its own children ours, so it takes rounds; a fork bomb does not take for ever.
 */
void orphans_kill(bool (*doomed)(pid_t pid, void *payload), void *payload, int limit_ms)
{
    struct children now;
    int64_t end = now_ms() + limit_ms;
    for (bool found = has_children(); found && now_ms() < end;) {
        bool dying = false;
        found = false;
        list_children(&now);
        for (size_t i = 0; i < now.count; i++) {
            if (has(&before, now.items[i]) || (doomed && !doomed(now.items[i], payload)))
                continue;
            found = true;
            kill(now.items[i], SIGKILL);
            dying |= waitpid(now.items[i], NULL, WNOHANG) == 0;
        }
        if (dying)
            nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
    }
}

void orphans_end(void)
{
    siginfo_t info = {0};
    while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid &&
           !has(&before, info.si_pid)) {
        waitpid(info.si_pid, NULL, WNOHANG);
        info.si_pid = 0;
    }
    prctl(PR_SET_CHILD_SUBREAPER, 0);
}
