/*
 * What is installed: the store of prefixes, the generations, the lock file, the commit
 * (docs/state.md).
 */
#ifndef PAII_STORE_STORE_H
#define PAII_STORE_STORE_H

#include "base/buf.h"
#include "registry/catalog.h"

#include <stdbool.h>
#include <stddef.h>

/* Makes PAII_DIR and its folders, 0700. Idempotent. */
int store_init(void);

/* Takes the writers' lock, saying whom we wait for; then finishes or clears what a killed run left.
 * Returns a descriptor to close, or an error. `what` is the command, for those who wait for us. */
int store_lock(const char *what);

/* ---- the installed set ---- */

struct installed {
    unsigned generation;      /* 0: nothing was ever installed */
    struct package *packages; /* sorted by name */
    size_t count, capacity;
    struct strings bindings; /* "alias of consumer" lines: CONSUMER.ALIAS=PROVIDER, sorted */
};

/* The current generation's lock file, read whole: for planning. An absent `current` is empty. */
int installed_read(struct installed *out, struct arena *arena);
/* Of that plugin alone, without bindings: for who wants to know of one among hundreds. */
int installed_read_one(struct installed *out, struct arena *arena, const char *name);
/* The same of generation `n`. */
int installed_read_generation(struct installed *out, struct arena *arena, unsigned n);
struct package *installed_find(const struct installed *set, const char *name);
/* The plugin that the consumer's alias is bound to; NULL: none. */
const char *installed_bound(const struct installed *set, const char *consumer, const char *alias);
/* 0 if it is there; ERR_REFUSED for what is no name, ERR_NOT_FOUND with the nearest one as hint. */
int installed_check(const struct installed *set, const char *name);
/* ERR_NOT_FOUND, said in the same words, where the names come from elsewhere. */
int installed_absent(const char *name, const struct strings *names);

/* The current generation's catalog, mapped: for list and info. Absent: count 0 and success. */
int installed_open(struct catalog *out);

/* In the scope of a project: the version of that plugin that the user has besides, and has not
 * switched off; else NULL. */
const char *installed_by_user(const char *name, struct arena *arena);

/* Absolute path of a package's prefix (its store folder, or the live folder of --dev). */
const char *installed_prefix(const struct package *package, struct arena *arena);

/* Whether its prefix holds what a build made. */
bool installed_is_built(const struct package *package);

/*
 * For who runs something of what is installed: until this process ends, `gc` keeps the generation
 * that is current now and all that it needs. To be called before it is read; if another one became
 * current meanwhile (store_holds_current() says so), both again.
 */
int store_hold(void);
bool store_holds_current(void);

/* ---- changing it ---- */

/* A staging folder of this process's own below paths.staging; removed by store_unstage() or the
 * next writer. */
int store_stage(const char **out, struct arena *arena);
void store_unstage(const char *staging);

/*
 * Writes down what a finished prefix holds, to BUILT.files beside it: to be moved into the store
 * with it. `tree` is the tree hash of its source.
 */
int store_record_prefix(const char *built, const char *tree);
/* Moves a finished, sealed prefix and its record into store/NAME/VERSION-KEY. One already there is
 * equal and stays, unless it is damaged: `replace`. */
int store_add_prefix(const char *built, const char *prefix, bool replace);
/*
 * A build finds the place of its prefix empty: a damaged one is set aside while it is built again,
 * and put back when that has ended, well or not. The next writer puts back what a killed one left.
 */
int store_set_aside(const char *prefix);
int store_put_back(const char *prefix);
bool store_has_prefix(const char *prefix);
/* Whether the store has it, made from the source of that tree hash. */
bool store_has_tree(const char *prefix, const char *tree);
/* Two folders of one file system change places at once. */
int store_exchange(const char *a, const char *b);
/* The record of the prefix folder `folder`. */
const char *store_record_of(struct arena *arena, const char *folder);

/* ---- what became of a prefix ---- */

enum difference_kind {
    DIFFERENCE_CHANGED, /* other content */
    DIFFERENCE_MODE,    /* executable or not */
    DIFFERENCE_NEW,
    DIFFERENCE_MISSING, /* path "": the whole prefix */
    DIFFERENCE_UNKNOWN, /* path "": there is no record to compare with */
};
struct difference {
    enum difference_kind kind;
    const char *path; /* below the prefix */
};
struct differences {
    struct difference *items;
    size_t count, capacity;
};
/* Hashes everything in the prefix and compares it with its record. 0 whatever is found. */
int store_verify_prefix(struct differences *out, struct arena *arena,
                        const struct package *package);

/* The lock file's text for a set; same set, same bytes. */
void lockfile_write(struct buf *out, const struct installed *set);
int lockfile_read(struct installed *out, struct arena *arena, const char *file, const char *text,
                  size_t len);

/* ERR_MISMATCH if this version of this registry was once installed with another tree. */
int store_check_seen(const struct package *package, struct arena *arena);
/* Keeps the identities of a set whose generation is about to go. */
int store_remember(const struct installed *set, struct arena *arena);

/*
 * Writes the next generation (lock, catalog, prefix links) for `set` under a temporary name;
 * `project` adds what the clients need (see claude/claude.h) and may refuse. Nothing is visible
 * yet. Sorts the packages and sets set->generation to the next number.
 */
int generation_write(struct installed *set, struct arena *arena,
                     int (*project)(const struct installed *set, const char *generation_dir,
                                    struct arena *arena));
/* The commit: gives the written generation its number `n` (unless `n` exists: a rollback), syncs,
 * renames `current` to it, syncs. 0 is the state before the first generation. */
int generation_commit(unsigned n);
/* Removes what generation_write() wrote and what is not current: to be called when a change has
 * ended, well or not, and after one that was killed. */
int generation_discard(void);
/* Numbers of existing generations, ascending. */
int generation_list(unsigned **out, size_t *count, struct arena *arena);

/* ---- removing what nobody needs ---- */

struct gc {
    unsigned keep; /* how many of the newest generations */
    bool dry_run;
    /* What was removed: */
    unsigned *generations;
    size_t generation_count, generation_capacity;
    struct strings prefixes, caches;
    struct strings projects;   /* folders that are gone, and so forgotten */
    struct strings logs, runs; /* names in logs/ and run/ */
    uint64_t freed;
    /* What is left: */
    uint64_t live, cached; /* bytes of prefixes, and of caches: never more than those */
    size_t in_use;         /* generations and prefixes that stay only because a process uses them */
};
/* Needs the lock. */
int store_gc(struct gc *gc, struct arena *arena);

#endif
