/*
 * Text that people see or type: one printer for foreign strings, one distance for typos.
 */
#ifndef PAII_BASE_TEXT_H
#define PAII_BASE_TEXT_H

#include "base/arena.h"
#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The one printer. Appends `text` with control characters (C0 except as told, DEL, C1), invalid
 * UTF-8, bidirectional controls, zero-width, tag and other invisible code points made visible as
 * \xHH or U+XXXX in angle brackets. '\n' and '\t' pass when `multiline`, else they are made visible
 * too.
 */
void text_print_safe(struct buf *out, const char *text, size_t len, bool multiline);
/* The same into the arena, single line. */
const char *text_safe(struct arena *arena, const char *text);

/* Decodes one code point of at least one byte; returns its length, or 0 if that is not UTF-8. */
size_t text_decode(const char *text, size_t len, uint32_t *out);
/* C1 controls, and points that draw nothing or change how others are drawn; not VS16 (U+FE0F),
 * which is normal in emoji. */
bool text_is_hidden(uint32_t c);
bool text_is_utf8(const char *text, size_t len);
/* Columns on a terminal of a valid UTF-8 text (wide characters count 2, combining marks 0). */
size_t text_width(const char *text);

/* Damerau-Levenshtein (optimal string alignment) distance, or `limit`+1 as soon as it must exceed
 * it. */
unsigned text_distance(const char *a, const char *b, unsigned limit);
/* The candidate nearest to `word` within a third of its length (at least 1), or NULL. First wins
 * ties. */
const char *text_nearest(const char *word, const char *const *candidates, size_t count);

/* Case-insensitive (ASCII) search; NULL if absent. */
const char *text_find(const char *haystack, const char *needle);
bool text_starts(const char *text, const char *prefix);
bool text_ends(const char *text, const char *suffix);
/* A copy with every `what` replaced, in the arena. */
const char *text_replace(struct arena *arena, const char *text, const char *what, const char *by);
/* "1.2 MB", "340 B", in the arena. */
const char *text_bytes(struct arena *arena, unsigned long long bytes);

/* For tables in memory: no file may depend on it. */
uint64_t text_hash(const char *text, size_t len, uint64_t seed);

/* As a person types it as one word of a command: in quotes if a shell needs them. */
const char *text_word(struct arena *arena, const char *text);

/* The value of an option that was turned off, as by --no-NAME. */
#define OPTION_OFF "no"

#endif
