/*
 * The statements of a valid TOML text with the bytes that each takes: headers, and pairs of key and
 * value, also those inside of an inline table. Private to toml_edit.c.
 */
#ifndef PAII_BASE_TOML_STATEMENT_H
#define PAII_BASE_TOML_STATEMENT_H

#include "base/data.h"
#include "base/toml_scan.h"

/* Where a value is: the keys on the way from the root, decoded. */
struct toml_path {
    struct toml_part {
        const char *text; /* in the arena or in the source text */
        size_t len;
    } parts[2 * DATA_MAX_DEPTH];
    unsigned count;
};

/* How many leading parts the two have in common. */
unsigned toml_path_common(const struct toml_path *a, const struct toml_path *b);
/* Reads "a.b.\"c d\"" from the front of `scan`; false if that is no key or has too many parts. */
bool toml_path_read(struct toml_path *out, struct arena *arena, struct toml_scan *scan);
/* Appends the parts from `first` on as TOML writes them. */
void toml_path_print(struct buf *out, const struct toml_path *path, unsigned first);

enum toml_statement_kind { TOML_HEADER, TOML_PAIR };

struct toml_statement {
    enum toml_statement_kind kind;
    struct toml_path path;   /* from the root: that of the header, then the key's own */
    unsigned header_count;   /* leading parts that came from the header */
    size_t line;             /* first byte of its line */
    size_t begin;            /* first byte of the header or key */
    size_t value, value_end; /* of a pair */
    size_t end;              /* behind its line's end; inside an inline table behind the value */
};

struct toml_statements {
    struct arena *arena;
    struct toml_scan scan;
    struct toml_path header;
};

/* The next statement of the text that `scan` was set to; false at the end. */
bool toml_next_statement(struct toml_statement *out, struct toml_statements *in);
/* The next pair of an inline table; `scan` starts behind its '{' and `header` is the table's path.
 */
bool toml_next_inline(struct toml_statement *out, struct toml_statements *in);

#endif
