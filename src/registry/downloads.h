/*
 * Archives that were downloaded before, by their SHA-256: $XDG_CACHE_HOME/paii/archives/SHA256. A
 * cache: what is lost is fetched again, and what does not hash to its name is not used.
 */
#ifndef PAII_REGISTRY_DOWNLOADS_H
#define PAII_REGISTRY_DOWNLOADS_H

#include "base/arena.h"

/* The kept file of that hash, in the arena; NULL if there is none. */
const char *download_find(struct arena *arena, const char *sha256);
/* Keeps a copy of `file`, whose hash that is. A failure only costs the next download. */
void download_keep(const char *file, const char *sha256);

#endif
