/*
 * A universe in the neutral format, compiled to an index: names, versions, ranges and contracts
 * become numbers here.
 */
#ifndef PAII_TESTS_UNIVERSE_H
#define PAII_TESTS_UNIVERSE_H

#include "base/semver.h"
#include "resolver/solver.h"

struct data;

struct offer {                      /* of a contract */
    const char *contract, *service; /* service: NULL for none */
    struct version version;
    bool versioned;
};

struct row { /* its position is the candidate's number */
    const char *name, *version;
    struct version parsed;
    int priority; /* of its registry */
    bool yanked;
    struct offer *offers;
    size_t offer_count, offer_capacity;
    const struct data *line;
};

struct universe {
    struct arena arena;
    struct row *rows;
    uint32_t row_count;
    struct index index;
    const char **gate_texts; /* by gate: the requirement as it was written first */
    uint8_t *barred;         /* by candidate: yanked */
    bool any_barred;
    uint64_t compile_ns;
    struct compiling *compiling; /* memory of requirements that were seen */
};

struct asked {
    const char *id;
    struct request request;
    uint32_t *unbarred, unbarred_count, *now_barred, now_barred_count;
};

int universe_read(struct universe *out, const char *file);
void universe_release(struct universe *universe);
/* The request of a line; universe_forget() once it is answered. */
void universe_ask(struct asked *out, struct universe *universe, const char *line, size_t len,
                  struct arena *arena);
void universe_forget(struct universe *universe, struct asked *asked);

#endif
