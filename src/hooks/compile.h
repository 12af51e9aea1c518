/* Collecting the handlers of what is installed, for the table. Private to this room. */
#ifndef PAII_HOOKS_COMPILE_H
#define PAII_HOOKS_COMPILE_H

#include "hooks/table.h"

struct compiling {
    const struct installed *set;
    const char *generation_dir; /* where it is written now */
    struct arena *arena;
    struct handler *handlers;
    size_t count, capacity;
};

/* A new handler of the package, with what all of its handlers have in common. */
struct handler *compile_handler(struct compiling *compiling, const struct handler *common,
                                int event);
/* Those that its Claude Code files declare. */
void compile_native(struct compiling *compiling, const struct handler *common);
/* Those of its plugin.toml. */
int compile_actions(struct compiling *compiling, const struct handler *common,
                    const struct package *package);

#endif
