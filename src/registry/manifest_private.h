/*
 * What the files of the manifest reader share. Not for other rooms.
 */
#ifndef PAII_REGISTRY_MANIFEST_PRIVATE_H
#define PAII_REGISTRY_MANIFEST_PRIVATE_H

#include "base/data.h"
#include "registry/catalog.h"
#include "registry/manifest.h"

#define MANIFEST_MAX_BYTES   (4u << 20)
#define MANIFEST_MAX_ENTRIES 1024

/* One manifest being read. */
struct manifest_reading {
    struct manifest *manifest;
    struct arena *arena;
    struct reader root;
};

void manifest_init(struct manifest *out, const char *file);
/* The table `node` of the same file as a reader. */
struct reader reader_of(const struct reader *parent, struct data *node);
/* First entry of the table `key`, its entries marked known; NULL if absent, wrong or too large. */
struct data *manifest_entries(struct manifest_reading *reading, const char *key);
/* An argument vector: an array of strings, or one string that is split at spaces. */
void read_command(struct reader *reader, const char *key, struct strings *out);

/* manifest_contracts.c: [provides], [consumes]; also of an index row that has such tables */
void manifest_read_provides(struct manifest_reading *reading);
void manifest_read_consumes(struct manifest_reading *reading);
void read_conflicts(struct reader *reader,
                    struct strings *out); /* `conflicts` of a plugin or row */
/* manifest_actions.c: [config], [env], [actions], [hooks] */
void manifest_read_config(struct manifest_reading *reading);
void manifest_read_env(struct manifest_reading *reading);
void manifest_read_actions(struct manifest_reading *reading);
void manifest_read_hooks(struct manifest_reading *reading);

/* manifest_claude.c: a folder without plugin.toml, and what is known of it otherwise, or NULL.
 * ERR_NOT_FOUND if it is no plugin at all. */
struct claude_folder {
    const char *dir;
    const struct package *package;
};
int manifest_from_claude(struct manifest *out, struct arena *arena,
                         const struct claude_folder *folder, struct diags *diags);

/* manifest_claude_depends.c: adds the `dependencies` of a table of the client's as terms; warns of
 * those that are none. */
void claude_read_dependencies(struct strings *out, struct reader *reader);

/* manifest_claude_entry.c: whether a marketplace lists it, which then names it. */
bool package_is_listed(const struct package *package);

#endif
