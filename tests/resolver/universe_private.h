/*
 * Between the files of a universe:
 *     universe_rows.c     lines of the neutral format
 *     universe_compile.c  rows become an image
 *     universe_match.c    which candidates satisfy a requirement
 *     universe.c          opening an image
 *     universe_ask.c      requests
 */
#ifndef PAII_TESTS_UNIVERSE_PRIVATE_H
#define PAII_TESTS_UNIVERSE_PRIVATE_H

#include "base/buf.h"
#include "base/semver.h"
#include "universe.h"

struct data;

/* ---- the image ---- */

#define UNIVERSE_MAGIC "PAIIUNI1"

/* Behind it: the index, the arrays of struct universe in its order, the texts. */
struct universe_head {
    char magic[8];
    uint32_t index_size, contracts, offers, yanked, texts_size, zero;
};

struct offer {
    uint32_t candidate, service, version; /* texts; 0 for none */
};

/* Points the arrays into the image; false if it is none. */
bool universe_open(struct universe *universe, const void *image, size_t size);

/* ---- rows ---- */

struct requirement {
    const char *text; /* all of it, the same for the same requirement */
    size_t text_len;
    const char *name;    /* of a plugin, or of a contract; NULL: one of `any` holds */
    const char *service; /* NULL: any */
    const char *range;
    bool contract, optional;
    struct requirement *any;
    size_t any_count;
};

struct requirements {
    struct requirement *items;
    size_t count;
};

struct offered {
    const char *contract, *service, *version; /* service, version: NULL for none */
};

struct row {
    const char *name, *version, *registry;
    struct version parsed;
    int priority; /* of its registry */
    bool yanked;
    struct offered *offers;
    size_t offer_count;
    struct requirements depends, consumes, conflicts;
};

struct rows {
    struct row *items;
    size_t count, capacity;
};

int rows_read(struct rows *out, const char *file, struct arena *arena);
/* The requirements in a JSON list, all in the arena. */
struct requirements requirements_read(const struct data *table, const char *key,
                                      struct arena *arena);

/* ---- matching ---- */

struct numbers {
    uint32_t *items;
    size_t count, capacity;
};

static inline void add_number(struct numbers *list, struct arena *arena, uint32_t number)
{
    *arena_push(arena, &list->items, &list->count, &list->capacity) = number;
}

static inline const char *text_at(const struct universe *universe, uint32_t offset)
{
    return universe->texts + offset;
}

/* Of texts that ascend: the position of `text`, or `count`. */
uint32_t universe_find(const struct universe *universe, const uint32_t *texts, uint32_t count,
                       const char *text);

struct comparator {
    bool less, equal, greater; /* what it admits */
    bool first;                /* of an alternative */
    struct version version;
};

/* Work space that serves one requirement after the other. */
struct matching {
    const struct universe *universe;
    struct arena *arena;
    /* While compiling: versions that were parsed before. NULL: they are parsed when needed. */
    const struct row *const *rows; /* by candidate */
    const struct version *offer_versions;
    struct comparator *limits; /* of the range at hand; none: anything, even without a version */
    size_t limit_count, limit_capacity;
    struct buf range;
};

/* Adds the candidates of a name, or of a contract, that satisfy the requirement. */
void match_name(struct matching *matching, const struct requirement *requirement, uint32_t name,
                struct numbers *out);
void match_contract(struct matching *matching, const struct requirement *requirement,
                    uint32_t contract, struct numbers *out);
/* Adds those that are not in the list. */
void match_more(struct numbers *out, const struct numbers *more, struct arena *arena);

/* ---- compiling ---- */

/* The image, in memory of malloc(). */
void *universe_compile(struct rows *rows, size_t *size);

#endif
