/*
 * Memory for one request: it is given back all at once, or by the end of the process.
 * Out of memory, or more than MEMORY_MAX, ends the process with a message: the caller then blocks.
 */
#ifndef SECURITY_ARENA_H
#define SECURITY_ARENA_H

#include <stddef.h>

void *take(size_t size); /* zeroed */
char *take_text(const char *text, size_t len);
void release_all(void);

/* A text under construction. */
struct text {
    char *data; /* NUL-terminated once something was added */
    size_t len, capacity;
};
void text_add(struct text *text, const char *data, size_t len);
void text_puts(struct text *text, const char *data);
void text_putc(struct text *text, char c);
const char *text_join(const char *first, const char *second, const char *third);

/* Room for one more element in an array that grows; returns the array. */
void *grow(void *items, size_t count, size_t *capacity, size_t size);

#endif
