/*
 * What the files that read a marketplace.json share (docs/registry.md). Not for other rooms.
 */
#ifndef PAII_REGISTRY_MARKETPLACE_H
#define PAII_REGISTRY_MARKETPLACE_H

#include "registry/index_private.h"

/* Bytes of what one entry may declare. */
#define ENTRY_MAX_BYTES (256u << 10)

/* Keys by which an entry, or a plugin.json, says what a plugin holds; NULL-terminated. */
extern const char *const component_keys[];

/* marketplace_source.c: fills package.source; reports what is wrong with it. `root`:
 * metadata.pluginRoot. */
void marketplace_source(struct row *row, const char *root);

/* marketplace_entry.c: package.entry, from the components and the version that the entry declares;
 * reports those that leave the plugin. */
void marketplace_entry(struct row *row);

#endif
