/* ~/.netrc, for registries that say `netrc = true`. */
#ifndef PAII_REGISTRY_NETRC_H
#define PAII_REGISTRY_NETRC_H

#include "base/arena.h"

/*
 * The login and password of the entry `machine HOST`; `*password` is NULL if there is none. An
 * entry `default` is for no host in particular, so it is passed over. ERR_REFUSED if others can
 * read the file, ERR_CONFIG if it is malformed.
 */
int netrc_find(const char **login, const char **password, const char *host, struct arena *arena);
const char *netrc_path(struct arena *arena);

#endif
