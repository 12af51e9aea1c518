/* Whether anything below a folder was touched, without reading a file (docs/hooks.md). */
#include "hooks/table_format.h"

#include "base/error.h"
#include "base/fs.h"
#include "base/paths.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEPTH_MAX = 128 };

struct walk {
    uint64_t *sum;
    const char *root;
    unsigned depth;
};

static uint64_t mix_time(uint64_t sum, struct timespec time)
{
    return table_mix(table_mix(sum, (uint64_t)time.tv_sec), (uint64_t)time.tv_nsec);
}

static uint64_t mix_stat(uint64_t sum, const struct stat *st)
{
    sum = table_mix(sum, st->st_mode);
    sum = table_mix(sum, (uint64_t)st->st_size);
    sum = table_mix(sum, st->st_ino);
    return mix_time(mix_time(sum, st->st_mtim), st->st_ctim);
}

/* Added up, so that the order in which a folder is read does not matter. */
static void count_in(uint64_t sum[2], uint64_t path, const struct stat *st)
{
    uint64_t one = mix_stat(path, st);
    sum[0] += one;
    sum[1] += table_mix(one, 0x5851f42d4c957f2dULL);
}

static int walk_folder(struct walk *walk, int fd, uint64_t path);

static int walk_entry(struct walk *walk, int folder, const char *name, uint64_t path)
{
    struct stat st;
    uint64_t own = table_mix(path, table_sum(name, strlen(name)));
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return fail_errno(ERR_GENERIC, "cannot look at '%s' below '%s'", name, walk->root);
    count_in(walk->sum, own, &st);
    if (!S_ISDIR(st.st_mode))
        return 0;
    int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return fail_errno(ERR_GENERIC, "cannot read '%s' below '%s'", name, walk->root);
    return walk_folder(walk, fd, own);
}

/* Closes `fd`. */
static int walk_folder(struct walk *walk, int fd, uint64_t path)
{
    DIR *dir = walk->depth < DEPTH_MAX ? fdopendir(fd) : NULL;
    struct dirent *entry;
    int result = 0;
    if (!dir) {
        close(fd);
        return fail(ERR_GENERIC, "cannot read the folders of '%s'", walk->root);
    }
    walk->depth++;
    while (result == 0 && (entry = readdir(dir)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            result = walk_entry(walk, dirfd(dir), entry->d_name, path);
    walk->depth--;
    closedir(dir);
    return result;
}

int hook_fingerprint(uint64_t out[2], const char *dir)
{
    struct walk walk = {.sum = out, .root = dir};
    struct stat st;
    out[0] = out[1] = 0;
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0) {
        int result = fail_errno(ERR_GENERIC, "cannot read '%s'", dir);
        if (fd >= 0)
            close(fd);
        return result;
    }
    count_in(out, 1, &st);
    return walk_folder(&walk, fd, 1);
}

uint64_t config_stamp(const char *plugin, struct arena *arena)
{
    const char *own = arena_printf(arena, "%s/%s/config.toml", paths.plugins, plugin);
    const char *const files[] = {own, paths.config};
    uint64_t sum = 0;
    for (size_t i = 0; i < 2; i++) {
        struct stat st;
        sum = stat(files[i], &st) == 0 ? mix_stat(sum, &st) : table_mix(sum, 1);
    }
    return sum;
}
