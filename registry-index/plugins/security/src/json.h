/*
 * JSON (RFC 8259), read strictly: one document, no duplicate keys, valid UTF-8, depth at most 64.
 */
#ifndef SECURITY_JSON_H
#define SECURITY_JSON_H

#include "arena.h"

#include <stdbool.h>

enum json_type {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};

struct json {
    enum json_type type;
    const char *key;  /* of a member */
    const char *text; /* of a string, or a number as it was written */
    size_t len;
    struct json *first, *next; /* elements or members */
};

/* NULL if it is not JSON; `*why` then says so. */
struct json *json_read(const char *text, size_t len, const char **why);
/* A member of an object; NULL if it is absent, null, or `object` is no object. */
const struct json *json_member(const struct json *object, const char *key);
/* The text of a string member; NULL if it is absent, no string, or holds NUL. */
const char *json_string(const struct json *object, const char *key);

/* Appends the text as a JSON string; what is not UTF-8 becomes U+FFFD. */
void json_quote(struct text *out, const char *text);

#endif
