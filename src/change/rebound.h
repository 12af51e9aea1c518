/*
 * Aliases of installed plugins that a change binds to others: what those plugins call and hand over
 * goes elsewhere then, though no plugin need be new.
 */
#ifndef PAII_CHANGE_REBOUND_H
#define PAII_CHANGE_REBOUND_H

#include "change/change.h"

struct rebound {
    const char *alias; /* "needy.dep" */
    const char *provider;
    const char *before; /* NULL: it was bound to nobody */
    bool told;          /* [bindings] names the provider */
};

/* Of a plan, in the order of the plugins. One that itself is updated counts if it was bound. */
size_t change_rebound(const struct change *change, struct rebound **out);
/* "needy.dep -> waver" */
const char *rebound_words(const struct rebound *rebound, struct arena *arena);

#endif
