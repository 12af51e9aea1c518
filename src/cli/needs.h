/*
 * Who needs whom among what is installed: consumed contracts and what they are bound to.
 */
#ifndef PAII_CLI_NEEDS_H
#define PAII_CLI_NEEDS_H

#include "registry/contract.h"
#include "store/store.h"

struct use { /* of a contract by a plugin */
    const struct package *consumer;
    struct consumed term;
    const struct package *provider; /* what it is bound to; NULL: nothing */
};

struct needs {
    struct installed set;
    struct use *uses; /* by consumer, then in the order of its manifest */
    size_t count, capacity;
};

int needs_read(struct needs *out, struct arena *arena);
#endif
