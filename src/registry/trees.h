/*
 * What trees pinned sources were found to have: $XDG_CACHE_HOME/paii/trees. A commit of a
 * marketplace is another pin for all of its plugins and another content for few; what was looked at
 * once need not be fetched again to know. A cache: what is lost is looked at again.
 */
#ifndef PAII_REGISTRY_TREES_H
#define PAII_REGISTRY_TREES_H

#include "registry/source.h"

/* The tree hash of what that source gave, in the arena; NULL if it is not known, or has no pin. */
const char *tree_recall(struct arena *arena, const struct source *source);
/* A failure only costs the next look. */
void tree_remember(const struct source *source, const char *tree);

#endif
