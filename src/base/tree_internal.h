/*
 * What the files of the policy writer share: tree.c (writing), tree_name.c (which names are taken),
 * tree_links.c (links become copies), tree_walk.c (reading folders). For them alone.
 */
#ifndef PAII_BASE_TREE_INTERNAL_H
#define PAII_BASE_TREE_INTERNAL_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/tree.h"

#include <sys/stat.h>

enum node_kind { NODE_FOLDER, NODE_FILE, NODE_LINK };

/* One entry as its reader named it. Copies made for links are no nodes: they are records only. */
struct node {
    enum node_kind kind;
    const char *name;
    const char *folded; /* what names are compared by */
    struct node *parent;
    struct node *first_child, *last_child, *next_sibling;
    struct node *bucket_next;
    const char *target;    /* NODE_LINK */
    struct record *record; /* NODE_FILE */
};

/* One regular file on disk: a line of the tree hash. */
struct record {
    const char *path;
    bool executable;
    char sha256[HASH_HEX_SIZE];
};

struct tree_writer {
    struct arena arena;
    int dirfd;
    struct tree_limits limits;
    uint64_t bytes;
    uint32_t entries;
    bool broken; /* an earlier call failed: every later one fails */

    struct node *root;
    struct node **buckets;
    size_t bucket_count, node_count;
    struct record **records;
    size_t record_count, record_capacity;
    struct node **links;
    size_t link_count, link_capacity;
    bool rehearsing; /* copies are counted and not made */

    char *parent_path; /* the folder that parent_fd is; NULL for none */
    int parent_fd;

    int file_fd; /* the file being written, -1 for none */
    struct record *file;
    uint64_t file_bytes;
    struct hash file_hash;
};

/* tree_name.c: 0 or ERR_REFUSED for a name that no tree may hold; `path` is for the message. */
int tree_name_check(const char *name, size_t len, const char *path);
/* Names that a file system may take for the same one give the same text. */
char *tree_name_fold(struct arena *arena, const char *name, size_t len);

/* tree.c: the steps behind tree_open() that know of disk and limits alone. */
int tree_count_entry(struct tree_writer *writer, const char *path);
int tree_make_folder(struct tree_writer *writer, const char *path);
int tree_start_file(struct tree_writer *writer, const char *path, bool executable);
struct node *tree_child(struct tree_writer *writer, const struct node *parent, const char *folded);

/* tree_links.c */
int tree_copy_links(struct tree_writer *writer);

/* tree_walk.c: hashes the records, which it sorts. */
void tree_records_hash(struct record **records, size_t count, char out[HASH_HEX_SIZE]);

#endif
