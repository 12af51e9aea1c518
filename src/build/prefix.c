/*
 * Trees of a build: the copy that is built, what it installed, and the finished prefix.
 */
#include "build/build_private.h"

#include "base/error.h"
#include "base/fs.h"
#include "base/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { MAX_DEPTH = 64 };

/* What a build makes may be larger than what a plugin ships. */
static const struct tree_limits output_limits = {
    .total_bytes = 2ull << 30,
    .file_bytes = 512ull << 20,
    .entries = 100000,
    .depth = 32,
    .path_bytes = 512,
};

static int copy_tree(const char *from, const char *to, const struct tree_limits *limits,
                     struct tree_summary *summary)
{
    AUTO_FD fd = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return fail_errno(ERR_GENERIC, "cannot open the folder '%s'", to);
    struct tree_writer *writer = tree_begin(fd, limits);
    int result = tree_copy_folder(writer, from);
    if (result == 0)
        result = tree_finish(writer, summary);
    tree_free(writer);
    return result;
}

int build_copy_source(struct build_job *job, const char **out)
{
    *out = path_join(job->arena, job->work, "src");
    struct tree_summary summary;
    int result = fs_mkdirs(*out, 0700);
    if (result == 0)
        result = copy_tree(job->source, *out, &TREE_LIMITS, &summary);
    return result < 0 ? error_context(result, "cannot build '%s'", job->manifest->name) : 0;
}

/* ---- what was installed ---- */

struct stray {
    const char *inside; /* FINAL without its leading slash */
    int found;
};

static int look_for_stray(const struct walk_entry *entry, void *payload)
{
    struct stray *stray = payload;
    size_t len = strlen(stray->inside);
    if (S_ISDIR(entry->st.st_mode) ||
        (!strncmp(entry->path, stray->inside, len) && entry->path[len] == '/'))
        return 0;
    return fail(ERR_REFUSED, "'/%s' is installed outside of the plugin's prefix", entry->path);
}

/* Everything below `dest` must be below dest/final. */
static int refuse_strays(struct build_job *job, const char *dest, const char *tool)
{
    struct stray stray = {.inside = job->final + 1};
    int result = build_walk(dest, look_for_stray, &stray);
    if (result == -ERR_REFUSED) {
        error_context(result, "cannot build '%s': '%s'", job->manifest->name, tool);
        error_hint("install to $(DESTDIR)$(PREFIX) only");
    }
    return result;
}

int build_take_installed(struct build_job *job, const char *dest, const char *tool)
{
    const char *name = job->manifest->name;
    if (!live_is(job) && fs_exists(job->final)) {
        fs_remove_tree(job->final);
        fail(ERR_REFUSED, "cannot build '%s': '%s' ignores DESTDIR", name, tool);
        error_hint("install to $(DESTDIR)$(PREFIX), not to $(PREFIX)");
        return -ERR_REFUSED;
    }
    int result = refuse_strays(job, dest, tool);
    if (result < 0)
        return result;
    const char *installed = arena_printf(job->arena, "%s%s", dest, job->final);
    struct tree_summary summary = {.files = 0};
    if (fs_is_dir(installed) && live_is(job))
        result = live_record(job, installed);
    if (result == 0 && fs_is_dir(installed))
        result = copy_tree(installed, job->source, &output_limits, &summary);
    if (result < 0) {
        error_context(result, "cannot build '%s': '%s'", name, tool);
        if (result == -ERR_REFUSED)
            error_hint("a build adds files to the plugin's tree and replaces none; see %s",
                       job->log);
        return result;
    }
    if (summary.files == 0) {
        fail(ERR_GENERIC, "cannot build '%s': '%s' put nothing below PREFIX", name, tool);
        error_hint("install to $(DESTDIR)$(PREFIX), for example $(DESTDIR)$(PREFIX)/bin/%s", name);
        return -ERR_GENERIC;
    }
    return 0;
}

/* ---- the walk ---- */

struct walk {
    struct arena arena;
    int (*visit)(const struct walk_entry *entry, void *payload);
    void *payload;
};

static int walk_folder(struct walk *walk, int dirfd, const char *path, int depth);

static int walk_one(struct walk *walk, int dirfd, const char *folder, const char *name, int depth)
{
    struct walk_entry entry = {
        .dirfd = dirfd,
        .name = name,
        .path = *folder ? arena_printf(&walk->arena, "%s/%s", folder, name)
                        : arena_strdup(&walk->arena, name),
    };
    if (fstatat(dirfd, name, &entry.st, AT_SYMLINK_NOFOLLOW) < 0)
        return fail_errno(ERR_GENERIC, "cannot read '%s'", entry.path);
    if (S_ISDIR(entry.st.st_mode)) {
        int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
            return fail_errno(ERR_GENERIC, "cannot open the folder '%s'", entry.path);
        int result = walk_folder(walk, fd, entry.path, depth + 1);
        if (result < 0)
            return result;
    }
    return walk->visit(&entry, walk->payload);
}

/* Takes over `dirfd`. */
static int walk_folder(struct walk *walk, int dirfd, const char *path, int depth)
{
    if (depth > MAX_DEPTH) {
        close(dirfd);
        return fail(ERR_REFUSED, "'%s' is deeper than %d folders", path, MAX_DEPTH);
    }
    DIR *dir = fdopendir(dirfd);
    if (!dir) {
        close(dirfd);
        return fail_errno(ERR_GENERIC, "cannot read the folder '%s'", path);
    }
    struct strings names = {0};
    for (struct dirent *entry; errno = 0, (entry = readdir(dir));)
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
            strings_add(&names, &walk->arena, arena_strdup(&walk->arena, entry->d_name));
    int result = errno ? fail_errno(ERR_GENERIC, "cannot read the folder '%s'", path) : 0;
    strings_sort(&names);
    for (size_t i = 0; i < names.count && result == 0; i++)
        result = walk_one(walk, dirfd, path, names.items[i], depth);
    closedir(dir);
    return result;
}

int build_walk(const char *root, int (*visit)(const struct walk_entry *entry, void *payload),
               void *payload)
{
    int fd = open(root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return fail_errno(ERR_GENERIC, "cannot open the folder '%s'", root);
    struct walk walk = {.visit = visit, .payload = payload};
    int result = walk_folder(&walk, fd, "", 0);
    arena_release(&walk.arena);
    return result;
}

/* ---- sealing ---- */

/* The only links of a prefix: see venv_make(). */
static bool is_interpreter_link(const char *path)
{
    return !strcmp(path, "venv/bin/python3") || !strcmp(path, "venv/bin/python");
}

static int seal_entry(const struct walk_entry *entry, void *payload)
{
    (void)payload;
    mode_t mode = entry->st.st_mode;
    if (S_ISLNK(mode) && is_interpreter_link(entry->path))
        return 0;
    if (!S_ISDIR(mode) && !S_ISREG(mode))
        return fail(ERR_REFUSED, "'%s' is a %s; a prefix holds files and folders alone",
                    entry->path, S_ISLNK(mode) ? "symbolic link" : "special file");
    if (S_ISREG(mode) && entry->st.st_nlink > 1)
        return fail(ERR_REFUSED, "'%s' has a second name elsewhere", entry->path);
    mode_t sealed = S_ISDIR(mode) || (mode & S_IXUSR) ? 0555 : 0444;
    AUTO_FD fd = openat(entry->dirfd, entry->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0 || fchmod(fd, sealed) < 0)
        return fail_errno(ERR_GENERIC, "cannot make '%s' read-only", entry->path);
    if (st.st_ino != entry->st.st_ino || st.st_dev != entry->st.st_dev)
        return fail(ERR_REFUSED, "'%s' changed while it was looked at", entry->path);
    return 0;
}

int build_seal(const char *prefix)
{
    int result = build_walk(prefix, seal_entry, NULL);
    return result < 0 ? error_context(result, "cannot seal the prefix '%s'", prefix) : 0;
}
