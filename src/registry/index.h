/*
 * A registry's index file as its team wrote it: TOML ([[plugins]] rows or [plugins.NAME] tables,
 * see docs/registry.md) or a Claude Code marketplace.json. Entries that are wrong are skipped, each
 * with its reason in `diags` as a warning; the file as a whole is refused only when it cannot be
 * read at all.
 */
#ifndef PAII_REGISTRY_INDEX_H
#define PAII_REGISTRY_INDEX_H

#include "base/diag.h"
#include "registry/catalog.h"

struct index {
    const char *name, *description; /* of [registry]; may be "" */
    const char *allows; /* registries that its plugins may depend on, one a line; may be "" */
    struct package *packages;
    size_t count, capacity;
    size_t skipped;
};

/*
 * `base` is the registry's own source (a Git URL and commit, a folder): rows without a source of
 * their own live in it under `path`. SOURCE_NONE: the index is a single file at `base->url`, and
 * there are no such rows. `registry` is the name the user gave it.
 */
int index_read(struct index *out, struct arena *arena, const char *registry,
               const struct source *base, const char *file, const char *text, size_t len,
               struct diags *diags);

/*
 * Adds what the tags of the repository `base`, "NAME--v1.2.0 COMMIT", say of the entries that lie
 * in it: each tag is a version, pinned to its commit.
 */
void index_add_tags(struct index *index, struct arena *arena, const struct source *base,
                    const struct strings *tags);
/* The version of the tag that a package is fetched at; NULL if its `ref` is no tag of its own. */
const char *package_tag_version(const struct package *package);

/* The file names that are looked for in a registry's tree, best first; NULL-terminated. */
extern const char *const index_file_names[];

/* The error, and what to do, of a plugin whose source is SOURCE_NONE. */
int source_refused(const char *plugin, const struct source *source);

/* A version as catalogs carry it: "1.2" is 1.2.0; nothing, or no version, is VERSION_UNKNOWN. */
const char *index_version(struct arena *arena, const char *text);

#endif
