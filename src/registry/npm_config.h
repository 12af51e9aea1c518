/* What the person's npm is set up for: the environment, ~/.npmrc, else what npm itself says. */
#ifndef PAII_REGISTRY_NPM_CONFIG_H
#define PAII_REGISTRY_NPM_CONFIG_H

#include "registry/fetch.h"

/* The URL of the registry that has `package`, as it is written. ERR_CONFIG if there is none. */
int npm_config_registry(const char **out, const char *package, struct arena *arena);
/* Whether a registry that is set up here, other than in npm itself, has the origin of `url`. */
bool npm_config_owns(const char *url, struct arena *arena);
/*
 * What ~/.npmrc has for `url` or a folder above it; no secret if it has nothing. ERR_AUTH if it
 * cannot be read or stands in a variable that is not set, ERR_REFUSED if others can read the file.
 */
int npm_config_login(struct credential *out, const char *url, struct arena *arena);

#endif
