/*
 * Errors: a code for the caller and the shell, a text for the person.
 *
 * A function that can fail returns 0 or a negative `enum err`, and has called fail() at the place
 * where the failure was known. Callers pass the value on; they may put words in front with
 * error_context(), and never overwrite. One error is kept per process: paii is single-threaded, and
 * `resolver`, which is pure, does not use this file.
 *
 * Texts: lower case, no full stop, the subject in quotes: cannot open 'plugin.toml': No such file.
 * Bugs are asserted, not reported.
 */
#ifndef PAII_BASE_ERROR_H
#define PAII_BASE_ERROR_H

/* The values are the exit codes of docs/exit-codes.md. */
enum err {
    ERR_GENERIC = 1,
    ERR_BLOCKED = 2,
    ERR_NOT_FOUND = 10,
    ERR_CONTRACT = 11,
    ERR_CONFIG = 12,
    ERR_REFUSED = 13,
    ERR_MISMATCH = 14,
    ERR_NETWORK = 20,
    ERR_AUTH = 21,
    ERR_INTERRUPTED = 130,
};

/* Records the error and returns -code, so that `return fail(...)` is the whole failure path. */
int fail(enum err code, const char *format, ...) __attribute__((format(printf, 2, 3), cold));

/* As fail(), and appends ": " and the text of errno. ENOSPC, EDQUOT and EACCES gain a hint. */
int fail_errno(enum err code, const char *format, ...) __attribute__((format(printf, 2, 3), cold));

/* What the person may do next; printed on a line of its own below the error. Replaces an older
 * hint. */
void error_hint(const char *format, ...) __attribute__((format(printf, 1, 2), cold));

/* What the error's --json form holds besides, as one JSON value. Dropped with the hint. */
void error_details(const char *json);

/* Puts "words: " in front of the recorded text. Returns its first argument, for `return`. */
int error_context(int result, const char *format, ...) __attribute__((format(printf, 2, 3), cold));

/* The recorded error; texts are "" when there is none. Owned by this module until the next call. */
enum err error_code(void);
const char *error_text(void);
const char *error_hint_text(void);
const char *error_details_text(void);
void error_clear(void);

/* The name of a code in --json output and in the helper protocol, and back (ERR_GENERIC if
 * unknown). */
const char *err_name(enum err code);
enum err err_from_name(const char *name);

#endif
