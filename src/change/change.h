/*
 * Changing what is installed: the way of every install, update and remove
 * (docs/modules/change.md). change.c walks it, and each step of it is a file.
 */
#ifndef PAII_CHANGE_CHANGE_H
#define PAII_CHANGE_CHANGE_H

#include "base/error.h"
#include "base/semver.h"
#include "base/text.h"
#include "registry/manifest.h"
#include "registry/registry.h"
#include "store/store.h"

/* What a person asked for. Names are checked. */
struct change_request {
    struct spec *install;
    size_t install_count;
    struct strings remove;
    struct strings update;
    bool update_all;
    bool dev;                 /* link folders live */
    bool with_optional;       /* providers of optional contracts too */
    struct strings prefer;    /* plugins to be taken before other providers, if they can be had */
    struct strings as_needed; /* of `install`: nobody's wish, if something else needs them */
    const char *build;    /* --build: a type, "" for what is there, OPTION_OFF; NULL: not said */
    const char *flat;     /* --flat: "", or OPTION_OFF; NULL: not said */
    const char *registry; /* --registry: where names are looked for; NULL: anywhere */
    bool dry_run, yes;
    /* Exactly what a lock file says; nothing above counts then. */
    bool locked;
    const char *lock_file;  /* NULL: the one of the current generation */
    bool sync;              /* that of the project: somebody else's word */
    bool repair;            /* a set that is the same is no new generation */
    bool silent;            /* who asks says what was done */
    struct strings damaged; /* plugins whose prefix is to be made again */
    bool rewrite;           /* a new generation in any case */
};

/* One version of one plugin that the resolver may choose. */
struct choice {
    struct package package;
    int priority;            /* of its registry */
    bool current;            /* this very thing is installed now */
    bool direct;             /* from a source that the user named, not from a registry */
    const char *pin;         /* that a person asked for: a commit, or "sha256=..."; NULL: none */
    bool stored;             /* of a lock: the store has its prefix */
    bool damaged;            /* of a lock: the prefix that the store has is to be replaced */
    bool rebuild;            /* a current one that is to be built in another way */
    const char *unreachable; /* why its source could not be had; NULL: not tried, or had */
    bool same_as_current; /* a direct one that was fetched and found installed: not to be chosen */
    bool aside; /* offered for a dependency alone: the name stands for another registry's plugin */
    /* Of a lock: what it says. */
    const struct package *locked;
    /* Once fetched: */
    const char *tree_dir; /* its source tree in staging, or the live folder */
    struct manifest *manifest;
};

enum step_kind { STEP_KEEP, STEP_INSTALL, STEP_UPDATE, STEP_REMOVE };
struct step {
    enum step_kind kind;
    struct choice *choice;        /* NULL for STEP_REMOVE */
    const struct package *before; /* NULL for STEP_INSTALL */
    const char *because;          /* "MemoryProvider for incident", "needed by kit", when pulled in;
                                     else NULL */
};

/* An installed plugin that its registry now lists under another name. */
struct rename {
    const struct package *before;
    const char *to;
};

/* What change_offer() and the like added, by name. */
struct choice_table {
    uint32_t *slots; /* the last choice of a name, + 1; open addressing */
    size_t slot_count;
    uint32_t *previous; /* by choice: the one before it of the same name, + 1 */
    size_t count, capacity;
};

struct change {
    struct arena *arena;
    const struct change_request *request;
    struct config config;
    struct catalog *catalogs; /* in the order of config.registries */
    struct installed before;
    struct choice **choices; /* stable addresses: sorted by nothing, found by name and version */
    size_t choice_count, choice_capacity;
    struct choice_table table;
    struct strings bindings;        /* CONSUMER.ALIAS=PROVIDER of the plan */
    bool dirty;                     /* flags or bindings differ, though perhaps no plugin does */
    struct change_request followed; /* the request, with renamed plugins under their new names */
    struct rename *renames;
    size_t rename_count, rename_capacity;
    struct step *steps; /* sorted by name */
    size_t step_count, step_capacity;
    const char *staging;
    size_t arrivals;     /* numbers folders in staging */
    unsigned generation; /* that was committed; 0: none */
};

/* ---- candidates.c: what could be chosen ---- */

/* Reads configuration, installed set and catalogs; fetches the index of a registry never updated.
 */
int change_open(struct change *change);
/* The catalog of a registry; NULL if there is none of that name. */
const struct catalog *change_catalog(const struct change *change, const char *registry);
/* The choices of `name` that the registries and the installed set offer, added once. A name that
 * two registries offer, with nothing to decide between them, is ERR_REFUSED naming both. */
int change_offer(struct change *change, const char *name, const char *registry);
/* Whether a row of a catalog, with its registry, is what is installed (NULL: nothing), as far as
 * the catalog tells: of one without a version only the same pin says so. */
bool change_is_installed(const struct package *row, const struct package *installed);
/* Offers every plugin that provides `contract` in some version. */
int change_offer_providers(struct change *change, const char *contract);
/* The choices of `name` that this registry offers, for a plugin that depends on it. */
int change_offer_from(struct change *change, const char *name, const char *registry);
/* A choice that is not from a registry. */
struct choice *change_add_direct(struct change *change, const struct source *source, bool dev);

/* ---- depends.c: plugins that plugins ask for by name ---- */

/* Adds the plugins of `set` that depend on one of `names`, directly or not, and are none of them.
 */
void change_dependents(struct strings *out, const struct installed *set,
                       const struct strings *names, struct arena *arena);

/* ---- plan.c: what is chosen ---- */

/* Solves the request over the choices, fills steps and bindings. ERR_NOT_FOUND, ERR_CONTRACT. */
int change_plan(struct change *change);
/* How many steps change something. */
size_t change_count(const struct change *change);

/* ---- fetch.c ---- */

/* Fetches the source of every choice given that is neither installed nor fetched, verifies pins,
 * reads manifests. `*learned` is set if a manifest says other contracts than its index did. */
int change_fetch(struct change *change, struct choice **choices, size_t count, bool *learned);

/* ---- build.c: how a plugin without plugin.toml is built ---- */

/* Decides it for one whose manifest was read: as asked, as before, as its marketplace says, else
 * not at all. */
int change_choose_build(struct change *change, struct choice *choice, struct manifest *manifest);
/* Whether what is installed is asked to be built in another way. */
bool change_wants_rebuild(const struct change *change, const struct choice *choice);
/* The types of build that it carries a file for and is not built as. */
void change_could_build(struct strings *types, const struct choice *choice, struct arena *arena);

/* ---- renames.c: plugins that have another name, or are withdrawn ---- */

/* Of what is to be updated: takes the new names into the request for the old ones, and warns of
 * what is no longer offered. */
void change_follow_renames(struct change *change);
/* The plugin that is called `name` now, if that is one, stays under its old name. */
void change_unfollow_rename(struct change *change, const char *name);
/* One step, an update, of the removal of the old name and the installation of the new one. */
void change_join_renames(struct change *change);
/* What is installed under that name, or is renamed to it; NULL if nothing is. */
const struct package *change_before(const struct change *change, const char *name);
/* Whether the step is of one that is renamed. */
bool step_renames(const struct step *step);
/* What the person has under the old names is found under the new ones, too; and no longer. */
int change_link_folders(const struct change *change);
void change_unlink_folders(const struct change *change);
/* Whether `name`, as paii.toml says it, means `plugin`, which may have been renamed. */
bool change_is_called(const struct change *change, const char *plugin, const char *name);
/* The new name of a plugin that the catalog lists as renamed, else NULL. */
const char *renamed_to(const struct catalog *catalog, const char *name);

/* ---- locked.c ---- */

/* Instead of offering and planning: the steps that lead to what the lock file says, fetched. */
int change_locked(struct change *change);

/* ---- capabilities.c ---- */

/* What a fetched choice may do once it is installed, as the lock says it: sorted, one a line. */
const char *change_capabilities(const struct choice *choice, struct arena *arena);

/* ---- grants.c ---- */

/* Whether an update may do more than was agreed to. */
bool change_wants_more(const struct change *change);
/* ERR_REFUSED naming it if so: for when nobody can be asked. */
int change_check_grants(const struct change *change);
/* Notes that what the steps may do is agreed to. */
void change_grant(struct change *change);
/* Whether the request names it, or the source that it now comes from. */
bool change_names(const struct change_request *request, const struct choice *choice);

/* ---- names.c ---- */

/* Warns of new plugins whose names are nearly those of others that the person may mean. */
void change_warn_names(const struct change *change);

/* ---- kept.c ---- */

/* What was to be updated, and is not at the best that there is. */
struct kept {
    const struct package *package; /* as planned */
    const struct choice *better;
};
size_t change_kept_back(const struct change *change, struct kept **out);
void change_note_kept(const struct change *change);

/* ---- print_collisions.c ---- */

/* Notes skills, agents and commands of new plugins that others have, too. */
void change_note_collisions(const struct change *change);

/* ERR_REFUSED if a name that is to go without its prefix belongs to somebody else, too. Notes the
 * new ones that keep it. */
int change_check_flat(const struct change *change);

/* ---- apply.c ---- */

int change_apply(struct change *change);

/* ---- print.c ---- */

void change_print_plan(const struct change *change);   /* --dry-run and before asking */
void change_print_result(const struct change *change); /* after the commit */

/* ---- change.c ---- */

int change_run(const struct change_request *request, struct arena *arena);
/* The steps that the request would take, fetched and then dropped: nothing changes. Needs the
 * writers' lock, for staging. */
int change_look(struct change *out, const struct change_request *request, struct arena *arena);

/* ---- command_line.c ---- */

/* "paii install …": the command that asks for it. */
const char *change_command(const struct change_request *request, struct arena *arena);

/* ---- commit.c ---- */

/* Commits the set's generation and makes ~/.claude agree with it (also the second half of a
 * rollback). On failure both are as before, and the first error is told. */
int change_commit(struct installed *set, struct arena *arena);
/* Makes a generation of the set, whose prefixes are in the store, and commits it. */
int change_write(struct installed *set, struct arena *arena);

#endif
