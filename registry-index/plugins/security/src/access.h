/*
 * What a command does to files, told from its redirections, its program and its options.
 */
#ifndef SECURITY_ACCESS_H
#define SECURITY_ACCESS_H

#include "shell.h"

struct touched {
    const char *path; /* clean */
    const char *text; /* as it was given, after expansions */
    enum access access;
};

struct accesses {
    struct touched *items;
    size_t count, capacity;
};

struct accesses accesses_of(const struct call *call);

/* ---- questions about the words of a call ---- */

bool is_option(const char *text);
/* -r alone or among -xrf; --recursive or an abbreviation of it. */
bool has_flag(const struct call *call, char letter, const char *name);
/* One of "a|b" is a word. */
bool has_word(const struct call *call, const char *list);
/* The next word that is no option, from *i on; NULL at the end. */
const struct field *next_operand(const struct call *call, size_t *i);
bool any_operand(const struct call *call, bool (*fits)(const char *clean));
const char *clean_word(const struct call *call, const char *text);
/* Programs that show what is in files. */
bool is_reader(const char *program);

#endif
