/*
 * Reading a folder on disk, for its hash or to copy it. Two descriptors at most are open, whatever
 * the depth; names are visited in order, so equal folders are read equally.
 */
#include "base/tree_internal.h"

#include "base/beneath.h"
#include "base/error.h"
#include "base/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the tree hash ---- */

static int by_path(const void *a, const void *b)
{
    const struct record *const *left = a, *const *right = b;

    return strcmp((*left)->path, (*right)->path);
}

void tree_records_hash(struct record **records, size_t count, char out[HASH_HEX_SIZE])
{
    struct hash hash;

    if (count > 0)
        qsort(records, count, sizeof *records, by_path);
    hash_init(&hash);
    for (size_t i = 0; i < count; i++) {
        hash_add(&hash, records[i]->executable ? "100755 " : "100644 ", 7);
        hash_add(&hash, records[i]->sha256, HASH_HEX_SIZE - 1);
        hash_add(&hash, " ", 1);
        hash_add(&hash, records[i]->path, strlen(records[i]->path));
        hash_add(&hash, "\n", 1);
    }
    hash_finish(&hash, out);
}

/* ---- the walk ---- */

struct walk {
    int root;
    const char *subject; /* the folder, for messages */
    struct arena *arena; /* gone after the walk */
    const char **todo;   /* folders still to read, relative to the root */
    size_t todo_count, todo_capacity;
    /* Whether to leave out `name` of the folder open at `dirfd`; NULL leaves out nothing. */
    bool (*skip)(int dirfd, const char *name);
    /* Called for everything that is no folder. `path` is relative to the root. */
    int (*visit)(struct walk *walk, const char *path, const struct stat *st);
    void *payload;
};

static int visit_entry(struct walk *walk, int dirfd, const char *folder, const char *name)
{
    const char *path = *folder ? arena_printf(walk->arena, "%s/%s", folder, name)
                               : arena_strdup(walk->arena, name);
    struct stat st;

    if (walk->skip && walk->skip(dirfd, name))
        return 0;
    if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return fail_errno(ERR_GENERIC, "cannot read '%s/%s'", walk->subject, path);
    if (!S_ISDIR(st.st_mode))
        return walk->visit(walk, path, &st);
    *arena_push(walk->arena, &walk->todo, &walk->todo_count, &walk->todo_capacity) = path;
    return 0;
}

static int read_folder(struct walk *walk, const char *folder)
{
    int fd = open_beneath(walk->root, *folder ? folder : ".", O_RDONLY | O_DIRECTORY, 0);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    struct strings names = {0};
    struct dirent *entry;
    int result = 0;

    if (!dir)
        return fail_errno(ERR_GENERIC, "cannot read the folder '%s/%s'", walk->subject, folder);
    while (errno = 0, (entry = readdir(dir))) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            strings_add(&names, walk->arena, arena_strdup(walk->arena, entry->d_name));
    }
    if (errno)
        result = fail_errno(ERR_GENERIC, "cannot read the folder '%s/%s'", walk->subject, folder);
    strings_sort(&names);
    for (size_t i = 0; i < names.count && result == 0; i++)
        result = visit_entry(walk, fd, folder, names.items[i]);
    closedir(dir);
    return result;
}

static int walk_folder(struct walk *walk, const char *path)
{
    AUTO_FD root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct arena arena = {0};
    int result;

    if (root < 0)
        return fail_errno(errno == ENOENT ? ERR_NOT_FOUND : ERR_GENERIC,
                          "cannot open the folder '%s'", path);
    walk->root = root;
    walk->subject = path;
    walk->arena = &arena;
    result = read_folder(walk, "");
    while (result == 0 && walk->todo_count > 0)
        result = read_folder(walk, walk->todo[--walk->todo_count]);
    arena_release(&arena);
    return result;
}

/* Opens a file that the walk came upon, unless it became something else meanwhile. */
static int open_visited(const struct walk *walk, const char *path)
{
    int fd = open_beneath(walk->root, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
    struct stat st;

    if (fd < 0)
        return fail_errno(ERR_GENERIC, "cannot open '%s/%s'", walk->subject, path);
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return fail(ERR_REFUSED, "'%s/%s' is not a regular file", walk->subject, path);
    }
    return fd;
}

static int open_regular(const struct walk *walk, const char *path, const struct stat *st)
{
    if (!S_ISREG(st->st_mode))
        return fail(ERR_REFUSED, "'%s/%s' is a %s; a tree holds regular files alone", walk->subject,
                    path, S_ISLNK(st->st_mode) ? "symbolic link" : "special file");
    return open_visited(walk, path);
}

/* ---- tree_visit() ---- */

struct visiting {
    int (*visit)(void *payload, const char *file, int fd);
    void *payload;
};

static int visit_regular(struct walk *walk, const char *path, const struct stat *st)
{
    const struct visiting *visiting = walk->payload;
    AUTO_FD fd = open_regular(walk, path, st);

    return fd < 0 ? fd : visiting->visit(visiting->payload, path, fd);
}

int tree_visit(const char *path, int (*visit)(void *payload, const char *file, int fd),
               void *payload)
{
    struct visiting visiting = {.visit = visit, .payload = payload};
    struct walk walk = {.visit = visit_regular, .payload = &visiting};

    return walk_folder(&walk, path);
}

/* ---- tree_hash() ---- */

struct hashing {
    struct arena arena;
    struct record **records;
    size_t count, capacity;
    uint64_t bytes;
};

static int hash_visited(struct walk *walk, const char *path, const struct stat *st)
{
    struct hashing *hashing = walk->payload;
    struct record *record;
    struct hash hash;
    char block[65536];
    ssize_t n;
    AUTO_FD fd = open_regular(walk, path, st);

    if (fd < 0)
        return fd;
    hash_init(&hash);
    while ((n = read(fd, block, sizeof block)) > 0) {
        hash_add(&hash, block, (size_t)n);
        hashing->bytes += (size_t)n;
    }
    if (n < 0)
        return fail_errno(ERR_GENERIC, "cannot read '%s/%s'", walk->subject, path);
    record = arena_alloc(&hashing->arena, sizeof *record);
    record->path = arena_strdup(&hashing->arena, path);
    record->executable = st->st_mode & S_IXUSR;
    hash_finish(&hash, record->sha256);
    *arena_push(&hashing->arena, &hashing->records, &hashing->count, &hashing->capacity) = record;
    return 0;
}

int tree_hash(struct tree_summary *out, const char *path)
{
    struct hashing hashing = {0};
    struct walk walk = {.visit = hash_visited, .payload = &hashing};
    int result = walk_folder(&walk, path);

    if (result == 0) {
        tree_records_hash(hashing.records, hashing.count, out->hash);
        out->bytes = hashing.bytes;
        out->files = (uint32_t)hashing.count;
    }
    arena_release(&hashing.arena);
    return result;
}

/* ---- tree_copy_folder() ---- */

static bool skip_made(int dirfd, const char *name)
{
    static const char *const made[] = {".git", "__pycache__", "node_modules", ".venv",
                                       ".paii-build"};

    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        if (strcmp(name, made[i]) == 0)
            return true;
    }
    if (strcmp(name, "venv") == 0)
        return faccessat(dirfd, "venv/pyvenv.cfg", F_OK, AT_SYMLINK_NOFOLLOW) == 0;
    return strcmp(name, "target") == 0 &&
           faccessat(dirfd, "Cargo.toml", F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static int copy_link(struct walk *walk, const char *path)
{
    AUTO_FD fd = open_beneath(walk->root, path, O_PATH | O_NOFOLLOW, 0);
    char target[4096];
    ssize_t len = -1;

    /* RESOLVE_NO_SYMLINKS lets O_PATH|O_NOFOLLOW open the link itself only in the last place. */
    if (fd >= 0)
        len = readlinkat(fd, "", target, sizeof target - 1);
    if (len < 0)
        return fail_errno(ERR_GENERIC, "cannot read the link '%s/%s'", walk->subject, path);
    target[len] = '\0';
    return tree_link(walk->payload, path, target);
}

static int copy_visited(struct walk *walk, const char *path, const struct stat *st)
{
    struct tree_writer *writer = walk->payload;
    AUTO_FD fd = -1;
    char block[65536];
    int result;

    if (S_ISLNK(st->st_mode))
        return copy_link(walk, path);
    if (!S_ISREG(st->st_mode))
        return fail(ERR_REFUSED, "refused '%s/%s': neither a file nor a folder", walk->subject,
                    path);
    fd = open_visited(walk, path);
    if (fd < 0)
        return fd;
    result = tree_open(writer, path, st->st_mode & S_IXUSR);
    while (result == 0) {
        ssize_t n = read(fd, block, sizeof block);

        if (n < 0)
            return fail_errno(ERR_GENERIC, "cannot read '%s/%s'", walk->subject, path);
        if (n == 0)
            break;
        result = tree_write(writer, block, (size_t)n);
    }
    return result < 0 ? result : tree_close(writer);
}

int tree_copy_folder(struct tree_writer *writer, const char *path)
{
    struct walk walk = {.skip = skip_made, .visit = copy_visited, .payload = writer};

    return walk_folder(&walk, path);
}
