/*
 * The one door to toml++, which is C++. Private to data_toml.c, which checks the text beforehand:
 * toml++ recurses into nested values and knows no limit for dotted keys.
 */
#ifndef PAII_BASE_TOML_SHIM_H
#define PAII_BASE_TOML_SHIM_H

#include "base/data.h"

#ifdef __cplusplus
extern "C" {
#endif

struct toml_shim_error {
    unsigned line, column;
    const char *message; /* in the arena */
};

/* Parses valid UTF-8. Returns the root table in the arena, or NULL with `error` filled. */
struct data *toml_shim_parse(struct arena *arena, const char *text, size_t len,
                             struct toml_shim_error *error);

#ifdef __cplusplus
}
#endif

#endif
