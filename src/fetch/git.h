/*
 * Git, reading only: a remote that lists references and hands over objects, and a store that keeps
 * them. Whatever a name was resolved to is asked for by its id from there on.
 */
#ifndef PAII_FETCH_GIT_H
#define PAII_FETCH_GIT_H

#include "base/buf.h"
#include "fetch/job.h"

#include <git2.h>

#define GIT_HEX 40

struct git_ref {
    const char *name;
    const char *id; /* of the commit: annotated tags are peeled */
};
struct git_refs {
    struct git_ref *items;
    size_t count, capacity;
};

/* Objects to ask for. */
struct git_want {
    struct strings ids;
    bool shallow;  /* commits without their parents, where the server can */
    bool no_blobs; /* commits and trees alone, where the server can */
};

struct git_remote {
    struct job *job;
    struct git_store *store;
    const struct git_transport *transport;
    void *state; /* of the transport; NULL before the first use */
};

/* A way to a repository. Each is opened by its first use: what is cached costs no connection. */
struct git_transport {
    /* The references HEAD, or refs/heads/NAME, refs/tags/NAME and (if it begins so) refs/NAME. */
    int (*list)(struct git_remote *remote, const char *ref, struct git_refs *out);
    /* Brings the objects into the store. */
    int (*fetch)(struct git_remote *remote, const struct git_want *want);
    void (*close)(struct git_remote *remote);
};
extern const struct git_transport GIT_HTTP, GIT_SSH, GIT_LOCAL;

/* ---- git_objects.c: the store ---- */

struct git_store {
    git_repository *repo;
    git_odb *odb;
    git_indexer *indexer;         /* while a pack arrives */
    git_indexer_progress indexed; /* of that pack: the indexer counts on it from call to call */
};

/* Opens the cache folder (CACHE_FD becomes the working directory), or a repository on this machine.
 */
int store_open_cache(struct git_store *store);
int store_open_local(struct git_store *store, const char *path);
void store_close(struct git_store *store);

/* A pack as it arrives: any number of adds, then one end, which drops the pack unless `keep`. */
int store_pack_add(struct git_store *store, const void *data, size_t len);
int store_pack_end(struct git_store *store, bool keep);

/* Whether the object is here, without looking at the disk again. */
bool store_has(const struct git_store *store, const git_oid *id);
/* The tree of the commit `id`. ERR_MISMATCH if that object is no commit. */
int store_commit_tree(struct git_store *store, const git_oid *id, git_oid *tree);
/*
 * The object at `path` ("" gives the tree itself) and its mode. ERR_NOT_FOUND if there is none, or
 * if it is below a file or a symbolic link.
 */
int store_find(struct git_store *store, const git_oid *tree, const char *path, git_oid *out,
               unsigned *mode);
/* Adds the ids of trees and files that are missing at and below `tree`. */
int store_missing(struct git_store *store, const git_oid *tree, struct strings *out,
                  struct arena *arena);
/* Writes a tree of the store, or a file of it as `name`. */
int store_write_tree(struct git_store *store, const git_oid *tree, struct tree_writer *writer);
int store_write_file(struct git_store *store, const git_oid *blob, unsigned mode, const char *name,
                     struct tree_writer *writer);
/* Records libgit2's last error under `words`. */
int store_error(const char *words);

/* libgit2_quiet.c: git_libgit2_init() without what only its own connections need. */
int libgit2_start(void);

/* ---- git_wire.c: protocol version 2 ---- */

enum pkt_kind { PKT_DATA, PKT_FLUSH, PKT_DELIMITER, PKT_END };

/*
 * Packets out of a stream of bytes. `on_packet` returns 0 to go on, 1 when the answer is complete,
 * or a negative error; a DATA packet's text is NUL-terminated beyond its length.
 */
struct pkt_reader {
    int (*on_packet)(void *payload, enum pkt_kind kind, char *data, size_t len);
    void *payload;
    struct buf partial;
    bool done;
};
/* What on_packet said last, or ERR_NETWORK for bytes that are no packets. */
int pkt_feed(struct pkt_reader *reader, const void *data, size_t len);
void pkt_release(struct pkt_reader *reader);
void pkt_line(struct buf *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
void pkt_mark(struct buf *out, enum pkt_kind kind);

/* What the server said it can. Filled from lines as they stand in its greeting. */
struct git_capabilities {
    bool version_2, listing, fetching, shallow, filter, foreign_ids;
};
void capability_add(struct git_capabilities *caps, const char *line);
/* 0, or an error that says what the server lacks. */
int capabilities_check(const struct git_capabilities *caps, const char *url);

/* How commands travel: sends `request` and feeds the answer to `reader` until that is done. */
struct git_channel {
    int (*exchange)(struct git_remote *remote, const struct buf *request,
                    struct pkt_reader *reader);
    const struct git_capabilities *caps;
};
int wire_list(struct git_remote *remote, const struct git_channel *channel, const char *ref,
              struct git_refs *out);
int wire_fetch(struct git_remote *remote, const struct git_channel *channel,
               const struct git_want *want);

#endif
