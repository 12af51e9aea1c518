/*
 * Symbolic links become copies of what they point at.
 *
 * Resolution walks the entries as they were named, never the disk: a component that is a link is
 * replaced by its target, ".." goes to the parent of where the walk stands, and going above the
 * root is the end. Copies are made from what is on disk and count against the limits like
 * everything else. They are counted before the first is made, so links that multiply each other
 * cost nothing.
 */
#include "base/tree_internal.h"

#include "base/beneath.h"
#include "base/error.h"
#include "base/fs.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { MAX_HOPS = 40 }; /* as the kernel */

static const char *node_path(const struct node *node, struct arena *arena)
{
    if (!node->parent)
        return "";
    if (!node->parent->parent)
        return node->name;
    return arena_printf(arena, "%s/%s", node_path(node->parent, arena), node->name);
}

/* One resolution; `scratch` ends with it, since targets may be long and many. */
struct resolution {
    struct tree_writer *writer;
    struct arena scratch;
    unsigned hops;
};

static struct node *find(struct resolution *res, const struct node *parent, const char *name,
                         size_t len)
{
    const char *folded = tree_name_fold(&res->scratch, name, len);
    struct node *node = tree_child(res->writer, parent, folded);

    return node && strlen(node->name) == len && memcmp(node->name, name, len) == 0 ? node : NULL;
}

static struct node *refuse_link(struct tree_writer *writer, const struct node *link,
                                const char *rule)
{
    fail(ERR_REFUSED, "refused the symbolic link '%s' to '%s': %s", node_path(link, &writer->arena),
         link->target, rule);
    return NULL;
}

/* The file or folder that `link` means; NULL after fail(). */
static struct node *follow(struct resolution *res, const struct node *link)
{
    struct node *at = link->parent;

    if (++res->hops > MAX_HOPS)
        return refuse_link(res->writer, link, "links lead round in a circle");
    if (link->target[0] == '/')
        return refuse_link(res->writer, link, "it leaves the tree");
    if (link->target[0] == '\0')
        return refuse_link(res->writer, link, "it points at nothing");
    for (const char *p = link->target; *p;) {
        size_t len = strcspn(p, "/");

        if (at->kind != NODE_FOLDER)
            return refuse_link(res->writer, link, "a file stands where a folder is meant");
        if (len == 2 && p[0] == '.' && p[1] == '.')
            at = at->parent;
        else if (len > 1 || (len == 1 && p[0] != '.'))
            at = find(res, at, p, len);
        if (!at)
            return refuse_link(res->writer, link,
                               len == 2 && p[0] == '.' && p[1] == '.'
                                   ? "it leaves the tree"
                                   : "it points at nothing in the tree");
        if (at->kind == NODE_LINK)
            at = follow(res, at);
        if (!at)
            return NULL;
        p += len + (p[len] == '/');
    }
    return at;
}

static struct node *resolve(struct tree_writer *writer, const struct node *link)
{
    struct resolution res = {.writer = writer};
    struct node *node = follow(&res, link);

    arena_release(&res.scratch);
    return node;
}

static int copy_file(struct tree_writer *writer, const struct node *source, const char *path)
{
    AUTO_FD from = open_beneath(writer->dirfd, source->record->path, O_RDONLY | O_NOFOLLOW, 0);
    char block[65536];
    int result;

    if (from < 0)
        return fail_errno(ERR_GENERIC, "cannot read '%s' again", source->record->path);
    result = tree_start_file(writer, path, source->record->executable);
    while (result == 0) {
        ssize_t n = read(from, block, sizeof block);

        if (n < 0)
            result = fail_errno(ERR_GENERIC, "cannot read '%s' again", source->record->path);
        if (n <= 0)
            break;
        result = tree_write(writer, block, (size_t)n);
    }
    return result < 0 ? result : tree_close(writer);
}

static bool holds(const struct node *folder, const struct node *node)
{
    while (node && node != folder)
        node = node->parent;
    return node != NULL;
}

static int copy(struct tree_writer *writer, const struct node *source, const char *path,
                uint32_t depth);

static int copy_children(struct tree_writer *writer, const struct node *folder, const char *path,
                         uint32_t depth)
{
    int result = 0;

    for (const struct node *child = folder->first_child; child && result == 0;
         child = child->next_sibling) {
        char *to = arena_printf(&writer->arena, "%s/%s", path, child->name);

        result = tree_count_entry(writer, to);
        if (result == 0)
            result = copy(writer, child, to, depth + 1);
    }
    return result;
}

/* Puts what `source` is (a link: what it means) at `path`, an entry that is counted already. */
static int copy(struct tree_writer *writer, const struct node *source, const char *path,
                uint32_t depth)
{
    if (depth > writer->limits.depth)
        return fail(ERR_REFUSED, "refused '%s': deeper than %u folders", path,
                    writer->limits.depth);
    if (strlen(path) > writer->limits.path_bytes)
        return fail(ERR_REFUSED, "refused '%s': the path is longer than %u bytes", path,
                    writer->limits.path_bytes);
    if (source->kind == NODE_LINK) {
        const struct node *link = source;

        source = resolve(writer, link);
        if (source && holds(source, link))
            source = refuse_link(writer, link, "it points at a folder around itself");
        if (!source)
            return -(int)error_code();
    }
    if (source->kind == NODE_FILE)
        return writer->rehearsing ? 0 : copy_file(writer, source, path);
    return copy_children(writer, source, path, depth);
}

static int copy_all(struct tree_writer *writer)
{
    int result = 0;

    for (size_t i = 0; i < writer->link_count && result == 0; i++) {
        const char *path = node_path(writer->links[i], &writer->arena);
        uint32_t depth = 1;

        for (const char *p = path; *p; p++)
            depth += *p == '/';
        result = copy(writer, writer->links[i], path, depth);
    }
    return result;
}

int tree_copy_links(struct tree_writer *writer)
{
    uint32_t entries = writer->entries;
    int result;

    writer->rehearsing = true;
    result = copy_all(writer);
    writer->rehearsing = false;
    writer->entries = entries;
    return result < 0 ? result : copy_all(writer);
}
