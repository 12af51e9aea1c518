/*
 * What opening and updating share. Not for other rooms.
 */
#ifndef PAII_REGISTRY_REGISTRY_PRIVATE_H
#define PAII_REGISTRY_REGISTRY_PRIVATE_H

#include "registry/index.h"
#include "registry/registry.h"

enum place_kind {
    PLACE_LOCAL, /* a folder, or an index file of this machine: looked at whenever it is opened */
    PLACE_GIT,
    PLACE_URL, /* an index file over https */
};

/* Where a registry is, and what is known of it before it is asked. */
struct place {
    const struct registry_config *registry;
    enum place_kind kind;
    struct source source; /* LOCAL: url is the folder */
    const char *file;     /* LOCAL: an index file that was named itself; else NULL */
    const char *dir;      /* registries/NAME */
    const char *catalog;  /* registries/NAME/catalog */
};

int registry_place(struct place *out, const struct registry_config *registry, struct arena *arena);

/* The index file of a local place: its path, and a stamp of size, time and inode. */
int local_index(const char **file, const char **stamp, const struct place *place,
                struct arena *arena);

/* A catalog's origin: the stamp, then the URL and the ref that it was made for. */
const char *registry_origin(const struct place *place, const char *stamp, struct arena *arena);
/* The stamp of a catalog that was made for this URL and ref; NULL if it was made for another. */
const char *registry_stamp(const struct place *place, const struct catalog *catalog,
                           struct arena *arena);

/*
 * Reads the index file `path`, called `file` in messages, with its plugins at `base`. What was
 * skipped is told by detail().
 */
int registry_read_index(struct index *out, const struct place *place, const struct source *base,
                        const char *path, const char *file, struct arena *arena);
/* Compiles a local place; in memory when registries/ cannot be written or does not exist yet. */
int registry_compile_local(struct catalog *out, size_t *skipped, const struct place *place,
                           const char *file, const char *stamp, struct arena *arena);

#endif
