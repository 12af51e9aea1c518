/*
 * The one door to json-c, whose type names clash with the writer of data.h. Private to data_json.c.
 */
#ifndef PAII_BASE_JSON_SHIM_H
#define PAII_BASE_JSON_SHIM_H

#include <stddef.h>

struct json_tokener;

struct json_tokener *json_shim_new(int depth);
void json_shim_free(struct json_tokener *tokener);

/* Judges a whole text: grammar, UTF-8, depth. NULL when it is well-formed, else the reason, a
 * constant, and where. */
const char *json_shim_judge(struct json_tokener *tokener, const char *text, size_t len, size_t *at);

/* Decodes a string with its quotes. Calls `take` once with the characters, or returns -1. */
int json_shim_string(struct json_tokener *tokener, const char *text, size_t len,
                     void (*take)(const char *characters, size_t len, void *payload),
                     void *payload);

#endif
