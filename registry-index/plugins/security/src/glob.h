/*
 * Patterns: "*" is any text, "?" any character.
 */
#ifndef SECURITY_GLOB_H
#define SECURITY_GLOB_H

#include <stdbool.h>

/* The marks of syntax.h in the pattern stand for their patterns; MARK_UNKNOWN is any text. */
bool glob_fits(const char *pattern, const char *text);

#endif
