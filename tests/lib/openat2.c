/*
 * Preloaded by tests/valgrind: Debian 12's valgrind does not know openat2(2), the one call that
 * paii makes through syscall(); this makes it an openat(). Where a path may lead is for other
 * tests.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

long syscall(long number, ...)
{
    if (number != SYS_openat2) {
        errno = ENOSYS;
        return -1;
    }
    va_list args;
    va_start(args, number);
    int dirfd = va_arg(args, int);
    const char *path = va_arg(args, const char *);
    const struct open_how *how = va_arg(args, const struct open_how *);
    va_end(args);
    return openat(dirfd, path, (int)how->flags, (mode_t)how->mode);
}
