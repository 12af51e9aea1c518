/*
 * Where we stand among calls of calls, as our environment tells (docs/protocol.md).
 */
#ifndef PAII_RUNTIME_CHAIN_H
#define PAII_RUNTIME_CHAIN_H

#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>

enum { CHAIN_MAX_DEPTH = 8 };

struct chain {
    bool inside;         /* a plugin runs us */
    int depth;           /* of the run that is about to begin */
    const char *callers; /* "incident.update>history.capture" above it; "" for none */
    int64_t deadline;    /* of whoever runs us, in milliseconds since 1970; 0 for none */
};

void chain_read(struct chain *out);
/* NULL, or why plugin.action must not run below this chain. */
const char *chain_forbids(const struct chain *chain, const char *plugin, const char *action,
                          struct arena *arena);
int64_t chain_now(void); /* milliseconds since 1970 */

#endif
