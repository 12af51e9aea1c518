/*
 * Files: the system's own may be read, the job's own folders written, nothing else is there.
 *
 * Rules are set by descriptor for folders that we were given and by path for the system's. A rule
 * with rights that only folders have is refused for a file, so each is cut to what its kind can
 * have.
 */
#include "fetch/sandbox.h"

#include "base/error.h"
#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Newer than some headers. */
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif

#define FILE_RIGHTS                                                                                \
    (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |   \
     LANDLOCK_ACCESS_FS_TRUNCATE)
#define READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITE                                                                                      \
    (READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE |                          \
     LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |  \
     LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REFER)

struct ruleset {
    int fd;
    uint64_t handled; /* rights that this kernel knows */
};

static int abi_version(void)
{
    return (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

/* All rights that the kernel can take away: those of the first version, REFER (2), TRUNCATE (3). */
static uint64_t known_rights(int abi)
{
    uint64_t rights = (1ULL << 13) - 1;
    if (abi >= 2)
        rights |= LANDLOCK_ACCESS_FS_REFER;
    if (abi >= 3)
        rights |= LANDLOCK_ACCESS_FS_TRUNCATE;
    return rights;
}

static int allow_fd(const struct ruleset *ruleset, int fd, uint64_t rights, const char *what)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return fail_errno(ERR_GENERIC, "cannot confine the helper to '%s'", what);
    if (!S_ISDIR(st.st_mode))
        rights &= FILE_RIGHTS;
    struct landlock_path_beneath_attr rule = {.allowed_access = rights & ruleset->handled,
                                              .parent_fd = fd};
    if (syscall(SYS_landlock_add_rule, ruleset->fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
        return fail_errno(ERR_GENERIC, "cannot confine the helper to '%s'", what);
    return 0;
}

/* One of our folders, if this job was given it. */
static int allow_folder(const struct ruleset *ruleset, int fd, const char *what)
{
    struct stat st;
    bool given = fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);
    return given ? allow_fd(ruleset, fd, WRITE, what) : 0;
}

/* An absent path needs no rule. */
static int allow_path(const struct ruleset *ruleset, const char *path, uint64_t rights)
{
    if (!path || path[0] != '/')
        return 0;
    AUTO_FD fd = open(path, O_PATH | O_CLOEXEC);
    return fd < 0 ? 0 : allow_fd(ruleset, fd, rights, path);
}

/*
 * ssh is the person's own program with their own configuration (keys, ProxyCommand, control
 * sockets), so it may read and start what they may; like us, it may write almost nowhere.
 */
static int allow_ssh(const struct ruleset *ruleset)
{
    struct arena arena = {0};
    const char *home = getenv("HOME");
    int result = allow_path(ruleset, "/", READ | LANDLOCK_ACCESS_FS_EXECUTE);
    if (result == 0 && home)
        result = allow_path(ruleset, path_join(&arena, home, ".ssh"),
                            WRITE | LANDLOCK_ACCESS_FS_MAKE_SOCK);
    arena_release(&arena);
    return result;
}

static int allow_all(const struct ruleset *ruleset, const struct sandbox *needs)
{
    /* Libraries, certificates, the resolver's configuration. */
    static const char *const system[] = {
        "/usr",
        "/lib",
        "/lib64",
        "/etc",
        "/run/systemd/resolve",
        "/run/resolvconf",
        "/run/NetworkManager",
        "/dev/urandom",
#ifdef __SANITIZE_ADDRESS__ /* looks for leaks there */
        "/proc",
#endif
    };
    static const char *const named[] = {"SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE"};
    int result = needs->spawns ? allow_ssh(ruleset) : 0;
    if (result == 0 && needs->reads_anywhere)
        result = allow_path(ruleset, "/", READ);
    for (size_t i = 0; i < sizeof system / sizeof *system && result == 0; i++)
        result = allow_path(ruleset, system[i], READ);
    for (size_t i = 0; i < sizeof named / sizeof *named && result == 0; i++)
        result = allow_path(ruleset, getenv(named[i]), READ);
    if (result == 0)
        result = allow_path(ruleset, "/dev/null", READ | LANDLOCK_ACCESS_FS_WRITE_FILE);
    if (result == 0)
        result = allow_path(ruleset, needs->reads, READ);
    for (size_t i = 0; needs->job && i < needs->job->item_count && result == 0; i++)
        result = allow_path(ruleset, needs->job->items[i].archive, READ);
    if (result == 0)
        result = allow_folder(ruleset, STAGING_FD, "staging");
    if (result == 0)
        result = allow_folder(ruleset, CACHE_FD, "the cache");
    return result;
}

int landlock_enter(const struct sandbox *needs)
{
    int abi = abi_version();
    if (abi < 1)
        return 1;
    struct landlock_ruleset_attr attr = {.handled_access_fs = known_rights(abi)};
    AUTO_FD fd = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr.handled_access_fs, 0);
    if (fd < 0)
        return 1;
    struct ruleset ruleset = {.fd = fd, .handled = attr.handled_access_fs};
    int result = allow_all(&ruleset, needs);
    if (result == 0 && syscall(SYS_landlock_restrict_self, fd, 0) != 0)
        result = fail_errno(ERR_GENERIC, "cannot confine the helper");
    return result;
}
