/*
 * Findings about a file that a person wrote: all of them, not the first.
 */
#ifndef PAII_BASE_DIAG_H
#define PAII_BASE_DIAG_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>

enum diag_level { DIAG_WARNING, DIAG_ERROR };

struct diag {
    enum diag_level level;
    const char *file;
    unsigned line, column; /* from 1; 0: the file as a whole */
    const char *key;       /* "hooks.stop.timeout_ms", or NULL */
    const char *message;   /* "expected an integer, found a string" */
    const char *hint;      /* "did you mean 'timeout_ms'?", or NULL */
};

struct diags {
    struct arena *arena;
    struct diag *items;
    size_t count, capacity;
    size_t errors;
};

void diag_add(struct diags *diags, enum diag_level level, const char *file, unsigned line,
              unsigned column, const char *key, const char *hint, const char *format, ...)
    __attribute__((format(printf, 8, 9)));
/* "plugin.toml:3:9: plugin.version: expected ..." in the arena. */
const char *diag_text(const struct diag *diag, struct arena *arena);
/* 0 when there is no error; else records the first as ERR_CONFIG (and how many more) and returns
 * it. */
int diags_result(const struct diags *diags);
/* Prints the warnings through term.h. */
void diags_warn(const struct diags *diags);

#endif
