/*
 * The policy writer: the only code that writes foreign files to disk (docs/decisions.md,
 * docs/limits.md).
 *
 * Whoever reads foreign content (Git objects, archives, a folder of the user's) calls tree_file()
 * and tree_link() with names as they arrived. The writer validates every name, counts every limit
 * before it writes, opens beneath the staging folder only (openat2: RESOLVE_BENEATH, NO_SYMLINKS),
 * gives its own modes (0644, or 0755 when executable), and refuses duplicates, also those equal but
 * for case or for the common Latin compositions. Symbolic links are collected and become copies of
 * their target inside the tree at tree_finish(); a link that leaves the tree is refused. `.git` in
 * any spelling is refused as a name by itself (readers skip it before calling where that is
 * expected).
 *
 * All refusals are ERR_REFUSED and name the entry and the rule.
 */
#ifndef PAII_BASE_TREE_H
#define PAII_BASE_TREE_H

#include "base/arena.h"
#include "base/hash.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tree_limits {
    uint64_t total_bytes; /* 256 MiB */
    uint64_t file_bytes;  /* 64 MiB */
    uint32_t entries;     /* 20,000 */
    uint32_t depth;       /* 32 */
    uint32_t path_bytes;  /* 512 */
};
extern const struct tree_limits TREE_LIMITS; /* those of docs/limits.md */

struct tree_writer;

struct tree_summary {
    char hash[HASH_HEX_SIZE]; /* the tree hash: see tree_hash() */
    uint64_t bytes;
    uint32_t files;
};

/* Begins writing beneath the folder `dirfd` (not owned). */
struct tree_writer *tree_begin(int dirfd, const struct tree_limits *limits);
/* A regular file whose content is at hand. */
int tree_file(struct tree_writer *writer, const char *path, bool executable, const void *data,
              size_t len);
/* A regular file whose content streams: open, any number of writes, close. One at a time. */
int tree_open(struct tree_writer *writer, const char *path, bool executable);
int tree_write(struct tree_writer *writer, const void *data, size_t len);
int tree_close(struct tree_writer *writer);
/* A symbolic link, resolved at tree_finish(). */
int tree_link(struct tree_writer *writer, const char *path, const char *target);
/* Copies links' targets, computes the hash. The writer stays to be freed. */
int tree_finish(struct tree_writer *writer, struct tree_summary *out);
void tree_free(struct tree_writer *writer); /* NULL is fine */

/* Whether every name of a path is one that a tree may hold: for readers that skip some entries. */
int tree_check_path(const char *path);

/*
 * The tree hash of a folder on disk: SHA-256 over the lines "MODE SHA256 PATH\n" of its regular
 * files, sorted by path bytewise; MODE is 100644 or 100755. Symbolic links and special files are
 * ERR_REFUSED.
 */
int tree_hash(struct tree_summary *out, const char *path);

/*
 * Calls `visit` for every regular file of a folder, with its path below that and a descriptor to
 * read it from. The first result that is not 0 ends the walk. Links and special files are
 * ERR_REFUSED.
 */
int tree_visit(const char *path, int (*visit)(void *payload, const char *file, int fd),
               void *payload);

/*
 * Copies a folder of the user's through the writer, leaving out what tools made there: .git,
 * __pycache__, node_modules, .venv, a venv/, target/ beside a Cargo.toml, .paii-build.
 * Executability is that of the owner's bit.
 */
int tree_copy_folder(struct tree_writer *writer, const char *path);

#endif
