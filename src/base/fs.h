/*
 * Files: read whole, replace atomically, remove trees, lock. Every failure names its path.
 * A file of ours is never rewritten in place: temp beside it, write, fsync, rename.
 */
#ifndef PAII_BASE_FS_H
#define PAII_BASE_FS_H

#include "base/arena.h"
#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* "a/b" in the arena; an absolute `name` stands alone. */
char *path_join(struct arena *arena, const char *dir, const char *name);
/* The part after the last '/'. Points into `path`. */
const char *path_base(const char *path);
/* The part before the last '/', in the arena ("." or "/" when there is none). */
char *path_dir(struct arena *arena, const char *path);
/* Replaces a leading "~/" by $HOME and makes the path absolute (not resolving links). */
char *path_absolute(struct arena *arena, const char *path);

bool fs_exists(const char *path); /* lstat: a dangling link exists */
bool fs_is_dir(const char *path); /* through links */
bool fs_is_file(const char *path);
/* The target of a symbolic link in the arena; NULL (and no error) if `path` is not one. */
char *fs_read_link(struct arena *arena, const char *path);

/* Reads a whole regular file. ERR_NOT_FOUND if absent, ERR_REFUSED over `max` bytes or not regular.
 */
int fs_read(struct buf *out, const char *path, size_t max);
/* Replaces `path` (through a symbolic link, keeping the mode; else with `mode`). Durable on return.
 */
int fs_write(const char *path, const void *data, size_t len, mode_t mode);
/* From now on fs_write() below `folder` is not durable on return: what is made there is seen by
 * nobody before an fs_syncfs(). NULL ends it. */
void fs_sync_later(const char *folder);
/* mkdir -p; `mode` for those created. */
int fs_mkdirs(const char *path, mode_t mode);
/* Makes `path` a symbolic link to `target` in one rename, replacing only a symbolic link. */
int fs_symlink(const char *target, const char *path);
/* Removes what fs_write() and fs_symlink() of killed processes left in a folder: files and links
 * beside their targets. An absent folder is success. */
int fs_sweep(const char *dir);
/* Removes a tree by descriptor, iteratively, following no link; read-only folders are no obstacle.
 * An absent path is success. */
int fs_remove_tree(const char *path);
/* Sorted names in a folder, without "." and "..". */
int fs_list(struct strings *out, struct arena *arena, const char *path);
int fs_fsync(const char *path);  /* a file or folder */
int fs_syncfs(const char *path); /* everything written so far on that file system */

/*
 * Takes the exclusive lock on the file `path` (created 0600) and writes "`what` (pid N)" into it.
 * If another process holds it, `on_wait` is called once with what that one wrote, then we wait.
 * Returns a descriptor to close for unlocking, or a negative error.
 */
int fs_lock(const char *path, const char *what, void (*on_wait)(const char *holder));

void fd_close(int *fd);
#define AUTO_FD __attribute__((cleanup(fd_close))) int

#endif
