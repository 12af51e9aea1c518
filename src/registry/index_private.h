/*
 * What the readers of the two kinds of index share. Not for other rooms.
 */
#ifndef PAII_REGISTRY_INDEX_PRIVATE_H
#define PAII_REGISTRY_INDEX_PRIVATE_H

#include "base/data.h"
#include "registry/index.h"

#define INDEX_MAX_ENTRIES 100000

struct index_reading {
    struct index *index;
    struct arena *arena;
    const char *registry;
    const struct source *base;
    bool base_private; /* the registry itself lives on this machine or network */
    struct reader root;
};

/* One entry being read: its findings are its own until it is kept or skipped. */
struct row {
    struct index_reading *reading;
    struct reader reader;
    struct diags diags;
    struct package package;
};

void row_begin(struct row *row, struct index_reading *reading, struct data *node);
/* Adds the package to the index, or counts it as skipped with the first error as the reason. */
void row_end(struct row *row);

/* One line without control characters, at most 4096 bytes, in the arena; "" for NULL. */
const char *row_line(struct row *row, const char *text);
/* Such lines, one a line. */
const char *row_lines(struct row *row, const struct strings *list);
void row_name(struct row *row, const char *name);

/*
 * The source of a row: `text` is a URL, or a path in the registry's own tree, or NULL; `path` is
 * below it. Fills package.source and reports what is wrong with it. Pins are set by row_pins().
 */
void row_source(struct row *row, const char *text, const char *path);
void row_pins(struct row *row, const char *ref, const char *commit, const char *sha256);

/* Reads all entries of the two kinds. */
void index_read_toml(struct index_reading *reading);
void index_read_marketplace(struct index_reading *reading);

#endif
