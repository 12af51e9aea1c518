#include "base/tree_internal.h"

#include "base/beneath.h"
#include "base/error.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct tree_limits TREE_LIMITS = {
    .total_bytes = 256ull << 20,
    .file_bytes = 64ull << 20,
    .entries = 20000,
    .depth = 32,
    .path_bytes = 512,
};

struct tree_writer *tree_begin(int dirfd, const struct tree_limits *limits)
{
    struct tree_writer *writer = calloc(1, sizeof *writer);

    if (!writer)
        abort();
    writer->dirfd = dirfd;
    writer->limits = *limits;
    writer->parent_fd = -1;
    writer->file_fd = -1;
    writer->root = arena_alloc(&writer->arena, sizeof *writer->root);
    writer->root->kind = NODE_FOLDER;
    return writer;
}

void tree_free(struct tree_writer *writer)
{
    if (!writer)
        return;
    if (writer->parent_fd >= 0)
        close(writer->parent_fd);
    if (writer->file_fd >= 0)
        close(writer->file_fd);
    free(writer->buckets);
    arena_release(&writer->arena);
    free(writer);
}

/* ---- names: each taken once, also under file systems that fold them ---- */

static size_t bucket_of(const struct tree_writer *writer, const struct node *parent,
                        const char *folded)
{
    uint64_t h = 14695981039346656037ull ^ (uintptr_t)parent;

    for (; *folded; folded++)
        h = (h ^ (unsigned char)*folded) * 1099511628211ull;
    return (h ^ h >> 29) & (writer->bucket_count - 1);
}

struct node *tree_child(struct tree_writer *writer, const struct node *parent, const char *folded)
{
    struct node *node;

    if (writer->bucket_count == 0)
        return NULL;
    node = writer->buckets[bucket_of(writer, parent, folded)];
    while (node && (node->parent != parent || strcmp(node->folded, folded) != 0))
        node = node->bucket_next;
    return node;
}

static void grow_buckets(struct tree_writer *writer)
{
    size_t old_count = writer->bucket_count;
    struct node **old = writer->buckets;

    writer->bucket_count = old_count ? old_count * 2 : 64;
    writer->buckets = calloc(writer->bucket_count, sizeof *writer->buckets);
    if (!writer->buckets)
        abort();
    for (size_t i = 0; i < old_count; i++) {
        for (struct node *node = old[i], *next; node; node = next) {
            size_t at = bucket_of(writer, node->parent, node->folded);

            next = node->bucket_next;
            node->bucket_next = writer->buckets[at];
            writer->buckets[at] = node;
        }
    }
    free(old);
}

static struct node *add_node(struct tree_writer *writer, struct node *parent, const char *name,
                             size_t len, const char *folded, enum node_kind kind)
{
    struct node *node = arena_alloc(&writer->arena, sizeof *node);
    size_t at;

    if (writer->node_count++ >= writer->bucket_count)
        grow_buckets(writer);
    node->kind = kind;
    node->name = arena_strndup(&writer->arena, name, len);
    node->folded = folded;
    node->parent = parent;
    if (parent->last_child)
        parent->last_child->next_sibling = node;
    else
        parent->first_child = node;
    parent->last_child = node;
    at = bucket_of(writer, parent, folded);
    node->bucket_next = writer->buckets[at];
    writer->buckets[at] = node;
    return node;
}

int tree_count_entry(struct tree_writer *writer, const char *path)
{
    if (writer->entries >= writer->limits.entries) {
        fail(ERR_REFUSED, "refused '%s': more than %u entries", path, writer->limits.entries);
        error_hint("docs/limits.md lists what a plugin may hold");
        return -ERR_REFUSED;
    }
    writer->entries++;
    return 0;
}

/* One component of `path`: the node it names, new or (a folder on the way) known. NULL after
 * fail(). */
static struct node *claim(struct tree_writer *writer, struct node *parent, const char *name,
                          size_t len, enum node_kind kind, const char *path)
{
    const char *folded;
    struct node *known;

    if (tree_name_check(name, len, path) < 0)
        return NULL;
    folded = tree_name_fold(&writer->arena, name, len);
    known = tree_child(writer, parent, folded);
    if (!known)
        return tree_count_entry(writer, path) < 0
                   ? NULL
                   : add_node(writer, parent, name, len, folded, kind);
    if (strlen(known->name) != len || memcmp(known->name, name, len) != 0) {
        fail(ERR_REFUSED, "refused '%s': '%.*s' and '%s' are one name on some file systems", path,
             (int)len, name, known->name);
        return NULL;
    }
    if (kind == NODE_FOLDER && known->kind == NODE_FOLDER)
        return known;
    if (kind == NODE_FOLDER)
        fail(ERR_REFUSED, "refused '%s': '%s' was a %s before", path, known->name,
             known->kind == NODE_LINK ? "symbolic link" : "file");
    else
        fail(ERR_REFUSED, "refused '%s': the entry occurs twice", path);
    return NULL;
}

/* Validates `path`, takes it and its folders; NULL after fail(). */
static struct node *claim_path(struct tree_writer *writer, const char *path, enum node_kind kind)
{
    struct node *node = writer->root;
    uint32_t depth = 1;

    if (strlen(path) > writer->limits.path_bytes) {
        fail(ERR_REFUSED, "refused '%.64s...': the path is longer than %u bytes", path,
             writer->limits.path_bytes);
        return NULL;
    }
    for (const char *p = path;; depth++) {
        size_t len = strcspn(p, "/");
        bool last = p[len] == '\0';

        if (depth > writer->limits.depth) {
            fail(ERR_REFUSED, "refused '%s': deeper than %u folders", path, writer->limits.depth);
            return NULL;
        }
        node = claim(writer, node, p, len, last ? kind : NODE_FOLDER, path);
        if (!node || last)
            return node;
        p += len + 1;
    }
}

/* ---- folders and files on disk ---- */

/* Makes what is missing of the folder `path` and returns a descriptor of it, or a negative error.
 */
static int make_folders(struct tree_writer *writer, const char *path)
{
    int fd = open_beneath(writer->dirfd, ".", O_PATH | O_DIRECTORY, 0);
    char name[256];

    for (const char *p = path; fd >= 0 && *p;) {
        size_t len = strcspn(p, "/");
        int next;

        assert(len < sizeof name); /* tree_name_check() */
        memcpy(name, p, len);
        name[len] = '\0';
        if (mkdirat(fd, name, 0700) == 0 ? fchmodat(fd, name, 0755, 0) != 0 : errno != EEXIST)
            break;
        next = open_beneath(fd, name, O_PATH | O_DIRECTORY, 0);
        close(fd);
        fd = next;
        p += len + (p[len] == '/');
        if (!*p)
            return fd >= 0 ? fd : fail_errno(ERR_REFUSED, "cannot open the folder '%s'", path);
    }
    if (fd >= 0 && !*path)
        return fd;
    fail_errno(ERR_GENERIC, "cannot make the folder '%s'", path);
    if (fd >= 0)
        close(fd);
    return -ERR_GENERIC;
}

/* Makes parent_fd the folder `path` ("" for the staging folder itself). */
static int enter_folder(struct tree_writer *writer, const char *path, size_t len)
{
    char *folder;
    int fd;

    if (writer->parent_fd >= 0 && strlen(writer->parent_path) == len &&
        memcmp(writer->parent_path, path, len) == 0)
        return 0;
    folder = arena_strndup(&writer->arena, path, len);
    fd = len ? open_beneath(writer->dirfd, folder, O_PATH | O_DIRECTORY, 0) : -1;
    if (fd < 0)
        fd = make_folders(writer, folder);
    if (fd < 0)
        return fd;
    if (writer->parent_fd >= 0)
        close(writer->parent_fd);
    writer->parent_fd = fd;
    writer->parent_path = folder;
    return 0;
}

int tree_make_folder(struct tree_writer *writer, const char *path)
{
    return enter_folder(writer, path, strlen(path));
}

int tree_start_file(struct tree_writer *writer, const char *path, bool executable)
{
    const char *slash = strrchr(path, '/');
    int result = enter_folder(writer, path, slash ? (size_t)(slash - path) : 0);

    if (result < 0)
        return result;
    writer->file_fd = open_beneath(writer->parent_fd, slash ? slash + 1 : path,
                                   O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    if (writer->file_fd < 0)
        return fail_errno(errno == EEXIST ? ERR_REFUSED : ERR_GENERIC, "cannot create '%s'", path);
    writer->file = arena_alloc(&writer->arena, sizeof *writer->file);
    writer->file->path = arena_strdup(&writer->arena, path);
    writer->file->executable = executable;
    writer->file_bytes = 0;
    hash_init(&writer->file_hash);
    return 0;
}

/* ---- the calls of tree.h ---- */

static int broken(struct tree_writer *writer, int result)
{
    if (result < 0)
        writer->broken = true;
    return result;
}

static int usable(const struct tree_writer *writer)
{
    if (!writer->broken)
        return 0;
    return error_code() ? -(int)error_code() : fail(ERR_GENERIC, "an earlier entry failed");
}

int tree_open(struct tree_writer *writer, const char *path, bool executable)
{
    struct node *node;
    int result;

    assert(writer->file_fd < 0);
    if (usable(writer) < 0)
        return usable(writer);
    node = claim_path(writer, path, NODE_FILE);
    if (!node)
        return broken(writer, -(int)error_code());
    result = tree_start_file(writer, path, executable);
    if (result == 0)
        node->record = writer->file;
    return broken(writer, result);
}

static int write_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
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

int tree_write(struct tree_writer *writer, const void *data, size_t len)
{
    const struct tree_limits *limits = &writer->limits;

    if (usable(writer) < 0)
        return usable(writer);
    assert(writer->file_fd >= 0);
    if (len > limits->file_bytes - writer->file_bytes) {
        fail(ERR_REFUSED, "refused '%s': the file is larger than %llu MiB", writer->file->path,
             (unsigned long long)limits->file_bytes >> 20);
        return broken(writer, -ERR_REFUSED);
    }
    if (len > limits->total_bytes - writer->bytes) {
        fail(ERR_REFUSED, "refused '%s': all files together are larger than %llu MiB",
             writer->file->path, (unsigned long long)limits->total_bytes >> 20);
        return broken(writer, -ERR_REFUSED);
    }
    writer->file_bytes += len;
    writer->bytes += len;
    hash_add(&writer->file_hash, data, len);
    if (write_all(writer->file_fd, data, len) < 0)
        return broken(writer, fail_errno(ERR_GENERIC, "cannot write '%s'", writer->file->path));
    return 0;
}

int tree_close(struct tree_writer *writer)
{
    int fd = writer->file_fd, result = 0;

    if (fd < 0)
        return usable(writer);
    writer->file_fd = -1;
    if (fchmod(fd, writer->file->executable ? 0755 : 0644) < 0)
        result = fail_errno(ERR_GENERIC, "cannot set the mode of '%s'", writer->file->path);
    if (close(fd) < 0 && result == 0)
        result = fail_errno(ERR_GENERIC, "cannot write '%s'", writer->file->path);
    if (result < 0 || writer->broken)
        return broken(writer, result < 0 ? result : usable(writer));
    hash_finish(&writer->file_hash, writer->file->sha256);
    *arena_push(&writer->arena, &writer->records, &writer->record_count, &writer->record_capacity) =
        writer->file;
    return 0;
}

int tree_file(struct tree_writer *writer, const char *path, bool executable, const void *data,
              size_t len)
{
    int result = tree_open(writer, path, executable);

    if (result == 0)
        result = tree_write(writer, data, len);
    if (result == 0)
        result = tree_close(writer);
    return result;
}

int tree_link(struct tree_writer *writer, const char *path, const char *target)
{
    struct node *node;

    if (usable(writer) < 0)
        return usable(writer);
    node = claim_path(writer, path, NODE_LINK);
    if (!node)
        return broken(writer, -(int)error_code());
    node->target = arena_strdup(&writer->arena, target);
    *arena_push(&writer->arena, &writer->links, &writer->link_count, &writer->link_capacity) = node;
    return 0;
}

int tree_finish(struct tree_writer *writer, struct tree_summary *out)
{
    int result = usable(writer);

    assert(writer->file_fd < 0);
    if (result == 0)
        result = broken(writer, tree_copy_links(writer));
    if (result < 0)
        return result;
    tree_records_hash(writer->records, writer->record_count, out->hash);
    out->bytes = writer->bytes;
    out->files = (uint32_t)writer->record_count;
    return 0;
}
