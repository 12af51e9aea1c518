/*
 * One growable byte buffer, always NUL-terminated, with a maximum for foreign input.
 * Like the arena it never returns NULL memory; passing the maximum sets `overflow` and drops the
 * rest.
 */
#ifndef PAII_BASE_BUF_H
#define PAII_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct buf {
    char *data; /* NULL until something was added; use buf_text() to print */
    size_t len, capacity;
    size_t max; /* 0: none */
    bool overflow;
};

/* A zeroed `struct buf` is ready for use. */
void buf_add(struct buf *buf, const void *data, size_t len);
void buf_puts(struct buf *buf, const char *text);
void buf_putc(struct buf *buf, char c);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *buf, const char *format, va_list args);
const char *buf_text(const struct buf *buf); /* "" when empty */
void buf_clear(struct buf *buf);             /* keeps the memory */
void buf_release(struct buf *buf);

#define AUTO_BUF __attribute__((cleanup(buf_release))) struct buf

#endif
