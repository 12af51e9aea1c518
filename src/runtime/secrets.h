/*
 * PAII_DIR/.env: the only source of what a plugin's [env] declares.
 */
#ifndef PAII_RUNTIME_SECRETS_H
#define PAII_RUNTIME_SECRETS_H

#include "base/process.h"
#include "registry/manifest.h"

/*
 * Sets the declared variables that .env holds. `*missing` becomes the names of required ones that
 * it does not, or NULL. ERR_REFUSED if others can read the file; ERR_CONFIG if a line is malformed.
 */
int secrets_set(struct environment *env, const struct manifest *manifest, const char **missing,
                struct arena *arena);

#endif
