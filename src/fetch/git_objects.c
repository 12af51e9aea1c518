/*
 * The object store over libgit2, which reads objects and indexes packs, and does nothing else: no
 * remote, no checkout, no filter, no configuration of the user.
 */
#include "base/error.h"
#include "base/fs.h"
#include "fetch/git.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_OBJECT = 128 << 20, MAX_OBJECTS = 1000000, MAX_PACKS = 64, MAX_LINK = 4096 };
#define MAX_CACHE (1ull << 30)
#define PACKS     "objects/pack"

int store_error(const char *words)
{
    const git_error *error = git_error_last();

    return fail(ERR_GENERIC, "%s: %s", words, error ? error->message : "unknown reason");
}

/* ---- opening ---- */

static int start_library(void)
{
    if (libgit2_start() < 0)
        return store_error("cannot start libgit2");
    git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, GIT_CONFIG_LEVEL_SYSTEM, "");
    git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, GIT_CONFIG_LEVEL_XDG, "");
    git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, GIT_CONFIG_LEVEL_GLOBAL, "");
    git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, GIT_CONFIG_LEVEL_PROGRAMDATA, "");
    git_libgit2_opts(GIT_OPT_SET_PACK_MAX_OBJECTS, (size_t)MAX_OBJECTS);
#ifdef LIBGIT2_LIMITS_OBJECTS
    git_libgit2_opts(GIT_OPT_SET_PACK_MAX_OBJECT_SIZE, (size_t)MAX_OBJECT);
#endif
    git_libgit2_opts(GIT_OPT_SET_CACHE_MAX_SIZE, (ssize_t)(32 << 20));
    /* Whose the repository is matters to those who run its hooks; reading its objects is harmless.
     */
    git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
    return 0;
}

/* Packs are never repacked: when there are too many, all go and the next fetch brings what is
 * needed. */
static void prune_packs(void)
{
    DIR *dir = opendir(PACKS);
    struct dirent *entry;
    struct stat st;
    uint64_t bytes = 0;
    unsigned files = 0;

    if (!dir)
        return;
    while ((entry = readdir(dir))) {
        if (fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(st.st_mode)) {
            bytes += (uint64_t)st.st_size;
            files++;
        }
    }
    rewinddir(dir);
    while ((bytes > MAX_CACHE || files > 2 * MAX_PACKS) && (entry = readdir(dir)))
        unlinkat(dirfd(dir), entry->d_name, 0);
    closedir(dir);
}

int store_open_cache(struct git_store *store)
{
    int result = start_library();

    if (result < 0)
        return result;
    if (fchdir(CACHE_FD) < 0)
        return fail_errno(ERR_GENERIC, "cannot use the object cache");
    if ((mkdir("objects", 0700) < 0 && errno != EEXIST) ||
        (mkdir(PACKS, 0700) < 0 && errno != EEXIST))
        return fail_errno(ERR_GENERIC, "cannot make the object cache");
    prune_packs();
    if (git_odb_open(&store->odb, "objects") < 0 ||
        git_repository_wrap_odb(&store->repo, store->odb) < 0)
        return store_error("cannot open the object cache");
    return 0;
}

int store_open_local(struct git_store *store, const char *path)
{
    int result = start_library();

    if (result < 0)
        return result;
    if (git_repository_open_ext(&store->repo, path, GIT_REPOSITORY_OPEN_NO_SEARCH, NULL) < 0) {
        fail(ERR_NOT_FOUND, "'%s' is no Git repository", path);
        error_hint("for a plain folder give its path without file://");
        return -ERR_NOT_FOUND;
    }
    if (git_repository_odb(&store->odb, store->repo) < 0)
        return store_error("cannot open the repository's objects");
    return 0;
}

void store_close(struct git_store *store)
{
    git_indexer_free(store->indexer);
    git_odb_free(store->odb);
    git_repository_free(store->repo);
}

/* ---- packs ---- */

int store_pack_add(struct git_store *store, const void *data, size_t len)
{
    if (!store->indexer) {
        store->indexed = (git_indexer_progress){0};
        if (git_indexer_new(&store->indexer, PACKS, 0600, NULL, NULL) < 0)
            return store_error("cannot keep the objects");
    }
    if (git_indexer_append(store->indexer, data, len, &store->indexed) < 0)
        return error_context(store_error("the server sent a bad pack"), "refused");
    return 0;
}

int store_pack_end(struct git_store *store, bool keep)
{
    int result = 0;

    if (!store->indexer)
        return 0;
    if (keep) {
        event_progress("resolving", 0, 0);
        if (git_indexer_commit(store->indexer, &store->indexed) < 0)
            result = store_error("the server sent a bad pack");
    }
    git_indexer_free(store->indexer);
    store->indexer = NULL;
    if (result == 0 && keep && git_odb_refresh(store->odb) < 0)
        result = store_error("cannot read the objects");
    return result;
}

bool store_has(const struct git_store *store, const git_oid *id)
{
    return git_odb_exists_ext(store->odb, id, GIT_ODB_LOOKUP_NO_REFRESH) == 1;
}

/* ---- looking up ---- */

int store_commit_tree(struct git_store *store, const git_oid *id, git_oid *tree)
{
    git_commit *commit;
    char hex[GIT_HEX + 1];

    git_oid_tostr(hex, sizeof hex, id);
    if (git_commit_lookup(&commit, store->repo, id) < 0)
        return fail(ERR_MISMATCH, "'%s' is no commit", hex);
    git_oid_cpy(tree, git_commit_tree_id(commit));
    git_commit_free(commit);
    return 0;
}

static git_tree *open_tree(struct git_store *store, const git_oid *id)
{
    git_tree *tree;

    if (git_tree_lookup(&tree, store->repo, id) < 0) {
        store_error("cannot read a folder of the commit");
        return NULL;
    }
    return tree;
}

int store_find(struct git_store *store, const git_oid *tree, const char *path, git_oid *out,
               unsigned *mode)
{
    char name[512];

    git_oid_cpy(out, tree);
    *mode = GIT_FILEMODE_TREE;
    for (const char *p = path; *p;) {
        size_t len = strcspn(p, "/");
        const git_tree_entry *entry;
        git_tree *folder;

        if (*mode != GIT_FILEMODE_TREE || len >= sizeof name)
            return fail(ERR_NOT_FOUND, "there is no '%s' in the commit", path);
        folder = open_tree(store, out);
        if (!folder)
            return -ERR_GENERIC;
        memcpy(name, p, len);
        name[len] = '\0';
        entry = git_tree_entry_byname(folder, name);
        if (entry) {
            git_oid_cpy(out, git_tree_entry_id(entry));
            *mode = git_tree_entry_filemode_raw(entry);
        }
        git_tree_free(folder);
        if (!entry)
            return fail(ERR_NOT_FOUND, "there is no '%s' in the commit", path);
        p += len + (p[len] == '/');
    }
    return 0;
}

/* ---- walking ---- */

/*
 * One walk for two purposes: with `writer` what is met is written, else what is missing is
 * gathered. Folders are counted even if nothing is in them, or a small pack could keep us busy for
 * ever.
 */
struct walk {
    struct git_store *store;
    struct tree_writer *writer;
    struct strings *missing;
    struct arena *arena;
    struct buf path; /* of the entry at hand */
    unsigned depth;
    unsigned folders; /* so far */
};

static int walk_tree(struct walk *walk, const git_oid *id);

static void add_missing(struct walk *walk, const git_oid *id)
{
    char hex[GIT_HEX + 1];

    strings_add(walk->missing, walk->arena,
                arena_strdup(walk->arena, git_oid_tostr(hex, sizeof hex, id)));
}

/* The bytes of a file, its size checked before they are read. */
static git_odb_object *read_blob(struct git_store *store, const git_oid *id, size_t max,
                                 const char *path)
{
    git_odb_object *object;
    git_object_t type;
    size_t len;

    if (git_odb_read_header(&len, &type, store->odb, id) < 0) {
        store_error("cannot read a file of the commit");
        error_context(-ERR_GENERIC, "'%s'", path);
        return NULL;
    }
    if (type != GIT_OBJECT_BLOB || len > max) {
        fail(ERR_REFUSED,
             type == GIT_OBJECT_BLOB ? "refused '%s': larger than %zu bytes"
                                     : "refused '%s': not a file as its folder says (limit %zu)",
             path, max);
        return NULL;
    }
    if (git_odb_read(&object, store->odb, id) < 0) {
        store_error("cannot read a file of the commit");
        error_context(-ERR_GENERIC, "'%s'", path);
        return NULL;
    }
    return object;
}

static int write_link(struct walk *walk, const git_oid *id, const char *path)
{
    git_odb_object *object = read_blob(walk->store, id, MAX_LINK, path);
    const char *target;
    int result;

    if (!object)
        return -(int)error_code();
    target = arena_strndup(walk->arena, git_odb_object_data(object), git_odb_object_size(object));
    if (strlen(target) != git_odb_object_size(object))
        result = fail(ERR_REFUSED, "refused the symbolic link '%s': its target holds a NUL", path);
    else
        result = tree_link(walk->writer, path, target);
    git_odb_object_free(object);
    return result;
}

int store_write_file(struct git_store *store, const git_oid *blob, unsigned mode, const char *name,
                     struct tree_writer *writer)
{
    git_odb_object *object;
    int result;

    if (mode != 0100644 && mode != 0100664 && mode != 0100755)
        return fail(ERR_REFUSED, "refused '%s': Git knows no mode %o", name, mode);
    object = read_blob(store, blob, TREE_LIMITS.file_bytes, name);
    if (!object)
        return -(int)error_code();
    result = tree_file(writer, name, mode == 0100755, git_odb_object_data(object),
                       git_odb_object_size(object));
    git_odb_object_free(object);
    return result;
}

static int walk_entry(struct walk *walk, const git_tree_entry *entry)
{
    const git_oid *id = git_tree_entry_id(entry);
    unsigned mode = git_tree_entry_filemode_raw(entry);
    const char *path = buf_text(&walk->path);

    if (mode == GIT_FILEMODE_COMMIT) {
        if (walk->writer)
            event_log("left out the submodule '%s'", path);
        return 0;
    }
    if (!walk->writer && !store_has(walk->store, id)) {
        add_missing(walk, id);
        return 0;
    }
    if (mode == GIT_FILEMODE_TREE)
        return walk_tree(walk, id);
    if (!walk->writer)
        return 0;
    if (mode == GIT_FILEMODE_LINK)
        return write_link(walk, id, path);
    return store_write_file(walk->store, id, mode, path, walk->writer);
}

static int walk_entries(struct walk *walk, const git_tree *tree)
{
    size_t count = git_tree_entrycount(tree), base = walk->path.len;
    int result = 0;

    if (count > TREE_LIMITS.entries)
        return fail(ERR_REFUSED, "refused '%s': more than %u entries", buf_text(&walk->path),
                    TREE_LIMITS.entries);
    for (size_t i = 0; i < count && result == 0; i++) {
        const git_tree_entry *entry = git_tree_entry_byindex(tree, i);
        const char *name = git_tree_entry_name(entry);

        if (base > 0)
            buf_putc(&walk->path, '/');
        buf_puts(&walk->path, name);
        if (strchr(name, '/'))
            result = fail(ERR_REFUSED, "refused '%s': a '/' in a name", buf_text(&walk->path));
        else
            result = walk_entry(walk, entry);
        walk->path.len = base;
        if (walk->path.data)
            walk->path.data[base] = '\0';
    }
    return result;
}

static int walk_tree(struct walk *walk, const git_oid *id)
{
    git_tree *tree;
    int result;

    if (walk->depth >= TREE_LIMITS.depth)
        return fail(ERR_REFUSED, "refused '%s': deeper than %u folders", buf_text(&walk->path),
                    TREE_LIMITS.depth);
    if (++walk->folders > TREE_LIMITS.entries)
        return fail(ERR_REFUSED, "refused '%s': more than %u folders", buf_text(&walk->path),
                    TREE_LIMITS.entries);
    tree = open_tree(walk->store, id);
    if (!tree)
        return -ERR_GENERIC;
    walk->depth++;
    result = walk_entries(walk, tree);
    walk->depth--;
    git_tree_free(tree);
    return result;
}

int store_missing(struct git_store *store, const git_oid *tree, struct strings *out,
                  struct arena *arena)
{
    struct walk walk = {.store = store, .missing = out, .arena = arena};
    int result = 0;

    if (!store_has(store, tree))
        add_missing(&walk, tree);
    else
        result = walk_tree(&walk, tree);
    buf_release(&walk.path);
    return result;
}

int store_write_tree(struct git_store *store, const git_oid *tree, struct tree_writer *writer)
{
    struct arena arena = {0};
    struct walk walk = {.store = store, .writer = writer, .arena = &arena};
    int result;

    event_progress("writing", 0, 0);
    result = walk_tree(&walk, tree);
    buf_release(&walk.path);
    arena_release(&arena);
    return result;
}
