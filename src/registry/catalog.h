/*
 * A catalog: packages in one compact file that is mapped, not parsed (docs/catalog.md). Each
 * registry has one, made when it is updated; each generation has one of what is installed. list,
 * info and search read nothing else.
 *
 * Rows are sorted by name, then version descending; what only tags name comes last. All strings of
 * a package point into the mapping.
 */
#ifndef PAII_REGISTRY_CATALOG_H
#define PAII_REGISTRY_CATALOG_H

#include "base/buf.h"
#include "registry/source.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum package_flags {
    PACKAGE_YANKED = 1 << 0,
    PACKAGE_REQUESTED = 1 << 1,   /* installed because a person named it */
    PACKAGE_DEV = 1 << 2,         /* installed with --dev: linked live */
    PACKAGE_UNVERSIONED = 1 << 3, /* its registry gives no version: its content may change */
    PACKAGE_DISABLED = 1 << 4,    /* installed, and not shown to anybody (docs/claude.md) */
    PACKAGE_PARTLY = 1 << 5,      /* some of its components are */
    PACKAGE_HELD = 1 << 6,        /* installed, and to stay as it is */
    PACKAGE_TAGGED = 1 << 7,      /* an older state that a tag of its marketplace names */
    PACKAGE_FLAT = 1 << 8,        /* also without its prefix (docs/claude.md) */
};

/* The version of a package whose index gives none; the manifest knows better at install. */
#define VERSION_UNKNOWN "0.0.0+unversioned"

/* One version of one plugin. Every string is "" when unknown; source.ref, commit and sha256 are
 * NULL when there is none. What is given to catalog_write() may have NULL for "" anywhere. */
struct package {
    const char *name, *version, *description;
    const char *registry; /* name of the registry; "" for a direct install */
    struct source source;
    const char *language, *type; /* type: skill, integration, ... as the index says */
    const char *license, *homepage, *author;
    const char *tags;      /* one a line */
    const char *provides;  /* canonical terms of contract.h, one a line */
    const char *consumes;  /* one a line */
    const char *depends;   /* terms of dependency.h, one a line */
    const char *conflicts; /* likewise */
    const char *entry; /* what a marketplace says of it besides, as JSON; "" of other registries */
    unsigned flags;
    /* Of an installed one only: */
    const char
        *prefix; /* "history/1.0.0-0123456789abcdef" in the store; an absolute path for --dev */
    const char *tree;  /* tree hash of what was fetched */
    const char *range; /* the range that the person asked for, or "" */
    uint64_t size;     /* bytes of files */
    /* Of a lock file only; a catalog does not keep them, and gives NULL: */
    const char *origin;       /* URL of the registry; "" for a direct install */
    const char *capabilities; /* "build:pip", "hook:stop", … (docs/lock.md), sorted, one a line */
    const char *grants;       /* of the capabilities, those that the person agreed to */
    const char *build; /* of a plugin without plugin.toml: "pip", … as somebody chose; "none":
                          not, whatever its marketplace says; else "" */
    const char *disabled_components; /* "agent:triage", … (docs/claude.md), sorted, one a line */
};

struct catalog {
    const void *map;
    size_t size, count;
    const char *origin; /* what it was made from: the registry's commit, ETag, … */
    const char *title;  /* what the registry calls itself */
    const char *allows; /* registries that its plugins may depend on, as they call themselves */
};

/* What is said of all packages together; NULL for "". */
struct catalog_about {
    const char *origin, *title, *allows;
};

/* Writes durably and atomically. Sorts `packages` in place. */
int catalog_write(const char *path, struct package *packages, size_t count,
                  const struct catalog_about *about);
/* The same bytes into `out`, and a catalog over bytes that lie in memory (copied). */
void catalog_image(struct buf *out, struct package *packages, size_t count,
                   const struct catalog_about *about);
int catalog_from_image(struct catalog *out, const void *data, size_t len);
/* ERR_NOT_FOUND if absent; ERR_CONFIG if damaged or of another format version. */
int catalog_open(struct catalog *out, const char *path);
void catalog_close(struct catalog *catalog);
/* Reads everything: ERR_CONFIG if a bit of it changed since it was written. */
int catalog_verify(const struct catalog *catalog, const char *path);
void catalog_get(const struct catalog *catalog, size_t i, struct package *out);
/* Cheap access to one row's name without filling a package. */
const char *catalog_name(const struct catalog *catalog, size_t i);
/* How many names there are, however many versions of each. */
size_t catalog_names(const struct catalog *catalog);
/* The rows of `name` are first .. first+return-1 (newest first); 0 if none. */
size_t catalog_find(const struct catalog *catalog, const char *name, size_t *first);

/* The names of which some version provides `contract`, in whatever version or service, are
 * first .. first+return-1, ascending; 0 if none. */
size_t catalog_providers(const struct catalog *catalog, const char *contract, size_t *first);
const char *catalog_provider(const struct catalog *catalog, size_t i);

/* One hit of a search. */
struct hit {
    const struct catalog *catalog;
    size_t row;
    unsigned score; /* higher is better */
};
/*
 * Ranks by exact name, name prefix, name part, tag, description word, and lastly a name within typo
 * distance (only if nothing else matched). Every word of `query` must match somewhere; no word
 * matches everything. Only the newest version of each name counts. Sorted by score, then name; the
 * best `max_hits` are kept. Returns the number of hits stored.
 */
size_t catalog_search(const struct catalog *catalogs, size_t catalog_count, const char *query,
                      struct hit *hits, size_t max_hits);

#endif
