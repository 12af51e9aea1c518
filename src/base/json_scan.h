/*
 * JSON as it lies there: checks a document and finds the bytes of its values, builds nothing. For
 * what must stay byte for byte as it came (payloads of hooks, a settings file that others own) and
 * for documents of megabytes.
 *
 * The grammar is that of RFC 8259; strings must be UTF-8, escapes may name lone surrogates. A
 * byte-order mark is no part of a document. A slice points into the text and stays valid as long
 * as that.
 */
#ifndef PAII_BASE_JSON_SCAN_H
#define PAII_BASE_JSON_SCAN_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>

struct json_slice {
    const char *start; /* NULL: there is none */
    size_t len;
};

struct json_fault {
    size_t at;           /* byte where it was found */
    const char *message; /* "unexpected character", …; static */
};

enum { JSON_SCAN_DEPTH = 1024 };
/* Whether the text is one document, space around it, of at most `max_depth` levels, which is at
 * most JSON_SCAN_DEPTH. */
bool json_check(const char *text, size_t len, unsigned max_depth, struct json_fault *fault);

/* What follows reads documents that json_check() accepted. */

/* '{' '[' '"' 't' 'f' 'n' or '0' for a number; '\0' for no slice. */
char json_kind(struct json_slice value);
/* The value of the document, without the space around it. */
struct json_slice json_value(const char *text, size_t len);

/* Members of an object, or elements of an array (key.start NULL), in their order:
 *     for (struct json_member m = {0}; json_next(object, &m);) … */
struct json_member {
    struct json_slice key; /* with its quotes, as written */
    struct json_slice value;
};
bool json_next(struct json_slice container, struct json_member *member);
/* Whether `text` is what the string says once its escapes are read. */
bool json_is(struct json_slice string, const char *text);
/* The last member of that name; no slice if there is none or `object` is no object. `count`
 * (may be NULL): how often it is there. */
struct json_slice json_member(struct json_slice object, const char *key, unsigned *count);
/* What a string says, UTF-8 in the arena; NULL if it is no string, or holds a NUL or a lone
 * surrogate. */
const char *json_text(struct json_slice string, struct arena *arena);

#endif
