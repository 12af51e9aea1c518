/*
 * How data_toml.c, toml_shim.cc and data_json.c build the tree of data.h. Private to these files.
 */
#ifndef PAII_BASE_DATA_TREE_H
#define PAII_BASE_DATA_TREE_H

#include "base/data.h"

/* A table or array being filled. `last` makes appending cheap. */
struct data_builder {
    struct arena *arena;
    struct data *node;
    struct data *last;
};

struct data *data_new(struct arena *arena, enum data_type type, unsigned line, unsigned column);
/* Copies the key into the arena; `key` NULL for an element. */
void data_append(struct data_builder *builder, struct data *child, const char *key, size_t key_len);

/*
 * To be called once when a table has all its entries: prepares look-up. Of entries with equal keys
 * the last stays. Returns the second of the first such pair in the document, or NULL.
 */
struct data *data_finish_table(struct arena *arena, struct data *table);

/* Line and column (in code points), both from 1, of a byte of the text. */
void data_position(const char *text, size_t offset, unsigned *line, unsigned *column);

#endif
