#include "base/fs.h"

#include "base/error.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

void fd_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* ---- paths ---- */

char *path_join(struct arena *arena, const char *dir, const char *name)
{
    if (name[0] == '/' || !*dir)
        return arena_strdup(arena, name);
    bool slash = dir[strlen(dir) - 1] == '/';
    return arena_printf(arena, "%s%s%s", dir, slash ? "" : "/", name);
}

const char *path_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

char *path_dir(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return arena_strdup(arena, ".");
    return slash == path ? arena_strdup(arena, "/")
                         : arena_strndup(arena, path, (size_t)(slash - path));
}

char *path_absolute(struct arena *arena, const char *path)
{
    if (path[0] == '~' && (path[1] == '/' || !path[1])) {
        const char *home = getenv("HOME");
        path = path_join(arena, home ? home : "/", path[1] ? path + 2 : "");
    }
    const char *base = "/";
    if (path[0] != '/') {
        char *cwd = getcwd(NULL, 0);
        base = arena_strdup(arena, cwd ? cwd : "/");
        free(cwd);
    }
    /* Built component by component, so that "." and ".." and "//" do not remain. */
    char *out = arena_alloc(arena, strlen(base) + strlen(path) + 3);
    char *end = out;
    for (int part = 0; part < 2; part++) {
        const char *p = part ? path : base;
        while (*p) {
            size_t len = strcspn(p, "/");
            if (len == 2 && p[0] == '.' && p[1] == '.') {
                while (end > out && *--end != '/')
                    ;
            } else if (len && !(len == 1 && p[0] == '.')) {
                *end++ = '/';
                memcpy(end, p, len);
                end += len;
            }
            p += len;
            p += *p == '/';
        }
    }
    if (end == out)
        *end++ = '/';
    *end = '\0';
    return out;
}

/* ---- looking ---- */

bool fs_exists(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0;
}

bool fs_is_dir(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool fs_is_file(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

char *fs_read_link(struct arena *arena, const char *path)
{
    char target[PATH_MAX];
    ssize_t len = readlink(path, target, sizeof target);
    return len > 0 && (size_t)len < sizeof target ? arena_strndup(arena, target, (size_t)len)
                                                  : NULL;
}

int fs_read(struct buf *out, const char *path, size_t max)
{
    /* O_NONBLOCK: opening a FIFO must not wait for a writer. */
    AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return fail_errno(errno == ENOENT || errno == ENOTDIR ? ERR_NOT_FOUND : ERR_GENERIC,
                          "cannot open '%s'", path);
    struct stat st;
    if (fstat(fd, &st) != 0)
        return fail_errno(ERR_GENERIC, "cannot read '%s'", path);
    if (!S_ISREG(st.st_mode))
        return fail(ERR_REFUSED, "'%s' is not a regular file", path);
    char chunk[16384];
    size_t total = 0;
    for (;;) {
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail_errno(ERR_GENERIC, "cannot read '%s'", path);
        if (n == 0)
            return 0;
        total += (size_t)n;
        if (max && total > max)
            return fail(ERR_REFUSED, "'%s' is larger than %zu bytes", path, max);
        buf_add(out, chunk, (size_t)n);
    }
}

int fs_list(struct strings *out, struct arena *arena, const char *path)
{
    DIR *dir = opendir(path);
    if (!dir)
        return fail_errno(errno == ENOENT ? ERR_NOT_FOUND : ERR_GENERIC, "cannot open folder '%s'",
                          path);
    struct dirent *entry;
    while (errno = 0, (entry = readdir(dir)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            strings_add(out, arena, arena_strdup(arena, entry->d_name));
    int result = errno ? fail_errno(ERR_GENERIC, "cannot read folder '%s'", path) : 0;
    closedir(dir);
    strings_sort(out);
    return result;
}

/* ---- changing ---- */

static int write_all(int fd, const char *data, size_t len)
{
    while (len) {
        ssize_t n = write(fd, data, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        data += n;
        len -= (size_t)n;
    }
    return 0;
}

/* The temporary name is beside the target: rename() must not cross file systems. */
static char *temporary_beside(struct arena *arena, const char *path)
{
    static unsigned serial;
    return arena_printf(arena, "%s.paii-%ld-%u", path, (long)getpid(), serial++);
}

/* Whether `name` is such a name, of a process that is no more. */
static bool is_leftover(const char *name)
{
    const char *mark = strstr(name, ".paii-");
    char *end;
    if (!mark)
        return false;
    long pid = strtol(mark + strlen(".paii-"), &end, 10);
    return pid > 0 && pid <= INT_MAX && *end == '-' && strspn(end + 1, "0123456789") > 0 &&
           kill((pid_t)pid, 0) != 0 && errno == ESRCH;
}

int fs_sweep(const char *dir)
{
    struct arena arena = {0};
    struct strings names = {0};
    int result = fs_is_dir(dir) ? fs_list(&names, &arena, dir) : 0;
    for (size_t i = 0; i < names.count && result == 0; i++) {
        const char *path = path_join(&arena, dir, names.items[i]);
        if (is_leftover(names.items[i]) && unlink(path) != 0 && errno != EISDIR)
            result = fail_errno(ERR_GENERIC, "cannot remove '%s'", path);
    }
    arena_release(&arena);
    return result;
}

static const char *unsynced; /* what is below this folder is synced later */

void fs_sync_later(const char *folder)
{
    unsynced = folder;
}

static bool is_synced_later(const char *path)
{
    size_t len = unsynced ? strlen(unsynced) : 0;
    return unsynced && strncmp(path, unsynced, len) == 0 && path[len] == '/';
}

int fs_write(const char *path, const void *data, size_t len, mode_t mode)
{
    struct arena arena = {0};
    bool sync = !is_synced_later(path);
    int result = 0;
    const char *target = path;
    char *real = realpath(path, NULL);
    struct stat st;
    if (real && lstat(path, &st) == 0 && S_ISLNK(st.st_mode)) {
        target = real;
        if (stat(real, &st) == 0)
            mode = st.st_mode & 07777;
    }
    const char *temporary = temporary_beside(&arena, target);
    AUTO_FD fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        result = fail_errno(ERR_GENERIC, "cannot write '%s'", path);
        goto done;
    }
    if (write_all(fd, data, len) != 0 || fchmod(fd, mode) != 0 || (sync && fsync(fd) != 0) ||
        rename(temporary, target) != 0) {
        result = fail_errno(ERR_GENERIC, "cannot write '%s'", path);
        unlink(temporary);
        goto done;
    }
    if (sync)
        result = fs_fsync(path_dir(&arena, target));
done:
    free(real);
    arena_release(&arena);
    return result;
}

/* Whatever the umask; a chmod() later would be another change of the file system. */
static int make_folder(const char *path, mode_t mode)
{
    mode_t mask = umask(0);
    int result = mkdir(path, mode);
    umask(mask);
    return result;
}

int fs_mkdirs(const char *path, mode_t mode)
{
    if (make_folder(path, mode) == 0 || fs_is_dir(path))
        return 0;
    struct arena arena = {0};
    char *copy = arena_strdup(&arena, path);
    int result = 0;
    for (char *p = copy + 1; result == 0; p++) {
        if (*p != '/' && *p)
            continue;
        char saved = *p;
        *p = '\0';
        if (make_folder(copy, mode) != 0 && (errno != EEXIST || !fs_is_dir(copy)))
            result = fail_errno(ERR_GENERIC, "cannot make folder '%s'", copy);
        *p = saved;
        if (!saved)
            break;
    }
    arena_release(&arena);
    return result;
}

int fs_symlink(const char *target, const char *path)
{
    struct stat st;
    if (symlink(target, path) == 0)
        return 0;
    if (lstat(path, &st) == 0 && !S_ISLNK(st.st_mode))
        return fail(ERR_REFUSED, "'%s' exists and is not a link of paii's", path);
    struct arena arena = {0};
    const char *temporary = temporary_beside(&arena, path);
    int result = 0;
    if (symlink(target, temporary) != 0) {
        result = fail_errno(ERR_GENERIC, "cannot make link '%s'", path);
    } else if (rename(temporary, path) != 0) {
        result = fail_errno(ERR_GENERIC, "cannot make link '%s'", path);
        unlink(temporary);
    }
    arena_release(&arena);
    return result;
}

/*
 * Empties a folder depth first. One descriptor and a counter instead of recursion: however deep a
 * tree a plugin made, memory stays the same. A folder is listed again after each child folder that
 * was emptied.
 */
static int remove_children(int root)
{
    int dir = dup(root);
    size_t depth = 0;
    while (dir >= 0) {
        fchmod(dir, 0700); /* read-only prefixes */
        int listing = dup(dir);
        DIR *stream = listing < 0 ? NULL : fdopendir(listing);
        if (!stream) {
            fd_close(&listing);
            fd_close(&dir);
            return -1;
        }
        rewinddir(stream);
        int child = -1;
        struct dirent *entry;
        while (child < 0 && (entry = readdir(stream))) {
            if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
                continue;
            if (unlinkat(dir, entry->d_name, 0) == 0)
                continue;
            if (unlinkat(dir, entry->d_name, AT_REMOVEDIR) == 0)
                continue;
            child = openat(dir, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            if (child < 0 && errno == EACCES && fchmodat(dir, entry->d_name, 0700, 0) == 0)
                child = openat(dir, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            if (child < 0) {
                closedir(stream);
                fd_close(&dir);
                return -1;
            }
        }
        closedir(stream);
        if (child >= 0) {
            fd_close(&dir);
            dir = child;
            depth++;
        } else if (depth == 0) {
            fd_close(&dir);
            return 0;
        } else {
            /* Empty now: back up; the parent removes it on its next pass. */
            int parent = openat(dir, "..", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            fd_close(&dir);
            dir = parent;
            depth--;
        }
    }
    return -1;
}

int fs_remove_tree(const char *path)
{
    if (unlink(path) == 0 || errno == ENOENT || errno == ENOTDIR)
        return 0;
    AUTO_FD fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == EACCES && chmod(path, 0700) == 0)
        fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || remove_children(fd) != 0 || rmdir(path) != 0)
        return fail_errno(ERR_GENERIC, "cannot remove '%s'", path);
    return 0;
}

int fs_fsync(const char *path)
{
    AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0)
        return fail_errno(ERR_GENERIC, "cannot sync '%s'", path);
    return 0;
}

int fs_syncfs(const char *path)
{
    AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || syncfs(fd) != 0)
        return fail_errno(ERR_GENERIC, "cannot sync the file system of '%s'", path);
    return 0;
}

int fs_lock(const char *path, const char *what, void (*on_wait)(const char *holder))
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return fail_errno(ERR_GENERIC, "cannot open lock '%s'", path);
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return fail(ERR_REFUSED, "the lock '%s' is not a regular file", path);
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK && on_wait) {
            char holder[200];
            ssize_t n = pread(fd, holder, sizeof holder - 1, 0);
            holder[n > 0 ? n : 0] = '\0';
            on_wait(n > 0 ? holder : "another paii");
        }
        while (flock(fd, LOCK_EX) != 0) {
            if (errno != EINTR) {
                int result = fail_errno(ERR_GENERIC, "cannot lock '%s'", path);
                close(fd);
                return result;
            }
        }
    }
    /* Only for the words of those who wait; the lock itself is the descriptor's. */
    char text[200];
    int len = snprintf(text, sizeof text, "%.150s (pid %ld)", what, (long)getpid());
    if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)len, 0) < 0)
        errno = 0;
    return fd;
}
