/*
 * One tree of values for TOML (1.1) and JSON alike, and typed accessors over it.
 *
 * data_parse_toml() and data_parse_json() read a document into the arena. Accessors take a node and
 * a `struct diags`: a wrong type is reported with file, line, column, key, what was expected and
 * what was found, and the accessor gives its default. Every key that an accessor asked for is
 * marked as known; read_unknown_keys() then warns of the others, each with the nearest known key.
 *
 * Limits: depth DATA_MAX_DEPTH, DATA_MAX_VALUES values; duplicate keys are errors in TOML always
 * and in JSON when `strict`, else the last one counts. Neither JSON nor TOML text holds a NUL byte,
 * but a string may (written \u0000): who cares compares `len`. A key may not: it would be one name
 * for who looks it up, and another, cut one for who lists them.
 */
#ifndef PAII_BASE_DATA_H
#define PAII_BASE_DATA_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DATA_MAX_DEPTH  64
#define DATA_MAX_VALUES 2000000

enum data_type {
    DATA_NULL, /* JSON only */
    DATA_STRING,
    DATA_INTEGER,
    DATA_FLOAT,
    DATA_BOOLEAN,
    DATA_DATE, /* TOML only; `text` holds its RFC 3339 form */
    DATA_TIME,
    DATA_DATETIME, /* with or without offset */
    DATA_ARRAY,
    DATA_TABLE,
};

struct data {
    enum data_type type;
    unsigned line, column; /* from 1, columns in code points; of the key, if there is one */
    bool known;            /* asked for by an accessor */
    bool boolean;
    const char *key; /* of this node in its table; NULL for elements and the root */
    size_t key_len;
    const char *text; /* string (may hold NUL: use `len`), or date and time */
    size_t len;
    int64_t integer;
    double number;         /* of a float; of an integer too */
    struct data *parent;   /* NULL for the root */
    struct data *children; /* first element or entry, in document order */
    struct data *next;
    size_t count;             /* of children */
    struct data_index *index; /* of a large table's keys; private */
};

/* Parse `text` as document `file` (a name for messages). On error NULL, with the diag added. */
struct data *data_parse_toml(struct arena *arena, const char *file, const char *text, size_t len,
                             struct diags *diags);
struct data *data_parse_json(struct arena *arena, const char *file, const char *text, size_t len,
                             bool strict, struct diags *diags);

/* Plain look-up without a diag; NULL if absent. */
struct data *data_get(const struct data *table, const char *key);
struct data *data_get_n(const struct data *table, const char *key, size_t len);
/* "a.b.c" through nested tables (keys without dots only); NULL if absent. */
struct data *data_at(const struct data *root, const char *dotted);
/* "hooks.stop[0].mode" for messages, in the arena; "" for the root. */
const char *data_path(const struct data *node, struct arena *arena);
const char *data_type_name(enum data_type type); /* "a string", "an integer", ... */

/* A reader: a table of one file being read. */
enum { READER_ASKED_MAX = 48 };
struct reader {
    struct data *table; /* NULL reads as an empty table */
    const char *file;
    struct diags *diags;
    /* The keys asked for, to suggest one of them for an unknown key. Not copied; private. */
    const char *asked[READER_ASKED_MAX];
    size_t asked_count;
};
/* Each returns the default if the key is absent, or after reporting a wrong type. */
const char *read_string(struct reader *reader, const char *key, const char *fallback);
/* Text that is shown on one line: control characters, line ends among them, become spaces. */
const char *read_line(struct reader *reader, const char *key, const char *fallback);
void read_lines(struct reader *reader, const char *key, struct strings *out);
int64_t read_integer(struct reader *reader, const char *key, int64_t fallback, int64_t min,
                     int64_t max);
bool read_boolean(struct reader *reader, const char *key, bool fallback);
/* Reports a missing key as an error too; returns NULL then. */
const char *read_required(struct reader *reader, const char *key);
/* A string among `choices` (NULL-terminated); its position, or `fallback`. Says the choices if
 * wrong. */
int read_choice(struct reader *reader, const char *key, const char *const *choices, int fallback);
/* An array of strings (a single string counts as one). */
void read_strings(struct reader *reader, const char *key, struct strings *out);
/* A sub-table as a reader; `.table` NULL if absent. */
struct reader read_table(struct reader *reader, const char *key);
/* Any value, marked known; NULL if absent. */
struct data *read_any(struct reader *reader, const char *key);
/* Reports on a node: "file:line:col: path: message". */
void read_error(struct reader *reader, const struct data *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void read_warning(struct reader *reader, const struct data *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Warns of every key of this table that was not asked for, with the nearest that was. */
void read_unknown_keys(struct reader *reader);

/*
 * Editing TOML that a person wrote: only the bytes of the one value change (docs/config.md).
 * `value` is TOML text ("\"x\"", "5", "[1, 2]") or NULL to delete the key. The document is parsed,
 * spliced, parsed again, and compared: anything else that changed is ERR_GENERIC and `out` is
 * empty. Missing tables are added at the end. `dotted` may quote parts: registries."my reg".
 */
int toml_edit(struct buf *out, const char *file, const char *text, size_t len, const char *dotted,
              const char *value);
/* Append `text` as a TOML basic string with quotes. */
void toml_quote(struct buf *out, const char *text);
void toml_quote_n(struct buf *out, const char *text, size_t len);

/*
 * Writing JSON: a stream of calls; commas, quoting and (with `indent`) newlines are seen to.
 * Strings that are not UTF-8 have the bad bytes replaced by U+FFFD.
 */
struct json_writer {
    struct buf *out;
    unsigned depth;
    bool indent, need_comma, after_key;
};
void json_object(struct json_writer *json);
void json_end_object(struct json_writer *json);
void json_array(struct json_writer *json);
void json_end_array(struct json_writer *json);
void json_key(struct json_writer *json, const char *key);
void json_string(struct json_writer *json, const char *text); /* NULL writes null */
void json_string_n(struct json_writer *json, const char *text, size_t len);
void json_integer(struct json_writer *json, int64_t value);
void json_boolean(struct json_writer *json, bool value);
void json_null(struct json_writer *json);
void json_raw(struct json_writer *json, const char *text); /* a value that is JSON already */
/* The commonest pair: key and string. Skipped when `text` is NULL. */
void json_field(struct json_writer *json, const char *key, const char *text);
/* A member that is a list, of texts; or of those that stand one a line. */
void json_strings(struct json_writer *json, const char *key, const struct strings *items);
void json_lines(struct json_writer *json, const char *key, const char *lines);
/* A whole parsed value. */
void json_data(struct json_writer *json, const struct data *value);

#endif
