/*
 * All that paii prints goes through here. stdout is data, stderr is talk.
 *
 * Talk has levels: errors and warnings always, notes unless --quiet, details with --verbose.
 * Foreign text passes text_print_safe() inside: callers give it as it is.
 */
#ifndef PAII_BASE_TERM_H
#define PAII_BASE_TERM_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum term_style {
    STYLE_PLAIN,
    STYLE_BOLD,
    STYLE_DIM,
    STYLE_RED,
    STYLE_GREEN,
    STYLE_YELLOW,
    STYLE_CYAN
};

struct term_options {
    bool json, quiet, verbose;
};
/* Looks at isatty, NO_COLOR, CLICOLOR_FORCE, CI and TERM once. */
void term_init(const struct term_options *options);
/*
 * defaults.log_level of paii.toml: counts unless --quiet or --verbose was given. Errors are always
 * said; TERM_WARN also warnings (--quiet), TERM_INFO also notes, TERM_DEBUG also details
 * (--verbose).
 */
enum term_level { TERM_ERROR, TERM_WARN, TERM_INFO, TERM_DEBUG };
void term_default_level(enum term_level level);
bool term_json(void);
bool term_is_interactive(void); /* a person can be asked: stdin and stderr are terminals */
bool term_stdout_is_terminal(void);
unsigned term_columns(void);

/* Data for stdout; a whole line or more. The format's result passes the safe printer, multiline. */
void out(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Styled when stdout is a terminal. */
void out_styled(enum term_style style, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void out_bytes(const void *data, size_t len); /* untouched: JSON, completions */

void note(const char *format, ...) __attribute__((format(printf, 1, 2))); /* not with --quiet */
void detail(const char *format, ...)
    __attribute__((format(printf, 1, 2))); /* only with --verbose */
void warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Prints the recorded error of error.h ("paii: error: ..." and "  hint: ..."), or the JSON form. */
void term_report_error(void);

/* Asks "question [y/N]"; true for yes. Not interactive: false. */
bool term_ask(const char *question);

/*
 * Flushes stdout and reports a failed write (a full disk behind a redirect, a closed pipe).
 * Returns 0 or an error; to be the last thing before exit.
 */
int term_finish(void);

/*
 * Progress: one line per task on a terminal's stderr, drawn after 200 ms and at most 20 times a
 * second, with a bar where `total` is known; nothing at all elsewhere or with --quiet, --json, CI.
 */
struct progress;
struct progress *progress_begin(const char *verb, const char *subject); /* never NULL */
void progress_update(struct progress *progress, const char *phase, uint64_t done, uint64_t total);
/* Ends the line: "verb subject  1.2s", or clears it when `ok` is false. Frees `progress`. */
void progress_end(struct progress *progress, bool ok);

#endif
