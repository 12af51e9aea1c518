/*
 * A universe in arrays of numbers, ready to be solved: one block of memory without pointers, that
 * may be written to a file and mapped (docs/resolver.md).
 *
 * A candidate is one version of one name. A gate is a distinct requirement: its candidates, best
 * first. A candidate has needs: gates that must hold when it is selected; and wishes: gates that
 * are tried afterwards. A set is what a candidate cannot stand beside.
 */
#ifndef PAII_RESOLVER_INDEX_H
#define PAII_RESOLVER_INDEX_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Lists in a row: those of `i` are items[at[i]] .. items[at[i + 1] - 1]. */
struct lists {
    const uint32_t *at, *items;
};

struct index {
    uint32_t names, candidates, gates, sets;
    const uint32_t *first;   /* of a name: its first candidate; names + 1 of them */
    const uint32_t *name;    /* of a candidate */
    struct lists gate;       /* gate -> candidates */
    struct lists need;       /* candidate -> gates */
    struct lists wish;       /* candidate -> gates */
    struct lists requirer;   /* gate -> candidates that need it, ascending */
    struct lists avoid;      /* candidate -> sets that it cannot stand beside */
    struct lists set;        /* set -> its members */
    struct lists membership; /* candidate -> sets that it is a member of */
    struct lists avoider;    /* set -> candidates that cannot stand beside its members */
};

/* ---- making one ---- */

struct index_builder;
struct index_builder *index_begin(struct arena *arena);
/* Names and candidates get numbers from 0. All candidates of a name follow each other. */
uint32_t index_add_name(struct index_builder *builder);
uint32_t index_add_candidate(struct index_builder *builder); /* of the last name */
/* The number of the gate, or set, with exactly these members in this order. */
uint32_t index_add_gate(struct index_builder *builder, const uint32_t *members, uint32_t count);
uint32_t index_add_set(struct index_builder *builder, const uint32_t *members, uint32_t count);
/* A need that the candidate itself satisfies is left out. */
void index_add_need(struct index_builder *builder, uint32_t candidate, uint32_t gate);
void index_add_wish(struct index_builder *builder, uint32_t candidate, uint32_t gate);
/* Members of the candidate's own name do not count. */
void index_add_avoid(struct index_builder *builder, uint32_t candidate, uint32_t set);
/* The block, in the arena: `*size` bytes, the same for the same calls. */
const void *index_finish(struct index_builder *builder, size_t *size);

/* ---- using one ---- */

/* Looks at the header, and that every array lies inside: false if not. Touches a page an array.
 * The block must stay. */
bool index_open(struct index *out, const void *block, size_t size);
/* Looks at everything: that it is what was written, and that no list names what there is not. For
 * a block that comes from a file, once. */
bool index_verify(const struct index *index, const void *block);

#endif
