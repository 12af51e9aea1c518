/*
 * Which files may be read and written: the table of path classes.
 */
#ifndef SECURITY_PLACES_H
#define SECURITY_PLACES_H

#include "judge.h"

struct guarded {
    const char *patterns; /* "a|b": below these; without a slash: names of files anywhere */
    enum decision read, write;
    const char *rule;   /* for writing; reading is "read-secret" */
    const char *reason; /* what it is */
};

/* NULL: anybody may do anything. */
const struct guarded *places_find(const char *clean);
/* Reading it is nothing to be done without a question. */
bool places_hold_secrets(const char *clean);
/* "a|b" as in the table. */
bool places_fit(const char *patterns, const char *clean);

#endif
