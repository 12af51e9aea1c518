/*
 * Questions about short texts.
 */
#ifndef SECURITY_TEXT_H
#define SECURITY_TEXT_H

#include <stdbool.h>
#include <stddef.h>

bool starts(const char *text, const char *prefix);
bool ends(const char *text, const char *suffix);
/* Whether `name` is one of "a|b|c". */
bool is_one(const char *name, const char *list);
bool is_one_within(const char *name, const char *list, size_t list_len);
/* Whether the text has the word, which is given in upper case, in any case, as a whole word. */
bool has_whole_word(const char *text, const char *word);
/* The same, also as a part of another. */
bool contains(const char *text, const char *word);

#endif
