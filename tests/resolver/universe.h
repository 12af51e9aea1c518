/*
 * A universe in the neutral format (docs/resolver.md), compiled: what the solver needs as numbers,
 * and the texts that a request and an answer need, in one image without pointers that can be
 * written to a file and mapped.
 */
#ifndef PAII_TESTS_UNIVERSE_H
#define PAII_TESTS_UNIVERSE_H

#include "resolver/solver.h"

struct universe {
    const struct universe_head *head;
    struct index index;
    /* Offsets into the texts. */
    const uint32_t *name_text;     /* by name, ascending */
    const uint32_t *version_text;  /* by candidate; within a name the preferred one first */
    const uint32_t *gate_text;     /* by gate: the requirement as it was written first */
    const uint32_t *contract_text; /* by contract, ascending */
    const uint32_t *offers_at;     /* by contract: its first offer; contracts + 1 of them */
    const struct offer *offers;    /* by contract, then candidate */
    const uint32_t *yanked;        /* ascending */
    const char *texts;

    uint8_t *barred; /* by candidate: not to be selected */
    const void *map; /* NULL: the image is `compiled` */
    size_t size;
    void *compiled;
    uint64_t compile_ns; /* 0 if it was mapped */
};

struct asked {
    const char *id;
    struct request request;
    uint32_t install_count;           /* roots that were asked for; the others are held */
    uint32_t *removed, removed_count; /* installed until now; no part of request.installed */
    uint32_t *unbarred, unbarred_count, *now_barred, now_barred_count;
};

/* Compiles a universe, or maps a compiled one. */
int universe_read(struct universe *out, const char *file);
/* For universe_read(), on a machine like this one. */
int universe_write(const struct universe *universe, const char *file);
void universe_release(struct universe *universe);

const char *universe_name(const struct universe *universe, uint32_t candidate);
const char *universe_version(const struct universe *universe, uint32_t candidate);
const char *universe_requirement(const struct universe *universe, uint32_t gate);

/* The request of a line; universe_forget() once it is answered. */
void universe_ask(struct asked *out, struct universe *universe, const char *line, size_t len,
                  struct arena *arena);
void universe_forget(struct universe *universe, struct asked *asked);

#endif
