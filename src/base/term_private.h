/*
 * What term.c and progress.c know of each other.
 */
#ifndef PAII_BASE_TERM_PRIVATE_H
#define PAII_BASE_TERM_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>

/* Whether progress lines may be drawn at all: decided once by term_init(). */
bool term_draws_progress(void);
/* Writes all of `data` to stderr, as it is. */
void term_write_stderr(const void *data, size_t len);

/* Takes the progress lines off the screen so that a message can be printed; nothing if there are
 * none. progress_show() must follow: in between, nothing is drawn. */
void progress_hide(void);
void progress_show(void);

#endif
