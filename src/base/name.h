/*
 * Names of plugins and registries: ^[a-z0-9][a-z0-9-]{0,63}$. One function, used on install,
 * remove, update, lock and index alike. `what` is "plugin" or "registry", for the message.
 */
#ifndef PAII_BASE_NAME_H
#define PAII_BASE_NAME_H

#include <stdbool.h>
#include <stddef.h>

#define NAME_MAX_LENGTH 64

bool name_valid(const char *name);
bool name_valid_n(const char *name, size_t len);
/* "paii": the name of our own plugin, which registers the dispatcher. name_check() refuses it. */
bool name_reserved(const char *name);
int name_check(const char *what, const char *name); /* 0 or ERR_REFUSED */

#endif
