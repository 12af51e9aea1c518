/*
 * A plugin's configuration: manifest < [config.NAME] of paii.toml < plugins/NAME/config.toml.
 */
#ifndef PAII_RUNTIME_SETTINGS_H
#define PAII_RUNTIME_SETTINGS_H

#include "runtime/run.h"

/*
 * Appends the merged configuration as one JSON object. `*wrong` becomes what is wrong with it (a
 * type, a required key without a value), in the arena, or NULL. ERR_CONFIG if a file is not TOML.
 */
int settings_merge(struct buf *out, const struct target *target, const char **wrong,
                   struct arena *arena);

#endif
