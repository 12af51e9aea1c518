/* Between the files of the store. Not for other rooms. */
#ifndef PAII_STORE_STORE_PRIVATE_H
#define PAII_STORE_STORE_PRIVATE_H

#include "base/arena.h"

#include <stdbool.h>

/* Whether a process holds generation `n` (see store_hold()). */
bool generation_is_held(unsigned n, struct arena *arena);
/* Adds NAME/VERSION-KEY of every prefix that a process of this user runs from. */
void store_running_prefixes(struct strings *out, struct arena *arena);

#endif
