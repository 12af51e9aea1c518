/*
 * Registries: keep their catalogs current and find packages in them.
 *
 *   registries/NAME/state.json   url, ref, commit or ETag, time of the last change
 *   registries/NAME/index.*      the index file as it came, verified
 *   registries/NAME/catalog      compiled from it
 */
#ifndef PAII_REGISTRY_REGISTRY_H
#define PAII_REGISTRY_REGISTRY_H

#include "registry/catalog.h"
#include "registry/config.h"

struct registry_update {
    const struct registry_config *registry;
    bool changed;
    size_t plugins, skipped; /* after the update */
    unsigned requests;
    uint64_t received;
    const char *commit; /* or ETag; "" for a folder */
    int result;         /* 0 or an error; `error` and `hint` say it */
    const char *error, *hint;
};

/* Brings the given registries up to date, in parallel. Needs the lock. Returns the first error. */
int registry_update(const struct config *config, const struct registry_config *const *registries,
                    size_t count, struct registry_update *results, struct arena *arena);

/*
 * The catalogs of all registries, in the order of config->registries (an empty one for a registry
 * that was never updated). core and folders are compiled on the spot when their files have changed.
 * `missing` gets the names of registries that have no catalog yet.
 */
int registry_open_all(const struct config *config, struct catalog **out, struct strings *missing,
                      struct arena *arena);
/* Asks those of `missing` for the first time. Needs the lock. Returns the first error. */
int registry_update_missing(const struct config *config, const struct strings *missing,
                            struct arena *arena);
void registry_close_all(const struct config *config, struct catalog *catalogs);

/* ERR_NOT_FOUND for an unknown plugin, with the nearest names as the hint. */
int registry_unknown_plugin(const struct config *config, const struct catalog *catalogs,
                            const char *name);
/* ERR_NOT_FOUND for an unknown registry, with the nearest name as the hint. */
int registry_unknown(const struct config *config, const char *name);

/* Removes what is kept of a registry below registries/. */
int registry_forget(const char *name);

#endif
