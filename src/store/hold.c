/*
 * Readers and `gc`: who runs something of a generation holds it, by a shared lock on its folder.
 * The lock ends with the process, however that ends.
 */
#include "store/store.h"
#include "store/store_private.h"

#include "base/error.h"
#include "base/fs.h"
#include "base/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int held = -1;

bool store_holds_current(void)
{
    struct stat mine, now;
    if (stat(paths.current, &now) != 0)
        return held < 0;
    return held >= 0 && fstat(held, &mine) == 0 && mine.st_ino == now.st_ino &&
           mine.st_dev == now.st_dev;
}

int store_hold(void)
{
    while (!store_holds_current()) {
        fd_close(&held);
        held = open(paths.current, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (held < 0 && errno == ENOENT)
            return 0;
        if (held < 0)
            return fail_errno(ERR_GENERIC, "cannot open '%s'", paths.current);
        while (flock(held, LOCK_SH) != 0)
            if (errno != EINTR)
                return fail_errno(ERR_GENERIC, "cannot lock '%s'", paths.current);
        /* It may have been replaced, and removed, before we had the lock: look again. */
    }
    return 0;
}

bool generation_is_held(unsigned n, struct arena *arena)
{
    const char *folder = arena_printf(arena, "%s/%u", paths.generations, n);
    AUTO_FD fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0;
}
