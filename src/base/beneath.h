/*
 * Opening files so that nothing in the way can lead out of a folder: no symbolic link at any
 * position, no "..", no absolute path. The kernel sees to it, not a look at the string.
 */
#ifndef PAII_BASE_BENEATH_H
#define PAII_BASE_BENEATH_H

#include <sys/types.h>

/* As openat(); always close-on-exec. -1 and errno: EXDEV or ELOOP when the path would leave
 * `dirfd`. */
int open_beneath(int dirfd, const char *path, int flags, mode_t mode);

#endif
