/*
 * What a build detached from its process group. While a build runs we are the reaper of its
 * descendants: whatever loses its parent becomes our child, where it can be found and ended.
 */
#include "build/build_private.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_CHILDREN = 256, MAX_ROUNDS = 100 };

struct children {
    pid_t items[MAX_CHILDREN];
    size_t count;
};

static void list_children(struct children *out)
{
    out->count = 0;
    FILE *file = fopen("/proc/thread-self/children", "re");
    int pid;
    while (file && out->count < MAX_CHILDREN && fscanf(file, "%d", &pid) == 1)
        out->items[out->count++] = pid;
    if (file)
        fclose(file);
}

static bool has(const struct children *children, pid_t pid)
{
    for (size_t i = 0; i < children->count; i++)
        if (children->items[i] == pid)
            return true;
    return false;
}

/* Children that we had before are somebody else's business. */
static struct children before;

void orphans_begin(void)
{
    list_children(&before);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
}

/* Ending one makes its own children ours, so it takes rounds; a fork bomb does not take for ever.
 */
void orphans_end(void)
{
    struct children now;
    for (int round = 0; round < MAX_ROUNDS; round++) {
        bool found = false;
        list_children(&now);
        for (size_t i = 0; i < now.count; i++) {
            if (has(&before, now.items[i]))
                continue;
            found = true;
            kill(now.items[i], SIGKILL);
            while (waitpid(now.items[i], NULL, 0) < 0 && errno == EINTR)
                ;
        }
        if (!found)
            break;
    }
    prctl(PR_SET_CHILD_SUBREAPER, 0);
}
