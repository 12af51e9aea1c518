/*
 * Values against what a manifest declares of them.
 */
#ifndef PAII_RUNTIME_SCHEMA_H
#define PAII_RUNTIME_SCHEMA_H

#include "base/data.h"
#include "registry/manifest.h"

bool schema_type_fits(const char *type, const struct data *value);
/* "a string", "an array", ...: a declared type for messages. */
const char *schema_type_words(const char *type);
/*
 * Checks a JSON object's text against the action's parameters and appends it with the defaults
 * filled in. Returns NULL, or what is wrong with it, in the arena.
 */
const char *schema_params(struct buf *out, const struct action *action, const char *text,
                          struct arena *arena);

#endif
