/* Links of ours in folders that are not. Private to this room. */
#ifndef PAII_CLAUDE_LINKS_H
#define PAII_CLAUDE_LINKS_H

#include "base/arena.h"

#include <stdbool.h>

/* Of a generation: lines FOLDER/ENTRY, a tab, PLUGIN: what stands below GENERATION/flat. */
#define FLAT_LIST "flat/links"

/* Whether it is a link that paii made; false for what is none. */
int link_is_ours(bool *out, struct arena *arena, const char *path);

#endif
